# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Validates a build, decides what of it has to be done, and prepares that."""

from __future__ import annotations

import functools
import multiprocessing
import pathlib
import typing as t

from ansible import constants as C

from ansible_collections.golden.images.plugins.module_utils._lifecycle.builder import Source, role_of
from ansible_collections.golden.images.plugins.module_utils._lifecycle.discarding import begin_run, forget_old_runs
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import BuilderError
from ansible_collections.golden.images.plugins.module_utils._lifecycle.files import write_json_atomically
from ansible_collections.golden.images.plugins.module_utils._lifecycle.fingerprint import Inputs, content_of, digest, digest_files, explain, fingerprint
from ansible_collections.golden.images.plugins.module_utils._lifecycle.lock import BuildLock
from ansible_collections.golden.images.plugins.module_utils._lifecycle.naming import build_marks, guest_name
from ansible_collections.golden.images.plugins.module_utils._lifecycle.operation import Context, Result
from ansible_collections.golden.images.plugins.module_utils._lifecycle.planning import Plan, decide, parse_age
from ansible_collections.golden.images.plugins.module_utils._lifecycle.presence import announce
from ansible_collections.golden.images.plugins.module_utils._lifecycle.progress import DONE, Outcome, mark_phase
from ansible_collections.golden.images.plugins.module_utils._lifecycle.records import STAGES, BuildRecord
from ansible_collections.golden.images.plugins.module_utils._lifecycle.run import Owner, utc_now
from ansible_collections.golden.images.plugins.module_utils._lifecycle.version import collection_version
from ansible_collections.golden.images.plugins.module_utils._lifecycle.waiting import Waiter
from ansible_collections.golden.images.plugins.module_utils._lifecycle.watcher import register
from ansible_collections.golden.images.plugins.module_utils._reports.wanted import VARIABLES, want
from ansible_collections.golden.images.plugins.plugin_utils._action import ControllerAction, current_run
from ansible_collections.golden.images.plugins.plugin_utils._build_view import BuildView, without_secrets
from ansible_collections.golden.images.plugins.plugin_utils._compiled import CompiledLists, Files

_PARENT_TIMEOUT = 24 * 3600.0
_LOCK_TIMEOUT = 3600.0
_SPEC: dict[str, t.Any] = {"verify_only": {"type": "bool", "default": False}}


class ActionModule(ControllerAction):
    """``golden.images.plan``: the first task of every build."""

    def operate(self, task_vars: dict[str, t.Any]) -> Result:
        """Refuse bad input, take the build's lock, resolve the source, compare fingerprints."""
        view = BuildView(task_vars, self._templar)
        verify_only = self.validate_argument_spec(_SPEC)[1]["verify_only"]
        owner = current_run()
        planning_only = bool(self._task.check_mode)
        folder = view.state.run_build(owner.run_id(), view.name)
        context = self.context(task_vars)
        if not planning_only:
            _refuse_second_round(folder)
            announce(view.state, owner.run_id())
            begin_run(view.state, owner, _temporary_folders())
            mark_phase(folder, "plan")
            context.build.setdefault("run_dir", str(folder))
            _want_reports(view, owner)
        view.check_variables()
        compiled = CompiledLists(view, folder)
        view.builder.validate(view.options, view.source())
        _check_configured(view)
        if not planning_only:
            if not verify_only:
                _await_builds(view, task_vars, owner, context)
            _lock(view, owner, context)
        missing = _missing_parent(view) if planning_only and not verify_only else None
        if missing and missing in (task_vars.get("ansible_play_hosts_all") or []):
            reasons = [f"its parent {missing} has not been built yet"]
            return {"changed": False, "up_to_date": False, "reasons": reasons, "facts": _facts_without_parent(view, reasons)}
        finished = _newest_finished(view) if verify_only else None
        source = (_source_of(finished) if finished else None) or _resolve_source(view, context)
        wanted = _wanted_inputs(view, source, compiled)
        plan = _verify_only(finished, view, wanted, context) if finished else _decide(view, wanted, context)
        facts = _facts(view, owner, source, wanted, plan, planning_only)
        facts["plan"]["verify_only"] = verify_only
        if "capture" in plan.stages:
            view.builder.preflight(source, facts["build"], view.options, context)
        if plan.stages and not planning_only:
            # First the watcher: from here on it answers for what is written.
            register(view.state, owner, view.name, view.options)
            compiled.write()
            write_json_atomically(folder / "plan.json", {"wanted": wanted, "record": plan.record.to_dict()}, 0o600)
            forget_old_runs(view.state)
        return {
            "changed": False,
            "up_to_date": plan.up_to_date,
            "reasons": list(plan.reasons),
            "facts": facts,
        }


def _refuse_second_round(folder: pathlib.Path) -> None:
    """Hosts keep the facts of the guest that they were, which are no inputs of a build.

    :raises BuilderError: when this run has already ended the build.
    """
    outcome = Outcome.load(folder)
    if outcome is not None:
        hint = "Call ansible-playbook once for each, instead of importing both playbooks into one."
        raise BuilderError(f"this run has dealt with it already ({outcome.outcome}), and does so once", hint=hint)


