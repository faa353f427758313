# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that appear whole under their name, or not at all, and are journalled meanwhile."""

from __future__ import annotations

import contextlib
import errno
import os
import pathlib
import tempfile
import typing as t

from .errors import BuilderError
from .files import fsync_directory
from .journal import Resource
from .operation import Context

_CHUNK = 1024 * 1024
_FULL = (errno.ENOSPC, errno.EDQUOT)


class _PartialFiles:
    """Discards what a killed process had written so far."""

    def discard(self, resource: Resource, options: dict[str, t.Any]) -> bool:
        """Remove a half-written file; the finished one has another name."""
        try:
            os.unlink(resource.details["path"])
        except FileNotFoundError:
            return False
        except OSError as error:
            raise BuilderError(f"the partial file {resource.details['path']} cannot be removed: {error.strerror}", resource=str(resource)) from error
        return True

    def login_hint(self, resource: Resource) -> str | None:
        """There is nothing to log in to."""
        return None


BUILDER = _PartialFiles()


@contextlib.contextmanager
def reported(target: pathlib.Path) -> t.Iterator[None]:
    """Turn the system's errors inside into one that names ``target``.

    :raises BuilderError: on any :class:`OSError`.
    """
    try:
        yield
    except OSError as error:
        hint = "Free space there, or set another output folder." if error.errno in _FULL else "Check the folder and its permissions."
        raise BuilderError(f"{target} could not be written: {error.strerror or error}", hint=hint) from error


@contextlib.contextmanager
def partial_file(target: pathlib.Path, context: Context, mode: int = 0o644) -> t.Iterator[t.BinaryIO]:
    """A stream into a temporary file beside ``target``.

    When the block ends well the file is on disk, and :func:`replace_if_different` is the caller's
    to use on ``stream.name``; whatever is left at the end is removed.

    :param mode: permissions of the file.
    :raises BuilderError: when it cannot be written, the disk being full included.
    """
    with reported(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".partial", dir=target.parent)
        os.unlink(name)
        os.close(descriptor)
    resource = Resource(backend=__name__, kind="partial file", name=name, details={"path": name})
    context.journal.creating(resource)
    try:
        with reported(target), open(name, "x+b") as stream:
            os.fchmod(stream.fileno(), mode)
            yield stream
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name)
        context.journal.discarded(resource)


def replace_if_different(stream: t.BinaryIO, target: pathlib.Path) -> bool:
    """Give a complete file its name, unless the same bytes are there already; whether that changed anything."""
    stream.flush()
    if same_bytes(pathlib.Path(stream.name), target):
        return False
    put_in_place(stream, target)
    return True


def put_in_place(stream: t.BinaryIO, target: pathlib.Path) -> None:
    """Give a complete file its name."""
    stream.flush()
    os.fsync(stream.fileno())
    os.replace(stream.name, target)
    fsync_directory(target.parent)


def same_bytes(one: pathlib.Path, other: pathlib.Path) -> bool:
    """Whether both files exist with the same content."""
    if not other.is_file() or one.stat().st_size != other.stat().st_size:
        return False
    with open(one, "rb") as left, open(other, "rb") as right:
        while chunk := left.read(_CHUNK):
            if chunk != right.read(_CHUNK):
                return False
    return True
