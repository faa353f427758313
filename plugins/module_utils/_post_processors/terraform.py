# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Post-processor ``terraform``: hands images over to Terraform and OpenTofu."""

from __future__ import annotations

import pathlib
import re

from .._lifecycle.artifact import Artifact
from .._lifecycle.errors import BuilderError
from .._lifecycle.files import locked, write_json_atomically
from .._lifecycle.manifest import output_root, read_manifest
from .._lifecycle.operation import Context, Operation, Params, Result
from .._lifecycle.partial_file import reported
from ._artifact_files import ARTIFACT_SPEC, KINDS_SPEC, artifact_of, input_files, output_folder
from ._terraform_files import Json, entry_of, merged_variables, module_of

DEFINITION_PATHS = ("folder",)

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*\Z")
_WHAT = "file of values for Terraform"


def run(params: Params, context: Context) -> Result:
    """Put the artifact's entry into the shared files; the artifact is passed on as it was."""
    artifact = artifact_of(params)
    name = params["name"]
    if not _NAME.match(name):
        raise BuilderError(f"{name!r} cannot be the name of a variable", hint="Use letters, digits and underscores, as in golden_images.")
    folder = pathlib.Path(params["folder"]) if params["folder"] else _folder(artifact, context)
    values = folder / f"{name}.auto.tfvars.json"
    module = folder / name / "outputs.tf.json" if params["module"] else None
    files = input_files(artifact, params["kinds"], "terraform") if params["kinds"] else list(artifact.files)
    entry = entry_of(artifact, files, folder if params["relative_paths"] else None)

    def wanted_of(known: dict[pathlib.Path, Json | None]) -> dict[pathlib.Path, Json]:
        merged = merged_variables(known[values], name, artifact.image or artifact.build, artifact.builder or artifact.type, entry)
        return {values: merged, **({module: module_of(merged[name])} if module else {})}

    paths = [path for path in (values, module) if path]
    if context.check_mode:
        known = _read(paths)
        wanted = wanted_of(known)
    else:
        with reported(values), locked(folder / f".{name}.lock"):
            known = _read(paths)
            wanted = wanted_of(known)
            for path, content in wanted.items():
                if known[path] != content:
                    write_json_atomically(path, content)
    result: Result = {
        "changed": known != wanted,
        "path": str(values),
        "module_path": str(module.parent) if module else "",
        "images": wanted[values][name],
        "artifact": artifact.to_dict(),
    }
    if context.diff:
        result["diff"] = [{"before_header": str(path), "after_header": str(path), "before": known[path] or {}, "after": wanted[path]} for path in paths]
    return result


def _folder(artifact: Artifact, context: Context) -> pathlib.Path:
    return output_root(context.build["output_dir"]) if context.build.get("output_dir") else output_folder(artifact, context)


def _read(paths: list[pathlib.Path]) -> dict[pathlib.Path, Json | None]:
    return {path: read_manifest(path, _WHAT) for path in paths}


OPERATION = Operation(
    argument_spec={
        **ARTIFACT_SPEC,
        **KINDS_SPEC,
        "folder": {"type": "path"},
        "name": {"type": "str", "default": "golden_images"},
        "module": {"type": "bool", "default": True},
        "relative_paths": {"type": "bool", "default": False},
    },
    run=run,
)
