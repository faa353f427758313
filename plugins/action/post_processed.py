# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Removes what post-processors were given with ``keep_input: false``, when all chains went well."""

from __future__ import annotations

import contextlib
import pathlib
import typing as t

from ansible_collections.golden.images.plugins.module_utils._lifecycle.artifact import Artifact
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import BuilderError
from ansible_collections.golden.images.plugins.module_utils._lifecycle.operation import Result
from ansible_collections.golden.images.plugins.module_utils._lifecycle.records import BuildRecord
from ansible_collections.golden.images.plugins.module_utils._lifecycle.run import StateFolder
from ansible_collections.golden.images.plugins.module_utils._post_processors._unneeded import Step, unneeded_files, without_files
from ansible_collections.golden.images.plugins.plugin_utils._action import ControllerAction

_SPEC: dict[str, t.Any] = {
    "artifact": {"type": "dict", "required": True},
    "steps": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "chain": {"type": "int", "required": True},
            "keep_input": {"type": "bool", "default": True},
            "result": {"type": "dict", "required": True},
        },
    },
}


class ActionModule(ControllerAction):
    """``golden.images.post_processed``."""

    def operate(self, task_vars: dict[str, t.Any]) -> Result:
        """Files only: an image on a platform is never removed here."""
        _checked, params = self.validate_argument_spec(_SPEC)
        removed = unneeded_files(Artifact.from_dict(params["artifact"]), [_step(step) for step in params["steps"]])
        build = self.context(task_vars).build
        if self._task.check_mode:
            return {"changed": bool(removed), "removed": removed}
        # The record first: it must not speak of files that are gone.
        if removed and build:
            _forget(StateFolder(pathlib.Path(build["state_dir"])).record(build["name"]), build["name"], removed)
        for path in removed:
            _remove(path)
        return {"changed": bool(removed), "removed": removed}


def _step(given: dict[str, t.Any]) -> Step:
    result = given["result"]
    artifact = result.get("artifact") if not result.get("skipped") else None
    return Step(given["chain"], given["keep_input"], Artifact.from_dict(artifact) if artifact else None, bool(result.get("failed")))


def _forget(path: pathlib.Path, build: str, removed: list[str]) -> None:
    record = BuildRecord.load(path, build)
    if record.artifact is not None:
        record.artifact = without_files(record.artifact, removed)
    record.outputs = [without_files(output, removed) for output in record.outputs]
    record.outputs = [output for output in record.outputs if output.files or not output.metadata.get("removed_files")]
    record.save(path)


def _remove(path: str) -> None:
    try:
        with contextlib.suppress(FileNotFoundError):
            pathlib.Path(path).unlink()
    except OSError as error:
        raise BuilderError(f"{path} could not be removed: {error.strerror}", hint="Check the folder's permissions, then remove it by hand.") from error
