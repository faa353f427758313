# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Downloads: gone on with where they stopped, tried again, told about. What was downloaded is for the caller to check."""

from __future__ import annotations

import errno
import http.client
import os
import pathlib
import re
import shutil
import time
import typing as t
import urllib.error
import urllib.parse
import urllib.request

from .._lifecycle.errors import BuilderError

_FRUITLESS_ATTEMPTS = 4
_TIMEOUT = 60.0
_CHUNK = 1024 * 1024
_PERMANENT = frozenset({400, 401, 403, 404, 405, 410, 451})
_TELL_EVERY = 15.0
_MEGABYTE = 1_000_000
_CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/")
_WHOLE_SIZE = re.compile(r"bytes \*/(\d+)")
_FULL = (errno.ENOSPC, errno.EDQUOT)

Say = t.Callable[[str], None]


def is_url(location: str) -> bool:
    """Whether it has to be downloaded."""
    return location.lower().startswith(("http://", "https://"))


def shown(url: str) -> str:
    """A URL without what may be secret in it: user, password, query."""
    parts = urllib.parse.urlsplit(url)
    return urllib.parse.urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def fetch_text(url: str, most: int) -> str:
    """A small file.

    :param most: bytes that it may have.
    :raises BuilderError: when it cannot be had.
    """

    def once() -> str:
        with _open(url, {}) as response:
            data: bytes = response.read(most + 1)
        if len(data) > most:
            raise BuilderError(f"{shown(url)} has more than {most} bytes, and cannot be what it should be")
        return data.decode("utf-8", errors="replace")

    return _patiently(url, once, lambda: 0)


def fetch(url: str, partial: pathlib.Path, say: Say) -> None:
    """Complete a file, which may have a beginning already.

    Failures that may pass are tried again, for as long as each attempt gets further than the one before.

    :raises BuilderError: when it cannot be had, or the disk is full.
    """
    _patiently(url, lambda: _go_on(url, partial, say), lambda: _size(partial))


_Result = t.TypeVar("_Result")


def _patiently(url: str, attempt: t.Callable[[], _Result], progress: t.Callable[[], int], sleep: t.Callable[[float], None] | None = None) -> _Result:
    fruitless, reached = 0, progress()
    while True:
        try:
            return attempt()
        except urllib.error.HTTPError as error:
            failed: Exception = error
            final, reason = error.code in _PERMANENT, f"{error.code} {error.reason}"
        except (OSError, EOFError, http.client.HTTPException) as error:
            failed = error
            final, reason = getattr(error, "errno", None) in _FULL, _reason(error)
        if final:
            raise BuilderError(f"{shown(url)} cannot be downloaded: {reason}") from failed
        fruitless = 1 if progress() > reached else fruitless + 1
        reached = max(reached, progress())
        if fruitless >= _FRUITLESS_ATTEMPTS:
            raise BuilderError(f"{shown(url)} cannot be downloaded: {reason}", hint="A rerun goes on where this one stopped.") from failed
        (sleep or time.sleep)(2.0 ** (fruitless - 1))


def _reason(error: Exception) -> str:
    cause = getattr(error, "reason", None) or error
    return str(getattr(cause, "strerror", None) or cause or type(cause).__name__)


def _open(url: str, headers: dict[str, str]) -> t.Any:
    return urllib.request.build_opener().open(urllib.request.Request(url, headers={"Accept-Encoding": "identity", **headers}), timeout=_TIMEOUT)


def _size(path: pathlib.Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _go_on(url: str, partial: pathlib.Path, say: Say) -> None:
    start = _size(partial)
    try:
        response = _open(url, {"Range": f"bytes={start}-"} if start else {})
    except urllib.error.HTTPError as error:
        if error.code != 416 or not start:
            raise
        whole = _WHOLE_SIZE.match(error.headers.get("Content-Range", ""))
        if whole and int(whole[1]) == start:
            return
        # What is here is no beginning of what is there.
        partial.unlink()
        response = _open(url, {})
    with response:
        goes_on = response.status == 206 and _begins_at(response, start)
        if response.status == 206 and not goes_on:
            raise EOFError("the server sent another part than was asked for")
        length = response.headers.get("Content-Length")
        _receive(response, partial, start if goes_on else 0, int(length) if length is not None else None, _Progress(url, say))


def _begins_at(response: t.Any, start: int) -> bool:
    found = _CONTENT_RANGE.match(response.headers.get("Content-Range", ""))
    return found is None or int(found[1]) == start


class _Progress:
    """Tells from time to time how far a download has got."""

    def __init__(self, url: str, say: Say) -> None:
        self._name = shown(url)
        self._say = say
        self._begun = self._told = time.monotonic()

    def tell(self, received: int, so_far: int, whole: int | None) -> None:
        """Say it when it is time.

        :param received: bytes that this attempt has got.
        :param so_far: bytes that are there.
        """
        now = time.monotonic()
        if now - self._told < _TELL_EVERY:
            return
        self._told = now
        share = f"{100 * so_far // whole} % of {whole / _MEGABYTE:.0f} MB" if whole else f"{so_far / _MEGABYTE:.0f} MB"
        self._say(f"downloading {self._name}: {share}, {received / _MEGABYTE / (now - self._begun):.1f} MB/s")


def _receive(response: t.Any, partial: pathlib.Path, start: int, length: int | None, progress: _Progress) -> None:
    free = shutil.disk_usage(partial.parent).free
    if length is not None and length > free + (_size(partial) - start):
        raise OSError(errno.ENOSPC, f"it needs {length / _MEGABYTE:.0f} MB, and {partial.parent} has {free / _MEGABYTE:.0f} MB left")
    received = 0
    with open(partial, "ab" if start else "wb") as stream:
        while chunk := response.read(_CHUNK):
            stream.write(chunk)
            received += len(chunk)
            progress.tell(received, start + received, start + length if length is not None else None)
        stream.flush()
        os.fsync(stream.fileno())
    if length is not None and received != length:
        raise EOFError(f"the connection ended after {received} of {length} bytes")
