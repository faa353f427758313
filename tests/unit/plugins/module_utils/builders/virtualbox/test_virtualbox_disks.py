# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Disk images of whatever format become disks of the guest."""

from __future__ import annotations

import pathlib
import struct
import zlib

import pytest

from ansible_collections.golden.images.plugins.module_utils._builders.virtualbox import disks, qcow2
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import BuilderError
from ansible_collections.golden.images.plugins.module_utils._lifecycle.operation import Context

from .conftest import FakeVirtualBox

CLUSTER = 65536
DISK = "UUID:           7\nLocation:       /x/web.vdi\nCapacity:       3072 MBytes\n"


def _qcow2(path: pathlib.Path, *, version: int = 3, backing: int = 0, features: int = 0) -> bytes:
    """An image with a plain, a compressed, a missing and a zero cluster; what a disk of it holds."""
    plain, packed = b"\x01" * CLUSTER, b"\x02" * CLUSTER
    compressor = zlib.compressobj(9, zlib.DEFLATED, -12)
    squeezed = compressor.compress(packed) + compressor.flush()
    size = 3 * CLUSTER + 512
    l1, l2, first, second = CLUSTER, 2 * CLUSTER, 3 * CLUSTER, 4 * CLUSTER
    header = struct.pack(">4sIQIIQIIQQIIQ", b"QFI\xfb", version, backing, 0, 16, size, 0, 1, l1, 0, 0, 0, 0)
    header += struct.pack(">QQQII", features, 0, 0, 4, 104)
    entries = [first, 1 << 62 | second, 0, 1]
    parts = {0: header, l1: struct.pack(">Q", l2), l2: struct.pack(">4Q", *entries), first: plain, second: squeezed}
    content = bytearray(second + 2 * 512 + len(squeezed))
    for place, part in parts.items():
        content[place : place + len(part)] = part
    path.write_bytes(content)
    return (plain + packed + bytes(CLUSTER) * 2)[:size]


@pytest.mark.parametrize("version", [2, 3])
def test_a_compressed_qcow2_becomes_raw(tmp_path: pathlib.Path, version: int) -> None:
    wanted = _qcow2(tmp_path / "x.qcow2", version=version)
    qcow2.write_raw(tmp_path / "x.qcow2", tmp_path / "x.raw")
    assert (tmp_path / "x.raw").read_bytes() == wanted


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"backing": 8}, "a layer on top of another"),
        ({"version": 4}, "has the version 4"),
        ({"features": 2}, "marked as damaged"),
        ({"features": 64}, "not known here"),
    ],
)
def test_what_cannot_be_read_is_told(tmp_path: pathlib.Path, change: dict[str, int], reason: str) -> None:
    _qcow2(tmp_path / "x.qcow2", **change)
    with pytest.raises(BuilderError, match=reason):
        qcow2.write_raw(tmp_path / "x.qcow2", tmp_path / "x.raw")


def test_a_cut_image_is_told(tmp_path: pathlib.Path) -> None:
    _qcow2(tmp_path / "x.qcow2")
    whole = (tmp_path / "x.qcow2").read_bytes()
    for length in (20, CLUSTER, 2 * CLUSTER + 8):
        (tmp_path / "x.qcow2").write_bytes(whole[:length])
        with pytest.raises(BuilderError, match="QCOW2 image"):
            qcow2.write_raw(tmp_path / "x.qcow2", tmp_path / "x.raw")


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"QFI\xfb", "qcow2"),
        (b"KDMV", "vmdk"),
        (b"# Disk DescriptorFile", "vmdk"),
        (b"<<< Oracle VM VirtualBox Disk Image >>>", "vdi"),
        (b"vhdxfile", "vhdx"),
        (b"conectix", "vhd"),
        (bytes(2048) + b"conectix" + bytes(504), "vhd"),
        (bytes(510) + b"\x55\xaa" + bytes(512), "raw"),
    ],
)
def test_formats_are_known_by_their_content(tmp_path: pathlib.Path, content: bytes, kind: str) -> None:
    (tmp_path / "disk").write_bytes(content)
    assert disks.format_of(tmp_path / "disk") == kind


def test_a_packed_disk_is_told(tmp_path: pathlib.Path) -> None:
    (tmp_path / "disk").write_bytes(b"\xfd7zXZ\x00")
    with pytest.raises(BuilderError, match="is compressed by xz"):
        disks.format_of(tmp_path / "disk")


def test_each_format_has_its_way(virtualbox: FakeVirtualBox, tmp_path: pathlib.Path) -> None:
    raw, vmdk, cloud = tmp_path / "a.img", tmp_path / "b.vmdk", tmp_path / "c.qcow2"
    raw.write_bytes(bytes(510) + b"\x55\xaa")
    vmdk.write_bytes(b"KDMV")
    _qcow2(cloud)
    for number, source in enumerate((raw, vmdk, cloud)):
        disks.copy_disk(source, tmp_path / "guest" / f"{number}.vdi", virtualbox.vbox, Context())
    assert [call for call in virtualbox.calls if call[0] != "list"] == [
        ["convertfromraw", str(raw), str(tmp_path / "guest/0.vdi"), "--format", "VDI"],
        ["clonemedium", "disk", str(vmdk), str(tmp_path / "guest/1.vdi"), "--format", "VDI"],
        ["convertfromraw", str(tmp_path / "guest/2.raw"), str(tmp_path / "guest/2.vdi"), "--format", "VDI"],
    ]
    assert not (tmp_path / "guest/2.raw").exists()


def test_any_file_is_no_disk(virtualbox: FakeVirtualBox, tmp_path: pathlib.Path) -> None:
    (tmp_path / "x").write_bytes(b"<html>" * 200)
    with pytest.raises(BuilderError, match="nor a raw disk with a boot sector"):
        disks.copy_disk(tmp_path / "x", tmp_path / "guest/x.vdi", virtualbox.vbox, Context())


@pytest.mark.parametrize("was_known", [False, True])
def test_a_medium_is_forgotten_after_the_copy_unless_it_was_known_before(virtualbox: FakeVirtualBox, tmp_path: pathlib.Path, was_known: bool) -> None:
    source = tmp_path / "b.vmdk"
    source.write_bytes(b"KDMV")
    if not was_known:
        virtualbox.answer("list", "hdds", once=True)
    virtualbox.answer("list", "hdds", out=f"UUID:           7\nLocation:       {source}\n")
    disks.copy_disk(source, tmp_path / "guest/x.vdi", virtualbox.vbox, Context())
    assert (["closemedium", "disk", "7"] in virtualbox.calls) is not was_known


def test_disks_grow_and_never_shrink(virtualbox: FakeVirtualBox) -> None:
    virtualbox.answer("list", "hdds", out=DISK)
    disks.grow("/x/web.vdi", 3072, virtualbox.vbox)
    disks.grow("/x/web.vdi", 4096, virtualbox.vbox)
    with pytest.raises(BuilderError, match=r"has 3072 MiB already"):
        disks.grow("/x/web.vdi", 1024, virtualbox.vbox)
    assert [call for call in virtualbox.calls if call[0] == "modifymedium"] == [["modifymedium", "disk", "/x/web.vdi", "--resize", "4096"]]
