# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Moves the bytes of disks to and from vCenter and its hosts: streamed, digested on the way, with progress."""

from __future__ import annotations

import hashlib
import typing as t

from ..._lifecycle.errors import BuilderError
from .errors import VsphereError
from .session import VCenter

_CHUNK = 1024 * 1024
#: Seconds without a single byte. A host may take long to begin, while it looks for free blocks.
_SILENCE = 600.0
_CONNECTING = 30.0
#: Progress is told in steps of so many per cent.
_STEP = 10

Say = t.Callable[[str], None]


class Meter:
    """How far a transfer of several files has got.

    :param what: for people: ``uploading web.ova``.
    :param total: bytes; 0 when nobody knows.
    """

    def __init__(self, what: str, total: int, say: Say) -> None:
        self._what = what
        self._total = total
        self._say = say
        self._told = 0
        self.moved = 0

    @property
    def percent(self) -> int:
        """0 to 99: that all is through shows only when vCenter says so."""
        return min(99, self.moved * 100 // self._total) if self._total else 0

    def add(self, count: int) -> None:
        """So many bytes more."""
        self.moved += count
        if self.percent >= self._told + _STEP:
            self._told = self.percent - self.percent % _STEP
            self._say(f"{self._what}: {self._told} %")


class Metered:
    """A stream that is read by ``requests``, which asks for its length first."""

    def __init__(self, stream: t.BinaryIO, size: int, meter: Meter) -> None:
        self._stream = stream
        self._size = size
        self._meter = meter
        self.sent = 0

    def __len__(self) -> int:
        return self._size

    def read(self, count: int = -1) -> bytes:
        """At most ``count`` bytes, and never more than a piece that progress can be told of."""
        data = self._stream.read(_CHUNK if count < 0 else min(count, _CHUNK))
        self.sent += len(data)
        self._meter.add(len(data))
        return data


def upload(
    vcenter: VCenter,
    url: str,
    stream: t.BinaryIO,
    size: int,
    meter: Meter,
    *,
    method: str = "PUT",
    headers: t.Mapping[str, str] | None = None,
    thumbprint: str | None = None,
) -> None:
    """Send a file.

    :param thumbprint: of the host's certificate, when vCenter told it: hosts have certificates that only vCenter knows.
    :raises VsphereError: when the other side does not take all of it.
    """
    body = Metered(stream, size, meter)
    what = f"take {size} bytes at {_place(url)}"
    try:
        answer = _web(vcenter, url, thumbprint).request(
            method, url, data=body, headers=dict(headers or {}), timeout=(_CONNECTING, _SILENCE), allow_redirects=False
        )
    except OSError as error:
        raise VsphereError(
            f"vSphere could not {what}: the connection failed after {body.sent}: {error}",
            code=type(error).__name__,
            hint="Check the network between here and the ESXi hosts, and that the datastore has room",
        ) from None
    _check(answer, what)


def download(
    vcenter: VCenter, url: str, target: t.BinaryIO, meter: Meter, algorithms: t.Iterable[str], *, thumbprint: str | None = None
) -> tuple[int, dict[str, str]]:
    """Receive a file.

    :returns: its size, and its digests by algorithm.
    :raises VsphereError: when it cannot be had whole.
    """
    digests = {name: hashlib.new(name, usedforsecurity=False) for name in algorithms}
    size = 0
    what = f"send {_place(url)}"
    try:
        with _web(vcenter, url, thumbprint).get(url, stream=True, timeout=(_CONNECTING, _SILENCE), allow_redirects=False) as answer:
            _check(answer, what)
            # As it is sent: what is packed on the way would have another length than the one announced.
            announced = answer.headers.get("Content-Length")
            while chunk := answer.raw.read(_CHUNK):
                _write(target, chunk)
                size += len(chunk)
                meter.add(len(chunk))
                for digest in digests.values():
                    digest.update(chunk)
    except _WriteError as error:
        raise error.reason from None
    except OSError as error:
        raise _cut(what, size, error) from None
    except Exception as error:
        # urllib3 has errors of its own for a stream that breaks off; it is there when requests is.
        if type(error).__module__.partition(".")[0] != "urllib3":
            raise
        raise _cut(what, size, error) from None
    if announced is not None and int(announced) != size:
        raise _cut(what, size, f"{announced} bytes were announced")
    return size, {name: digest.hexdigest() for name, digest in digests.items()}


class _WriteError(Exception):
    """The file here cannot be written, which is not the network's fault."""

    def __init__(self, reason: OSError) -> None:
        super().__init__(str(reason))
        self.reason = reason


def _write(target: t.BinaryIO, chunk: bytes) -> None:
    try:
        target.write(chunk)
    except OSError as error:
        raise _WriteError(error) from error


def _cut(what: str, size: int, reason: object) -> VsphereError:
    code = "IncompleteRead" if isinstance(reason, str) else type(reason).__name__
    return VsphereError(f"vSphere could not {what}: the connection failed after {size} bytes: {reason}", code=code, hint="Check the network, and run it again")


def _check(answer: t.Any, what: str) -> None:
    if answer.status_code < 300:
        return
    ended = "vCenter has ended the transfer, as it does when the session ends that it belongs to: run it again"
    hints = {401: ended, 403: "Check the privileges of this user", 404: ended, 507: "Make room on the datastore, or give another one"}
    reason = "the datastore is full" if answer.status_code == 507 else str(answer.reason or "")
    raise VsphereError(
        f"vSphere could not {what}: HTTP {answer.status_code} {reason}".rstrip(), code=f"HTTP {answer.status_code}", hint=hints.get(answer.status_code)
    )


def _place(url: str) -> str:
    """An address without its query, which may hold a ticket."""
    return url.partition("?")[0]


def reachable(vcenter: VCenter, url: str) -> str:
    """An address of a lease: vCenter writes ``*`` where it means itself.

    :raises BuilderError: for anything but HTTPS.
    """
    found = url.replace("https://*/", f"{vcenter.base_url}/", 1)
    if not found.startswith("https://"):
        raise BuilderError(f"vSphere wants a transfer over {found.partition('://')[0]}", resource=_place(found))
    return found


def _web(vcenter: VCenter, url: str, thumbprint: str | None) -> t.Any:
    """The session for an address; pinned to a certificate where vCenter told which one the host has."""
    web = vcenter.web()
    if not thumbprint or not vcenter.auth["validate_certs"]:
        return web
    import requests
    from requests.adapters import HTTPAdapter

    pinned = requests.Session()
    pinned.trust_env, pinned.proxies = False, web.proxies
    # The fingerprint came over a connection that was verified, and takes the place of a chain that need not end at ca_file.
    pinned.verify = False
    adapter = HTTPAdapter()
    adapter.init_poolmanager(1, 1, assert_fingerprint=thumbprint.replace(":", ""), cert_reqs="CERT_NONE")
    pinned.mount("https://", adapter)
    return pinned
