# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server with one file that can be made to fail."""

from __future__ import annotations

import hashlib
import http.server
import threading
import typing as t

import pytest

from ansible_collections.golden.images.plugins.module_utils._media import download

CONTENT = bytes(range(256)) * 4096


class Server(http.server.ThreadingHTTPServer):
    """Serves ``files``; the first ``cut`` answers end half way, the first ``broken`` are an error 503."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files = {"/file.iso": CONTENT}
        self.cut = 0
        self.broken = 0
        self.ignores_ranges = False
        self.asked: list[tuple[str, str | None]] = []

    def url(self, path: str = "/file.iso") -> str:
        return f"http://127.0.0.1:{self.server_address[1]}{path}"

    def handle_error(self, request: t.Any, client_address: t.Any) -> None:
        """Clients that give up are part of the tests."""

    @property
    def ranges(self) -> list[str | None]:
        return [wanted for _path, wanted in self.asked]


class Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        wanted = None if self.server.ignores_ranges else self.headers.get("Range")
        self.server.asked.append((self.path, self.headers.get("Range")))
        content = self.server.files.get(self.path)
        if content is None:
            return self.send_error(404)
        if len(self.server.asked) <= self.server.broken:
            return self.send_error(503)
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
        if wanted and start >= len(content):
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(content)}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return None
        rest = content[start:]
        self.send_response(206 if wanted else 200)
        self.send_header("Content-Length", str(len(rest)))
        if wanted:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.end_headers()
        cut = len(self.server.asked) <= self.server.cut
        self.wfile.write(rest[: len(rest) // 2] if cut else rest)
        return None

    def log_message(self, *args: t.Any) -> None:
        pass


@pytest.fixture
def server() -> t.Iterator[Server]:
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.02,))
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture
def content() -> bytes:
    return CONTENT


@pytest.fixture
def sha256() -> str:
    return hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Pauses between attempts, which take no time here."""
    noted: list[float] = []
    monkeypatch.setattr(download.time, "sleep", noted.append)
    return noted
