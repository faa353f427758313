# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A guest's machine goes, whatever is left of it, and no other one does."""

from __future__ import annotations

import datetime
import pathlib

import pytest

from ansible_collections.golden.images.plugins.module_utils._builders.virtualbox import discarding, machine, marks
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import BuilderError

from .conftest import FakeVirtualBox

MISSING = "VBoxManage: error: Could not find a registered machine named 'web'\n"


def _words(virtualbox: FakeVirtualBox) -> list[str]:
    return [call[0] for call in virtualbox.calls]


def test_it_is_unregistered_and_only_its_folder_is_deleted(virtualbox: FakeVirtualBox, tmp_path: pathlib.Path) -> None:
    folder = tmp_path / "run" / "web"
    folder.mkdir(parents=True)
    (folder / "web.vdi").touch()
    (tmp_path / "base.vdi").touch()
    virtualbox.answer("showvminfo", out=f'CfgFile="{folder}/web.vbox"\nVMState="poweroff"\nUUID="1"\n')
    base = f"UUID:           1\nParent UUID:    base\nLocation:       {tmp_path}/base.vdi\n\n"
    own = (
        f"UUID:           2\nParent UUID:    1\nLocation:       {folder}/web.vdi\n\nUUID:           3\nParent UUID:    2\nLocation:       {folder}/child.vdi\n"
    )
    virtualbox.answer("list", "hdds", out=base + own)
    assert machine.remove(virtualbox.vbox, "web", folder)
    assert not folder.exists() and (tmp_path / "base.vdi").exists()
    assert ["unregistervm", "web"] in virtualbox.calls
    assert [call[2] for call in virtualbox.calls if call[0] == "closemedium"] == ["3", "2"]
    # VirtualBox's own deletion takes what others stand on.
    assert not any(word.startswith("--delete") for call in virtualbox.calls for word in call)


def test_a_copy_that_was_cut_off_is_forgotten_for_good(virtualbox: FakeVirtualBox, tmp_path: pathlib.Path) -> None:
    folder = tmp_path / "web"
    folder.mkdir()
    virtualbox.answer("showvminfo", code=1, err=MISSING)
    virtualbox.answer("list", "hdds", out=f"UUID:           2\nParent UUID:    base\nLocation:       {folder}/web.vdi\n")
    assert machine.remove(virtualbox.vbox, "web", folder)
    closed = virtualbox.calls.index(["closemedium", "disk", "2"])
    key = marks.FORGOTTEN
    assert [call for call in virtualbox.calls[closed:] if call[0] != "list"][1:] == [["setextradata", "global", key, "1"], ["setextradata", "global", key]]


def test_the_installer_that_was_taken_out_is_forgotten(virtualbox: FakeVirtualBox, tmp_path: pathlib.Path) -> None:
    virtualbox.answer("showvminfo", out=f'CfgFile="{tmp_path}/web/web.vbox"\nVMState="poweroff"\nUUID="1"\n')
    virtualbox.answer("getextradata", "web", out='Key: golden/installer, Value: ["SATA", 1, 0, "/x/installer.iso"]\n')
    virtualbox.answer("list", "dvds", out="UUID:           1\nLocation:       /x/installer.iso\n\nUUID:           2\nLocation:       /x/other.iso\n")
    machine.remove(virtualbox.vbox, "web", tmp_path / "web")
    assert [call for call in virtualbox.calls if call[0] == "closemedium"] == [["closemedium", "dvd", "1"]]


def test_a_machine_of_somebody_else_stays(virtualbox: FakeVirtualBox, tmp_path: pathlib.Path) -> None:
    virtualbox.answer("showvminfo", out='CfgFile="/home/x/VirtualBox VMs/web/web.vbox"\nVMState="running"\nUUID="1"\n')
    with pytest.raises(BuilderError, match=r"was not made by golden\.images"):
        machine.remove(virtualbox.vbox, "web", tmp_path / "web")
    assert "unregistervm" not in _words(virtualbox) and "controlvm" not in _words(virtualbox)


def test_a_marked_machine_goes_wherever_it_is(virtualbox: FakeVirtualBox, tmp_path: pathlib.Path) -> None:
    elsewhere = tmp_path / "elsewhere" / "web"
    elsewhere.mkdir(parents=True)
    virtualbox.answer("showvminfo", out=f'CfgFile="{elsewhere}/web.vbox"\nVMState="aborted"\nUUID="1"\n')
    virtualbox.answer("getextradata", "web", out="Key: golden/guest, Value: web\n")
    assert machine.remove(virtualbox.vbox, "web", tmp_path / "web")
    assert not elsewhere.exists()


def test_nothing_left_is_nothing_to_do(virtualbox: FakeVirtualBox, tmp_path: pathlib.Path) -> None:
    virtualbox.answer("showvminfo", code=1, err=MISSING)
    assert not machine.remove(virtualbox.vbox, "web", tmp_path / "web")


