# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Floppy images: FAT12 of 1.44 MB with long file names. The same content gives the same bytes."""

from __future__ import annotations

import dataclasses
import math
import posixpath
import re
import struct
import typing as t
import zlib

from .._lifecycle.errors import BuilderError
from .seed_contents import SeedContents, SeedFile

LONGEST_LABEL = 11

SECTOR = 512
SECTORS = 2880
RESERVED, FATS, FAT_SECTORS, ROOT_ENTRIES = 1, 2, 9, 224
ENTRY = 32
ROOT_SECTORS = ROOT_ENTRIES * ENTRY // SECTOR
FIRST_DATA_SECTOR = RESERVED + FATS * FAT_SECTORS + ROOT_SECTORS
CLUSTERS = SECTORS - FIRST_DATA_SECTOR
FIRST_CLUSTER = 2
END_OF_CHAIN = 0xFFF
MEDIA = 0xF0

READ_ONLY_LONG_NAME, LABEL, FOLDER, ARCHIVE = 0x0F, 0x08, 0x10, 0x20
#: 1980-01-01 00:00, the first moment that FAT knows.
_DATE = (1 << 5) | 1
_LONG_NAME_CHARACTERS = 13
_LONG_NAME_LAST = 0x40

_BOOT_SECTOR = struct.Struct("<3s8sHBHBHHBHHHII" + "BBBI11s8s")
_SHORT_ENTRY = struct.Struct("<11sBBBHHHHHHHI")
_SHORT_NAME = re.compile(r"[A-Z0-9!#$%&'()@^_`{}~-]{1,8}(?:\.[A-Z0-9!#$%&'()@^_`{}~-]{1,3})?\Z")
_NOT_SHORT = re.compile(r"[^A-Z0-9!#$%&'()@^_`{}~-]")


def write_floppy(contents: SeedContents, label: str, stream: t.BinaryIO) -> None:
    """Write a floppy image.

    :param label: in capital letters on the floppy, as all systems write it.
    :raises BuilderError: when it does not fit.
    """
    volume = _Volume()
    root = volume.add_root(contents, _short_entry(_padded_label(label), LABEL, 0, 0))
    data = b"".join(volume.clusters)
    fat = _packed(volume.chain)
    serial = zlib.crc32(root + data)
    stream.write(_boot_sector(label, serial))
    stream.write(fat * FATS)
    stream.write(root)
    stream.write(data.ljust(CLUSTERS * SECTOR, b"\0"))


def _boot_sector(label: str, serial: int) -> bytes:
    sectors_per_track, heads, drive, signature = 18, 2, 0, 0x29
    fields = _BOOT_SECTOR.pack(
        b"\xeb\x3c\x90", b"MSDOS5.0", SECTOR, 1, RESERVED, FATS, ROOT_ENTRIES, SECTORS, MEDIA, FAT_SECTORS, sectors_per_track, heads, 0, 0,
        drive, 0, signature, serial, _padded_label(label), b"FAT12   ",
    )  # fmt: skip
    return fields.ljust(SECTOR - 2, b"\0") + b"\x55\xaa"


def _padded_label(label: str) -> bytes:
    return label.upper().encode("ascii").ljust(LONGEST_LABEL)


def _short_entry(name: bytes, attributes: int, cluster: int, size: int) -> bytes:
    return _SHORT_ENTRY.pack(name.ljust(11), attributes, 0, 0, 0, _DATE, _DATE, 0, 0, _DATE, cluster, size)


def _packed(chain: list[int]) -> bytes:
    """Two entries of 12 bits in every three bytes."""
    entries = [0xF00 | MEDIA, END_OF_CHAIN, *chain]
    entries += [0] * (len(entries) % 2)
    pairs = zip(entries[::2], entries[1::2], strict=True)
    return b"".join((low | high << 12).to_bytes(3, "little") for low, high in pairs).ljust(FAT_SECTORS * SECTOR, b"\0")


