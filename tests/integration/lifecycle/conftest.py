# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A workspace with a definition for the builder of acme.demo, whose platform is a folder, and runs that can be stopped in any way."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time
import typing as t

import pytest
import yaml

if t.TYPE_CHECKING:
    from ..conftest import Ansible, Finished

HERE = pathlib.Path(__file__).parent
DEADLINE = 120.0
PLAIN = {"version": "1", "gather_facts": False, "generalize": False}

CONFIGURE = """
- name: Put something in
  ansible.builtin.copy: {content: "{{ content | default('first') }} of {{ golden_build.image }}", dest: "{{ guest_folder }}/made", mode: "0644"}
"""
CHECK = """
- name: Look for it
  ansible.builtin.command: test -s {{ guest_folder }}/made
  changed_when: false
"""
# A gate that is opened right after it was reached is gone when it is to be read.
HOLD = """
- name: Wait at a gate
  ansible.builtin.shell: |
    gate={{ golden_definition_dir }}/hold/{{ step }}-{{ golden_build.image }}
    test ! -p $gate || { touch $gate.reached; cat $gate || test ! -e $gate; }
  environment: {GUEST_FOLDER: "{{ guest_folder }}"}
  changed_when: false
"""


def until(what: str, look: t.Callable[[], t.Any], seconds: float = DEADLINE) -> t.Any:
    """The first true value of ``look``."""
    end = time.monotonic() + seconds
    while not (value := look()):
        assert time.monotonic() < end, f"gave up waiting for {what}"
        time.sleep(0.02)
    return value


def said(result: Finished) -> str:
    """A run's output without line breaks in sentences."""
    return " ".join(result.output.split())


def processes(marker: os.PathLike[str] | str) -> dict[int, str]:
    """Living processes that have a path in their arguments or their environment, but the tests themselves."""
    found = {}
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            arguments = (entry / "cmdline").read_bytes()
            if arguments and int(entry.name) != os.getpid() and os.fsencode(marker) in arguments + (entry / "environ").read_bytes():
                found[int(entry.name)] = arguments.replace(b"\0", b" ").decode(errors="replace")
    return found


def children(pid: int) -> list[int]:
    """Descendants of a process, parents first."""
    with contextlib.suppress(OSError):
        own = [int(text) for task in pathlib.Path(f"/proc/{pid}/task").iterdir() for text in (task / "children").read_text().split()]
        return own + [grandchild for child in own for grandchild in children(child)]
    return []


