# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Gives a verified artifact its final names; what had them before goes last."""

from __future__ import annotations

import contextlib
import os
import pathlib
import shutil
import typing as t

from ..._lifecycle.artifact import Artifact, ArtifactFile
from ..._lifecycle.errors import BuilderError
from ..._lifecycle.files import fsync_directory
from ..._lifecycle.operation import Context, Params, Result
from .capture import DISCARDED
from .daemon import ConflictError, Daemon, Json
from .names import checked_repository, checked_tag

IMAGE_LABEL = "golden.image"


def references(params: Params, build: t.Mapping[str, t.Any]) -> list[str]:
    """Names of the image: ``<image>:<version>`` and ``<image>:latest`` unless said otherwise."""
    repository = params.get("repository") or build.get("image")
    if not repository:
        raise BuilderError("the image has no name", hint="Give the option repository")
    tags = params.get("tags")
    wanted = tags if tags is not None else [str(build["version"]), "latest"] if build.get("version") else ["latest"]
    return [f"{checked_repository(str(repository))}:{checked_tag(str(tag))}" for tag in wanted]


def published(params: Params, context: Context, daemon: Daemon) -> Result:
    """State ``published``: tags move, files are put in place, superseded images are removed."""
    artifact = Artifact.from_dict(params["artifact"])
    is_image = artifact.id != DISCARDED and "os" in artifact.metadata
    wanted = references(params, context.build) if is_image else []
    moving = {name: (daemon.find_image(name) or {}).get("Id") for name in wanted}
    changed = any(owner != artifact.id for owner in moving.values())
    folder = params.get("directory") or context.build.get("output_dir")
    changed = changed or any(pathlib.Path(file.path).parent != pathlib.Path(folder or "") for file in artifact.files)
    if context.check_mode:
        return {"changed": changed, "artifact": artifact.to_dict()}
    files = tuple(_into(folder, file) for file in artifact.files)
    metadata = dict(artifact.metadata)
    if is_image:
        _tag(artifact.id, moving, daemon)
        temporary = metadata.pop("temporary_name", None)
        if temporary:
            daemon.remove_image(temporary)
        metadata["tags"] = wanted
        _remove_superseded({owner for owner in moving.values() if owner and owner != artifact.id}, daemon)
    location = artifact.location if is_image else str(folder or artifact.location)
    return {"changed": changed, "artifact": artifact.replace(files=files, metadata=metadata, location=location).to_dict()}


def _into(folder: str | None, file: ArtifactFile) -> ArtifactFile:
    """Move a file into the output folder, whole or not at all."""
    source = pathlib.Path(file.path)
    if not folder or source.parent == pathlib.Path(folder):
        return file
    target = pathlib.Path(folder) / source.name
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.partial")
    try:
        # Within a file system this is a rename; across two the copy gets its name only when it is complete.
        shutil.move(source, partial)
        os.replace(partial, target)
    except OSError as error:
        if source.exists():
            partial.unlink(missing_ok=True)
        raise BuilderError(f"{source} could not be moved to {target}: {error.strerror}") from error
    fsync_directory(target.parent)
    return ArtifactFile(str(target), file.kind, file.size, file.sha256)


def _tag(identifier: str, names: t.Iterable[str], daemon: Daemon) -> None:
    for name in names:
        repository, _colon, tag = name.rpartition(":")
        with daemon.doing(f"tag the image {identifier} as {name}", f"image {identifier}"):
            daemon.quick.tag(identifier, repository, tag)


def _remove_superseded(identifiers: t.Iterable[str], daemon: Daemon) -> None:
    """Images of ours that lost their last name; what anything still uses stays."""
    for identifier in sorted(identifiers):
        image: Json = daemon.find_image(identifier) or {}
        ours = IMAGE_LABEL in ((image.get("Config") or {}).get("Labels") or {})
        if image and ours and not image.get("RepoTags"):
            with contextlib.suppress(ConflictError):
                daemon.remove_image(identifier)


def absent(params: Params, context: Context, daemon: Daemon) -> Result:
    """State ``absent``: the names are gone, and the image with its last name."""
    names = params["names"]
    present = [name for name in names if daemon.find_image(name)]
    if not context.check_mode:
        for name in present:
            daemon.remove_image(name)
    return {"changed": bool(present)}