@dataclasses.dataclass
class _Volume:
    """Clusters written so far, and for each of them the next one of its file."""

    clusters: list[bytes] = dataclasses.field(default_factory=list)
    chain: list[int] = dataclasses.field(default_factory=list)

    def add_root(self, contents: SeedContents, label: bytes) -> bytes:
        """The root folder, after everything below it has its place."""
        entries = label + self._entries("", 0, contents)
        if len(entries) > ROOT_SECTORS * SECTOR:
            raise BuilderError(
                f"the root of a floppy has no room for so many files: {len(entries) // ENTRY} of {ROOT_ENTRIES} entries",
                hint="Put them into folders, or use kind: cd.",
            )
        return entries.ljust(ROOT_SECTORS * SECTOR, b"\0")

    def _entries(self, folder: str, own: int, contents: SeedContents) -> bytes:
        names = _ShortNames()
        entries = b""
        for path in contents.folders:
            if posixpath.dirname(path) == folder:
                entries += _entry(posixpath.basename(path), names, FOLDER, self._add_folder(path, own, contents), 0)
        for file in contents.files:
            if posixpath.dirname(file.path) == folder:
                entries += _entry(posixpath.basename(file.path), names, ARCHIVE, self._add_file(file), file.size)
        return entries

    def _add_file(self, file: SeedFile) -> int:
        with file.open() as source:
            return self._add(source.read((CLUSTERS + 1) * SECTOR))

    def _add_folder(self, path: str, parent: int, contents: SeedContents) -> int:
        """Its own number is in it and in what is below it, so its place is taken before it is known what is in it."""
        first = self._add(bytes(_folder_size(path, contents)))
        data = _short_entry(b".", FOLDER, first, 0) + _short_entry(b"..", FOLDER, parent, 0) + self._entries(path, first, contents)
        for offset, number in enumerate(self._numbers(first)):
            self.clusters[number - FIRST_CLUSTER] = data[offset * SECTOR : (offset + 1) * SECTOR].ljust(SECTOR, b"\0")
        return first

    def _numbers(self, first: int) -> t.Iterator[int]:
        number = first
        while number != END_OF_CHAIN:
            yield number
            number = self.chain[number - FIRST_CLUSTER]

    def _add(self, data: bytes) -> int:
        """The number of the first cluster; 0 for an empty file, which has none."""
        if not data:
            return 0
        count = math.ceil(len(data) / SECTOR)
        if len(self.clusters) + count > CLUSTERS:
            raise BuilderError(f"the files do not fit on a floppy, which has {CLUSTERS * SECTOR // 1024} KiB", hint="Use kind: cd.")
        first = FIRST_CLUSTER + len(self.clusters)
        self.clusters += [data[offset : offset + SECTOR].ljust(SECTOR, b"\0") for offset in range(0, len(data), SECTOR)]
        self.chain += [*range(first + 1, first + count), END_OF_CHAIN]
        return first


def _folder_size(folder: str, contents: SeedContents) -> int:
    """Bytes of a folder's entries, its own and its parent's included."""
    names = _ShortNames()
    inside = [path for path in [*contents.folders, *(file.path for file in contents.files)] if posixpath.dirname(path) == folder]
    return 2 * ENTRY + sum(len(_entry(posixpath.basename(path), names, ARCHIVE, 0, 0)) for path in inside)


class _ShortNames:
    """Names of one folder in eight and three characters."""

    def __init__(self) -> None:
        self._taken: set[bytes] = set()

    def give(self, name: str) -> tuple[bytes, bool]:
        """The short name in eleven bytes, and whether the name is that and nothing more."""
        if _SHORT_NAME.match(name.upper()) and (given := _eleven(*name.upper().partition(".")[::2])) not in self._taken:
            self._taken.add(given)
            return given, name == name.upper()
        stem, dot, suffix = name.upper().lstrip(".").rpartition(".")
        stem, suffix = (stem, suffix) if dot else (suffix, "")
        number = 1
        while True:
            tail = f"~{number}"
            given = _eleven(_NOT_SHORT.sub("_", stem)[: 8 - len(tail)] + tail, _NOT_SHORT.sub("_", suffix)[:3])
            if given not in self._taken:
                self._taken.add(given)
                return given, False
            number += 1


def _eleven(stem: str, suffix: str) -> bytes:
    return stem.encode("ascii").ljust(8) + suffix.encode("ascii").ljust(3)


def _entry(name: str, names: _ShortNames, attributes: int, cluster: int, size: int) -> bytes:
    short, exact = names.give(name)
    entry = _short_entry(short, attributes, cluster, size)
    return entry if exact else _long_name(name, short) + entry


def _long_name(name: str, short: bytes) -> bytes:
    """Entries before the file's own, the end of the name first."""
    check = 0
    for byte in short:
        check = ((check >> 1) | (check & 1) << 7) + byte & 0xFF
    encoded = name.encode("utf-16-le")
    count = math.ceil(len(encoded) / 2 / _LONG_NAME_CHARACTERS)
    room = count * _LONG_NAME_CHARACTERS * 2
    if len(encoded) < room:
        encoded = (encoded + b"\0\0").ljust(room, b"\xff")
    pieces = []
    for index in range(count):
        piece = encoded[index * 26 : index * 26 + 26]
        order = index + 1 | (_LONG_NAME_LAST if index == count - 1 else 0)
        pieces.append(struct.pack("<B10sBBB12sH4s", order, piece[:10], READ_ONLY_LONG_NAME, 0, check, piece[10:22], 0, piece[22:]))
    return b"".join(reversed(pieces))
