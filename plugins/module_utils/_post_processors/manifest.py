# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Post-processor ``manifest``: what this chain has made so far, as JSON."""

from __future__ import annotations

import pathlib

from .._lifecycle.manifest import (
    BUILD_MANIFEST,
    PACKER_MANIFEST,
    build_manifest,
    merge_packer_manifest,
    merged_packer_manifest,
    output_root,
    packer_entry,
    read_manifest,
    write_build_manifest,
)
from .._lifecycle.operation import Context, Operation, Params, Result
from .._lifecycle.partial_file import reported
from ._artifact_files import ARTIFACT_SPEC, artifact_of, output_folder


def run(params: Params, context: Context) -> Result:
    """Write the build's manifest, and its entry in Packer's; the artifact is passed on as it was."""
    artifact = artifact_of(params)
    folder = output_folder(artifact, context)
    path = folder / pathlib.Path(params["output"]).expanduser()
    run_id = str(context.build.get("run_id", ""))
    options = {name: params[name] for name in ("custom_data", "strip_path", "strip_time")}
    manifest = build_manifest(artifact, run_id, **options)
    entry = packer_entry(artifact, run_id, **options)
    shared = _packer_path(params["packer_output"], folder, context)
    known = read_manifest(path)
    result: Result = {"manifest": manifest, "path": str(path), "artifact": artifact.to_dict()}
    if context.diff:
        result["diff"] = {"before": known or {}, "after": manifest, "before_header": str(path), "after_header": str(path)}
    if context.check_mode:
        packer_known = read_manifest(shared)
        return {**result, "changed": known != manifest or merged_packer_manifest(packer_known, entry) != packer_known}
    with reported(path):
        changed = write_build_manifest(path.parent, manifest, path.name)
    with reported(shared):
        changed = merge_packer_manifest(shared, entry) or changed
    return {**result, "changed": changed}


def _packer_path(name: str, folder: pathlib.Path, context: Context) -> pathlib.Path:
    root = output_root(context.build["output_dir"]) if context.build.get("output_dir") else folder
    return root / pathlib.Path(name).expanduser()


OPERATION = Operation(
    argument_spec={
        **ARTIFACT_SPEC,
        "output": {"type": "path", "default": BUILD_MANIFEST},
        "packer_output": {"type": "path", "default": PACKER_MANIFEST},
        "custom_data": {"type": "dict", "default": {}},
        "strip_path": {"type": "bool", "default": False},
        "strip_time": {"type": "bool", "default": False},
    },
    run=run,
)
