# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds on real platforms that all stop in different phases at the same time, to be hit there.

A site has an image for each phase, named like it. With ``fault=hold`` each stays in its phase, with
``fault=fail`` it fails there. One run therefore shows a fault in every phase. Each site begins with a
finished version 1.0.0 of every image; faults hit builds of version 1.0.1.
"""

from __future__ import annotations

import contextlib
import dataclasses
import http.server
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import typing as t

import pytest
import yaml

from ansible_collections.golden.images.plugins.module_utils._lifecycle.run import Owner
from tests.integration.lifecycle.conftest import children, processes, until
from tests.rigs.docker.fixtures import or_skip
from tests.rigs.docker.rig import DockerRig, base_archive, import_base

CACHE = pathlib.Path(os.environ.get("GOLDEN_TEST_CACHE") or pathlib.Path(__file__).resolve().parents[2] / "output" / "rigs")
PHASES = ("launch", "configure", "capture", "verify", "export")
DEADLINE = 120.0
#: Seconds that a held build of each phase sleeps; how it is found among the processes of the machine, where other tests may run.
SLEEPS = {phase: f"3600{number}.{os.getpid()}" for number, phase in enumerate(PHASES)}
MIB = 1024 * 1024


def on(fault: str, image: str) -> str:
    """Condition for an option of the builder: this fault, and this image."""
    return f"fault == '{fault}' and inventory_hostname == '{image}.rig'"


def hold(phase: str) -> dict[str, t.Any]:
    """A provisioner that stays inside the guest until it is ended."""
    return {"inline": f"exec sleep {SLEEPS[phase]}", "name": f"stay in {phase}", "when": "fault == 'hold'"}


def failing() -> dict[str, t.Any]:
    """A provisioner that fails."""
    return {"inline": "echo it broke >&2; exit 7", "name": "fail", "when": "fault == 'fail'"}


def filling() -> dict[str, t.Any]:
    """A provisioner that needs more space than there is."""
    return {"inline": "head -c 400M /dev/zero > /big", "name": "fill", "when": "fault == 'full'"}


def definition(builder: dict[str, t.Any], kill_guest: str, finally_: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
    """Images that do as the variable ``fault`` says.

    :param kill_guest: command on the controller that ends the guest.
    :param finally_: a post-processor after the one that is held.
    """
    made = {"inline": "echo content > /made"}
    post: list[dict[str, t.Any]] = [
        {"type": "command", "argv": ["sh", "-c", f"sleep {SLEEPS['export']}; true"], "when": "fault == 'hold'"},
        {"type": "command", "argv": ["sh", "-c", "exit 7"], "when": "fault == 'fail'"},
    ]
    images: dict[str, dict[str, t.Any]] = {
        "launch": {},
        "configure": {"provisioners": [made, hold("configure"), failing(), filling()]},
        "capture": {
            "provisioners": [
                made,
                {"local": kill_guest, "name": "end the guest", "when": "fault == 'killed'"},
                {"inline": "head -c 60M /dev/urandom > /big", "when": "fault == 'full'"},
            ]
        },
        "verify": {"provisioners": [made], "verify": [{"inline": "grep content /made"}, hold("verify"), failing(), filling()]},
        "export": {"provisioners": [made], "post_processors": [*post, *([finally_] if finally_ else [])]},
    }
    plain = {"version": "{{ '1.0.0' if fault == 'none' else '1.0.1' }}", "gather_facts": False, "generalize": False}
    return {
        "plugin": "golden.images.builds",
        "variables": {"fault": {"type": "str", "default": "none"}, "host": {"type": "str", "default": ""}},
        "builders": {"rig": builder},
        "images": {name: {**plain, **image} for name, image in images.items()},
    }


class StalledServer:
    """An HTTP server that takes a request and never answers it, except that it has nothing at ``missing``."""

    def __init__(self) -> None:
        self._asked = threading.Event()
        self._hung_up = threading.Event()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path == "/missing":
                    self.send_error(404)
                    return
                outer._asked.set()
                outer._hung_up.wait(DEADLINE)
                self.close_connection = True

            def log_message(self, *arguments: object) -> None:
                """Silent."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def is_asked(self) -> bool:
        """Whether a request waits."""
        return self._asked.is_set()

    def expect(self) -> None:
        """From now on requests wait."""
        self._asked.clear()
        self._hung_up.clear()

    def hang_up(self) -> None:
        """End connections without an answer, later ones at once."""
        self._hung_up.set()

    def close(self) -> None:
        self.hang_up()
        self._server.shutdown()
        self._server.server_close()


def sleepers(seconds: str) -> list[int]:
    """Processes of held builds, seen from the host."""
    found = []
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (folder / "cmdline").read_bytes() == f"sleep\0{seconds}\0".encode():
                found.append(int(folder.name))
    return found


