# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Validates a build, decides what of it has to be done, and prepares that."""

from __future__ import annotations

import multiprocessing
import pathlib
import typing as t

from ansible import constants as C

from ansible_collections.golden.images.plugins.module_utils._lifecycle.builder import Source, role_of
from ansible_collections.golden.images.plugins.module_utils._lifecycle.discarding import begin_run, forget_old_runs
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import BuilderError
from ansible_collections.golden.images.plugins.module_utils._lifecycle.files import write_json_atomically
from ansible_collections.golden.images.plugins.module_utils._lifecycle.fingerprint import Inputs, fingerprint
from ansible_collections.golden.images.plugins.module_utils._lifecycle.lock import BuildLock
from ansible_collections.golden.images.plugins.module_utils._lifecycle.naming import build_marks, guest_name
from ansible_collections.golden.images.plugins.module_utils._lifecycle.operation import Context, Result
from ansible_collections.golden.images.plugins.module_utils._lifecycle.planning import Plan
from ansible_collections.golden.images.plugins.module_utils._lifecycle.presence import announce
from ansible_collections.golden.images.plugins.module_utils._lifecycle.progress import Outcome, mark_phase
from ansible_collections.golden.images.plugins.module_utils._lifecycle.records import STAGES
from ansible_collections.golden.images.plugins.module_utils._lifecycle.run import Owner, utc_now
from ansible_collections.golden.images.plugins.module_utils._lifecycle.waiting import Waiter
from ansible_collections.golden.images.plugins.module_utils._lifecycle.watcher import register
from ansible_collections.golden.images.plugins.module_utils._reports.wanted import VARIABLES, want
from ansible_collections.golden.images.plugins.plugin_utils._action import ControllerAction, current_run
from ansible_collections.golden.images.plugins.plugin_utils._build_view import BuildView
from ansible_collections.golden.images.plugins.plugin_utils._compiled import CompiledLists
from ansible_collections.golden.images.plugins.plugin_utils._inputs import output_dir, wanted_inputs
from ansible_collections.golden.images.plugins.plugin_utils._operations import Building, Operation, Verifying

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
        operation: Operation = Verifying(view, context) if verify_only else Building(view, context)
        if not planning_only:
            operation.await_others(task_vars, owner)
            _lock(view, owner, context)
        missing = operation.missing_parent() if planning_only else None
        if missing and missing in (task_vars.get("ansible_play_hosts_all") or []):
            reasons = [f"its parent {missing} has not been built yet"]
            return {"changed": False, "up_to_date": False, "reasons": reasons, "facts": _facts_without_parent(view, operation, reasons)}
        source = operation.source()
        wanted = wanted_inputs(view, source, compiled)
        plan = operation.plan(wanted)
        facts = _facts(view, owner, source, wanted, operation, plan, planning_only)
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


def _facts(view: BuildView, owner: Owner, source: Source, wanted: dict[str, Inputs], operation: Operation, plan: Plan, planning_only: bool) -> dict[str, t.Any]:
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
        "output_dir": str(output_dir(view)),
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
            "operation": operation.name,
            "stages": [] if planning_only else list(plan.stages),
            "planned": list(plan.stages),
            "reasons": list(plan.reasons),
            "planning_only": planning_only,
            "builder_role": role_of(view.type),
            "configured": view.builder.is_configured(view.options),
            "verify": bool(view.raw("golden_verify")),
        },
    }


def _facts_without_parent(view: BuildView, operation: Operation, reasons: list[str]) -> dict[str, t.Any]:
    plan = {
        "operation": operation.name,
        "stages": [],
        "planned": list(STAGES),
        "reasons": reasons,
        "planning_only": True,
        "builder_role": role_of(view.type),
        "verify": False,
    }
    return {"build": {}, "source_options": {}, "artifact": {}, "plan": plan}
