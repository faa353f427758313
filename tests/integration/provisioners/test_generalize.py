# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The script of the role generalize, in a root of its own that has a handful of programs and no Python."""

from __future__ import annotations

import os
import pathlib
import shutil
import stat
import subprocess

import pytest

SCRIPT = pathlib.Path(__file__).resolve().parents[3] / "roles" / "generalize" / "files" / "generalize.sh"
PROGRAMS = ("sh", "cat", "chmod", "cksum", "cut", "find", "grep", "ls", "mkdir", "rm", "sort")
BUILD_KEY = "ssh-ed25519 AAAAC3Nza the build"

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="chroot needs root")


class Root:
    """A root file system."""

    def __init__(self, path: pathlib.Path) -> None:
        self.path = path

    def write(self, name: str, text: str = "x\n", mode: int = 0o644) -> pathlib.Path:
        """A file below the root, with its folders."""
        path = self.path / name.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(mode)
        return path

    def run(self, what: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """The script, inside."""
        shutil.copy(SCRIPT, self.path / "generalize.sh")
        return subprocess.run(
            [shutil.which("chroot") or "/usr/sbin/chroot", str(self.path), "/bin/sh", "/generalize.sh", what],
            env={"PATH": "/bin", "GENERALIZE_BUILD_KEY": BUILD_KEY, **environment},
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def root(tmp_path: pathlib.Path) -> Root:
    """A used machine."""
    path = tmp_path / "root"
    (path / "bin").mkdir(parents=True)
    for name in PROGRAMS:
        program = shutil.which(name)
        assert program, name
        shutil.copy(program, path / "bin" / name)
        for word in subprocess.run(["ldd", program], capture_output=True, text=True, check=False).stdout.split():
            if word.startswith("/"):
                target = path / word.lstrip("/")
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(word, target)
    (path / "dev").mkdir()
    os.mknod(path / "dev" / "null", 0o666 | stat.S_IFCHR, os.makedev(1, 3))
    used = Root(path)
    used.write("/proc/self/mountinfo", "1 0 0:3 / / rw\n")
    used.write("/etc/passwd", "root:x:0:0::/root:/bin/sh\nme:x:1:1::/srv/me:/bin/sh\n")
    used.write("/etc/machine-id", "0123\n")
    used.write("/etc/ssh/ssh_host_ed25519_key")
    used.write("/etc/ssh/ssh_host_ed25519_key.pub")
    used.write("/root/.ssh/authorized_keys", "ssh-rsa MINE me\nssh-ed25519 AAAAC3Nza golden\n", 0o600)
    used.write("/srv/me/.ssh/authorized_keys", BUILD_KEY + "\n", 0o600)
    used.write("/srv/me/.bash_history")
    used.write("/var/log/app/app.log", mode=0o640)
    used.write("/var/log/app/app.log.2.gz")
    used.write("/var/log/journal/1/system.journal")
    used.write("/var/lib/cloud/instance/a")
    used.write("/var/lib/systemd/random-seed")
    used.write("/var/lib/dhcp/dhclient.leases")
    used.write("/tmp/with space/.hidden")
    used.write("/root/.ansible/tmp/x")
    return used


def test_everything_goes_and_check_proves_it(root: Root) -> None:
    """And a second time there is nothing to do."""
    before = root.run("check")
    assert before.returncode == 1
    for topic in ("machine_id: /etc/machine-id", "build_key: /srv/me/.ssh/authorized_keys", "tmp: /tmp/with space", "logs: /var/log/app/app.log"):
        assert topic in before.stderr
    cleaned = root.run("clean")
    assert (cleaned.returncode, cleaned.stderr) == (0, "")
    assert (root.path / "etc/machine-id").read_text() == ""
    assert (root.path / "root/.ssh/authorized_keys").read_text() == "ssh-rsa MINE me\n"
    assert (root.path / "root/.ssh/authorized_keys").stat().st_mode & 0o777 == 0o600
    assert not (root.path / "srv/me/.ssh/authorized_keys").exists()
    assert [path.name for path in (root.path / "var/log").rglob("*") if path.is_file()] == ["app.log"]
    assert (root.path / "var/log/app/app.log").stat().st_mode & 0o777 == 0o640
    assert (root.path / "var/log/app/app.log").stat().st_size == 0
    gone = ("etc/ssh/ssh_host_ed25519_key", "srv/me/.bash_history", "tmp/with space", "root/.ansible", "var/lib/cloud/instance", "var/lib/dhcp/dhclient.leases")
    assert [name for name in gone if (root.path / name).exists()] == []
    assert root.run("check").returncode == 0
    assert root.run("clean").stdout == ""


def test_what_is_mounted_stays(root: Root) -> None:
    """What is beside it goes."""
    for name in ("/tmp/volume/data", "/tmp/folder/inner/data", "/tmp/folder/other"):
        root.write(name)
    root.write("/proc/self/mountinfo", "1 2 0:3 / /tmp/volume rw\n3 2 0:3 / /tmp/folder/inner rw\n4 2 0:3 / /etc/machine-id rw\n")
    assert root.run("clean").returncode == 0
    assert (root.path / "tmp/volume/data").exists()
    assert (root.path / "tmp/folder/inner/data").exists()
    assert not (root.path / "tmp/folder/other").exists()
    assert (root.path / "etc/machine-id").read_text() == "0123\n"
    assert root.run("check").returncode == 0


def test_keep_and_remove(root: Root) -> None:
    """A topic that does not exist is an error before anything is touched."""
    root.write("/opt/installer-1/x")
    wrong = root.run("clean", GENERALIZE_KEEP="logs keys")
    assert wrong.returncode == 2
    assert "no topic keys" in wrong.stderr
    options = {"GENERALIZE_KEEP": "logs ssh_host_keys", "GENERALIZE_REMOVE": "/opt/installer*\n/opt/none"}
    assert root.run("clean", **options).returncode == 0
    assert (root.path / "etc/ssh/ssh_host_ed25519_key").exists()
    assert (root.path / "var/log/app/app.log").stat().st_size == 2
    assert not (root.path / "opt/installer-1").exists()
    assert root.run("check", **options).returncode == 0
    assert root.run("check").returncode == 1


def test_a_started_machine_has_new_identities_not_the_old_ones(root: Root) -> None:
    """The check compares them with those that were removed."""
    removed = root.run("clean").stdout
    started = {"GENERALIZE_BOOTED": "1", "GENERALIZE_BEFORE": removed}
    root.write("/etc/machine-id", "4567\n")
    root.write("/var/log/boot.log")
    assert root.run("check", **started).returncode == 0
    root.write("/etc/machine-id", "0123\n")
    old = root.run("check", **started)
    assert old.returncode == 1
    assert "machine_id" in old.stderr


def test_touches_nothing_when_mounts_cannot_be_told(root: Root) -> None:
    """A volume of the user's could be among them."""
    (root.path / "proc/self/mountinfo").unlink()
    assert root.run("clean").returncode == 2
    assert (root.path / "etc/machine-id").read_text() == "0123\n"
