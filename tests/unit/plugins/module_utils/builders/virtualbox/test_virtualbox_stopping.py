# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Guests are brought to rest, and lose what only the build needed, before anything is exported."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.golden.images.plugins.module_utils._builders.virtualbox import export_discarding, keeping
from ansible_collections.golden.images.plugins.module_utils._builders.virtualbox.cleaning import clean
from ansible_collections.golden.images.plugins.module_utils._builders.virtualbox.compacting import compact
from ansible_collections.golden.images.plugins.module_utils._builders.virtualbox.exporting import space_told
from ansible_collections.golden.images.plugins.module_utils._builders.virtualbox.stopping import stop
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import BuilderError, WaitTimeoutError
from ansible_collections.golden.images.plugins.module_utils._lifecycle.operation import Context

HDDS = "UUID:           {uuid}\nParent UUID:    {parent}\nLocation:       {path}\nStorage format: {format}\nCapacity:       64 MBytes\n\n"


def how(**more: t.Any) -> dict[str, t.Any]:
    return {"shutdown": "auto", "shutdown_wait": {"timeout": 0.2, "interval": 0.05}, "power_off": True, "connection": "ssh", **more}


def states(virtualbox, *found: str) -> None:
    for state in found:
        virtualbox.answer("showvminfo", out=f'UUID="u"\nVMState="{state}"\n', once=True)
    virtualbox.answer("showvminfo", out=f'UUID="u"\nVMState="{found[-1]}"\n')


def pressed(virtualbox) -> bool:
    return ["controlvm", "web", "acpipowerbutton"] in virtualbox.calls


def test_the_power_button_is_pressed_and_the_end_awaited(virtualbox):
    states(virtualbox, "running", "running", "poweroff")
    stop(virtualbox.vbox, "web", how(), Context())
    assert pressed(virtualbox)


@pytest.mark.parametrize("options", [{"shutdown": "wait"}, {"connection": "none"}])
def test_who_shuts_down_by_himself_is_waited_for(virtualbox, options):
    states(virtualbox, "running", "poweroff")
    stop(virtualbox.vbox, "web", how(**options), Context())
    stop(virtualbox.vbox, "web", how(**options), Context())
    assert not pressed(virtualbox)


def test_a_guest_that_is_off_is_refused(virtualbox):
    states(virtualbox, "poweroff")
    with pytest.raises(BuilderError, match=r"was turned off before .* set shutdown to wait"):
        stop(virtualbox.vbox, "web", how(), Context())


@pytest.mark.parametrize("state", ["aborted", "gurumeditation", "stuck"])
@pytest.mark.parametrize("before", [[], ["running"]])
def test_a_guest_that_crashed_is_refused(virtualbox, state, before):
    states(virtualbox, *before, state)
    with pytest.raises(BuilderError, match=f"crashed or was ended before it had shut down .state {state}."):
        stop(virtualbox.vbox, "web", how(shutdown="wait"), Context())


def test_a_saved_guest_is_refused(virtualbox):
    states(virtualbox, "saved")
    with pytest.raises(BuilderError, match="in the state saved"):
        stop(virtualbox.vbox, "web", how(), Context())


def test_a_guest_that_does_not_shut_down_fails_unless_it_may_be_powered_off(virtualbox):
    states(virtualbox, "running")
    with pytest.raises(WaitTimeoutError, match=r"gave up waiting for the guest web to shut down .* raise shutdown_wait\.timeout"):
        stop(virtualbox.vbox, "web", how(power_off=False), Context())


def guest(virtualbox, notes: dict[str, t.Any], info: str) -> None:
    lines = "".join(f"Key: golden/{key}, Value: {json.dumps(value)}\n" for key, value in notes.items())
    virtualbox.answer("getextradata", out=lines)
    virtualbox.answer("showvminfo", out=info)


INFO = (
    'VMState="poweroff"\nForwarding(0)="golden-ssh,tcp,127.0.0.1,2222,,22"\nForwarding(1)="mine,tcp,,80,,80"\n'
    'storagecontrollername0="SATA"\nstoragecontrollername1="IDE"\n"SATA-0-0"="/m/disk.vdi"\n"SATA-1-0"="/m/seed.iso"\n"IDE-0-0"="/m/installer.iso"\n'
)
NOTES = {"forwards": [[1, "golden-ssh"], [2, "gone"]], "media": [["SATA", 1, 0], ["IDE", 0, 0], ["IDE", 1, 0]], "controllers": ["Floppy"]}


def changes(virtualbox) -> list[str]:
    return [" ".join(call) for call in virtualbox.calls if call[0] not in ("showvminfo", "getextradata", "list")]


def test_only_what_the_build_added_is_removed(virtualbox):
    guest(virtualbox, NOTES, INFO)
    clean(virtualbox.vbox, "web", keep_installer=False)
    assert changes(virtualbox) == [
        "modifyvm web --natpf1 delete golden-ssh",
        "storageattach web --storagectl SATA --port 1 --device 0 --medium none",
        "storageattach web --storagectl IDE --port 0 --device 0 --medium none",
    ]


