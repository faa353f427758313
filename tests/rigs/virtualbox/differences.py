# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Disks of linked clones and of machines with snapshots: a VDI that has only the blocks that differ from another disk.

QEMU cannot write those. It gets the whole content in a file and a layer on top, and what is in that is put into the VDI when it has ended.
"""

from __future__ import annotations

import json
import pathlib
import struct
import subprocess
import typing as t

DIFFERENCE = 4
#: Offsets in the header.
TYPE, BLOCK_MAP, DATA, BLOCK_SIZE, BLOCKS, ALLOCATED = 0x4C, 0x154, 0x158, 0x178, 0x180, 0x184
FREE, ZERO = 0xFFFFFFFF, 0xFFFFFFFE


class Difference:
    """Such a VDI.

    :param file: opened for reading and writing.
    """

    def __init__(self, file: t.BinaryIO) -> None:
        self._file = file
        self._map_at, self._data_at = self._number(BLOCK_MAP), self._number(DATA)
        self.block_size, self._blocks = self._number(BLOCK_SIZE), self._number(BLOCKS)
        self._file.seek(self._map_at)
        self._map = list(struct.unpack(f"<{self._blocks}I", self._file.read(4 * self._blocks)))

    def _number(self, offset: int) -> int:
        self._file.seek(offset)
        return int(struct.unpack("<I", self._file.read(4))[0])

    def blocks(self) -> t.Iterator[tuple[int, bytes]]:
        """What differs: offsets in the disk, and what is there."""
        for number, place in enumerate(self._map):
            if place == ZERO:
                yield number * self.block_size, bytes(self.block_size)
            elif place != FREE:
                self._file.seek(self._data_at + place * self.block_size)
                yield number * self.block_size, self._file.read(self.block_size)

    def put(self, number: int, content: bytes) -> None:
        """Have the content of a block."""
        if self._map[number] in (FREE, ZERO):
            place = self._number(ALLOCATED)
            self._map[number] = place
            self._write(self._map_at + 4 * number, struct.pack("<I", place))
            self._write(ALLOCATED, struct.pack("<I", place + 1))
        self._write(self._data_at + self._map[number] * self.block_size, content.ljust(self.block_size, b"\0"))

    def _write(self, offset: int, content: bytes) -> None:
        self._file.seek(offset)
        self._file.write(content)


def is_difference(path: pathlib.Path) -> bool:
    """Whether a disk is such a VDI."""
    with open(path, "rb") as stream:
        head = stream.read(BLOCK_MAP)
    return head[64:68] == b"\x7f\x10\xda\xbe" and head[TYPE] == DIFFERENCE


def layer(chain: t.Sequence[pathlib.Path], changes: pathlib.Path) -> None:
    """Make a file that takes what is changed in a disk.

    :param chain: the disk, the one that it differs from, and so on; the last one differs from none.
    """
    whole = _whole(changes)
    _qemu_img("convert", "-O", "raw", chain[-1], whole)
    with open(whole, "r+b") as stream:
        for path in reversed(chain[:-1]):
            with open(path, "rb") as file:
                for offset, content in Difference(file).blocks():
                    stream.seek(offset)
                    stream.write(content)
    _qemu_img("create", "-f", "qcow2", "-b", whole, "-F", "raw", changes)


def put_back(path: pathlib.Path, changes: pathlib.Path) -> None:
    """Put what :func:`layer`'s file has taken into the disk that it was made for."""
    whole = _whole(changes)
    extents = [extent for extent in json.loads(_qemu_img("map", "--output=json", changes)) if not extent["depth"]]
    _qemu_img("commit", changes)
    with open(path, "r+b") as file, open(whole, "rb") as stream:
        difference = Difference(file)
        size = difference.block_size
        changed = {number for extent in extents for number in range(extent["start"] // size, (extent["start"] + extent["length"] - 1) // size + 1)}
        for number in sorted(changed):
            stream.seek(number * size)
            difference.put(number, stream.read(size))


def remove(changes: pathlib.Path) -> None:
    """Remove what :func:`layer` made."""
    for path in (changes, _whole(changes)):
        path.unlink(missing_ok=True)


def _whole(changes: pathlib.Path) -> pathlib.Path:
    return changes.with_suffix(".raw")


def _qemu_img(*arguments: str | pathlib.Path) -> str:
    return subprocess.run(["qemu-img", *arguments], check=True, capture_output=True, text=True).stdout