def _want_reports(view: BuildView, owner: Owner) -> None:
    """First of all, so that a build that is refused is in them."""
    for kind, variable in VARIABLES.items():
        if path := view.value(variable):
            want(view.state, owner.run_id(), view.name, kind, view.definition_dir / pathlib.Path(str(path)).expanduser())


def _temporary_folders() -> list[str]:
    """What ansible-core removes at an ordinary end only: its own folder, and the one of Python's multiprocessing, which newer versions use."""
    inherited = getattr(multiprocessing.current_process(), "_config", {}).get("tempdir")
    return [str(path) for path in (C.DEFAULT_LOCAL_TMP, inherited) if path]


def _check_configured(view: BuildView) -> None:
    """:raises BuilderError: when nobody gets into the guest to do what the image wants."""
    if view.builder.is_configured(view.options):
        return
    lists = {"provisioners": "golden_provisioners", "verify": "golden_verify"}
    wanted = [name for name, variable in lists.items() if view.raw(variable)]
    if wanted:
        raise BuilderError(f"the image has {' and '.join(wanted)}, but its builder has connection: none", hint="Remove them, or say how the guest is reached.")


def _lock(view: BuildView, owner: Owner, context: Context) -> None:
    timeout = float(view.value("golden_lock_timeout", _LOCK_TIMEOUT))
    BuildLock(view.state.lock(view.name), view.name).wait(owner, Waiter("the other run of this build", timeout, longest=1.0), context.say)


def _await_builds(view: BuildView, task_vars: dict[str, t.Any], owner: Owner, context: Context) -> None:
    """Builds that this one depends on and that this run builds too."""
    timeout = float(view.value("golden_parent_timeout", _PARENT_TIMEOUT))
    for parent in view.depends_on():
        if parent not in (task_vars.get("ansible_play_hosts_all") or []):
            continue
        folder = view.state.run_build(owner.run_id(), parent)
        outcome = Outcome.load(folder)
        if outcome is None:
            context.say(f"waits for {parent}")
            outcome = Waiter(f"{parent} to be built", timeout, longest=1.0).until(functools.partial(Outcome.load, folder))
        if outcome.outcome not in DONE:
            raise BuilderError(f"{parent}, which it depends on, was not built", hint="See what failed there; a rerun goes on from that point.")


def _parent_record(view: BuildView, parent: str) -> BuildRecord | None:
    return BuildRecord.load(view.state.record(parent), parent).newest_finished()


def _missing_parent(view: BuildView) -> str | None:
    parent = view.source().get("image_of")
    return str(parent) if parent and _parent_record(view, str(parent)) is None else None


def _resolve_source(view: BuildView, context: Context) -> Source:
    source = view.source()
    if "image_of" in source:
        parent = str(source["image_of"])
        record = _parent_record(view, parent)
        if record is None or record.artifact is None:
            raise BuilderError(f"its parent {parent} has not been built yet", hint=f"Build it as well: --limit '{parent},{view.name}'.")
        source = view.validated_source(view.builder.source_of(record.artifact))
    return view.builder.resolve_source(source, view.options, context)


def _wanted_inputs(view: BuildView, source: Source, compiled: CompiledLists) -> dict[str, Inputs]:
    capture = {
        "the version of golden.images": digest(collection_version()),
        "the source image": digest(source.id),
        "the version": digest(view.version),
        "labels": digest(view.settings.get("labels")),
        "groups": digest(view.host_groups()),
        "generalize": digest(view.settings.get("generalize")),
        "bootstrap_python": digest(view.settings.get("bootstrap_python")),
        **_option_inputs(view, view.builder.content_options),
        **view.variable_inputs(),
        **_entry_inputs(view, "golden_provisioners", compiled.files("golden_provisioners"), "provisioner"),
    }
    return {
        "capture": capture,
        "verify": _entry_inputs(view, "golden_verify", compiled.files("golden_verify"), "check"),
        "export": {
            "output_dir": digest(str(_output_dir(view))),
            **_publish_inputs(view),
            **_entry_inputs(view, "golden_post_processors", compiled.post_processor_files(), "post-processor"),
        },
    }


def _option_inputs(view: BuildView, names: frozenset[str]) -> Inputs:
    spec = view.builder.argument_spec
    shown = sorted(name for name in names if not spec.get(name, {}).get("no_log"))
    return {f"builder option {name}": digest(content_of(view.options.get(name), spec.get(name, {}))) for name in shown}


def _publish_inputs(view: BuildView) -> Inputs:
    """Paths among these say where results go: what is there by then is no input."""
    return {f"builder option {name}": digest(view.options.get(name)) for name in sorted(view.builder.publish_options)}


def _entry_inputs(view: BuildView, variable: str, files: Files, what: str) -> Inputs:
    inputs = {f"{what} {position}": digest(without_secrets(entry)) for position, entry in enumerate(view.raw(variable), start=1)}
    for label, paths in files.items():
        inputs.update(digest_files(label, view.definition_dir, paths))
    return inputs