def test_a_machine_whose_settings_were_never_written_is_unregistered(virtualbox: FakeVirtualBox, tmp_path: pathlib.Path) -> None:
    virtualbox.answer("showvminfo", code=1, err=MISSING)
    virtualbox.answer("list", "vms", out='"<inaccessible>" {3e4bc32d-864e-4bd0-bf00-281a9343e1cf}\n')
    virtualbox.answer(
        "list",
        "--long",
        out=f"Name:            <inaccessible!>\nUUID:            3e4bc32d-864e-4bd0-bf00-281a9343e1cf\nConfig file:     {tmp_path}/web/web.vbox\n",
    )
    machine.remove(virtualbox.vbox, "web", tmp_path / "web")
    assert ["unregistervm", "3e4bc32d-864e-4bd0-bf00-281a9343e1cf"] in virtualbox.calls


def test_unregistering_that_fails_half_way_goes_on(virtualbox: FakeVirtualBox, tmp_path: pathlib.Path) -> None:
    folder = tmp_path / "web"
    folder.mkdir()
    # Looked at five times before, and gone then.
    for _number in range(3):
        virtualbox.answer("showvminfo", once=True, out=f'CfgFile="{folder}/web.vbox"\nVMState="poweroff"\nUUID="1"\n')
    virtualbox.answer("showvminfo", code=1, err=MISSING)
    virtualbox.answer("unregistervm", code=1, err="VBoxManage: error: Cannot close medium\n")
    assert machine.remove(virtualbox.vbox, "web", folder)
    assert not folder.exists()


def test_the_journal_tells_all_that_discarding_needs(virtualbox: FakeVirtualBox, tmp_path: pathlib.Path) -> None:
    folder = tmp_path / "web"
    folder.mkdir()
    virtualbox.answer("showvminfo", out=f'CfgFile="{folder}/web.vbox"\nVMState="poweroff"\nUUID="1"\n')
    assert discarding.discard(machine.resource(virtualbox.vbox, "web", folder), {})
    assert not folder.exists()


def test_a_snapshot_of_ours_goes_and_is_missed_by_nobody(virtualbox: FakeVirtualBox) -> None:
    known = machine.snapshot_resource(virtualbox.vbox, "4711", "golden-web")
    virtualbox.answer("showvminfo", once=True, out='SnapshotName="clean"\nSnapshotName-1="golden-web"\n')
    assert discarding.discard(known, {})
    assert virtualbox.calls[-1] == ["snapshot", "4711", "delete", "golden-web"]
    virtualbox.answer("showvminfo", once=True, out='SnapshotName="clean"\n')
    assert not discarding.discard(known, {})
    virtualbox.answer("showvminfo", code=1, err=MISSING)
    assert not discarding.discard(known, {})


def test_expired_guests_are_found_by_their_marks(virtualbox: FakeVirtualBox) -> None:
    names = {"old": "2026-01-01T00:00:00Z", "new": "2026-03-01T00:00:00Z", "odd": "soon", "foreign": None, "gone": "2026-01-01T00:00:00Z"}
    virtualbox.answer("getextradata", "gone", code=1, err=MISSING)
    listed = "".join(f'"{name}" {{868321f4-ed52-4819-b2d7-d50c3842d96{number}}}\n' for number, name in enumerate(names))
    virtualbox.answer("list", "vms", out=listed)
    for name, expires in names.items():
        mark = f"Key: golden/expires, Value: {expires}\nKey: golden/guest, Value: {name}\n" if expires else "Key: GUI/LastCloseAction, Value: x\n"
        virtualbox.answer("getextradata", name, out=mark)
    virtualbox.answer("showvminfo", "old", out='CfgFile="/runs/old/old.vbox"\n')
    found = discarding.leftovers(virtualbox.vbox, datetime.datetime(2026, 2, 1, tzinfo=datetime.UTC))
    assert [(entry.kind, entry.name, entry.details["folder"]) for entry in found] == [("virtual machine", "old", "/runs/old")]


def test_marks_are_written_and_read(virtualbox: FakeVirtualBox) -> None:
    marks.mark(virtualbox.vbox, "web", {"golden.run": "4711", "team": "a/b"})
    marks.note(virtualbox.vbox, "web", marks.FORWARDS, [[1, "golden"]])
    marks.note(virtualbox.vbox, "web", marks.MEDIA, None)
    assert virtualbox.calls == [
        ["setextradata", "web", "golden/guest", "web"],
        ["setextradata", "web", "golden/run", "4711"],
        ["setextradata", "web", "golden/team", "a/b"],
        ["setextradata", "web", "golden/forwards", '[[1, "golden"]]'],
        ["setextradata", "web", "golden/media"],
    ]
    virtualbox.answer("getextradata", out='Key: golden/forwards, Value: [[1, "golden"]]\n')
    assert marks.noted(virtualbox.vbox, "web", marks.FORWARDS) == [[1, "golden"]]
    assert marks.noted(virtualbox.vbox, "web", marks.MEDIA) is None
