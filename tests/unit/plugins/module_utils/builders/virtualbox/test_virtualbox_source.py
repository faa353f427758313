# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a source is right now, and that it changes with its content alone."""

from __future__ import annotations

import hashlib
import os
import pathlib

import pytest

from ansible_collections.golden.images.plugins.module_utils._builders.virtualbox import source
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import BuilderError
from ansible_collections.golden.images.plugins.module_utils._lifecycle.operation import Context

from .conftest import FakeVirtualBox

MISSING = "VBoxManage: error: Could not find a registered machine named 'base'\n"


def _never() -> None:
    raise AssertionError("VirtualBox is not asked for files")


def test_a_file_is_its_content(tmp_path: pathlib.Path) -> None:
    disk = tmp_path / "x.qcow2"
    disk.write_bytes(b"disk")
    digest = hashlib.sha256(b"disk").hexdigest()
    found = source.resolve({"disk": {"path": str(disk), "urls": None, "checksum": None}, "iso": None}, _never, Context())
    assert found.id == f"sha256:{digest}"
    assert found.options == {"disk": {"path": str(disk), "checksum": f"sha256:{digest}"}}
    with pytest.raises(BuilderError, match="has the sha256"):
        source.resolve({"disk": {"path": str(disk), "checksum": f"sha256:{'0' * 64}"}}, _never, Context())
    with pytest.raises(BuilderError, match="there is no file"):
        source.resolve({"iso": {"path": str(tmp_path / "nothing.iso")}}, _never, Context())


def test_a_download_is_its_checksum() -> None:
    digest = f"sha256:{'1' * 64}"
    found = source.resolve({"iso": {"urls": ["https://mirror.example.org/a.iso"], "checksum": digest}}, _never, Context())
    assert (found.id, found.description) == (digest, "https://mirror.example.org/a.iso")


def test_a_machine_is_what_is_on_its_disks(virtualbox: FakeVirtualBox, tmp_path: pathlib.Path) -> None:
    disk = tmp_path / "base.vdi"
    disk.write_bytes(b"1")
    virtualbox.answer(
        "showvminfo",
        "base",
        out=f'UUID="4711"\nVMState="poweroff"\nstoragecontrollername0="SATA"\n"SATA-0-0"="{disk}"\nSnapshotName="clean"\nSnapshotUUID="99"\n',
    )
    given = {"vm": {"name": "base", "snapshot": None, "linked": False}}
    first = source.resolve(given, lambda: virtualbox.vbox, Context())
    assert first.options == {"vm": {"name": "4711", "linked": False}}
    assert source.resolve(given, lambda: virtualbox.vbox, Context()).id == first.id
    os.utime(disk, ns=(0, 1))
    assert source.resolve(given, lambda: virtualbox.vbox, Context()).id != first.id
    snapshot = source.resolve({"vm": {"name": "base", "snapshot": "clean", "linked": True}}, lambda: virtualbox.vbox, Context())
    assert (snapshot.id, snapshot.options["vm"]["snapshot"]) == ("snapshot:99", "99")


def test_machines_that_cannot_be_cloned(virtualbox: FakeVirtualBox) -> None:
    virtualbox.answer("showvminfo", "running", out='UUID="1"\nVMState="running"\nSnapshotName="a"\nSnapshotUUID="1"\nSnapshotName-1="a"\nSnapshotUUID-1="2"\n')
    virtualbox.answer("showvminfo", code=1, err=MISSING)
    virtualbox.answer("list", "vms", out='"other" {868321f4-ed52-4819-b2d7-d50c3842d96f}\n')
    for given, reason in (
        ({"name": "running"}, "is running, and its disks may change"),
        ({"name": "running", "snapshot": "b"}, r"has no snapshot b.*Its snapshots: a"),
        ({"name": "running", "snapshot": "a"}, "2 snapshots of running are called a"),
        ({"name": "base"}, r"knows no machine base.*Registered machines: other"),
    ):
        with pytest.raises(BuilderError, match=reason):
            source.resolve({"vm": {"linked": False, **given}}, lambda: virtualbox.vbox, Context())
