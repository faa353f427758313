# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Boxes of real appliances: Vagrant adds them, and VirtualBox imports what Vagrant has then."""

from __future__ import annotations

import json
import os
import random
import subprocess
import typing as t

import pytest
import yaml

pytestmark = pytest.mark.usefixtures("untouched_vbox")

MIB = 1024 * 1024


@pytest.fixture
def machine(vbox_rig, tmp_path) -> t.Iterator[str]:
    """A machine with a disk that has something in it."""
    name, disk = "golden-boxed", tmp_path / "machines" / "golden-boxed" / "disk.vdi"
    (tmp_path / "disk.raw").write_bytes(random.Random(0).randbytes(MIB) + bytes(7 * MIB))
    vbox_rig.vboxmanage("createvm", "--name", name, "--ostype", "Debian_64", "--basefolder", tmp_path / "machines", "--register")
    vbox_rig.vboxmanage("modifyvm", name, "--nic1", "nat", "--macaddress1", "080027AABBCC", "--audio-enabled", "off")
    vbox_rig.vboxmanage("storagectl", name, "--name", "SATA", "--add", "sata", "--portcount", "1")
    vbox_rig.vboxmanage("convertfromraw", tmp_path / "disk.raw", disk, "--format", "VDI")
    vbox_rig.vboxmanage("storageattach", name, "--storagectl", "SATA", "--port", "0", "--device", "0", "--type", "hdd", "--medium", disk)
    yield name
    vbox_rig.vboxmanage("unregistervm", name, "--delete")


@pytest.fixture
def vagrant(tmp_path, require) -> t.Callable[..., str]:
    """Runs Vagrant with a home of its own."""
    require("vagrant")
    home = tmp_path / "vagrant"
    home.mkdir()
    environment = {**os.environ, "HOME": str(home), "VAGRANT_HOME": str(home / "boxes"), "VAGRANT_CHECKPOINT_DISABLE": "1", "VAGRANT_NO_COLOR": "1"}

    def run(*arguments: str) -> str:
        ended = subprocess.run(
            ["vagrant", *arguments], env=environment, cwd=home, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=240, check=False
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout

    return run


@pytest.mark.parametrize("kind", ["ova", "ovf"])
def test_vagrant_adds_a_box_that_virtualbox_imports(vbox_rig, machine, vagrant, ansible_playbook, tmp_path, kind):
    names = {"image": "web", "version": "1.4.0", "builder": "vbox", "build": "web.vbox"}
    capture = {"guest": machine, "captured_dir": f"{tmp_path}/output", "file_stem": "web-1.4.0-vbox", "shutdown": "wait", "format": kind, **names}
    tasks = [
        {"golden.images.virtualbox_image": {"vboxmanage_path": str(vbox_rig.programs / "VBoxManage"), **capture}, "register": "captured"},
        {
            "golden.images.vagrant_box": {
                "artifact": "{{ captured.artifact }}",
                "vagrantfile_content": "Vagrant.configure('2') { |config| config.ssh.username = 'debian' }\n",
                "include": [f"{tmp_path}/info.json"],
                "level": 9,
                "catalog": {"name": "team/web", "description": "A web server", "default_architecture": True},
            }
        },
    ]
    (tmp_path / "info.json").write_text('{"author": "us"}')
    (tmp_path / "play.yml").write_text(yaml.safe_dump([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}], sort_keys=False))
    ansible_playbook(tmp_path / "play.yml").ok()
    (version,) = json.loads((tmp_path / "output" / "metadata.json").read_text())["versions"]
    assert [(entry["name"], entry["architecture"], entry["checksum_type"]) for entry in version["providers"]] == [("virtualbox", "amd64", "sha256")]

    vagrant("box", "add", f"{tmp_path}/output/metadata.json")
    assert vagrant("box", "list").startswith("team/web (virtualbox, 1.4.0")
    added = next(path.parent for path in (tmp_path / "vagrant" / "boxes" / "boxes").rglob("box.ovf"))
    assert json.loads((added / "metadata.json").read_text()) == {"provider": "virtualbox", "architecture": "amd64"}
    assert json.loads((added / "info.json").read_text()) == {"author": "us"}
    fragment = (added / "Vagrantfile").read_text()
    assert "config.vm.base_mac = '080027AABBCC'" in fragment
    assert "config.ssh.username = 'debian'" in fragment
    subprocess.run(["ruby", "-c", added / "Vagrantfile"], check=True, capture_output=True)

    vbox_rig.vboxmanage("import", added / "box.ovf", "--vsys", "0", "--vmname", "of-the-box", "--basefolder", tmp_path / "of-the-box")
    (disk,) = (tmp_path / "of-the-box").rglob("*.vmdk")
    assert subprocess.run(["qemu-img", "compare", tmp_path / "disk.raw", disk], capture_output=True, check=False).returncode == 0
    vbox_rig.vboxmanage("unregistervm", "of-the-box", "--delete")
