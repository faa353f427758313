# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A web server that lives with a build: hands files and texts to an installer in the guest.

It is a process of its own, since a task of Ansible ends long before an installer has asked for everything. It ends when the build says so,
when the build's journal is discarded, with the run however that ends, and after its lifetime.
"""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import json
import os
import pathlib
import random
import select
import socket
import subprocess
import sys
import tempfile
import typing as t

from .._lifecycle.errors import BuilderError
from .._lifecycle.operation import Context
from .._lifecycle.process import tail
from .._lifecycle.watcher import collection_roots
from . import http_program
from .leftovers import BUILDER, http_server

PORTS = (8000, 9000)
_LIFETIME = 24 * 3600.0
_START_SECONDS = 20
_WILDCARDS = ("", "0.0.0.0", "::", "*")


class PortTakenError(BuilderError):
    """None of the ports was free."""


@dataclasses.dataclass(frozen=True)
class Site:
    """What is served.

    :ivar directory: a folder of this machine with all below it.
    :ivar content: path to text; comes before a file of the same path. Stays in the memory of the server.
    """

    directory: str | None = None
    content: t.Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class HttpServer:
    """A running server.

    :ivar mark: names it in the journal and on its command line.
    :ivar log: file with a line for each request.
    """

    address: str
    port: int
    mark: str
    log: str

    @property
    def url(self) -> str:
        """Its address as this machine sees it, without a slash at the end."""
        return f"http://{f'[{self.address}]' if ':' in self.address else self.address}:{self.port}"

    def to_dict(self) -> dict[str, t.Any]:
        """Plain types, for results and facts."""
        return dataclasses.asdict(self)


def start(site: Site, address: str, folder: pathlib.Path, name: str, run_pid: int | None, context: Context, ports: tuple[int, int] = PORTS) -> HttpServer:
    """Start a server; it listens when this returns.

    :param address: of this machine, the one that the guest reaches.
    :param folder: the build's private folder; the log comes into it.
    :param name: of the guest; one server each.
    :param run_pid: the ansible-playbook process; ``None`` where it is not on this machine.
    :param ports: lowest and highest port; both the same for a fixed one.
    :raises BuilderError: for a site that cannot be served, or when no port is free.
    """
    _check(site, address, ports)
    log = folder / f"{name}.http.log"
    mark = str(log)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    orders = {
        "address": address,
        "ports": _in_any_order(ports),
        "directory": site.directory,
        "content": {path.lstrip("/"): text for path, text in site.content.items()},
        "log": mark,
        "run_pid": run_pid,
        "lifetime": _LIFETIME,
    }
    context.journal.creating(http_server(mark))
    try:
        server = HttpServer(address, _started(orders, mark, ports), mark, mark)
    except BuilderError:
        context.journal.discarded(http_server(mark))
        raise
    context.say(f"serves the installer at {server.url}")
    return server


def stop(mark: str, context: Context) -> bool:
    """End a server; whether it ran."""
    existed = BUILDER.discard(http_server(mark), {})
    context.journal.discarded(http_server(mark))
    return existed


class Requests:
    """Tells what a server was asked for.

    :param log: of an :class:`HttpServer`.
    """

    def __init__(self, log: str) -> None:
        self._path = pathlib.Path(log)
        self._read = 0

    def new(self) -> list[str]:
        """Whole lines since the last time."""
        if not self._path.exists():
            return []
        with open(self._path, "rb") as stream:
            stream.seek(self._read)
            lines, newline, _rest = stream.read().rpartition(b"\n")
        self._read += len(lines) + len(newline)
        return lines.decode(errors="replace").splitlines()

    def tell(self, say: t.Callable[[str], None]) -> None:
        """Say them."""
        for line in self.new():
            say(f"installer: {line}")


def address_towards(host: str) -> str:
    """The address of this machine from which it reaches a host, and so the one at which that host reaches it.

    :raises BuilderError: when there is no way there.
    """
    try:
        family, kind, protocol, _name, target = socket.getaddrinfo(host, 9, type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            # A datagram socket sends nothing when it is connected.
            probe.connect(target)
            return str(probe.getsockname()[0])
    except OSError as error:
        raise BuilderError(f"there is no way from this machine to {host}: {error.strerror or error}") from error


def _check(site: Site, address: str, ports: tuple[int, int]) -> None:
    if address in _WILDCARDS:
        raise BuilderError("the server for the installer listens on one address only, and none is given", hint="Give the address that the guest reaches.")
    if not 1 <= ports[0] <= ports[1] <= 65535:
        raise BuilderError(f"{ports[0]} to {ports[1]} is no range of ports", hint="Ports go from 1 to 65535, the lowest first.")
    if site.directory and not os.path.isdir(site.directory):
        raise BuilderError(f"there is no folder {site.directory} to serve to the installer")
    if not site.directory and not site.content:
        raise BuilderError("there is nothing to serve to the installer", hint="Give a folder, content or both.")


def _in_any_order(ports: tuple[int, int]) -> list[int]:
    """Builds that start together do not all try the same port first."""
    all_ports = list(range(ports[0], ports[1] + 1))
    random.shuffle(all_ports)
    return all_ports


def _started(orders: dict[str, t.Any], mark: str, ports: tuple[int, int]) -> int:
    program = f"import sys; sys.path += sys.argv[1].split(':'); from {http_program.__name__} import main; main()"
    with tempfile.TemporaryFile() as errors:
        # pylint: disable-next=ansible-bad-function
        process = subprocess.Popen(
            [sys.executable, "-c", program, collection_roots(), mark],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            cwd="/",
            start_new_session=True,
        )
        answer = _answer_of(process, json.dumps(orders).encode())
        if answer is None:
            process.kill()
            process.wait()
            errors.seek(0)
            reason = tail(errors.read().decode(errors="replace")) or f"it did not answer within {_START_SECONDS} s"
            raise BuilderError(f"the server for the installer could not be started: {reason}")
    if "port" not in answer:
        process.wait()
        raise _refused(answer, orders["address"], ports)
    return int(answer["port"])


def _answer_of(process: subprocess.Popen[bytes], orders: bytes) -> dict[str, t.Any] | None:
    """What the program says once it knows whether it listens; it closes its output then, and goes on."""
    stdin, stdout = t.cast(t.BinaryIO, process.stdin), t.cast(t.BinaryIO, process.stdout)
    with stdout:
        with contextlib.suppress(BrokenPipeError), stdin:
            stdin.write(orders)
        poll = select.poll()
        poll.register(stdout, select.POLLIN)
        text = stdout.readline() if poll.poll(_START_SECONDS * 1000) else b""
    return json.loads(text) if text else None


def _refused(answer: dict[str, t.Any], address: str, ports: tuple[int, int]) -> BuilderError:
    where = f"port {ports[0]}" if ports[0] == ports[1] else f"a port from {ports[0]} to {ports[1]}"
    hint = {
        errno.EADDRINUSE: "Something else listens there; give another port or a wider range.",
        errno.EADDRNOTAVAIL: "This machine does not have that address; see the output of: ip address.",
        errno.EACCES: "Ports below 1024 are for root only.",
    }.get(answer.get("errno", 0))
    kind = PortTakenError if answer.get("errno") == errno.EADDRINUSE else BuilderError
    return kind(f"the server for the installer cannot listen on {where} of {address}: {answer['error']}", hint=hint)