@dataclasses.dataclass
class Run:
    """An ansible-playbook that goes on beside the test."""

    site: Site
    process: subprocess.Popen[bytes]
    run_id: str

    @property
    def output(self) -> str:
        """What it wrote until now, in one line."""
        return " ".join(self.site.log.read_text(encoding="utf-8", errors="replace").split())

    @property
    def gate(self) -> pathlib.Path:
        """The file of the capture that is held."""
        return self.site.state / "captured/capture.rig" / self.run_id / f"capture-1.0.1-rig.{self.site.captured_kind}"

    def wait(self) -> int:
        """Its exit status."""
        try:
            return self.process.wait(DEADLINE)
        except subprocess.TimeoutExpired:
            self.kill_tree()
            self.process.wait()
            raise

    def journal(self, build: str) -> str:
        path = self.site.state / "runs" / self.run_id / build / "journal.jsonl"
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def held(self) -> set[str]:
        """Phases in which a build stays where it was told to.

        Asked of the machine rather than of a file that a task before makes: ansible-core can lose a Ctrl-C that comes while it forks a worker.
        """
        reached = {phase for phase, seconds in SLEEPS.items() if sleepers(seconds)} | ({"launch"} if self.site.is_launch_held() else set())
        return reached | ({"capture"} if '"captured files"' in self.journal("capture.rig") else set())

    def await_held(self, phases: t.Collection[str]) -> None:
        def look() -> bool:
            assert self.process.poll() is None, self.site.log.read_text()
            return self.held() >= set(phases)

        until(f"all of {phases} to be held", look, DEADLINE)

    def let_go(self, phase: str) -> None:
        """End what holds a build in a phase, without harm to it."""
        if phase == "capture":
            # The worker waits for a reader of the FIFO.
            os.close(os.open(self.gate, os.O_RDONLY | os.O_NONBLOCK))
            return
        for pid in sleepers(SLEEPS[phase]):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def kill_tree(self) -> None:
        """SIGKILL to it and all that descends from it, but not to the watcher, which has left the family's session."""
        self.process.send_signal(signal.SIGSTOP)
        for pid in [self.process.pid, *children(self.process.pid)]:
            with contextlib.suppress(OSError):
                if b"watcher" not in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes():
                    os.kill(pid, signal.SIGKILL)

    def end(self, fault: str) -> None:
        """As the fault says; returns when it has ended."""
        if fault == "SIGINT":
            os.killpg(self.process.pid, signal.SIGINT)
        elif fault == "SIGKILL-all":
            self.kill_tree()
        else:
            self.process.send_signal(getattr(signal, fault))
        assert self.wait() != 0


@dataclasses.dataclass
class Site:
    """A workspace on one platform.

    :ivar captured_kind: of the file that a capture writes, where it can be held.
    :ivar is_launch_held: whether a launch waits that does so without a process that sleeps.
    """

    folder: pathlib.Path
    environment: dict[str, str]
    captured_kind: str
    is_launch_held: t.Callable[[], bool] = lambda: False

    @property
    def log(self) -> pathlib.Path:
        return self.folder / "run.log"

    @property
    def state(self) -> pathlib.Path:
        return self.folder / ".golden"

    def start(self, fault: str, *arguments: str, playbook: str = "golden.images.build_images") -> Run:
        program = shutil.which("ansible-playbook", path=self.environment["PATH"])
        command = [str(program), "-i", "site.golden.yml", playbook, "-f", str(len(PHASES) + 1), "-e", f"fault={fault}", *arguments]
        with self.log.open("wb") as log:
            process = subprocess.Popen(
                command, cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )
        return Run(self, process, Owner.of(process.pid).run_id())

    def hold(self, *arguments: str, phases: t.Collection[str] = PHASES) -> Run:
        """A run whose builds all stay in their phases."""
        run = self.start("hold", *arguments)
        if "capture" in phases:
            run.gate.parent.mkdir(parents=True)
            os.mkfifo(run.gate)
        try:
            run.await_held(phases)
        except BaseException:
            run.kill_tree()
            run.process.wait()
            # For the tests after this one.
            shutil.rmtree(run.gate.parent, ignore_errors=True)
            raise
        return run

    def run(self, fault: str, *arguments: str, playbook: str = "golden.images.build_images") -> tuple[int, str]:
        run = self.start(fault, *arguments, playbook=playbook)
        return run.wait(), run.output

    def discard(self, *arguments: str) -> bool:
        """Whether there was something to discard."""
        status, output = self.run("none", *arguments, playbook="golden.images.discard")
        assert status == 0, output
        return "changed=1" in output

    def watchers(self) -> list[int]:
        return [pid for pid, command in processes(self.state).items() if "watcher" in command]

    def kill_with_watcher(self, run: Run) -> None:
        for pid in self.watchers():
            os.kill(pid, signal.SIGKILL)
        run.kill_tree()
        run.process.wait(DEADLINE)

    def await_end(self) -> None:
        """Until the watcher and everything else of the run has ended."""
        until("all processes of the run to end", lambda: not processes(self.folder), DEADLINE)

    def outputs(self) -> dict[str, tuple[int, int, int]]:
        """What tells every output of the finished versions from one that was written since."""
        found = {str(path): path.stat() for path in self.folder.glob("output/*/1.0.0/**/*") if path.is_file()}
        return {path: (status.st_ino, status.st_size, status.st_mtime_ns) for path, status in found.items()}

    def artifacts(self) -> list[dict[str, t.Any]]:
        """The newest artifact of each build, as recorded."""
        records = [json.loads(path.read_text(encoding="utf-8")) for path in self.state.glob("builds/*.json")]
        return [record["artifact"] for record in records if record["artifact"]]

    def assert_nothing_left(self) -> None:
        """Of the ended run in the state folder, in the folders for temporary files, among the processes and among the mounts."""
        self.await_end()
        kept = {"journal.jsonl", "outcome.json", "timeline.jsonl"}
        assert [str(path) for path in self.state.glob("runs/*/*.rig/*") if path.name not in kept] == []
        assert list(self.state.glob("locks/*.lock")) == []
        assert list(self.state.rglob("*.partial*")) == [] and list(self.folder.glob("output/**/.*.partial")) == []
        recorded = {file["path"] for artifact in self.artifacts() for file in artifact["files"]}
        assert {str(path) for path in self.state.glob("captured/*/*/*")} <= recorded, "captured files that no record knows"
        assert list((self.folder / "tmp").iterdir()) == []
        assert list((self.folder / "home").glob(".ansible/tmp/*")) == []
        assert {phase: sleepers(seconds) for phase, seconds in SLEEPS.items() if sleepers(seconds)} == {}


