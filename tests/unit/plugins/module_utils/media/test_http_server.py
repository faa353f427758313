# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The server for installers: what it hands out, and that it ends."""

from __future__ import annotations

import json
import os
import pathlib
import socket
import subprocess
import sys
import textwrap
import urllib.error
import urllib.request

import pytest

from ansible_collections.golden.images.plugins.module_utils._lifecycle.builder import load_backend
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import BuilderError
from ansible_collections.golden.images.plugins.module_utils._lifecycle.found_processes import find_by_argument
from ansible_collections.golden.images.plugins.module_utils._lifecycle.journal import Journal
from ansible_collections.golden.images.plugins.module_utils._lifecycle.operation import Context
from ansible_collections.golden.images.plugins.module_utils._lifecycle.waiting import Waiter
from ansible_collections.golden.images.plugins.module_utils._media import http_server
from ansible_collections.golden.images.plugins.module_utils._media.http_server import HttpServer, Requests, Site, address_towards


def get(server: HttpServer, path: str, **headers: str) -> bytes:
    with urllib.request.urlopen(urllib.request.Request(server.url + path, headers=headers), timeout=10) as response:
        data: bytes = response.read()
        return data


def status(server: HttpServer, path: str, **headers: str) -> int:
    with pytest.raises(urllib.error.HTTPError) as failed:
        get(server, path, **headers)
    return failed.value.code


@pytest.fixture
def context(tmp_path):
    told: list[str] = []
    made = Context(journal=Journal(tmp_path / "journal.jsonl"), say=told.append)
    made.build["told"] = told
    return made


@pytest.fixture
def site(tmp_path):
    folder = tmp_path / "served"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "vmlinuz").write_bytes(bytes(range(100)))
    (folder / "preseed.cfg").write_text("from the folder")
    (tmp_path / "secret").write_text("not served")
    (folder / "out").symlink_to(tmp_path / "secret")
    return Site(str(folder), {"/preseed.cfg": "from the content", "user-data": "#cloud-config\npassword: s3cret\n"})


@pytest.fixture
def serving(site, context, tmp_path):
    server = http_server.start(site, "127.0.0.1", tmp_path / "run", "web", os.getpid(), context, (20000, 29999))
    yield server
    http_server.stop(server.mark, context)


def test_what_it_hands_out(serving):
    assert get(serving, "/user-data").startswith(b"#cloud-config")
    assert get(serving, "/preseed.cfg?x=1") == b"from the content"
    assert get(serving, "/sub/vmlinuz") == bytes(range(100))
    assert get(serving, "//sub/./vmlinuz", Range="bytes=10-19") == bytes(range(10, 20))
    assert get(serving, "/user-data", Range="bytes=1-") == b"cloud-config\npassword: s3cret\n"
    assert status(serving, "/sub/vmlinuz", Range="bytes=100-") == 416


@pytest.mark.parametrize("path", ["/", "/sub", "/sub/", "/out", "/../secret", "/%2e%2e/secret", "/none", "/sub/vmlinuz/x"])
def test_what_it_does_not(serving, path):
    assert status(serving, path) == 404


def test_head(serving):
    with urllib.request.urlopen(urllib.request.Request(f"{serving.url}/sub/vmlinuz", method="HEAD"), timeout=10) as response:
        assert response.headers["Content-Length"] == "100"
        assert response.read() == b""


def test_requests_are_told_once_and_without_what_may_be_secret(serving):
    requests = Requests(serving.log)
    assert requests.new() == []
    get(serving, "/user-data?token=s3cret")
    status(serving, "/none")
    told: list[str] = []
    requests.tell(told.append)
    assert told == ["installer: 127.0.0.1 GET /user-data 200", "installer: 127.0.0.1 GET /none 404"]
    assert requests.new() == []
    assert pathlib.Path(serving.log).stat().st_mode & 0o777 == 0o600


def test_content_is_on_no_command_line_and_in_no_file(serving, tmp_path):
    (pid,) = find_by_argument(serving.mark)
    for name in ("cmdline", "environ"):
        assert b"s3cret" not in pathlib.Path(f"/proc/{pid}/{name}").read_bytes()
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and b"s3cret" in path.read_bytes()]


