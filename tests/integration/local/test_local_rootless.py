# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The local builder for a user without rights: a whole build, and files that belong to whom they should."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
import tarfile
import typing as t

import pytest
import yaml

from tests.rigs.docker.rig import base_archive
from tests.rigs.user.ordinary import OrdinaryUser, ordinary_user

from ..conftest import ROOT
from .conftest import CACHE

DEFINITION: dict[str, t.Any] = {
    "plugin": "golden.images.builds",
    "builders": {"here": {"type": "local", "source": {"rootfs_archive": "{{ archive }}"}, "network": "none", "compression": "none"}},
    "images": {
        "web": {
            "version": "1.0.0",
            "provisioners": [{"tasks": "provision.yml"}, {"inline": "echo script > /made-by-script"}],
            "verify": [{"inline": "test $(stat -c %u:%g /srv/page) = 33:33 && grep content /srv/page && test $(id -u) = 0"}],
            "post_processors": [{"type": "checksum"}],
        }
    },
}
PROVISION: list[dict[str, t.Any]] = [
    {"name": "A page", "ansible.builtin.copy": {"content": "content", "dest": "/srv/page", "owner": "www-data", "group": "www-data", "mode": "0640"}},
    {"name": "A user", "ansible.builtin.user": {"name": "worker", "uid": 4321}},
    {"name": "As that user", "ansible.builtin.command": "id -u", "become": True, "become_user": "worker", "become_method": "su", "register": "became"},
    {"name": "It is that user", "ansible.builtin.assert": {"that": "became.stdout == '4321'"}},
]


@pytest.fixture
def user(require: t.Callable[..., None]) -> t.Iterator[OrdinaryUser]:
    require("newuidmap", "unshare", "nsenter", "tar")
    if os.geteuid() == 0:
        require("useradd", "usermod", "userdel", "runuser")
    with ordinary_user() as made:
        yield made


def build(user: OrdinaryUser, archive: pathlib.Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    programs = pathlib.Path(sys.executable).parent
    environment = {
        "PATH": f"{programs}:/usr/local/bin:/usr/bin:/bin",
        "LC_ALL": "C.UTF-8",
        "ANSIBLE_COLLECTIONS_PATH": str(user.home / "collections"),
        "ANSIBLE_NOCOLOR": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    command = [str(programs / "ansible-playbook"), "-i", "web.golden.yml", "golden.images.build_images", "-e", f"archive={archive}", *arguments]
    return user.run(command, environment, [ROOT, pathlib.Path(sys.base_prefix), programs.parent, archive.parent])


@pytest.mark.smoke
def test_a_user_without_rights_builds_an_image(user: OrdinaryUser, require: t.Callable[..., None]) -> None:
    require("skopeo")
    home, archive = user.home, base_archive(CACHE)
    place = home / "collections/ansible_collections/golden"
    place.mkdir(parents=True)
    (place / "images").symlink_to(ROOT)
    (home / "web.golden.yml").write_text(yaml.safe_dump(DEFINITION))
    (home / "provision.yml").write_text(yaml.safe_dump(PROVISION))

    done = build(user, archive)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 build: 1 built" in done.stdout
    output = home / "output/web/1.0.0/here"
    rootfs, oci = output / "web-1.0.0-here.rootfs.tar", output / "web-1.0.0-here.oci.tar"
    with tarfile.open(rootfs) as tar:
        owners = {member.name: (member.uid, member.gid, member.mode & 0o7777) for member in tar}
    assert owners["./etc/passwd"] == (0, 0, 0o644)
    assert owners["./etc/shadow"] == (0, 42, 0o640)
    assert owners["./usr/bin/passwd"] == (0, 0, 0o4755)
    assert owners["./made-by-script"][:2] == (0, 0)
    assert owners["./srv/page"] == (33, 33, 0o640)
    assert owners["./home/worker"][:2] == (4321, 4321)
    assert {uid for uid, _gid, _mode in owners.values()} <= {0, 33, 42, 100, 4321} | set(range(1, 100)), "ids of this machine are in the image"
    inspected = subprocess.run(["skopeo", "inspect", f"oci-archive:{oci}"], capture_output=True, text=True, check=False)
    assert inspected.returncode == 0, inspected.stderr
    subprocess.run(["sha256sum", "--check", "--quiet", *(path.name for path in output.glob("*.sha256"))], cwd=output, check=True)

    again = build(user, archive)
    assert again.returncode == 0 and "1 up to date" in again.stdout, again.stdout + again.stderr
    assert list((home / ".golden/guests").iterdir()) == []
    owner = (home / "web.golden.yml").stat().st_uid if os.geteuid() else home.stat().st_uid
    foreign = [path for path in home.rglob("*") if path.lstat().st_uid not in (owner, os.geteuid())]
    assert foreign == []
    assert os.geteuid() != 0 or user.processes() == []
