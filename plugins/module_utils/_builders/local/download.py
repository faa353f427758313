# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Downloads: checked, resumed, tried again, cached by content."""

from __future__ import annotations

import os
import pathlib
import re
import time
import typing as t
import urllib.error
import urllib.request

from ..._lifecycle.errors import BuilderError
from ..._lifecycle.files import fsync_directory, locked, sha256_file
from ..._lifecycle.operation import Context

_ATTEMPTS = 4
_TIMEOUT = 60.0
_CHUNK = 1024 * 1024
_CHECKSUM = re.compile(r"(?:sha256:)?([0-9a-fA-F]{64})\Z")
_PERMANENT = frozenset({400, 401, 403, 404, 405, 410})


def is_url(location: str) -> bool:
    """Whether it has to be downloaded."""
    return location.startswith(("http://", "https://"))


def sha256_of(checksum: str) -> str:
    """The hex digest of an option ``checksum``.

    :raises BuilderError: when it is not a sha256.
    """
    match = _CHECKSUM.match(checksum.strip())
    if not match:
        raise BuilderError(f"source.checksum: {checksum!r} is not a sha256", hint="Write sha256: and 64 hex digits.")
    return match[1].lower()


def obtain(url: str, sha256: str, cache: pathlib.Path, context: Context) -> pathlib.Path:
    """The file at ``url``, downloaded unless a file with this content is cached.

    :raises BuilderError: when it cannot be had, or has another content.
    """
    target = cache / sha256
    with locked(cache / f"{sha256}.lock"):
        if target.exists() and sha256_file(target) == sha256:
            return target
        partial = cache / f"{sha256}.partial"
        context.say(f"downloads {url}")
        _fetch(url, partial)
        actual = sha256_file(partial)
        if actual != sha256:
            partial.unlink()
            raise BuilderError(f"{url} has the sha256 {actual}, not {sha256}", hint="Correct source.checksum, or find out who changed the file.")
        os.replace(partial, target)
        fsync_directory(cache)
    return target


def _fetch(url: str, partial: pathlib.Path, sleep: t.Callable[[float], None] = time.sleep) -> None:
    for attempt in range(_ATTEMPTS):
        try:
            _go_on(url, partial)
            return
        except urllib.error.HTTPError as error:
            if error.code == 416:
                # The partial file is no beginning of what is there now.
                partial.unlink(missing_ok=True)
            if error.code in _PERMANENT or attempt == _ATTEMPTS - 1:
                raise BuilderError(f"{url} cannot be downloaded: {error.code} {error.reason}") from error
        except (OSError, EOFError) as error:
            if attempt == _ATTEMPTS - 1:
                raise BuilderError(f"{url} cannot be downloaded: {error}", hint="A rerun goes on where this one stopped.") from error
        sleep(2.0**attempt)


def _go_on(url: str, partial: pathlib.Path) -> None:
    start = partial.stat().st_size if partial.exists() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={start}-"} if start else {})
    with urllib.request.build_opener().open(request, timeout=_TIMEOUT) as response, open(partial, "ab" if response.status == 206 else "wb") as stream:
        expected = response.headers.get("Content-Length")
        received = 0
        while chunk := response.read(_CHUNK):
            stream.write(chunk)
            received += len(chunk)
        stream.flush()
        os.fsync(stream.fileno())
    if expected is not None and received != int(expected):
        raise EOFError(f"the connection ended after {received} of {expected} bytes")
