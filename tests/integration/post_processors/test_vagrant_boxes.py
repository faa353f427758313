# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Boxes that the real Vagrant adds to its own, from a catalog and by themselves."""

from __future__ import annotations

import hashlib
import io
import json
import os
import pathlib
import subprocess
import tarfile
import typing as t

import pytest

Task = dict[str, t.Any]

OVF = """<Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1" xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1">
<References><File ovf:id="file1" ovf:href="web-disk001.vmdk"/></References>
<VirtualSystem ovf:id="web"><Info>A machine</Info></VirtualSystem></Envelope>"""


@pytest.fixture
def appliance(tmp_path: pathlib.Path) -> dict[str, t.Any]:
    """An artifact with an OVA."""
    folder = tmp_path / "output"
    folder.mkdir()
    path = folder / "web-1.0.0-virtualbox.ova"
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as archive:
        for name, content in (("web.ovf", OVF.encode()), ("web-disk001.vmdk", bytes(100_000)), ("web.mf", b"")):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    file = {"path": str(path), "kind": "ova", "size": path.stat().st_size, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
    names = {"build": "web.virtualbox", "image": "web", "builder": "virtualbox", "version": "1.0.0", "fingerprint": ""}
    return {"id": "x", "type": "virtualbox", "location": str(folder), "created": "2026-01-31T12:00:00Z", "files": [file], **names}


@pytest.fixture
def vagrant(tmp_path: pathlib.Path, require: t.Callable[..., None]) -> t.Callable[..., str]:
    """Runs Vagrant with a home of its own."""
    require("vagrant")
    home = tmp_path / "vagrant"
    environment = {**os.environ, "HOME": str(home), "VAGRANT_HOME": str(home / "boxes"), "VAGRANT_CHECKPOINT_DISABLE": "1", "VAGRANT_NO_COLOR": "1"}
    home.mkdir()

    def run(*arguments: str) -> str:
        ended = subprocess.run(
            ["vagrant", *arguments], env=environment, cwd=home, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout

    return run


@pytest.mark.parametrize("face", [{}, {"delegate_to": "other", "vars": {"ansible_connection": "local"}}], ids=["action", "module"])
def test_vagrant_adds_the_box_from_its_catalog(ansible_playbook, play, vagrant, appliance, tmp_path, face):
    task: Task = {"golden.images.vagrant_box": {"artifact": "{{ golden_artifact }}", "catalog": {"name": "team/web"}}, **face}
    tasks = [task]
    playbook = play(tmp_path / "play.yml", tasks, appliance)
    assert "changed=1" in ansible_playbook(playbook).ok().stdout
    assert "changed=0" in ansible_playbook(playbook).ok().stdout
    vagrant("box", "add", str(tmp_path / "output" / "metadata.json"))
    assert vagrant("box", "list").split() == ["team/web", "(virtualbox,", "1.0.0)"]
    (added,) = (tmp_path / "vagrant" / "boxes" / "boxes").glob("*/1.0.0/virtualbox")
    assert (added / "box.ovf").read_text() == OVF
    assert (added / "web-disk001.vmdk").stat().st_size == 100_000


def test_vagrant_refuses_a_box_that_was_changed(ansible_playbook, play, vagrant, appliance, tmp_path):
    task: Task = {"golden.images.vagrant_box": {"artifact": "{{ golden_artifact }}", "catalog": {"name": "team/web"}}}
    ansible_playbook(play(tmp_path / "play.yml", [task], appliance)).ok()
    catalog = tmp_path / "output" / "metadata.json"
    changed = json.loads(catalog.read_text())
    changed["versions"][0]["providers"][0]["checksum"] = "0" * 64
    catalog.write_text(json.dumps(changed))
    with pytest.raises(AssertionError, match="checksum"):
        vagrant("box", "add", str(catalog))


def test_vagrant_reads_the_box_of_each_other_provider(ansible_playbook, play, vagrant, appliance, tmp_path):
    disk = tmp_path / "output" / "web.qcow2"
    disk.write_bytes(b"QFI\xfb" + (3).to_bytes(4, "big") + bytes(16) + (2 << 30).to_bytes(8, "big") + bytes(100))
    file = {"path": str(disk), "kind": "qcow2", "size": disk.stat().st_size, "sha256": hashlib.sha256(disk.read_bytes()).hexdigest()}
    variants: dict[str, dict[str, t.Any]] = {
        "libvirt": {"type": "qemu", "files": [file]},
        "docker": {"type": "docker", "files": [], "metadata": {"tags": ["team/web:1.0.0"]}},
        "aws": {"type": "aws", "files": [], "metadata": {"images": {"eu-west-1": "ami-1"}}},
    }
    tasks: list[Task] = [
        {"golden.images.vagrant_box": {"artifact": {**appliance, **changes}, "output": f"{tmp_path}/output/{provider}.box"}}
        for provider, changes in variants.items()
    ]
    ansible_playbook(play(tmp_path / "play.yml", tasks, appliance)).ok()
    for provider in variants:
        vagrant("box", "add", "--name", f"web-{provider}", str(tmp_path / "output" / f"{provider}.box"))
    listed = vagrant("box", "list").splitlines()
    assert [line.replace(",", "").split()[:2] for line in listed] == [[f"web-{name}", f"({name}"] for name in sorted(variants)]
    for fragment in (tmp_path / "vagrant" / "boxes" / "boxes").glob("*/0/*/Vagrantfile"):
        subprocess.run(["ruby", "-c", fragment], check=True, capture_output=True)
