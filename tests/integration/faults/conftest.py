# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds on real platforms that stop at a chosen phase, to be hit there.

One workspace per platform serves all faults: it begins with a finished build of version 1.0.0, and every
fault hits a build of version 1.0.1.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import http.server
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import threading
import typing as t

import pytest
import yaml

from tests.integration.lifecycle.conftest import children, processes, until
from tests.rigs.docker.rig import DockerRig, base_archive

CACHE = pathlib.Path(os.environ.get("GOLDEN_TEST_CACHE") or pathlib.Path(__file__).resolve().parents[2] / "output" / "rigs")
PHASES = ("launch", "configure", "capture", "verify", "export")
DEADLINE = 120.0


HOLD = "36007"


def hold(phase: str) -> dict[str, t.Any]:
    """A provisioner that stays inside the guest until it is ended."""
    return {"inline": f"exec sleep {HOLD}", "name": f"stay in {phase}", "when": f"fault == '{phase}'"}


def is_held() -> bool:
    """Whether a build stays where it was told to.

    Waited for rather than a file that a task before it makes: ansible-core can lose a Ctrl-C that comes while it forks a worker.
    """
    wanted = f"sleep\0{HOLD}\0".encode()
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if path.read_bytes() == wanted:
                return True
    return False


def failing(phase: str) -> dict[str, t.Any]:
    """A provisioner that fails."""
    return {"inline": "echo it broke >&2; exit 7", "name": f"fail in {phase}", "when": f"fault == 'fail-{phase}'"}


def definition(builder: dict[str, t.Any]) -> dict[str, t.Any]:
    """An image that does as the variable ``fault`` says."""
    return {
        "plugin": "golden.images.builds",
        "variables": {"fault": {"type": "str", "default": "none"}},
        "builders": {"rig": builder},
        "images": {
            "web": {
                "version": "{{ '1.0.0' if fault == 'none' else '1.0.1' }}",
                "gather_facts": False,
                "generalize": False,
                "provisioners": [
                    {"inline": "echo content > /made"},
                    hold("configure"),
                    failing("configure"),
                    {"inline": "head -c 400M /dev/urandom > /big", "when": "fault == 'capture'"},
                ],
                "verify": [{"inline": "grep content /made"}, hold("verify"), failing("verify")],
                "post_processors": [
                    {"type": "command", "argv": ["sh", "-c", f"exec sleep {HOLD}"], "when": "fault == 'export'"},
                    {"type": "command", "argv": ["sh", "-c", "exit 7"], "when": "fault == 'fail-export'"},
                ],
            }
        },
    }


class StalledServer:
    """An HTTP server that takes a request and never answers it."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.done = threading.Event()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked.set()
                outer.done.wait(DEADLINE)

            do_HEAD = do_GET

            def log_message(self, *arguments: object) -> None:
                """Silent."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/base.tar"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.done.set()
        self._server.shutdown()
        self._server.server_close()