def _decide(view: BuildView, wanted: dict[str, Inputs], context: Context) -> Plan:
    record = _found(BuildRecord.load(view.state.record(view.name), view.name), view, wanted, context)
    finished = record.newest_finished()
    max_age = view.value("golden_max_age", view.settings.get("max_age"))
    return decide(
        [record] if finished in (None, record) else [record, finished],
        wanted,
        is_present=lambda artifact: view.builder.is_present(artifact, view.options),
        outputs_present=_outputs_present,
        force=view.flag("golden_force"),
        max_age=parse_age(max_age) if max_age else None,
        now=utc_now(),
    )


def _newest_finished(view: BuildView) -> BuildRecord:
    """An empty record where nothing was finished here."""
    record = BuildRecord.load(view.state.record(view.name), view.name)
    return record.newest_finished() or BuildRecord(view.name)


def _source_of(record: BuildRecord) -> Source | None:
    """What it was made of. Nothing is launched from that to verify, so it may be gone by now."""
    source = record.artifact.source if record.artifact else {}
    return Source(str(source["id"]), str(source.get("description", "")), {}) if source.get("id") else None


def _verify_only(finished: BuildRecord, view: BuildView, wanted: dict[str, Inputs], context: Context) -> Plan:
    """:raises BuilderError: when there is nothing to verify."""
    again = f"ansible-playbook golden.images.build_images --limit {view.name}"
    record = _found(finished, view, wanted, context)
    if record.artifact is None:
        raise BuilderError("it has not been built yet, so there is nothing to verify", hint=f"Build it: {again}")
    if record.artifact.metadata.get("removed_files"):
        raise BuilderError("there is nothing to verify: the files of the image were removed after the last export (keep_input)")
    if not view.builder.is_present(record.artifact, view.options):
        raise BuilderError(f"the artifact {record.artifact.id} is no longer there, or was changed", hint=f"Build it again: {again}")
    changed = explain(record.done["capture"], wanted["capture"])
    if changed:
        context.warn(f"what is verified is the image as it was built ({record.captured_at}); since then: {'; '.join(changed)}")
    return Plan(("verify",), (), record)


def _found(record: BuildRecord, view: BuildView, wanted: dict[str, Inputs], context: Context) -> BuildRecord:
    """The record, or what the platform knows where there is none."""
    if record.artifact is not None:
        return record
    found = view.builder.find(view.name, fingerprint(wanted["capture"]), view.options, context)
    if found is None:
        return record
    return BuildRecord(view.name, found, done={"capture": wanted["capture"], "verify": wanted["verify"]}, captured_at=found.created)


def _outputs_present(record: BuildRecord) -> bool:
    exported = record.artifact.files if record.artifact else []
    files = [file for output in record.outputs for file in output.files]
    return all(pathlib.Path(file.path).exists() for file in exported) and all(
        pathlib.Path(file.path).is_file() and pathlib.Path(file.path).stat().st_size == file.size for file in files
    )


def _output_dir(view: BuildView) -> pathlib.Path:
    return pathlib.Path(view.template("golden_output_dir")) / view.image / view.version / view.builder_name


def _facts(view: BuildView, owner: Owner, source: Source, wanted: dict[str, Inputs], plan: Plan, planning_only: bool) -> dict[str, t.Any]:
    run_id = owner.run_id()
    goes_on = bool(plan.record.artifact) and "capture" not in plan.stages
    build = {
        "name": view.name,
        "image": view.image,
        "builder": view.builder_name,
        "type": view.type,
        "version": view.version,
        "run_id": run_id,
        "guest_name": guest_name(view.image, view.builder_name, run_id),
        "source": {"id": source.id, "description": source.description},
        "fingerprint": fingerprint(wanted["capture"]),
        "output_dir": str(_output_dir(view)),
        "output_root": str(view.template("golden_output_dir")),
        "state_dir": str(view.state.root),
        "run_dir": str(view.state.run_build(run_id, view.name)),
        "captured_dir": str(view.state.captured(view.name, run_id)),
        "file_stem": f"{view.image}-{view.version}-{view.builder_name}",
        "run_pid": owner.pid,
        "marks": build_marks(run_id, view.name, owner.host, utc_now()),
        "labels": dict(view.settings.get("labels") or {}),
    }
    return {
        "build": build,
        "source_options": source.options,
        "artifact": plan.record.artifact.to_dict() if plan.record.artifact and goes_on else {},
        "plan": {
            "stages": [] if planning_only else list(plan.stages),
            "planned": list(plan.stages),
            "reasons": list(plan.reasons),
            "planning_only": planning_only,
            "builder_role": role_of(view.type),
            "configured": view.builder.is_configured(view.options),
            "verify": bool(view.raw("golden_verify")),
        },
    }


def _facts_without_parent(view: BuildView, reasons: list[str]) -> dict[str, t.Any]:
    plan = {"stages": [], "planned": list(STAGES), "reasons": reasons, "planning_only": True, "builder_role": role_of(view.type), "verify": False}
    return {"build": {}, "source_options": {}, "artifact": {}, "plan": plan}
