# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the scripts of the roles updates and bootstrap_python ask of each package manager, whose place a recorder takes."""

from __future__ import annotations

import dataclasses
import pathlib
import shutil
import subprocess

import pytest

ROLES = pathlib.Path(__file__).resolve().parents[3] / "roles"
TOOLS = ("sh", "cat", "cksum", "grep", "ls", "mkdir", "mktemp", "printf", "rm", "sed", "sort")
CHANGED = 10

RECORDER = """#!/bin/sh
echo "${0##*/} $*" >> {folder}/log
case "${0##*/} $*" in
{answers}
esac
"""


@dataclasses.dataclass
class Machine:
    """A folder with all the programs that a script may find."""

    folder: pathlib.Path

    def __post_init__(self) -> None:
        self.programs.mkdir()
        for tool in TOOLS:
            (self.programs / tool).symlink_to(str(shutil.which(tool)))

    @property
    def programs(self) -> pathlib.Path:
        return self.folder / "bin"

    def add(self, name: str, answers: str = "") -> None:
        """A program that records how it was called; ``answers`` are branches of a shell's case over its name and arguments."""
        program = self.programs / name
        program.write_text(RECORDER.replace("{folder}", str(self.folder)).replace("{answers}", answers))
        program.chmod(0o755)

    def run(self, script: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        text = (ROLES / script).read_text().replace("NOTE=/var/lib/golden-bootstrap-python", f"NOTE={self.folder}/note")
        (self.folder / "script.sh").write_text(text)
        environment = {"PATH": str(self.programs), **environment}
        command = ["/bin/sh", str(self.folder / "script.sh"), *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=30)

    def upgrade(self, **settings: str) -> subprocess.CompletedProcess[str]:
        usual = {"UPDATES_SCOPE": "all", "UPDATES_EXCLUDE": "", "UPDATES_AUTOREMOVE": "0", "UPDATES_CLEAN": "0", "UPDATES_LOCK_TIMEOUT": "60"}
        return self.run("updates/files/upgrade.sh", **{**usual, **settings})

    def log(self, *without: str) -> list[str]:
        """Calls, but for those that only look."""
        lines = (self.folder / "log").read_text().splitlines()
        return [line for line in lines if not line.startswith(without)] if without else lines


@pytest.fixture
def machine(tmp_path: pathlib.Path) -> Machine:
    return Machine(tmp_path)


@pytest.mark.parametrize("manager", ["dnf", "yum"])
def test_dnf_and_yum_upgrade(machine: Machine, manager: str) -> None:
    machine.add(manager, f'"{manager} "*" upgrade") : > {machine.folder}/done ;;')
    machine.add("rpm", f'"rpm -qa"*) [ -e {machine.folder}/done ] && echo new || echo old ;;')
    ended = machine.upgrade(UPDATES_EXCLUDE="kernel glibc", UPDATES_SCOPE="security", UPDATES_AUTOREMOVE="1", UPDATES_CLEAN="1")
    assert ended.returncode == CHANGED, ended.stderr
    excluded = "--exclude=kernel --exclude=glibc --security"
    assert machine.log("rpm") == [f"{manager} -y {excluded} upgrade", f"{manager} -y autoremove", f"{manager} -q clean packages"]
    assert machine.upgrade().returncode == 0


def test_zypper_upgrades_and_takes_only_its_own_locks_away(machine: Machine) -> None:
    machine.add("zypper", '"zypper locks") echo "1 | held | package" ;;')
    machine.add("rpm")
    assert machine.upgrade(UPDATES_EXCLUDE="held kernel").returncode == 0
    told = "zypper --non-interactive"
    assert machine.log("rpm", "zypper locks") == [
        f"{told} refresh",
        f"{told} addlock kernel",
        f"{told} update --auto-agree-with-licenses",
        f"{told} removelock kernel",
    ]


@pytest.mark.parametrize(("status", "wanted"), [(0, 0), (102, 0), (103, 0), (4, 1)])
def test_zypper_patches_that_ask_for_a_restart_are_no_failure(machine: Machine, status: int, wanted: int) -> None:
    machine.add("zypper", f"*patch*) exit {status} ;;")
    machine.add("rpm")
    assert machine.upgrade(UPDATES_SCOPE="security").returncode == wanted


def test_apk_upgrades_what_is_not_excluded(machine: Machine) -> None:
    machine.add("apk", '"apk info") printf "musl\\nbusybox\\n" ;;')
    assert machine.upgrade(UPDATES_EXCLUDE="musl").returncode == 0
    assert machine.log("apk info") == ["apk update", "apk upgrade busybox"]


def test_apk_knows_no_security_fixes(machine: Machine) -> None:
    machine.add("apk")
    ended = machine.upgrade(UPDATES_SCOPE="security")
    assert ended.returncode == 1 and "scope: all" in ended.stderr
    assert machine.log("apk info") == []


def test_a_lock_is_waited_for(machine: Machine) -> None:
    machine.add("rpm")
    machine.add("dnf", f'*upgrade) [ -e {machine.folder}/slept ] || {{ echo "Waiting for process with pid 7 to finish." >&2; exit 200; }} ;;')
    machine.add("sleep", f"*) : > {machine.folder}/slept ;;")
    assert machine.upgrade().returncode == 0
    assert machine.log("rpm") == ["dnf -y upgrade", "sleep 5", "dnf -y upgrade"]


def test_a_lock_is_not_waited_for_for_ever_and_other_failures_not_at_all(machine: Machine) -> None:
    machine.add("rpm")
    machine.add("sleep")
    machine.add("dnf", '*upgrade) echo "Waiting for process with pid 7" >&2; exit 200 ;;')
    ended = machine.upgrade(UPDATES_LOCK_TIMEOUT="10")
    assert ended.returncode == 200 and "Waiting for process" in ended.stderr
    assert machine.log("rpm", "dnf") == ["sleep 5", "sleep 5"]
    machine.add("dnf", '*upgrade) echo "no such repository" >&2; exit 3 ;;')
    ended = machine.upgrade()
    assert ended.returncode == 3 and "no such repository" in ended.stderr


def test_a_system_without_a_known_package_manager_is_told(machine: Machine) -> None:
    ended = machine.upgrade()
    assert ended.returncode == 1 and "zypper" in ended.stderr


@pytest.mark.parametrize(
    ("manager", "wanted"),
    [
        ("dnf", "dnf -y install python3"),
        ("yum", "yum -y install python3"),
        ("microdnf", "microdnf -y install python3"),
        ("zypper", "zypper --non-interactive install --no-recommends python3"),
        ("apk", "apk add --no-cache python3"),
    ],
)
def test_python_comes_and_goes(machine: Machine, manager: str, wanted: str) -> None:
    python, packages = machine.programs / "python3", machine.folder / "packages"
    packages.write_text("bash\n")
    comes = f"*install*python3|*add*python3) : > {python}; /bin/chmod 755 {python}; printf 'bash\\npython3\\nlibpython3\\n' > {packages} ;;"
    machine.add(manager, f'{comes}\n"apk info -q") cat {packages} ;;')
    machine.add("rpm", f'"rpm -qa"*) cat {packages} ;;')
    ended = machine.run("bootstrap_python/files/python.sh", "install")
    assert ended.returncode == CHANGED, ended.stderr
    assert wanted in machine.log()
    assert machine.run("bootstrap_python/files/python.sh", "install").returncode == 0
    ended = machine.run("bootstrap_python/files/python.sh", "remove")
    assert ended.returncode == CHANGED, ended.stderr
    removed = {"apk": "apk del python3", "zypper": "zypper --non-interactive remove libpython3 python3"}.get(manager, "rpm -e libpython3 python3")
    assert machine.log()[-1] == removed
    assert machine.run("bootstrap_python/files/python.sh", "remove").returncode == 0


def test_python_stays_when_a_package_that_came_later_needs_it(machine: Machine) -> None:
    python, packages = machine.programs / "python3", machine.folder / "packages"
    packages.write_text("bash\n")
    machine.add("dnf", f"*install*) : > {python}; /bin/chmod 755 {python}; printf 'bash\\npython3\\n' > {packages} ;;")
    machine.add("rpm", f'"rpm -qa"*) cat {packages} ;;\n"rpm -e --test"*) exit 1 ;;')
    machine.run("bootstrap_python/files/python.sh", "install")
    packages.write_text("bash\npython3\ntool\n")
    ended = machine.run("bootstrap_python/files/python.sh", "remove")
    assert ended.returncode == 0 and "it stays" in ended.stdout
    assert not any(line.startswith("rpm -e python3") for line in machine.log())