@dataclasses.dataclass
class Site:
    """A workspace on one platform."""

    folder: pathlib.Path
    environment: dict[str, str]
    log: pathlib.Path = dataclasses.field(init=False)

    def __post_init__(self) -> None:
        self.log = self.folder / "run.log"

    @property
    def state(self) -> pathlib.Path:
        return self.folder / ".golden"

    def start(self, fault: str, playbook: str = "golden.images.build_images", *arguments: str) -> subprocess.Popen[bytes]:
        program = shutil.which("ansible-playbook", path=self.environment["PATH"])
        command = [str(program), "-i", "site.golden.yml", playbook, "-e", f"fault={fault}", *arguments]
        with self.log.open("wb") as log:
            return subprocess.Popen(
                command, cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )

    def run(self, fault: str, playbook: str = "golden.images.build_images", *arguments: str) -> tuple[int, str]:
        process = self.start(fault, playbook, *arguments)
        try:
            status = process.wait(DEADLINE * 2)
        finally:
            self.kill_everything(process)
        return status, self.log.read_text(encoding="utf-8", errors="replace")

    def kill_everything(self, process: subprocess.Popen[bytes]) -> None:
        """End the run and what descends from it, for the end of a test."""
        if process.poll() is None:
            self.kill_tree(process)
            process.wait()

    @staticmethod
    def kill_tree(process: subprocess.Popen[bytes]) -> None:
        """SIGKILL to it and all that descends from it, but not to the watcher, which has left the family's session."""
        process.send_signal(signal.SIGSTOP)
        for pid in [process.pid, *children(process.pid)]:
            with contextlib.suppress(ProcessLookupError):
                if b"watcher" not in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes():
                    os.kill(pid, signal.SIGKILL)

    def watchers(self) -> list[int]:
        return [pid for pid, command in processes(self.state).items() if "watcher" in command]

    def await_end(self) -> None:
        """Until the watcher and everything else of the run has ended."""
        until("all processes of the run to end", lambda: not processes(self.folder), DEADLINE)

    def outputs(self) -> dict[str, str]:
        """Digest of every output of the finished version."""
        return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted((self.folder / "output/web/1.0.0").rglob("*")) if path.is_file()}

    def secrets_left(self) -> list[str]:
        """Files of runs that only a running build needs."""
        kept = {"journal.jsonl", "outcome.json", "timeline.jsonl"}
        return [str(path) for path in self.state.glob("runs/*/web.rig/*") if path.name not in kept]

    def record(self) -> dict[str, t.Any]:
        return dict(yaml.safe_load((self.state / "builds/web.rig.json").read_text()))


def make_site(folder: pathlib.Path, collection_path: pathlib.Path, builder: dict[str, t.Any]) -> Site:
    import sys

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "home").mkdir()
    programs = pathlib.Path(sys.executable).parent
    environment = {
        "PATH": os.pathsep.join([str(programs), os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin", "/sbin"]),
        "HOME": str(folder / "home"),
        "LC_ALL": "C.UTF-8",
        "ANSIBLE_COLLECTIONS_PATH": str(collection_path),
        "ANSIBLE_NOCOLOR": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    (folder / "site.golden.yml").write_text(yaml.safe_dump(definition(builder), sort_keys=False))
    return Site(folder, environment)


@pytest.fixture(scope="module")
def base() -> pathlib.Path:
    """A root archive with Python."""
    return base_archive(CACHE)


@pytest.fixture(scope="module")
def stalled() -> t.Iterator[StalledServer]:
    server = StalledServer()
    yield server
    server.close()


@pytest.fixture(scope="module")
def quick_folder(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[pathlib.Path]:
    """A folder in memory where there is one: thousands of files come and go with every guest."""
    shared = pathlib.Path("/dev/shm")
    if not shared.is_dir() or shutil.disk_usage(shared).free < 6 * 1024**3:
        yield tmp_path_factory.mktemp("faults-local")
        return
    folder = pathlib.Path(tempfile.mkdtemp(prefix="golden-faults-", dir=shared))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def local_site(quick_folder: pathlib.Path, collection_path: pathlib.Path, base: pathlib.Path, stalled: StalledServer) -> t.Iterator[Site]:
    """The local builder, with version 1.0.0 built."""
    archive = f"{{{{ '{stalled.url}' if fault == 'launch' else '{base}' }}}}"
    checksum = f"sha256:{hashlib.sha256(base.read_bytes()).hexdigest()}"
    builder = {"type": "local", "source": {"rootfs_archive": archive, "checksum": checksum}, "network": "none"}
    site = make_site(quick_folder, collection_path, builder)
    status, output = site.run("none")
    assert status == 0, output
    yield site
    site.await_end()


@pytest.fixture(scope="module")
def docker_site(tmp_path_factory: pytest.TempPathFactory, collection_path: pathlib.Path, docker_rig: DockerRig, base_image: str) -> t.Iterator[Site]:
    """The Docker builder, with version 1.0.0 built."""
    folder = tmp_path_factory.mktemp("faults-docker")
    builder = {"type": "docker", "docker_host": docker_rig.host, "source": {"image": base_image}, "pull": "missing"}
    site = make_site(folder, collection_path, builder)
    status, output = site.run("none")
    assert status == 0, output
    yield site
    site.await_end()
