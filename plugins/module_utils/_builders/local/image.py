# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Image files: captured, published, looked at, removed. The operations ``local_image`` and ``local_image_info``."""

from __future__ import annotations

import contextlib
import errno
import os
import pathlib
import shutil
import tarfile
import typing as t

from ..._lifecycle.artifact import Artifact, ArtifactFile
from ..._lifecycle.errors import BuilderError
from ..._lifecycle.files import fsync_directory, sha256_file
from ..._lifecycle.journal import Resource
from ..._lifecycle.operation import Context, Operation, Params, Result
from .archive import ImageArchive
from .capture import capture
from .folder import GuestFolder
from .options import BACKEND, CAPTURE_SPEC
from .tree import NO_SPACE_HINT

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
        return publish(artifact, pathlib.Path(params["output_dir"]).absolute(), params["file_stem"], context)
    present = any(os.path.lexists(file.path) for file in artifact.files)
    if present and not context.check_mode:
        remove_files(artifact)
    return {"changed": present}


def _capture(params: Params, context: Context) -> Result:
    if context.check_mode:
        return {"changed": True}
    folder = GuestFolder.of(params["state_dir"], params["guest"])
    return {"changed": True, "artifact": capture(folder, params, context).to_dict()}


def publish(artifact: Artifact, output: pathlib.Path, stem: str, context: Context) -> Result:
    """Give captured files their place in the output folder, each as a whole, then remove what they replace.

    The captured files stay until all have their place, so that it can be done again after any interruption.

    :raises BuilderError: when a file cannot be put there.
    """
    targets = {file: output / f"{stem}.{file.kind}" for file in artifact.files}
    moves = {file: target for file, target in targets.items() if pathlib.Path(file.path) != target}
    if context.check_mode:
        return {"changed": bool(moves), "artifact": artifact.to_dict()}
    resource = Resource(BACKEND, "partial files", str(output / f"{stem}.partial"), {"paths": [f"{target}.partial" for target in moves.values()]})
    if moves:
        context.journal.creating(resource)
        _place(moves, output)
        context.journal.discarded(resource)
    stale = [path for kind in KINDS if (path := output / f"{stem}.{kind}").exists() and path not in targets.values()]
    for path in stale:
        path.unlink()
    published = artifact.replace(files=tuple(_placed(file, target) for file, target in targets.items()), location=str(output))
    for folder in {pathlib.Path(file.path).parent for file in moves}:
        _remove_captured(folder, [pathlib.Path(file.path) for file in moves])
    return {"changed": bool(moves or stale), "artifact": published.to_dict()}


def _placed(file: ArtifactFile, target: pathlib.Path) -> ArtifactFile:
    return ArtifactFile(str(target), file.kind, file.size, file.sha256)


def _place(moves: dict[ArtifactFile, pathlib.Path], output: pathlib.Path) -> None:
    partials = {target: target.with_name(f"{target.name}.partial") for target in moves.values()}
    try:
        output.mkdir(parents=True, exist_ok=True)
        for file, target in moves.items():
            _copy(pathlib.Path(file.path), partials[target])
        for target, partial in partials.items():
            os.replace(partial, target)
        fsync_directory(output)
    except OSError as error:
        raise BuilderError(
            f"the image files cannot be published: {error.strerror}",
            hint=NO_SPACE_HINT if error.errno in (errno.ENOSPC, errno.EDQUOT) else None,
            resource=str(output),
        ) from error
    finally:
        for partial in partials.values():
            partial.unlink(missing_ok=True)


def _copy(source: pathlib.Path, partial: pathlib.Path) -> None:
    partial.unlink(missing_ok=True)
    try:
        os.link(source, partial)
    except OSError:
        # Another file system, or one without hard links.
        shutil.copyfile(source, partial)
        with open(partial, "rb") as stream:
            os.fsync(stream.fileno())


def _remove_captured(folder: pathlib.Path, files: list[pathlib.Path]) -> None:
    for file in files:
        file.unlink(missing_ok=True)
    # The folder of the build holds one folder per run.
    for empty in (folder, folder.parent):
        with contextlib.suppress(OSError):
            empty.rmdir()


def remove_files(artifact: Artifact) -> None:
    """Remove an artifact's files; idempotent."""
    paths = [pathlib.Path(file.path) for file in artifact.files]
    try:
        for folder in {path.parent for path in paths}:
            _remove_captured(folder, paths)
    except OSError as error:
        raise BuilderError(f"the image files cannot be removed: {error.strerror}") from error


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
