# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs commands in a container over the daemon's exec API.

This is the hot path of provisioning: every task comes through here, each in a fresh process,
so it speaks the three requests of an exec itself. Importing the SDK would cost more than the
command. Reading the answer's head byte by byte off the raw socket also keeps a command's first
output from getting stuck in an HTTP library's buffer.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import http.client
import json
import selectors
import socket
import ssl
import struct
import typing as t
import urllib.parse

from ..._lifecycle.waiting import Waiter
from .endpoint import Endpoint

_STDERR = 2
# Exit status of a command that was killed, also together with its container.
_KILLED = 137
_FRAME = struct.Struct(">BxxxL")
_CHUNK = 256 * 1024
_HEAD_LIMIT = 64 * 1024


class ExecError(Exception):
    """The container or its daemon cannot run commands (any more)."""


@dataclasses.dataclass(frozen=True)
class Finished:
    """A command's outcome."""

    returncode: int
    stdout: bytes
    stderr: bytes


class _Connection(http.client.HTTPConnection):
    def __init__(self, sock: socket.socket) -> None:
        super().__init__("docker")
        self.sock = sock


class ExecClient:
    """Runs commands in one container.

    :param container: its name or id.
    :param user: name or number, as ``docker exec -u``; ``None`` for the container's own.
    :param environment: added to the commands' environment.
    """

    def __init__(self, endpoint: Endpoint, container: str, user: str | None = None, environment: t.Mapping[str, str] | None = None) -> None:
        self._endpoint = endpoint
        self._container = container
        self._user = user
        self._environment = [f"{name}={value}" for name, value in (environment or {}).items()]

    def run(
        self,
        argv: list[str],
        stdin: t.BinaryIO | None = None,
        size: int | None = None,
        stdout: t.BinaryIO | None = None,
        tty: bool = False,
    ) -> Finished:
        """Run ``argv`` to its end.

        :param stdin: what it reads; nothing when ``None``.
        :param size: bytes in ``stdin``.
        :param stdout: where its output goes instead of into the result.
        :raises ExecError: when it cannot be run.
        """
        if stdin is not None and self._endpoint.tls:
            # TLS as Python has it cannot close one direction: let the reader count instead of waiting for the end.
            argv = ["/bin/sh", "-c", 'size=$1; shift; head -c "$size" | "$@"', "sh", str(size), *argv]
        try:
            control = _Connection(self._connect())
            try:
                identifier = self._create(control, argv, stdin is not None, tty)
                collected = self._start(identifier, stdin, stdout, tty)
                return Finished(self._exit_code(control, identifier), *collected)
            finally:
                control.close()
        except (OSError, http.client.HTTPException) as error:
            raise ExecError(f"the Docker daemon at {self._endpoint.host} cannot be reached: {error}") from error

    def identity(self) -> tuple[object, ...]:
        """Equal for clients whose commands run in the same place, as the same user and with the same environment."""
        digest = hashlib.sha256(repr(self._environment).encode()).hexdigest()
        return self._endpoint.host, self._container, self._user, digest

    def begin(self, argv: list[str]) -> int | None:
        """Start a program and leave it to the caller.

        :returns: file descriptor of its stream, standard output and error in the daemon's frames; ``None`` when the stream is
            encrypted, which only this process could go on with.
        :raises ExecError: when it cannot be started.
        """
        if self._endpoint.tls:
            return None
        try:
            control = _Connection(self._connect())
            try:
                sock, early = self._open(self._create(control, argv, True, False), tty=False)
            finally:
                control.close()
        except (OSError, http.client.HTTPException) as error:
            raise ExecError(f"the Docker daemon at {self._endpoint.host} cannot be reached: {error}") from error
        if early:
            sock.close()
            raise ExecError("the program wrote before it was asked to")
        sock.setblocking(True)
        return sock.detach()

    def _connect(self) -> socket.socket:
        timeout = self._endpoint.api_timeout
        if path := self._endpoint.socket_path:
            plain = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            plain.settimeout(timeout)
            plain.connect(path)
            return plain
        connected = socket.create_connection(self._endpoint.address, timeout)
        context = self._endpoint.ssl_context()
        return context.wrap_socket(connected, server_hostname=self._endpoint.address[0]) if context else connected

    def _call(self, control: _Connection, method: str, path: str, body: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        control.request(method, path, json.dumps(body) if body is not None else None, {"Content-Type": "application/json"})
        response = control.getresponse()
        raw = response.read()
        if response.status >= 300:
            raise ExecError(_explain(raw, response.status))
        return t.cast(dict[str, t.Any], json.loads(raw))

    def _create(self, control: _Connection, argv: list[str], with_stdin: bool, tty: bool) -> str:
        body: dict[str, t.Any] = {"AttachStdin": with_stdin, "AttachStdout": True, "AttachStderr": True, "Tty": tty, "Cmd": argv}
        if self._user:
            body["User"] = self._user
        if self._environment:
            body["Env"] = self._environment
        return str(self._call(control, "POST", f"/containers/{urllib.parse.quote(self._container, safe='')}/exec", body)["Id"])

    def _exit_code(self, control: _Connection, identifier: str) -> int:
        state = self._call(control, "GET", f"/exec/{identifier}/json")
        code = state.get("ExitCode")
        if code is None or state.get("Running") or (code == _KILLED and self._has_stopped(control)):
            raise ExecError(f"the container {self._container} stopped while a command was running in it")
        return int(code)

    def _has_stopped(self, control: _Connection) -> bool:
        # The daemon hears of the container's end a little later than of the command's.
        for _elapsed in Waiter("the container to stop", timeout=0.5, interval=0.05).ticks():
            container = self._call(control, "GET", f"/containers/{urllib.parse.quote(self._container, safe='')}/json")
            if not container["State"]["Running"]:
                return True
        return False

    def _start(self, identifier: str, stdin: t.BinaryIO | None, stdout: t.BinaryIO | None, tty: bool) -> tuple[bytes, bytes]:
        sock, early = self._open(identifier, tty)
        try:
            demultiplexer = _Demultiplexer(stdout, tty)
            demultiplexer.feed(early)
            _converse(sock, stdin, demultiplexer.feed)
            return demultiplexer.stdout, demultiplexer.stderr
        finally:
            sock.close()

    def _open(self, identifier: str, tty: bool) -> tuple[socket.socket, bytes]:
        """Start a created exec; returns its stream and what has come of it already."""
        body = json.dumps({"Detach": False, "Tty": tty}).encode()
        head = (
            f"POST /exec/{identifier}/start HTTP/1.1\r\nHost: docker\r\nContent-Type: application/json\r\n"
            f"Connection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: {len(body)}\r\n\r\n"
        ).encode()
        sock = self._connect()
        try:
            sock.sendall(head + body)
            return sock, _read_head(sock)
        except BaseException:
            sock.close()
            raise


def _explain(raw: bytes, status: int) -> str:
    try:
        return str(json.loads(raw)["message"])
    except (ValueError, KeyError, TypeError):
        return raw.decode(errors="replace").strip() or f"the daemon answered with status {status}"


def _read_head(sock: socket.socket) -> bytes:
    """Consume the answer's head; returns what came with it of the stream."""
    received = b""
    while b"\r\n\r\n" not in received:
        chunk = sock.recv(4096)
        if not chunk or len(received) > _HEAD_LIMIT:
            raise ExecError("the daemon closed the connection before the command was started")
        received += chunk
    head, _blank, rest = received.partition(b"\r\n\r\n")
    status = int(head.split(b" ", 2)[1])
    if status not in (101, 200):
        raise ExecError(_explain(rest, status))
    return rest


class _Demultiplexer:
    """Splits the daemon's stream of frames into standard output and error."""

    def __init__(self, sink: t.BinaryIO | None, tty: bool) -> None:
        self._sink = sink
        self._tty = tty
        self._pending = bytearray()
        self._out: list[bytes] = []
        self._err: list[bytes] = []

    @property
    def stdout(self) -> bytes:
        return b"".join(self._out)

    @property
    def stderr(self) -> bytes:
        return b"".join(self._err)

    def feed(self, data: bytes) -> None:
        """Take in bytes as they come, frames cut anywhere."""
        if self._tty:
            self._out.append(data)
            return
        self._pending += data
        while len(self._pending) >= _FRAME.size:
            stream, length = _FRAME.unpack_from(self._pending)
            end = _FRAME.size + length
            if len(self._pending) < end:
                return
            self._take(stream, bytes(self._pending[_FRAME.size : end]))
            del self._pending[:end]

    def _take(self, stream: int, payload: bytes) -> None:
        if stream == _STDERR:
            self._err.append(payload)
        elif self._sink is not None:
            self._sink.write(payload)
        else:
            self._out.append(payload)


def _converse(sock: socket.socket, stdin: t.BinaryIO | None, receive: t.Callable[[bytes], None]) -> None:
    """Send ``stdin`` and receive at the same time, until the other side has closed."""
    sock.setblocking(False)
    outgoing = memoryview(b"")
    with selectors.DefaultSelector() as selector:
        selector.register(sock, selectors.EVENT_READ | (selectors.EVENT_WRITE if stdin else 0))
        while True:
            for _key, events in selector.select():
                if events & selectors.EVENT_READ and not _receive_available(sock, receive):
                    return
                if events & selectors.EVENT_WRITE and stdin is not None:
                    outgoing = outgoing or memoryview(stdin.read(_CHUNK))
                    if not outgoing:
                        stdin = None
                        _end_of_input(sock)
                        selector.modify(sock, selectors.EVENT_READ)
                    else:
                        outgoing = outgoing[_send_some(sock, outgoing) :]


def _receive_available(sock: socket.socket, receive: t.Callable[[bytes], None]) -> bool:
    """Everything that can be had without waiting; ``False`` at the end of the stream."""
    while True:
        try:
            data = sock.recv(_CHUNK)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return True
        if not data:
            return False
        receive(data)


def _send_some(sock: socket.socket, data: memoryview) -> int:
    try:
        return sock.send(data)
    except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
        return 0
    except (BrokenPipeError, ConnectionResetError):
        # The command ended without reading all of its input; its exit status tells the rest.
        return len(data)


def _end_of_input(sock: socket.socket) -> None:
    if not isinstance(sock, ssl.SSLSocket):
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_WR)
