# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs modules, commands and small transfers in the resident Python of a guest, for connection plugins.

Everything here is an acceleration: where there is no resident Python, or it cannot do what is asked, the answer is ``None``
and the connection does it its own way.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
import os
import pathlib
import socket
import struct
import subprocess
import sys
import typing as t

from .commands import PythonCommand, python_command

_HEAD = struct.Struct(">II")
_GREETING = 1.0
_START = 60.0
_LARGEST_FILE = 8 * 1024 * 1024
_FOLDER = pathlib.Path(__file__).parent
_PEER_CREDENTIALS = struct.Struct("3i")
# Reads no further than the program, which goes on reading where this stops.
_BOOTSTRAP = """
import os, sys
program, size = b"", int(sys.argv[1])
while len(program) < size:
    chunk = os.read(0, size - len(program))
    if not chunk:
        sys.exit(1)
    program += chunk
exec(compile(program, "golden.images resident Python", "exec"))
"""


class ResidentLostError(Exception):
    """The resident Python went away while it did what was asked; whether that was done is not known."""


@dataclasses.dataclass(frozen=True)
class Finished:
    """An ended command."""

    returncode: int
    stdout: bytes
    stderr: bytes


@dataclasses.dataclass(frozen=True)
class Stream:
    """A program in the guest, begun.

    :ivar source: file descriptor of what it writes.
    :ivar sink: file descriptor of what it reads; may be the same.
    :ivar framed: whether its output comes in the frames of Docker's API.
    """

    source: int
    sink: int
    framed: bool = False


def stream_of(command: t.Sequence[str | bytes], **options: t.Any) -> Stream:
    """Begin a program on this machine that leads into the guest; it ends with its stream, whoever holds that by then.

    :param options: further ones of ``Popen``: ``env``, ``cwd``.
    """
    ours, theirs = socket.socketpair()
    with theirs:
        end = theirs.fileno()
        # pylint: disable-next=ansible-bad-function,consider-using-with
        subprocess.Popen(command, stdin=end, stdout=end, stderr=subprocess.DEVNULL, start_new_session=True, **options)
    descriptor = ours.detach()
    return Stream(descriptor, descriptor)


class ResidentPython:
    """The resident Python of one guest and user.

    :param guest: tells this guest and user from all others of the run.
    :param begin: starts a program in the guest; ``None`` when its streams cannot be handed to another process.
    """

    def __init__(self, guest: str, begin: t.Callable[[list[str]], Stream | None]) -> None:
        self._guest = guest
        self._begin = begin

    def run(self, argv: list[str], command: str, in_data: bytes | None) -> Finished | None:
        """Run a shell command.

        :param argv: the shell and all its arguments.
        :param command: the command line in it.
        :raises ResidentLostError: when the guest or its resident ended meanwhile.
        """
        python = python_command(command) if in_data else None
        if python is None:
            return self._ask({"do": "shell", "argv": argv, "input": in_data is not None}, in_data or b"", None)
        return self._module(python, in_data or b"")

    def run_module(self, command: str, in_data: bytes | None) -> Finished | None:
        """As :meth:`run`, for a Python that reads its program, and nothing else."""
        python = python_command(command) if in_data else None
        return self._module(python, in_data or b"") if python else None

    def _module(self, python: PythonCommand, program: bytes) -> Finished | None:
        return self._ask({"do": "python", "environment": python.environment, "interpreter": python.interpreter}, program, python)

    def put(self, path: str, source: t.BinaryIO) -> Finished | None:
        """Write a file in the guest, unless it is large."""
        if os.fstat(source.fileno()).st_size > _LARGEST_FILE:
            return None
        finished = self._ask({"do": "put", "path": path}, source.read(), None)
        source.seek(0)
        return finished

    def _ask(self, header: dict[str, t.Any], payload: bytes, python: PythonCommand | None) -> Finished | None:
        address = self._address(python.become if python else ())
        connection = self._connect(address, _GREETING) or (self._start(address, python) if python else None)
        if connection is None:
            return None
        encoded = json.dumps(header).encode()
        try:
            with connection:
                connection.sendall(_HEAD.pack(len(encoded), len(payload)) + encoded + payload)
                head, size = _HEAD.unpack(_receive(connection, _HEAD.size))
                answer = json.loads(_receive(connection, head))
                content = _receive(connection, size)
        except OSError as error:
            raise ResidentLostError(str(error)) from error
        if answer.get("unable"):
            return None
        return Finished(answer["status"], content[: answer["out"]], content[answer["out"] :])

    def _address(self, become: tuple[str, ...]) -> str:
        digest = hashlib.sha256(json.dumps([os.getppid(), self._guest, become]).encode()).hexdigest()
        return f"\0golden-resident-{os.getuid()}-{digest[:32]}"

    @staticmethod
    def _connect(address: str, patience: float) -> socket.socket | None:
        """A connection to the broker when there is one, it is this user's, and it is free within ``patience`` seconds."""
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(patience)
        try:
            connection.connect(address)
            credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER_CREDENTIALS.size)
            if _PEER_CREDENTIALS.unpack(credentials)[1] == os.getuid() and connection.recv(1):
                connection.settimeout(None)
                return connection
        except OSError:
            pass
        connection.close()
        return None

    def _start(self, address: str, python: PythonCommand) -> socket.socket | None:
        """Start a resident and its broker; the socket listens before the broker runs, so nothing has to be awaited."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
            try:
                listener.bind(address)
            except OSError:
                # Somebody else's is about to start, or busy.
                return None
            listener.listen(8)
            stream = self._begin([*python.become, python.interpreter, "-c", _BOOTSTRAP, str(len(_guest_program())), python.interpreter])
            if stream is None:
                return None
            descriptors = {stream.source, stream.sink}
            try:
                _write(stream.sink, _guest_program())
                self._broker(listener, stream)
            except OSError:
                return None
            finally:
                for descriptor in descriptors:
                    os.close(descriptor)
        return self._connect(address, _START)

    def _broker(self, listener: socket.socket, stream: Stream) -> None:
        numbers = [os.getppid(), listener.fileno(), stream.source, stream.sink, int(stream.framed)]
        # pylint: disable-next=ansible-bad-function
        subprocess.Popen(
            [sys.executable, "-I", "-S", str(_FOLDER / "broker_program.py"), *map(str, numbers)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            start_new_session=True,
            pass_fds=[listener.fileno(), stream.source, stream.sink],
        )


def _receive(connection: socket.socket, size: int) -> bytes:
    received = bytearray()
    while len(received) < size:
        chunk = connection.recv(size - len(received))
        if not chunk:
            raise ConnectionResetError("the Python that stays in the guest has ended")
        received += chunk
    return bytes(received)


def _write(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


@functools.cache
def _guest_program() -> bytes:
    return (_FOLDER / "guest_program.py").read_bytes()
