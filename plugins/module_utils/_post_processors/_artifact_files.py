# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What post-processors do with an artifact's record and its files."""

from __future__ import annotations

import datetime
import pathlib
import re
import typing as t

from .._lifecycle.artifact import Artifact, ArtifactFile
from .._lifecycle.errors import BuilderError
from .._lifecycle.files import sha256_file
from .._lifecycle.operation import Context

ARTIFACT_SPEC: dict[str, t.Any] = {"artifact": {"type": "dict", "required": True}}
KINDS_SPEC: dict[str, t.Any] = {"kinds": {"type": "list", "elements": "str"}}

_KIND = re.compile(r"\.((?:[a-z0-9]+\.)?tar(?:\.[a-z0-9]+)?|[A-Za-z0-9]+)\Z")


def artifact_of(params: t.Mapping[str, t.Any]) -> Artifact:
    """The artifact given to a post-processor.

    :raises BuilderError: when it is not the record of one.
    """
    try:
        return Artifact.from_dict(params["artifact"])
    except (TypeError, AttributeError) as error:
        raise BuilderError(f"the option artifact is not the record of an artifact: {error}", hint="Give what a build or a post-processor returned.") from error


def input_files(artifact: Artifact, kinds: list[str] | None, what: str) -> list[ArtifactFile]:
    """Files of an artifact to work on, all there; every one when ``kinds`` is not given.

    :param what: the post-processor, for messages.
    :raises BuilderError: when there is none, or one is missing on disk.
    """
    chosen = [file for file in artifact.files if not kinds or file.kind in kinds]
    if not chosen:
        known = ", ".join(file.kind for file in artifact.files) or "none"
        wanted = f" of the kinds {', '.join(kinds)}" if kinds else ""
        raise BuilderError(f"{what} needs files, and the artifact {artifact.id} of {artifact.build} has none{wanted}", hint=f"Kinds that it has: {known}.")
    for file in chosen:
        if not pathlib.Path(file.path).is_file():
            raise BuilderError(f"the artifact's file {file.path} is not there", hint="Build again with -e golden_force=true.")
    return chosen


def output_folder(artifact: Artifact, context: Context) -> pathlib.Path:
    """Where new files go: the build's output folder; outside a build beside the artifact's files."""
    if context.build.get("output_dir"):
        return pathlib.Path(context.build["output_dir"])
    return pathlib.Path(artifact.files[0].path).parent if artifact.files else pathlib.Path.cwd()


def file_stem(artifact: Artifact, context: Context) -> str:
    """What names of new files begin with."""
    return str(context.build.get("file_stem") or "-".join(part for part in (artifact.image, artifact.version, artifact.builder) if part))


def output_path(name: str | None, kind: str, artifact: Artifact, context: Context) -> pathlib.Path:
    """Path of a new file: ``name``, below the output folder when relative, else ``<stem>.<kind>`` there."""
    return output_folder(artifact, context) / pathlib.Path(name or f"{file_stem(artifact, context)}.{kind}").expanduser()


def kind_of(path: pathlib.Path, stem: str) -> str:
    """What a file is, by its name."""
    if path.name.startswith(f"{stem}."):
        return path.name[len(stem) + 1 :]
    found = _KIND.search(path.name)
    return found[1] if found else "file"


def recorded(path: pathlib.Path, kind: str) -> ArtifactFile:
    """A file as it is on disk."""
    return ArtifactFile(path=str(path), kind=kind, size=path.stat().st_size, sha256=sha256_file(path))


def with_files(artifact: Artifact, files: t.Iterable[ArtifactFile]) -> Artifact:
    """The artifact with further files; one with a known path takes the place of the old entry."""
    fresh = {file.path: file for file in files}
    old = [file for file in artifact.files if file.path not in fresh]
    return artifact.replace(files=(*old, *fresh.values()))


def made_of_files(artifact: Artifact, kind: str, files: t.Sequence[ArtifactFile]) -> Artifact:
    """A new artifact that consists of files; its id is that of the first."""
    first = files[0]
    return artifact.replace(id=f"sha256:{first.sha256}", type=kind, location=str(pathlib.Path(first.path).parent), files=tuple(files))


def source_epoch(artifact: Artifact) -> int:
    """Seconds since 1970 that everything in an archive gets, so that it does not depend on when it is made."""
    given = artifact.metadata.get("source_date_epoch")
    if given is not None:
        return int(given)
    try:
        return int(datetime.datetime.fromisoformat(artifact.created.replace("Z", "+00:00")).timestamp())
    except ValueError:
        return 0
