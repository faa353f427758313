# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs on the controller, one for each guest: passes requests of Ansible's workers on to the guest's resident Python.

A worker lives for one task only, so somebody has to hold the stream. Ends with the run, with
the guest, and whenever an exchange was cut in the middle. Standard library only, so that it starts in milliseconds.

``broker_program.py <run pid> <listening socket> <from guest> <to guest> <whether the stream is Docker's frames>``
"""

from __future__ import annotations

import contextlib
import os
import select
import socket
import struct
import sys
import typing as t

_HEAD = struct.Struct(">II")
_FRAME = struct.Struct(">BxxxL")
_PEER_CREDENTIALS = struct.Struct("3i")
_STDOUT = 1
_CHUNK = 1 << 18


class _Ended(Exception):
    """One of the three has gone."""


class _Stream:
    """What the guest answers, out of the daemon's frames where there are any."""

    def __init__(self, descriptor: int, framed: bool) -> None:
        self.descriptor = descriptor
        self._framed = framed
        self._raw = bytearray()
        self.received = bytearray()

    def receive(self) -> None:
        """Take what has come."""
        chunk = os.read(self.descriptor, _CHUNK)
        if not chunk:
            raise _Ended
        if not self._framed:
            self.received += chunk
            return
        self._raw += chunk
        while len(self._raw) >= _FRAME.size:
            kind, length = _FRAME.unpack_from(self._raw)
            end = _FRAME.size + length
            if len(self._raw) < end:
                return
            if kind == _STDOUT:
                self.received += self._raw[_FRAME.size : end]
            del self._raw[:end]


def _size(data: bytearray) -> int | None:
    """Bytes of the message at the beginning, once that is known."""
    if len(data) < _HEAD.size:
        return None
    return _HEAD.size + sum(_HEAD.unpack_from(data))


class _Broker:
    def __init__(self, run: int, listener: socket.socket, stream: _Stream, sink: int) -> None:
        self._run = run
        self._listener = listener
        self._stream = stream
        self._sink = sink

    def serve(self) -> None:
        """Until one of the three ends."""
        self._answer_of_guest(None)
        while True:
            ready = self._wait(self._listener.fileno())
            if self._listener.fileno() not in ready:
                # Nothing was asked: this can only be the end, or a word on the error stream.
                self._stream.receive()
                continue
            connection, _peer = self._listener.accept()
            with connection:
                credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER_CREDENTIALS.size)
                if _PEER_CREDENTIALS.unpack(credentials)[1] == os.getuid():
                    self._exchange(connection)

    def _wait(self, other: int | None) -> set[int]:
        watched = [self._run, self._stream.descriptor, *([other] if other is not None else [])]
        poll = select.poll()
        for descriptor in watched:
            poll.register(descriptor, select.POLLIN)
        ready = {descriptor for descriptor, _event in poll.poll()}
        if self._run in ready:
            raise _Ended
        return ready

    def _exchange(self, connection: socket.socket) -> None:
        connection.sendall(b"+")
        request = bytearray()
        while (size := _size(request)) is None or len(request) < size:
            chunk = connection.recv(_CHUNK)
            if not chunk:
                # It thought better of it before anything was passed on.
                return
            request += chunk
        self._pass_on(request)
        connection.sendall(self._answer_of_guest(connection.fileno()))

    def _pass_on(self, data: bytearray) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(self._sink, view) :]

    def _answer_of_guest(self, asking: int | None) -> bytes:
        received = self._stream.received
        while (size := _size(received)) is None or len(received) < size:
            ready = self._wait(asking)
            if asking in ready:
                # The worker has gone; with this process, what it had begun in the guest ends.
                raise _Ended
            if self._stream.descriptor in ready:
                self._stream.receive()
        answer = bytes(received[:size])
        del received[:size]
        return answer


def main(arguments: t.Sequence[str]) -> None:
    """See the module's documentation."""
    run, listener, source, sink, framed = map(int, arguments)
    with contextlib.suppress(_Ended, OSError):
        _Broker(os.pidfd_open(run), socket.socket(fileno=listener), _Stream(source, bool(framed)), sink).serve()


if __name__ == "__main__":
    main(sys.argv[1:])
