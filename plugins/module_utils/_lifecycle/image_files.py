# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Images that are files: captured into a folder of the run, published into the output folder, removed. Shared by builders."""

from __future__ import annotations

import contextlib
import errno
import os
import pathlib
import shutil
import typing as t

from .artifact import Artifact, ArtifactFile
from .errors import BuilderError
from .files import fsync_directory, sha256_file
from .journal import Resource
from .operation import Context, Result

NO_SPACE_HINT = "Free space on the file system of the state folder, or put the state folder on another one."


class _ImageFiles:
    """Discards captured files and what a killed process had copied so far."""

    def discard(self, resource: Resource, options: dict[str, t.Any]) -> bool:
        """Remove files and folders; returns whether one was there."""
        paths = [pathlib.Path(path) for path in resource.details["paths"]]
        existed = [path for path in paths if os.path.lexists(path)]
        for path in existed:
            _remove(path)
        return bool(existed)

    def login_hint(self, resource: Resource) -> str | None:
        """There is nothing to log in to."""
        return None


BUILDER = _ImageFiles()


def _remove(path: pathlib.Path) -> None:
    try:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise BuilderError(f"{path} cannot be removed: {error.strerror}") from error


def captured_resource(folder: pathlib.Path) -> Resource:
    """Files of a capture in the journal."""
    return Resource(__name__, "captured files", str(folder), {"paths": [str(folder)]})


@contextlib.contextmanager
def capturing(target: pathlib.Path, resource: Resource, context: Context) -> t.Iterator[None]:
    """Make files in a folder, which is removed when that fails.

    :param resource: the folder in the journal.
    :raises BuilderError: also for any :class:`OSError` inside.
    """
    context.journal.creating(resource)
    try:
        target.mkdir(parents=True, exist_ok=True)
        yield
        fsync_directory(target)
    except BaseException as error:
        shutil.rmtree(target, ignore_errors=True)
        context.journal.discarded(resource)
        if isinstance(error, OSError):
            raise BuilderError(f"the image files cannot be written: {error.strerror or error}", hint=no_space_hint(error), resource=str(target)) from error
        raise
    context.journal.released(resource)


def no_space_hint(error: OSError) -> str | None:
    """What to do when a disk is full; ``None`` when it is not."""
    return NO_SPACE_HINT if error.errno in (errno.ENOSPC, errno.EDQUOT) else None


def check_space(folder: pathlib.Path, needed: int | None) -> None:
    """:raises BuilderError: when fewer MiB than asked for are free there."""
    free = shutil.disk_usage(folder).free // (1024 * 1024)
    if needed is not None and free < needed:
        raise BuilderError(f"{free} MiB are free at {folder}, free_space asks for {needed}", hint=NO_SPACE_HINT)


def recorded(path: pathlib.Path, kind: str) -> ArtifactFile:
    """A file as it is on disk."""
    return ArtifactFile(str(path), kind, path.stat().st_size, sha256_file(path))


def publish_files(artifact: Artifact, output: pathlib.Path, stem: str, context: Context, is_ours: t.Callable[[str], bool]) -> Result:
    """Give captured files their place in the output folder, each as a whole, then remove what they replace.

    The captured files stay until all have their place, so that it can be done again after any interruption.

    :param stem: the files are named ``<stem>.<kind>``.
    :param is_ours: whether files of a kind are of images of this type; those of an earlier image that the new one lacks go.
    :raises BuilderError: when a file cannot be put there.
    """
    targets = {file: output / f"{stem}.{file.kind}" for file in artifact.files}
    moves = {file: target for file, target in targets.items() if pathlib.Path(file.path) != target}
    if context.check_mode:
        return {"changed": bool(moves), "artifact": artifact.to_dict()}
    partials = {target: target.with_name(f"{target.name}.partial") for target in moves.values()}
    resource = Resource(__name__, "partial files", str(output / f"{stem}.partial"), {"paths": [str(partial) for partial in partials.values()]})
    if moves:
        context.journal.creating(resource)
        _place(moves, partials, output)
        context.journal.discarded(resource)
    stale = _stale(output, stem, set(targets.values()), is_ours)
    for path in stale:
        path.unlink()
    published = artifact.replace(files=tuple(_placed(file, target) for file, target in targets.items()), location=str(output))
    for folder in {pathlib.Path(file.path).parent for file in moves}:
        _remove_captured(folder, [pathlib.Path(file.path) for file in moves])
    return {"changed": bool(moves or stale), "artifact": published.to_dict()}


def _placed(file: ArtifactFile, target: pathlib.Path) -> ArtifactFile:
    return ArtifactFile(str(target), file.kind, file.size, file.sha256)


def _stale(output: pathlib.Path, stem: str, kept: set[pathlib.Path], is_ours: t.Callable[[str], bool]) -> list[pathlib.Path]:
    named = [path for path in output.iterdir() if path.name.startswith(f"{stem}.")] if output.is_dir() else []
    return [path for path in named if path not in kept and is_ours(path.name.removeprefix(f"{stem}."))]


def _place(moves: dict[ArtifactFile, pathlib.Path], partials: dict[pathlib.Path, pathlib.Path], output: pathlib.Path) -> None:
    try:
        output.mkdir(parents=True, exist_ok=True)
        for file, target in moves.items():
            _copy(pathlib.Path(file.path), partials[target])
        for target, partial in partials.items():
            os.replace(partial, target)
        fsync_directory(output)
    except OSError as error:
        raise BuilderError(f"the image files cannot be published: {error.strerror or error}", hint=no_space_hint(error), resource=str(output)) from error
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


def are_there(artifact: Artifact) -> bool:
    """Whether every file is there with the recorded size; without files it is an artifact only when they were given up after the export."""
    sizes = {file.path: file.size for file in artifact.files}
    return bool(sizes or artifact.metadata.get("removed_files")) and all(os.path.isfile(path) and os.path.getsize(path) == size for path, size in sizes.items())