def test_it_is_journalled_before_it_runs_and_discarded_from_the_journal(site, tmp_path):
    journal = Journal(tmp_path / "journal.jsonl")
    seen: list[list[int]] = []

    class Watching(Journal):
        def creating(self, resource):
            seen.append(find_by_argument(resource.details["mark"]))
            super().creating(resource)

    server = http_server.start(site, "127.0.0.1", tmp_path / "run", "web", os.getpid(), Context(journal=Watching(journal.path)), (20000, 29999))
    assert seen == [[]]
    (resource,) = journal.unfinished()
    assert load_backend(resource.backend).discard(resource, {})
    assert find_by_argument(server.mark) == []
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", server.port), timeout=5)
    assert not load_backend(resource.backend).discard(resource, {})


def test_stop_says_so_in_the_journal(site, context, tmp_path):
    server = http_server.start(site, "127.0.0.1", tmp_path / "run", "web", os.getpid(), context, (20000, 29999))
    assert http_server.stop(server.mark, context)
    assert context.journal.unfinished() == []
    assert not http_server.stop(server.mark, context)
    assert context.build["told"] == [f"serves the installer at http://127.0.0.1:{server.port}"]


RUN = textwrap.dedent(
    """
    import json, os, pathlib, subprocess, sys
    from ansible_collections.golden.images.plugins.module_utils._lifecycle.operation import Context
    from ansible_collections.golden.images.plugins.module_utils._media.http_server import Site, start
    # A worker, which ends at once, while the run goes on.
    run = os.getpid()
    if os.fork() == 0:
        server = start(Site(content={"a": "b"}), "127.0.0.1", pathlib.Path(sys.argv[1]), "web", run, Context(), (20000, 29999))
        print(json.dumps(server.to_dict()), flush=True)
        os._exit(0)
    os.wait()
    sys.stdin.read()
    """
)


def test_it_outlives_the_task_and_dies_with_the_run(tmp_path):
    with subprocess.Popen([sys.executable, "-c", RUN, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as run:
        assert run.stdout is not None
        server = HttpServer(**json.loads(run.stdout.readline()))
        assert get(server, "/a") == b"b"
        run.kill()
        run.wait()
    Waiter("the server to end", 20, interval=0.02).until(lambda: not find_by_argument(server.mark))


def test_a_fixed_port_that_is_taken(site, context, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(BuilderError, match=f"cannot listen on port {port} of 127.0.0.1: Address already in use. Something else listens there"):
            http_server.start(site, "127.0.0.1", tmp_path, "web", os.getpid(), context, (port, port))
    assert context.journal.unfinished() == []


def test_a_taken_port_of_a_range_is_passed_over(site, context, tmp_path, monkeypatch):
    monkeypatch.setattr(http_server, "_in_any_order", lambda ports: list(range(ports[0], ports[1] + 1)))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        # Several, since others on this machine may have the next one.
        low = min(port, 65535 - 20)
        server = http_server.start(site, "127.0.0.1", tmp_path, "web", os.getpid(), context, (low, low + 20))
    try:
        assert server.port != port
    finally:
        http_server.stop(server.mark, context)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"address": "0.0.0.0"}, "listens on one address only"),
        ({"address": "192.0.2.1"}, "does not have that address"),
        ({"ports": (9000, 8000)}, "no range of ports"),
        ({"site": Site("/none")}, "no folder /none"),
        ({"site": Site()}, "nothing to serve"),
    ],
)
def test_what_is_refused(site, context, tmp_path, changes, message):
    options = {"site": site, "address": "127.0.0.1", "ports": (20000, 29999), **changes}
    with pytest.raises(BuilderError, match=message):
        http_server.start(folder=tmp_path, name="web", run_pid=os.getpid(), context=context, **options)


def test_the_address_towards_a_host():
    assert address_towards("127.0.0.1") == "127.0.0.1"
    with pytest.raises(BuilderError, match=r"there is no way from this machine to no.such.host.invalid"):
        address_towards("no.such.host.invalid.")
