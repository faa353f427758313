# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The process that serves an installer. Started by :mod:`.http_server`; standard library only.

Reads its orders as JSON from standard input, so that nothing secret is on a command line, and writes one line of JSON: where it listens,
or why it cannot. Ends with the run, however that ends.
"""

from __future__ import annotations

import errno
import http.server
import io
import json
import os
import pathlib
import posixpath
import re
import select
import socket
import socketserver
import sys
import threading
import time
import typing as t
import urllib.parse

_RANGE = re.compile(r"bytes=(\d+)-(\d*)\Z")
_IDLE_SECONDS = 120
_TYPES = {".html": "text/html", ".json": "application/json", ".xml": "text/xml"}

Orders = dict[str, t.Any]


class _Part(t.NamedTuple):
    """Bytes ``first`` to ``last`` of ``size``."""

    first: int
    last: int
    size: int

    @property
    def length(self) -> int:
        return self.last - self.first + 1


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers with inline content, else with a file of the folder; shows no list of files."""

    protocol_version = "HTTP/1.1"
    server_version = "golden.images"
    sys_version = ""
    timeout = _IDLE_SECONDS
    server: Server

    def do_GET(self) -> None:
        """Send content."""
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        """Send what is known of content."""
        self._answer(with_body=False)

    def _answer(self, with_body: bool) -> None:
        path = self._wanted()
        inline = self.server.content.get(path)
        if inline is not None:
            self._send(len(inline), path, with_body, lambda part: self.wfile.write(inline[part.first : part.last + 1]))
            return
        file = self.server.find(path)
        if file is None:
            self.send_error(404)
            return
        with open(file, "rb") as stream:
            self._send(os.fstat(stream.fileno()).st_size, path, with_body, lambda part: _copy(stream, self.wfile, part))

    def _wanted(self) -> str:
        return posixpath.normpath("/" + urllib.parse.unquote(urllib.parse.urlsplit(self.path).path)).lstrip("/")

    def _send(self, size: int, path: str, with_body: bool, write: t.Callable[[_Part], t.Any]) -> None:
        part, status = self._part(size)
        if part is None:
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{size}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(status)
        self.send_header("Content-Type", _TYPES.get(posixpath.splitext(path)[1], "application/octet-stream"))
        self.send_header("Content-Length", str(part.length))
        self.send_header("Accept-Ranges", "bytes")
        if status == 206:
            self.send_header("Content-Range", f"bytes {part.first}-{part.last}/{size}")
        self.end_headers()
        if with_body:
            write(part)

    def _part(self, size: int) -> tuple[_Part | None, int]:
        asked = _RANGE.match(self.headers.get("Range", ""))
        if asked is None:
            return _Part(0, size - 1, size), 200
        first, last = int(asked[1]), min(int(asked[2] or size), size - 1)
        return (_Part(first, last, size) if first <= last else None), 206

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """A line for people; what follows a question mark may be secret."""
        status = getattr(code, "value", code)
        self.server.log(f"{self.client_address[0]} {self.command} {urllib.parse.urlsplit(self.path).path} {status}")

    def log_message(self, *args: t.Any) -> None:
        """Errors are told by the status."""


class Server(http.server.ThreadingHTTPServer):
    """Serves until the process ends."""

    daemon_threads = True

    def __init__(self, address: str, port: int, orders: Orders) -> None:
        self.content: dict[str, bytes] = {path: text.encode() for path, text in orders["content"].items()}
        self._root = pathlib.Path(orders["directory"]).resolve() if orders["directory"] else None
        self._log = os.open(orders["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self.address_family = socket.AF_INET6 if ":" in address else socket.AF_INET
        super().__init__((address, port), Handler)

    def server_bind(self) -> None:
        """Without asking a name server for the name of this machine, as the base class does."""
        socketserver.TCPServer.server_bind(self)

    def find(self, path: str) -> pathlib.Path | None:
        """A file of the folder; nothing that a link outside of it leads to."""
        if self._root is None:
            return None
        found = (self._root / path).resolve()
        return found if found.is_relative_to(self._root) and found.is_file() and os.access(found, os.R_OK) else None

    def log(self, line: str) -> None:
        """Add a line to the log."""
        os.write(self._log, f"{line}\n".encode(errors="replace"))

    def handle_error(self, request: t.Any, client_address: t.Any) -> None:
        """Clients hang up; that is no error."""


def _copy(source: t.BinaryIO, target: io.BufferedIOBase, part: _Part) -> None:
    source.seek(part.first)
    left = part.length
    while left and (chunk := source.read(min(left, 1024 * 1024))):
        target.write(chunk)
        left -= len(chunk)


def listen(orders: Orders) -> Server:
    """A server on the first port that is free.

    :raises OSError: when none is.
    """
    failed: OSError | None = None
    for port in orders["ports"]:
        try:
            return Server(orders["address"], port, orders)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            failed = error
    raise failed or OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))


def _until_the_run_ends(pid: int | None, lifetime: float) -> None:
    end = time.monotonic() + lifetime
    poll = select.poll()
    if pid is not None:
        poll.register(os.pidfd_open(pid), select.POLLIN)
    while (left := end - time.monotonic()) > 0 and not poll.poll(left * 1000):
        pass


def main() -> None:
    """See the module's documentation."""
    orders: Orders = json.load(sys.stdin)
    try:
        server = listen(orders)
    except OSError as error:
        report: Orders = {"errno": error.errno, "error": error.strerror or str(error)}
    else:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        report = {"port": server.server_address[1]}
    sys.stdout.write(json.dumps(report) + "\n")
    sys.stdout.flush()
    # Closing sys.stdout would leave the descriptor open, and who started this would wait for more.
    os.close(sys.stdout.fileno())
    if "port" in report:
        _until_the_run_ends(orders["run_pid"], orders["lifetime"])
