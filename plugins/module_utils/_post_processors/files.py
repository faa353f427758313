# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Post-processor ``files``: the artifact consists of these files from here on."""

from __future__ import annotations

import glob
import pathlib

from .._lifecycle.errors import BuilderError
from .._lifecycle.operation import Context, Operation, Params, Result
from ._artifact_files import ARTIFACT_SPEC, artifact_of, file_stem, kind_of, made_of_files, recorded

DEFINITION_PATHS = ("files",)


def run(params: Params, context: Context) -> Result:
    """Replace the artifact's list of files; nothing on disk is touched."""
    artifact = artifact_of(params)
    stem = file_stem(artifact, context)
    paths = [path for pattern in params["files"] for path in _matches(pattern)]
    files = [recorded(path, kind_of(path, stem)) for path in dict.fromkeys(paths)]
    return {"changed": False, "artifact": made_of_files(artifact, "files", files).to_dict()}


def _matches(pattern: str) -> list[pathlib.Path]:
    found = sorted(pathlib.Path(name).absolute() for name in glob.glob(str(pathlib.Path(pattern).expanduser()), recursive=True) if pathlib.Path(name).is_file())
    if not found:
        raise BuilderError(f"no file matches {pattern}", hint="Relative names start at the folder of the definition.")
    return found


OPERATION = Operation(argument_spec={**ARTIFACT_SPEC, "files": {"type": "list", "elements": "str", "required": True}}, run=run)
