# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Image files: captured, published, looked at, removed. The operations ``local_image`` and ``local_image_info``."""

from __future__ import annotations

import os
import pathlib
import tarfile
import typing as t

from ..._lifecycle.artifact import Artifact
from ..._lifecycle.errors import BuilderError
from ..._lifecycle.files import sha256_file
from ..._lifecycle.image_files import publish_files, remove_files
from ..._lifecycle.operation import Context, Operation, Params, Result
from .archive import ImageArchive
from .capture import capture
from .folder import GuestFolder
from .options import CAPTURE_SPEC

KINDS = ("oci.tar", "rootfs.tar")

ARGUMENT_SPEC: dict[str, t.Any] = {
    "state": {"type": "str", "choices": ["present", "published", "absent"], "default": "present"},
    "guest": {"type": "str"},
    "state_dir": {"type": "path"},
    "captured_dir": {"type": "path"},
    "output_dir": {"type": "path"},
    "file_stem": {"type": "str"},
    "artifact": {"type": "dict"},
    "image": {"type": "str", "default": "image"},
    "builder": {"type": "str", "default": "local"},
    "version": {"type": "str", "default": "latest"},
    "build": {"type": "str", "default": ""},
    "fingerprint": {"type": "str", "default": ""},
    "source": {"type": "dict", "default": {}},
    "labels": {"type": "dict", "default": {}},
    "free_space": {"type": "int"},
    **CAPTURE_SPEC,
}

INFO_SPEC: dict[str, t.Any] = {
    "path": {"type": "path", "required": True},
    "reference": {"type": "str"},
}


def run(params: Params, context: Context) -> Result:
    """The operation ``local_image``."""
    if params["state"] == "present":
        return _capture(params, context)
    artifact = Artifact.from_dict(params["artifact"])
    if params["state"] == "published":
        return publish_files(artifact, pathlib.Path(params["output_dir"]).absolute(), params["file_stem"], context, KINDS.__contains__)
    present = any(os.path.lexists(file.path) for file in artifact.files)
    if present and not context.check_mode:
        remove_files(artifact)
    return {"changed": present}


def _capture(params: Params, context: Context) -> Result:
    if context.check_mode:
        return {"changed": True}
    folder = GuestFolder.of(params["state_dir"], params["guest"])
    return {"changed": True, "artifact": capture(folder, params, context).to_dict()}


def run_info(params: Params, _context: Context) -> Result:
    """The operation ``local_image_info``."""
    path = pathlib.Path(params["path"]).absolute()
    if not path.is_file():
        return {"changed": False, "exists": False}
    facts: dict[str, t.Any] = {"path": str(path), "size": path.stat().st_size, "sha256": sha256_file(path)}
    return {"changed": False, "exists": True, **facts, **_look_into(path, params["reference"])}


def _look_into(path: pathlib.Path, reference: str | None) -> dict[str, t.Any]:
    if not tarfile.is_tarfile(path):
        raise BuilderError(f"{path} is not a tar archive")
    with ImageArchive(path) as archive:
        if archive.has("index.json"):
            image = archive.oci_image(reference)
        elif archive.has("manifest.json"):
            image = archive.docker_image(reference)
        else:
            return {"kind": "rootfs"}
    return {"kind": "image", "id": image.id, "config": image.config, "layers": [layer.digest or layer.member for layer in image.layers]}


OPERATION = Operation(
    ARGUMENT_SPEC,
    run,
    {
        "required_if": [
            ("state", "present", ["guest", "state_dir", "captured_dir", "file_stem"]),
            ("state", "published", ["artifact", "output_dir", "file_stem"]),
            ("state", "absent", ["artifact"]),
        ]
    },
)
INFO_OPERATION = Operation(INFO_SPEC, run_info)
