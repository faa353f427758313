# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Places of disks and media."""

from __future__ import annotations

import pytest

from ansible_collections.golden.images.plugins.module_utils._builders.virtualbox import storage
from ansible_collections.golden.images.plugins.module_utils._builders.virtualbox.parsing import machine_readable
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import BuilderError

from .conftest import FakeVirtualBox

SATA = """storagecontrollername0="AHCI"
storagecontrollertype0="IntelAhci"
storagecontrollerportcount0="1"
"AHCI-0-0"="/x/web.vdi"
"""
IDE = """storagecontrollername0="IDE"
storagecontrollertype0="PIIX4"
storagecontrollerportcount0="2"
"IDE-0-0"="/x/seed.iso"
"IDE-IsEjected-0-0"="off"
"IDE-0-1"="/x/web.vmdk"
"""
IDE_FULL = IDE + '"IDE-1-0"="/x/a.vdi"\n"IDE-1-1"="emptydrive"\n'


def _others(virtualbox: FakeVirtualBox) -> list[list[str]]:
    return [call for call in virtualbox.calls if call[0] != "showvminfo"]


def test_a_controller_is_made(virtualbox: FakeVirtualBox) -> None:
    added: list[str] = []
    assert storage.attach_removable(virtualbox.vbox, "web", "/x/seed.iso", "sata", added) == ("SATA", 0, 0)
    assert added == ["SATA"]
    assert _others(virtualbox) == [
        ["storagectl", "web", "--name", "SATA", "--add", "sata", "--controller", "IntelAhci", "--portcount", "1", "--bootable", "on"],
        ["storageattach", "web", "--storagectl", "SATA", "--port", "0", "--device", "0", "--type", "dvddrive", "--medium", "/x/seed.iso"],
    ]


def test_a_controller_gets_another_port(virtualbox: FakeVirtualBox) -> None:
    virtualbox.answer("showvminfo", out=SATA)
    added: list[str] = []
    assert storage.place(virtualbox.vbox, "web", "sata", added=added) == ("AHCI", 1, 0)
    assert added == []
    assert _others(virtualbox) == [["storagectl", "web", "--name", "AHCI", "--portcount", "2"]]


def test_ide_has_two_devices_a_port_and_ends(virtualbox: FakeVirtualBox) -> None:
    virtualbox.answer("showvminfo", once=True, out=IDE)
    assert storage.place(virtualbox.vbox, "web", "ide") == ("IDE", 1, 0)
    virtualbox.answer("showvminfo", out=IDE_FULL)
    with pytest.raises(BuilderError, match="no free place left on a ide controller"):
        storage.place(virtualbox.vbox, "web", "ide")


def test_floppies_and_options_of_disks(virtualbox: FakeVirtualBox) -> None:
    virtualbox.answer("showvminfo", out=SATA)
    assert storage.attach_removable(virtualbox.vbox, "web", "/x/f.img", "floppy", []) == ("Floppy", 0, 0)
    storage.attach_disk(virtualbox.vbox, "web", "/x/data.vdi", "sata", discard=True, nonrotational=False)
    calls = _others(virtualbox)
    assert calls[1][-4:] == ["--type", "fdd", "--medium", "/x/f.img"]
    assert calls[-1][-4:] == ["--discard", "on", "--nonrotational", "off"]


def test_the_system_disk_is_no_cd() -> None:
    disk = storage.system_disk(machine_readable(IDE))
    assert disk is not None and disk.medium == "/x/web.vmdk"
    assert storage.system_disk(machine_readable('storagecontrollername0="IDE"\n"IDE-0-0"="emptydrive"\n')) is None


def test_cds_go_where_the_machine_has_room_for_them() -> None:
    assert storage.cd_controller(machine_readable(IDE), "sata") == "ide"
    assert storage.cd_controller(machine_readable(SATA), "sata") == "sata"
    assert storage.cd_controller({}, "virtio") == "virtio"


def test_media_of_a_running_machine_are_ejected(virtualbox: FakeVirtualBox) -> None:
    storage.eject(virtualbox.vbox, "web", ("SATA", 1, 0))
    storage.detach(virtualbox.vbox, "web", ("SATA", 1, 0))
    assert [call[-1] for call in virtualbox.calls] == ["--forceunmount", "none"]
    assert "emptydrive" in virtualbox.calls[0]


def test_media_that_nobody_needs_are_forgotten_and_others_stay(virtualbox: FakeVirtualBox) -> None:
    virtualbox.answer("list", "dvds", out="UUID:           1\nLocation:       /x/installer.iso\n\nUUID:           2\nLocation:       /x/other.iso\n")
    virtualbox.answer("list", "floppies", out="UUID:           3\nLocation:       /x/answers.img\n")
    # Another machine has it too.
    virtualbox.answer("closemedium", "dvd", code=1, err="VBoxManage: error: Cannot close medium '/x/installer.iso' because it has 1 child media\n")
    storage.forget_removable(virtualbox.vbox, {"/x/installer.iso", "/x/answers.img"}.__contains__)
    assert [call[1:] for call in virtualbox.calls if call[0] == "closemedium"] == [["dvd", "1"], ["floppy", "3"]]
