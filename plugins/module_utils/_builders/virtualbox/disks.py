# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hard disks of guests: copies of what the definition names, and new ones."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pathlib
import typing as t

from ..._lifecycle.errors import BuilderError
from ..._lifecycle.journal import Resource
from ..._lifecycle.operation import Context
from ..._lifecycle.partial_file import reported
from . import qcow2
from .options import BACKEND
from .vboxmanage import MissingMachineError, VBoxManage

MEDIUM_KIND = "medium"
_HEAD_BYTES = 1024
_FOOTER_BYTES = 512
#: How files of each kind begin; those of other programs first.
_MAGIC = {
    b"QFI\xfb": "qcow2",
    b"KDMV": "vmdk",
    b"# Disk DescriptorFile": "vmdk",
    b"<<< ": "vdi",
    b"vhdxfile": "vhdx",
    b"conectix": "vhd",
    b"\x1f\x8b": "gzip",
    b"\xfd7zXZ": "xz",
    b"BZh": "bzip2",
    b"\x28\xb5\x2f\xfd": "zstd",
}
_PACKED = ("gzip", "xz", "bzip2", "zstd")


def format_of(path: pathlib.Path) -> str:
    """``qcow2``, ``vmdk``, ``vdi``, ``vhd``, ``vhdx`` or ``raw``, by what is in the file.

    :raises BuilderError: for what is no disk.
    """
    with reported(path), open(path, "rb") as stream:
        head = stream.read(_HEAD_BYTES)
        stream.seek(max(0, os.fstat(stream.fileno()).st_size - _FOOTER_BYTES))
        footer = stream.read(_FOOTER_BYTES)
    known = next((kind for magic, kind in _MAGIC.items() if head.startswith(magic)), None)
    if known in _PACKED:
        raise BuilderError(f"source.disk: {path} is compressed by {known}", hint="Unpack it first.")
    # A fixed VHD has its mark at the end only.
    return known or ("vhd" if footer.startswith(b"conectix") else "raw")


def copy_disk(source: pathlib.Path, target: pathlib.Path, vbox: VBoxManage, context: Context) -> None:
    """Make ``target``, a VDI, of a disk image in whatever format, which stays as it is."""
    kind = format_of(source)
    target.parent.mkdir(parents=True, exist_ok=True)
    what = f"copy the disk {source}"
    if kind == "qcow2":
        raw = target.with_suffix(".raw")
        with reported(raw):
            qcow2.write_raw(source, raw)
        vbox.long("convertfromraw", str(raw), str(target), "--format", "VDI", what=what)
        raw.unlink()
    elif kind == "raw":
        _check_raw(source)
        vbox.long("convertfromraw", str(source), str(target), "--format", "VDI", what=what)
    else:
        # VirtualBox knows a medium while it copies it, and would fail for a second build that copies the same.
        with _alone(source), _known(source, vbox, context):
            vbox.long("clonemedium", "disk", str(source), str(target), "--format", "VDI", what=what)


def _check_raw(path: pathlib.Path) -> None:
    with open(path, "rb") as stream:
        head = stream.read(_HEAD_BYTES)
    if head[510:512] != b"\x55\xaa":
        raise BuilderError(
            f"source.disk: {path} is neither a disk image that is known here nor a raw disk with a boot sector",
            hint="Known are VDI, VMDK, VHD, VHDX, QCOW2 and raw.",
        )


@contextlib.contextmanager
def _alone(path: pathlib.Path) -> t.Iterator[None]:
    with open(path, "rb") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def _known(path: pathlib.Path, vbox: VBoxManage, context: Context) -> t.Iterator[None]:
    """Have VirtualBox forget a medium, also when whoever copied it was killed, unless it knew it before."""
    if _registered(path, vbox):
        yield
        return
    resource = Resource(BACKEND, MEDIUM_KIND, str(path), {"virtualbox": vbox.details})
    context.journal.creating(resource)
    yield
    forget_source(vbox, str(path))
    context.journal.discarded(resource)


def forget_source(vbox: VBoxManage, path: str) -> bool:
    """Have VirtualBox forget a medium that was copied, which stays as it is; whether it knew it."""
    known = _registered(pathlib.Path(path), vbox)
    for uuid in known:
        with contextlib.suppress(MissingMachineError):
            vbox.run("closemedium", "disk", uuid, what=f"forget the disk {path}")
    return bool(known)


def _registered(path: pathlib.Path, vbox: VBoxManage) -> list[str]:
    return [medium["UUID"] for medium in vbox.media("hdds") if medium.get("Location") == str(path)] if vbox.is_there else []


def new_disk(target: pathlib.Path, size: int, vbox: VBoxManage, *, fixed: bool = False) -> None:
    """Make an empty disk.

    :param size: in MiB.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    variant = "Fixed" if fixed else "Standard"
    vbox.long("createmedium", "disk", "--filename", str(target), "--size", str(size), "--format", "VDI", "--variant", variant, what=f"make the disk {target}")


def capacity(medium: str, vbox: VBoxManage) -> int | None:
    """MiB of a registered disk, ``None`` when VirtualBox does not tell."""
    for known in vbox.media("hdds"):
        if medium in (known.get("Location"), known.get("UUID")):
            number = known.get("Capacity", "").split(" ")[0]
            return int(number) if number.isdigit() else None
    return None


def grow(medium: str, size: int, vbox: VBoxManage) -> None:
    """Give an attached disk the wanted size.

    :param size: in MiB.
    :raises BuilderError: when it would have to shrink.
    """
    present = capacity(medium, vbox)
    if present == size:
        return
    if present is not None and present > size:
        raise BuilderError(f"disk_size is {size}, but the disk of the source has {present} MiB already", hint="Disks only grow: remove disk_size, or raise it.")
    vbox.long(
        "modifymedium", "disk", medium, "--resize", str(size), what=f"give the disk {medium} {size} MiB", hint="Of the formats of disks VDI and VHD can grow."
    )
