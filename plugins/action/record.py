# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Remembers what a finished stage of a build made, so that a later run need not make it again."""

from __future__ import annotations

import pathlib
import typing as t

from ansible_collections.golden.images.plugins.module_utils._lifecycle.artifact import Artifact
from ansible_collections.golden.images.plugins.module_utils._lifecycle.builder import Builder, backend_of, load_backend
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import GoldenError
from ansible_collections.golden.images.plugins.module_utils._lifecycle.files import read_json
from ansible_collections.golden.images.plugins.module_utils._lifecycle.journal import Journal
from ansible_collections.golden.images.plugins.module_utils._lifecycle.manifest import (
    BUILD_MANIFEST,
    PACKER_MANIFEST,
    RUN_MANIFEST,
    build_manifest,
    merge_packer_manifest,
    merge_run_manifest,
    output_root,
    packer_entry,
    read_manifest,
    write_build_manifest,
)
from ansible_collections.golden.images.plugins.module_utils._lifecycle.operation import Params, Result
from ansible_collections.golden.images.plugins.module_utils._lifecycle.records import BuildRecord
from ansible_collections.golden.images.plugins.module_utils._lifecycle.run import StateFolder, iso, utc_now
from ansible_collections.golden.images.plugins.plugin_utils._action import ControllerAction

_SPEC: dict[str, t.Any] = {
    "event": {"type": "str", "required": True, "choices": ["captured", "verified", "published", "processed", "exported"]},
    "artifact": {"type": "dict"},
    "chain": {"type": "int"},
    "step": {"type": "int"},
    "type": {"type": "str"},
}


class ActionModule(ControllerAction):
    """``golden.images.record``."""

    def operate(self, task_vars: dict[str, t.Any]) -> Result:
        """Update the build's record, as a whole, on disk."""
        _checked, params = self.validate_argument_spec(_SPEC)
        build = self.context(task_vars).build
        if not build:
            raise GoldenError("there is no build to record for", hint="Run golden.images.plan first.")
        if self._task.check_mode:
            return {"changed": False}
        state = StateFolder(pathlib.Path(build["state_dir"]))
        path = state.record(build["name"])
        plan = dict(read_json(pathlib.Path(build["run_dir"]) / "plan.json") or {})
        if not plan:
            raise GoldenError(f"the plan of this run is gone from {build['run_dir']}", hint="Run the build again.")
        artifact = Artifact.from_dict(params["artifact"]) if params["artifact"] else None
        known = BuildRecord.load(path, build["name"])
        if params["event"] == "captured":
            record = _captured(known, artifact, plan, build)
        else:
            record = known if known.done.get("capture") == plan["wanted"]["capture"] else BuildRecord.from_dict(plan["record"])
        abandoned = _abandoned(known, record)
        if params["event"] != "captured":
            _advance(record, params, artifact, plan)
        if params["event"] == "exported":
            _write_manifests(record, build)
        record.save(path)
        if params["event"] == "captured":
            Journal(state.journal(build["run_id"], build["name"])).recorded()
        if abandoned is not None:
            self._remove(load_backend(backend_of(build["type"])), abandoned, task_vars)
        if artifact is None:
            return {"changed": False}
        return {"changed": False, "artifact": artifact.to_dict()}

    def _remove(self, builder: Builder, artifact: Artifact, task_vars: dict[str, t.Any]) -> None:
        context = self.context(task_vars)
        try:
            builder.remove(artifact, dict(self._templar.template(task_vars["golden_options"])))
        except GoldenError as error:
            context.warn(f"the unpublished image {artifact.id} of an earlier run could not be removed: {error}")


def _write_manifests(record: BuildRecord, build: dict[str, t.Any]) -> None:
    if record.artifact is None:
        return
    run_id, folder = build["run_id"], pathlib.Path(build["output_dir"])
    root = output_root(folder)
    manifest = build_manifest(record.artifact, run_id, outputs=record.outputs)
    # A post-processor of the definition may have written it with data of the user's.
    if (read_manifest(folder / BUILD_MANIFEST) or {}).get("run") != run_id:
        write_build_manifest(folder, manifest)
        merge_packer_manifest(root / PACKER_MANIFEST, packer_entry(record.artifact, run_id))
    merge_run_manifest(root / RUN_MANIFEST, run_id, manifest)


def _captured(known: BuildRecord, artifact: Artifact | None, plan: dict[str, t.Any], build: dict[str, t.Any]) -> BuildRecord:
    if artifact is None:
        raise GoldenError("the builder captured nothing")
    return known.captured(artifact, plan["wanted"]["capture"], build["run_id"], iso(utc_now()))


def _abandoned(known: BuildRecord, record: BuildRecord) -> Artifact | None:
    """What an earlier run captured, and nobody will verify or publish any more."""
    if record is known or known.artifact is None or known.is_published:
        return None
    if record.artifact is None or record.artifact.id != known.artifact.id:
        return known.artifact
    # The same bytes can have been captured twice, into different files.
    files = {file.path for file in known.artifact.files}
    return known.artifact if files and files.isdisjoint(file.path for file in record.artifact.files) else None


def _advance(record: BuildRecord, params: Params, artifact: Artifact | None, plan: dict[str, t.Any]) -> None:
    event, wanted = params["event"], plan["wanted"]
    if event == "verified":
        record.done["verify"] = wanted["verify"]
        record.done.pop("export", None)
    elif event == "published" and artifact is not None:
        record.artifact, record.is_published, record.outputs = artifact, True, []
        record.done.pop("export", None)
    elif event == "processed" and artifact is not None:
        record.outputs.append(artifact)
    elif event == "exported":
        record.done["export"], record.previous = wanted["export"], None
