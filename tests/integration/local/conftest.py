# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Playbooks against guests of the local builder; as root and, where the machine allows it, as any user."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import typing as t

import pytest
import yaml

Task = dict[str, t.Any]

CACHE = pathlib.Path(os.environ.get("GOLDEN_TEST_CACHE") or pathlib.Path(__file__).resolve().parents[2] / "output" / "rigs")
BASE = {"bootstrap": {"suite": "bookworm", "packages": ["python3"]}}

CONNECT: Task = {
    "ansible.builtin.set_fact": {
        "ansible_connection": "{{ launched.guest.connection }}",
        "ansible_user": "{{ launched.guest.vars.ansible_user }}",
        "ansible_namespace_folder": "{{ launched.guest.vars.ansible_namespace_folder }}",
        "ansible_python_interpreter": "/usr/bin/python3",
    }
}


class Play:
    """Writes a playbook with tasks for one host and runs it."""

    def __init__(self, run: t.Callable[..., t.Any], folder: pathlib.Path) -> None:
        self._run = run
        self.folder = folder
        # Bootstrapped once and kept between sessions, for each user that runs the tests.
        self.state = CACHE / f"local-{os.getuid()}"
        self.guest = f"test-{os.getpid()}-{folder.name[-20:].strip('_-').replace('_', '-')}"

    def __call__(self, *tasks: Task, arguments: tuple[str, ...] = (), **options: t.Any) -> t.Any:
        """The ended run."""
        book = self.folder / "play.yml"
        play = {"hosts": "guest", "gather_facts": False, "tasks": list(tasks)}
        book.write_text(yaml.safe_dump([play], sort_keys=False))
        return self._run(book, "-i", "guest,", *arguments, **options)

    def launch(self, source: dict[str, t.Any] | None = None, name: str = "", **options: t.Any) -> list[Task]:
        """Tasks that launch a guest and connect to it."""
        given = {"name": name or self.guest, "state_dir": str(self.state), "source": source or BASE, **options}
        return [{"golden.images.local_guest": given, "register": "launched"}, CONNECT]

    def shell(self, script: str, register: str = "ran", **keywords: t.Any) -> Task:
        """Task that runs a script in the guest."""
        return {"ansible.builtin.raw": script, "register": register, **keywords}

    def capture(self, name: str = "", folder: str = "captured", **options: t.Any) -> Task:
        """Task that captures the guest into a folder of the test."""
        given = {
            "guest": name or self.guest,
            "state_dir": str(self.state),
            "captured_dir": str(self.folder / folder),
            "file_stem": "x",
            "image": "test",
            **options,
        }
        return {"golden.images.local_image": given, "register": "captured"}

    def remove(self, name: str = "") -> Task:
        """Task that removes a guest."""
        return {"golden.images.local_guest": {"name": name or self.guest, "state": "absent", "state_dir": str(self.state)}, "register": "removed"}

    def write(self, variable: str) -> Task:
        """Task that keeps a variable for :meth:`read`."""
        path = str(self.folder / f"{variable}.json")
        return {"ansible.builtin.copy": {"content": f"{{{{ {variable} | to_json }}}}", "dest": path, "mode": "0600"}, "delegate_to": "localhost"}

    def read(self, variable: str) -> t.Any:
        """What :meth:`write` kept."""
        return json.loads((self.folder / f"{variable}.json").read_text())

    def guest_folder(self, name: str = "") -> pathlib.Path:
        """The guest's folder on the host."""
        return self.state / "guests" / (name or self.guest)


def pids_with(word: str) -> dict[int, str]:
    """Processes whose command line mentions a word, with that line, asked of the kernel."""
    found = {}
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if word in line and int(folder.name) != os.getpid():
                found[int(folder.name)] = line
    return found


def processes_with(word: str) -> list[str]:
    """The command lines alone."""
    return list(pids_with(word).values())


@pytest.fixture
def play(ansible_playbook: t.Callable[..., t.Any], tmp_path: pathlib.Path, require: t.Callable[..., None]) -> t.Iterator[Play]:
    """A playbook writer; the test fails when a guest of it is left."""
    require("mmdebstrap", "unshare", "nsenter", "tar")
    if os.getuid():
        require("newuidmap")
    play = Play(ansible_playbook, tmp_path)
    yield play
    left = list((play.state / "guests").glob(f"{play.guest}*"))
    if left:
        play(*[play.remove(folder.name) for folder in left])
    assert not left
    assert processes_with(play.guest) == []
    assert play.guest not in pathlib.Path("/proc/self/mountinfo").read_text()


@pytest.fixture(scope="session")
def as_root() -> None:
    """Only root can do what the test does."""
    if os.getuid():
        pytest.skip("needs root")
