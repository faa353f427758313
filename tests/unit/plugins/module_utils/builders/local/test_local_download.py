# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Downloads are checked, go on where they stopped, and are made once."""

from __future__ import annotations

import hashlib
import http.server
import pathlib
import threading
import typing as t

import pytest

from ansible_collections.golden.images.plugins.module_utils._builders.local import download
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import BuilderError
from ansible_collections.golden.images.plugins.module_utils._lifecycle.operation import Context

CONTENT = bytes(range(256)) * 4096
DIGEST = hashlib.sha256(CONTENT).hexdigest()


class Server(http.server.HTTPServer):
    """Serves CONTENT; the first ``cut`` answers end half way."""

    cut = 0

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.ranges: list[str | None] = []


class Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        asked = self.headers.get("Range")
        self.server.ranges.append(asked)
        if self.path != "/file":
            self.send_error(404)
            return
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked else 0
        rest = CONTENT[start:]
        self.send_response(206 if asked else 200)
        self.send_header("Content-Length", str(len(rest)))
        self.end_headers()
        cut = len(self.server.ranges) <= self.server.cut
        self.wfile.write(rest[: len(rest) // 2] if cut else rest)

    def log_message(self, *args: t.Any) -> None:
        pass


@pytest.fixture
def server() -> t.Iterator[Server]:
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "_fetch", lambda url, partial, real=download._fetch: real(url, partial, sleep=lambda _seconds: None))


def url(server: Server, path: str = "/file") -> str:
    return f"http://127.0.0.1:{server.server_address[1]}{path}"


def test_a_file_is_downloaded_once(server: Server, tmp_path: pathlib.Path) -> None:
    for _time in range(2):
        assert download.obtain(url(server), DIGEST, tmp_path, Context()).read_bytes() == CONTENT
    assert len(server.ranges) == 1


def test_a_cut_connection_goes_on(server: Server, tmp_path: pathlib.Path) -> None:
    server.cut = 2
    assert download.obtain(url(server), DIGEST, tmp_path, Context()).read_bytes() == CONTENT
    assert server.ranges == [None, f"bytes={len(CONTENT) // 2}-", f"bytes={len(CONTENT) * 3 // 4}-"]


def test_a_later_run_goes_on(server: Server, tmp_path: pathlib.Path) -> None:
    (tmp_path / f"{DIGEST}.partial").write_bytes(CONTENT[:1000])
    assert download.obtain(url(server), DIGEST, tmp_path, Context()).read_bytes() == CONTENT
    assert server.ranges == ["bytes=1000-"]


def test_another_content_is_refused_and_not_kept(server: Server, tmp_path: pathlib.Path) -> None:
    with pytest.raises(BuilderError, match=f"has the sha256 {DIGEST}"):
        download.obtain(url(server), "0" * 64, tmp_path, Context())
    assert [path.name for path in tmp_path.iterdir()] == [f"{'0' * 64}.lock"]


def test_a_damaged_cached_file_is_fetched_again(server: Server, tmp_path: pathlib.Path) -> None:
    (tmp_path / DIGEST).write_bytes(b"rotten")
    assert download.obtain(url(server), DIGEST, tmp_path, Context()).read_bytes() == CONTENT


def test_a_missing_file_is_not_asked_for_again(server: Server, tmp_path: pathlib.Path) -> None:
    with pytest.raises(BuilderError, match="404"):
        download.obtain(url(server, "/none"), DIGEST, tmp_path, Context())
    assert len(server.ranges) == 1