@dataclasses.dataclass
class Running:
    """An ansible-playbook that goes on beside the test, in a process group of its own as in a terminal."""

    process: subprocess.Popen[bytes]
    log: pathlib.Path

    @property
    def output(self) -> str:
        """What it wrote until now."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def wait(self) -> int:
        """Its exit status."""
        return self.process.wait(DEADLINE)

    def kill_with_children(self) -> None:
        """SIGKILL to it and all that descends from it."""
        # Stopped first, so that it starts no further child meanwhile.
        self.process.send_signal(signal.SIGSTOP)
        for pid in [self.process.pid, *children(self.process.pid)]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


@dataclasses.dataclass
class Workspace:
    """A folder of a user: a definition, its state, its output, and the platform that it builds on."""

    folder: pathlib.Path
    environment: dict[str, str]
    playbook: Ansible
    until: t.Callable[..., t.Any] = until
    started: list[Running] = dataclasses.field(default_factory=list)

    @property
    def platform(self) -> pathlib.Path:
        return self.folder / "platform"

    @property
    def state(self) -> pathlib.Path:
        return self.folder / ".golden"

    def write(self, name: str, text: str) -> pathlib.Path:
        """A file of the workspace."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def define(self, images: dict[str, dict[str, t.Any]], builder: dict[str, t.Any] | None = None, **top: t.Any) -> None:
        """The definition: one builder ``folder``, and images that say only what is special about them."""
        folder = {"type": "acme.demo.builder_folder", "platform": str(self.platform), "source": {"folder": str(self.folder / "source")}, **(builder or {})}
        folder.setdefault("hold", str(self.folder / "hold"))
        full = {name: {**PLAIN, **image} for name, image in images.items()}
        self.write("images.golden.yml", yaml.safe_dump({"plugin": "golden.images.builds", "builders": {"folder": folder}, "images": full, **top}))

    def run(self, *arguments: str, playbook: str = "golden.images.build_images", **environment: str) -> Finished:
        """A playbook on the definition, to its end."""
        return self.playbook("-i", "images.golden.yml", playbook, *arguments, env={**self.environment, **environment})

    def start(self, *arguments: str, playbook: str = "golden.images.build_images") -> Running:
        """The same beside the test."""
        log = self.folder / f"output-{len(self.started)}.log"
        # Ansible does not flush what it writes to a file.
        environment = {**self.environment, "PYTHONUNBUFFERED": "1"}
        program = shutil.which("ansible-playbook", path=self.environment["PATH"])
        with log.open("wb") as stream:
            process = subprocess.Popen(
                [str(program), "-i", "images.golden.yml", playbook, *arguments],
                cwd=self.folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
                process_group=0,
            )
        self.started.append(Running(process, log))
        return self.started[-1]

    def hold(self, *gates: str) -> None:
        """Have steps wait: ``launch-web``."""
        (self.folder / "hold").mkdir(exist_ok=True)
        for gate in gates:
            os.mkfifo(self.folder / "hold" / gate)

    def held(self, running: Running, *gates: str) -> None:
        """Return once all these steps wait."""

        def look() -> bool:
            assert running.process.poll() is None, running.output
            return all((self.folder / "hold" / f"{gate}.reached").exists() for gate in gates)

        until(f"the steps {gates}", look)

    def release(self, *gates: str) -> None:
        """Let steps go on, and not wait again."""
        for gate in gates:
            path = self.folder / "hold" / gate
            path.with_suffix(".reached").unlink(missing_ok=True)
            descriptor = os.open(path, os.O_RDWR | os.O_NONBLOCK)
            path.unlink()
            os.close(descriptor)

    def open_gates(self) -> None:
        """No step waits any more; nobody is waiting now."""
        shutil.rmtree(self.folder / "hold", ignore_errors=True)

    def there(self) -> set[str]:
        """What is on the platform; the numbers of runs in names are replaced by ``RUN``."""
        return {re.sub(r"[0-9a-f]{12}", "RUN", path.name) for path in self.platform.iterdir()}

    def made(self, name: str) -> str:
        """What the provisioner put into an image or a guest."""
        return (self.platform / name / "made").read_text(encoding="utf-8")

    def asked(self, step: str) -> int:
        """How often the platform was asked for a step: ``launch web``."""
        log = pathlib.Path(f"{self.platform}.log")
        return log.read_text(encoding="utf-8").splitlines().count(step) if log.exists() else 0

    def outcome(self, build: str) -> dict[str, t.Any]:
        """What the newest run of a build noted of it."""
        notes = sorted(self.state.glob(f"runs/*/{build}/outcome.json"), key=lambda path: path.stat().st_mtime)
        return dict(yaml.safe_load(notes[-1].read_text(encoding="utf-8"))) if notes else {}

    def processes(self) -> dict[int, str]:
        """Processes that a run of this workspace started and that still live."""
        return processes(self.folder)

    def quiet(self) -> None:
        """Return once no process of a run is left, its watcher included."""
        for running in self.started:
            running.wait()
        end = time.monotonic() + DEADLINE
        while left := self.processes():
            assert time.monotonic() < end, f"still running: {left}"
            time.sleep(0.02)

    def private_files(self) -> list[str]:
        """What the folders of runs hold besides what they are to remember."""
        remembered = {"journal.jsonl", "outcome.json", "timeline.jsonl", "kept.json"}
        return [str(path) for path in self.state.glob("runs/*/*/*") if path.name not in remembered]


@pytest.fixture
def workspace(tmp_path: pathlib.Path, collection_path: pathlib.Path, ansible_environment: dict[str, str], ansible_playbook: Ansible) -> t.Iterator[Workspace]:
    """An empty platform, a source, a task file to configure and one to check with, and one to wait in."""
    environment = {**ansible_environment, "ANSIBLE_COLLECTIONS_PATH": f"{collection_path}:{HERE / 'collections'}", "ANSIBLE_DISPLAY_SKIPPED_HOSTS": "false"}
    workspace = Workspace(tmp_path, environment, ansible_playbook)
    workspace.write("source/etc/name", "source")
    workspace.platform.mkdir()
    workspace.write("configure.yml", CONFIGURE)
    workspace.write("check.yml", CHECK)
    workspace.write("hold.yml", HOLD)
    yield workspace
    for pid in workspace.processes():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    for running in workspace.started:
        running.process.wait(DEADLINE)
