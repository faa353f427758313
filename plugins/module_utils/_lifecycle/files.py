# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that survive a crash: atomic writes, advisory locks, digests."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import pathlib
import tempfile
import typing as t

_CHUNK = 1024 * 1024


def sha256_file(path: str | os.PathLike[str]) -> str:
    """Hex digest of a file's bytes."""
    digest = hashlib.sha256()
    with open(path, "rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def fsync_directory(path: str | os.PathLike[str]) -> None:
    """Make a rename or a new entry in ``path`` durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_atomically(path: str | os.PathLike[str], data: bytes | str, mode: int = 0o644) -> None:
    """Replace ``path`` as a whole, or leave what was there; parents are created."""
    target = pathlib.Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    raw = data.encode() if isinstance(data, str) else data
    descriptor, temporary = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".partial", dir=target.parent)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            os.fchmod(stream.fileno(), mode)
            stream.write(raw)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise
    fsync_directory(target.parent)


def write_json_atomically(path: str | os.PathLike[str], data: t.Any, mode: int = 0o644) -> None:
    """As :func:`write_atomically`, pretty-printed with sorted keys."""
    text = json.dumps(data, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    # What no UTF-8 has, a byte of a file's name, becomes the escape of JSON, and that same byte again when it is read.
    write_atomically(path, text.encode(errors="backslashreplace"), mode)


def read_json(path: str | os.PathLike[str]) -> t.Any | None:
    """Parsed content, ``None`` when the file does not exist."""
    try:
        with open(path, encoding="utf-8") as stream:
            return json.load(stream)
    except FileNotFoundError:
        return None


def append_line(path: str | os.PathLike[str], line: str, *, durable: bool = False) -> None:
    """Add a line, whole also where several processes do that; the file and its folder are this user's only.

    :param durable: it is on disk when this returns.
    :raises OSError: also when only a part of it was written; the next line begins anew after that.
    """
    target = pathlib.Path(path)
    new = not target.exists()
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(target, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        raw = (b"\n" if _is_torn(descriptor) else b"") + line.encode() + b"\n"
        # A disk that becomes full takes a part, and says so by the count only.
        if os.write(descriptor, raw) != len(raw):
            raise OSError(errno.ENOSPC, f"{os.strerror(errno.ENOSPC)}, only a part of a line was written", str(target))
        if durable:
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
    if new and durable:
        fsync_directory(target.parent)


def _is_torn(descriptor: int) -> bool:
    size = os.fstat(descriptor).st_size
    return size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"


def read_json_lines(path: str | os.PathLike[str]) -> list[dict[str, t.Any]]:
    """Objects that :func:`append_line` added, without lines that were torn; nothing where there is no file."""
    found: list[dict[str, t.Any]] = []
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        for line in pathlib.Path(path).read_text(encoding="utf-8", errors="replace").splitlines():
            with contextlib.suppress(json.JSONDecodeError):
                found.append(json.loads(line))
    return found


def _nothing() -> None:
    """Nobody wants to know."""


@contextlib.contextmanager
def locked(path: str | os.PathLike[str], waiting: t.Callable[[], None] = _nothing) -> t.Iterator[None]:
    """Hold an exclusive advisory lock on ``path`` (created when absent, never removed).

    :param waiting: called once when somebody else holds it.
    """
    target = pathlib.Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(target, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting()
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
