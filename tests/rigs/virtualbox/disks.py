# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Disks that boot by themselves, made of folders without mounting anything."""

from __future__ import annotations

import pathlib
import subprocess
import typing as t

from ..docker.rig import program
from .cached import run

MIB = 1024 * 1024
FIRST_PARTITION = 1 * MIB
MODULES = ("biosdisk", "part_msdos", "ext2", "linux", "normal", "configfile", "serial", "terminal", "test", "echo", "search", "search_fs_uuid")
EARLY = "search --no-floppy --fs-uuid --set=root {uuid}\nset prefix=($root)/boot/grub\nconfigfile ($root)/boot/grub/grub.cfg\n"


def make_disk(tree: pathlib.Path, disk: pathlib.Path, size: int, uuid: str) -> None:
    """A disk with one ext4 partition and GRUB for a BIOS.

    :param tree: what is in the partition; GRUB's settings are in it.
    :param disk: written as raw bytes.
    :param size: in MiB.
    :param uuid: of the file system.
    """
    with open(disk, "wb") as stream:
        stream.truncate(size * MIB)
    subprocess.run([program("sfdisk"), "-q", disk], input=f"{FIRST_PARTITION // 512},,L,*\n", text=True, check=True, capture_output=True)
    features = ["-O", "^has_journal,^metadata_csum", "-m", "0", "-E", f"offset={FIRST_PARTITION},lazy_itable_init=1"]
    run("mke2fs", "-q", "-t", "ext4", "-U", uuid, "-L", "root", *features, "-d", tree, disk, f"{size - 1}M")
    with open(disk, "r+b") as stream:
        write_loader(stream, disk.with_suffix(".grub"), EARLY.format(uuid=uuid), MODULES)


def write_loader(disk: t.BinaryIO, work: pathlib.Path, early: str, modules: t.Sequence[str]) -> None:
    """Put GRUB between the partition table and the first partition.

    :param work: path for what it is made of.
    :param early: what it does first.
    """
    core = loader(work, early, modules)
    disk.write(pathlib.Path("/usr/lib/grub/i386-pc/boot.img").read_bytes()[:440])
    disk.seek(512)
    disk.write(core)


def loader(work: pathlib.Path, early: str, modules: t.Sequence[str], kind: str = "i386-pc") -> bytes:
    """GRUB in one piece.

    :param kind: ``i386-pc-eltorito`` for the boot record of a CD.
    """
    settings, core = work.with_suffix(".cfg"), work.with_suffix(".img")
    settings.write_text(early)
    run("grub-mkimage", "-O", kind, "-o", core, "-p", "/boot/grub", "-c", settings, *modules)
    return core.read_bytes()
