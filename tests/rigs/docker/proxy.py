# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A daemon behind TCP on loopback, by a connection that a test can cut."""

from __future__ import annotations

import contextlib
import socket
import threading


class CuttableProxy:
    """Forwards a port on loopback to a unix socket until it is cut.

    :param target: path of the socket.
    """

    def __init__(self, target: str) -> None:
        self._target = target
        self._port = 0
        self._listener: socket.socket | None = None
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self.restore()

    @property
    def host(self) -> str:
        """Value of ``docker_host``."""
        return f"tcp://127.0.0.1:{self._port}"

    def restore(self) -> None:
        """Take connections, on the same port as before."""
        listener = socket.create_server(("127.0.0.1", self._port))
        self._port = listener.getsockname()[1]
        self._listener = listener
        threading.Thread(target=self._serve, args=(listener,), daemon=True).start()

    def cut(self) -> None:
        """End all connections, and refuse new ones."""
        if self._listener is not None:
            # A blocked accept() goes on with a closed socket for ever.
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None
        with self._lock:
            for end in self._open:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def _serve(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _address = listener.accept()
                threading.Thread(target=self._connect, args=(near,), daemon=True).start()

    def _connect(self, near: socket.socket) -> None:
        far = socket.socket(socket.AF_UNIX)
        with near, far:
            try:
                far.connect(self._target)
            except OSError:
                return
            with self._lock:
                self._open |= {near, far}
            back = threading.Thread(target=_forward, args=(far, near), daemon=True)
            back.start()
            _forward(near, far)
            back.join()
            with self._lock:
                self._open -= {near, far}


def _forward(source: socket.socket, sink: socket.socket) -> None:
    """All that comes, then the end: each direction ends by itself."""
    with contextlib.suppress(OSError):
        while chunk := source.recv(65536):
            sink.sendall(chunk)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