def empty_site(folder: pathlib.Path, collection_path: pathlib.Path, captured_kind: str, content: dict[str, t.Any]) -> Site:
    """A site where nothing was built yet."""
    for name in ("home", "tmp"):
        (folder / name).mkdir(parents=True)
    programs = pathlib.Path(sys.executable).parent
    environment = {
        "PATH": os.pathsep.join([str(programs), os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin", "/sbin"]),
        "HOME": str(folder / "home"),
        "TMPDIR": str(folder / "tmp"),
        "LC_ALL": "C.UTF-8",
        "ANSIBLE_COLLECTIONS_PATH": str(collection_path),
        "ANSIBLE_NOCOLOR": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    (folder / "site.golden.yml").write_text(yaml.safe_dump(content, sort_keys=False))
    return Site(folder, environment, captured_kind)


def make_site(
    folder: pathlib.Path, collection_path: pathlib.Path, captured_kind: str, content: dict[str, t.Any], is_launch_held: t.Callable[[], bool] = lambda: False
) -> Site:
    """A site with everything built once."""
    site = dataclasses.replace(empty_site(folder, collection_path, captured_kind, content), is_launch_held=is_launch_held)
    status, output = site.run("none")
    assert status == 0, output
    site.await_end()
    return site


@contextlib.contextmanager
def small_disk(folder: pathlib.Path, size: int) -> t.Iterator[None]:
    """A file system of ``size`` MiB in memory at ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}m", "golden-small", str(folder)], check=True)
    try:
        yield
    finally:
        # A rig unmounts all that is below its folder.
        if folder.is_mount():
            subprocess.run(["umount", "-l", str(folder)], check=True)


@contextlib.contextmanager
def nearly_full(folder: pathlib.Path, free: int) -> t.Iterator[None]:
    """Leave ``free`` MiB on the file system of ``folder``."""
    ballast = folder / "ballast"
    with open(ballast, "wb") as stream:

        def fill() -> bool:
            # Whoever runs there may write in between.
            with contextlib.suppress(OSError):
                os.posix_fallocate(stream.fileno(), 0, shutil.disk_usage(folder).free - free * MIB)
                return True
            return False

        until("the disk to be full", fill)
    try:
        yield
    finally:
        ballast.unlink()


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
def short_folder() -> t.Iterator[pathlib.Path]:
    """In memory where there is much of it, since thousands of files come and go with every guest; with a short path, for sockets are put below it."""
    shared = pathlib.Path("/dev/shm")
    roomy = shared.is_dir() and shutil.disk_usage(shared).free > 6 * 1024 * MIB
    folder = pathlib.Path(tempfile.mkdtemp(prefix="golden-faults-", dir=shared if roomy else None))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def small_rig(short_folder: pathlib.Path) -> t.Iterator[DockerRig]:
    """A daemon that tests may stop, with a disk that they may fill."""
    if os.geteuid():
        pytest.skip("a Docker daemon needs root")
    with small_disk(short_folder / "rig/data", 3000):
        rig = DockerRig(short_folder / "rig")
        try:
            or_skip("Docker", rig.start)
            import_base(rig, CACHE)
            yield rig
        finally:
            rig.stop()