def test_the_installer_comes_back(virtualbox):
    guest(virtualbox, {"controllers": ["IDE"], "installer": ["IDE", 0, 0, "/m/installer.iso"]}, INFO)
    clean(virtualbox.vbox, "web", keep_installer=True)
    assert changes(virtualbox) == ["storageattach web --storagectl IDE --port 0 --device 0 --type dvddrive --medium /m/installer.iso"]


def test_media_of_the_build_are_forgotten_and_those_of_others_stay(virtualbox):
    guest(virtualbox, NOTES, INFO)
    known = "".join(f"UUID:     {number}\nLocation: /m/{name}\n\n" for number, name in enumerate(("seed.iso", "mine.iso")))
    virtualbox.answer("list", "dvds", out=known)
    clean(virtualbox.vbox, "web", keep_installer=False)
    assert [change for change in changes(virtualbox) if "closemedium" in change] == ["closemedium dvd 0"]


def test_an_empty_controller_of_the_build_goes(virtualbox):
    guest(virtualbox, {"controllers": ["IDE", "SATA"]}, INFO.replace('"IDE-0-0"="/m/installer.iso"\n', ""))
    clean(virtualbox.vbox, "web", keep_installer=False)
    assert changes(virtualbox) == ["storagectl web --name IDE --remove"]


def test_a_machine_of_somebody_else_stays_as_it_is(virtualbox):
    guest(virtualbox, {}, INFO)
    clean(virtualbox.vbox, "web", keep_installer=False)
    assert changes(virtualbox) == []


def test_only_disks_that_can_are_compacted(virtualbox):
    virtualbox.answer("showvminfo", out='storagecontrollername0="S"\n"S-0-0"="/m/a.vdi"\n"S-1-0"="/m/b.vmdk"\n"S-2-0"="/m/c.vdi"\n')
    kinds = [("1", "base", "/m/a.vdi", "VDI"), ("2", "base", "/m/b.vmdk", "VMDK"), ("3", "1", "/m/c.vdi", "VDI")]
    virtualbox.answer("list", out="".join(HDDS.format(uuid=uuid, parent=parent, path=path, format=kind) for uuid, parent, path, kind in kinds))
    virtualbox.answer("modifymedium", err="VBoxManage: error: no\n", code=1)
    warned: list[str] = []
    compact(virtualbox.vbox, "web", Context(warn=warned.append))
    assert changes(virtualbox) == ["modifymedium disk 1 --compact"]
    assert "larger than it needs to be" in warned[0]


def test_a_full_disk_is_told(virtualbox):
    virtualbox.answer("export", err="VBoxManage: error: Appliance write failed\nVBoxManage: error: VERR_DISK_FULL\n", code=1)
    with pytest.raises(BuilderError, match=r"Appliance write failed.*Free space"), space_told():
        virtualbox.vbox.run("export", "web")


def test_what_a_killed_export_left_is_discarded(virtualbox, tmp_path):
    partial = tmp_path / "partial"
    partial.mkdir()
    (partial / "disk.vdi").write_text("half")
    entries = [("1", str(partial / "disk.vdi")), ("2", "/elsewhere/disk.vdi")]
    virtualbox.answer("list", out="".join(HDDS.format(uuid=uuid, parent="base", path=path, format="VDI") for uuid, path in entries))
    resource = export_discarding.export_resource(virtualbox.vbox, partial)
    assert export_discarding.BUILDER.discard(resource, {})
    assert not partial.exists()
    assert ["closemedium", "disk", "1"] in virtualbox.calls
    assert ["closemedium", "disk", "2"] not in virtualbox.calls


@pytest.mark.parametrize(("description", "fits"), [("golden.build=web.vbox", True), ("golden.build=other.vbox", False), ("mine", False)])
def test_a_name_that_is_taken(virtualbox, description, fits):
    virtualbox.answer("showvminfo", out=f'UUID="u"\ndescription="{description}"\n')
    if fits:
        keeping.check_name(virtualbox.vbox, "web", "web.vbox")
    else:
        with pytest.raises(BuilderError, match=r"no image of web\.vbox is registered"):
            keeping.check_name(virtualbox.vbox, "web", "web.vbox")


def test_a_linked_clone_cannot_stay(virtualbox):
    virtualbox.answer("showvminfo", "web", out='storagecontrollername0="S"\n"S-0-0"="/m/a.vdi"\n', once=False)
    virtualbox.answer("showvminfo", "image", err="VBoxManage: error: Could not find a registered machine named 'image'\n", code=1)
    virtualbox.answer("list", out=HDDS.format(uuid="2", parent="1", path="/m/a.vdi", format="VDI"))
    with pytest.raises(BuilderError, match="Set linked to false"):
        keeping.check(virtualbox.vbox, "web", {"image": "image", "build": "b"})
