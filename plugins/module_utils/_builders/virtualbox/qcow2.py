# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads QCOW2 images as cloud images come: VirtualBox opens neither compressed ones nor those of version 3."""

from __future__ import annotations

import os
import pathlib
import struct
import typing as t
import zlib

from ..._lifecycle.errors import BuilderError, MissingDependencyError

try:
    import zstandard
except ImportError:
    zstandard = None

MAGIC = b"QFI\xfb"
_HEADER = struct.Struct(">4sIQIIQIIQQIIQ")
_HEADER_V3 = struct.Struct(">QQQII")
_COMPRESSION_OFFSET = 104
_DIRTY, _CORRUPT, _EXTERNAL, _COMPRESSION, _EXTENDED = 1, 2, 4, 8, 16
_OFFSET_MASK = 0x00FFFFFFFFFFFE00
_COMPRESSED, _ZERO = 1 << 62, 1
_SECTOR = 512
_ENTRY = 8


class Qcow2:
    """An open image.

    :param stream: of the file.
    :param name: for messages.
    :raises BuilderError: for one that cannot be read alone, or not by us.
    """

    def __init__(self, stream: t.BinaryIO, name: str) -> None:
        self._stream, self._name = stream, name
        try:
            self._read_header()
        except struct.error as error:
            raise BuilderError(f"{name} is no whole QCOW2 image") from error
        self._clusters: dict[int, tuple[int, ...]] = {}

    def _read_header(self) -> None:
        fields = _HEADER.unpack(self._stream.read(_HEADER.size))
        _magic, version, backing, _backing_size, self._bits, self.size, crypt, l1_size, l1_offset = fields[:9]
        features = _HEADER_V3.unpack(self._stream.read(_HEADER_V3.size))[0] if version >= 3 else 0
        for refused, why in (
            (version not in (2, 3), f"has the version {version}"),
            (backing, "is a layer on top of another image"),
            (crypt, "is encrypted"),
            (features & _CORRUPT, "is marked as damaged"),
            (features & _EXTERNAL, "has its data in another file"),
            (features & _EXTENDED, "has extended L2 entries"),
            (features & ~(_DIRTY | _CORRUPT | _EXTERNAL | _COMPRESSION | _EXTENDED), "has features that are not known here"),
            (not 9 <= self._bits <= 21, "has clusters of an impossible size"),
        ):
            if refused:
                raise BuilderError(f"the QCOW2 image {self._name} {why}", hint="Convert it: qemu-img convert -O qcow2 OLD NEW.")
        self._cluster = 1 << self._bits
        self._is_zstd = False
        if features & _COMPRESSION:
            self._stream.seek(_COMPRESSION_OFFSET)
            self._is_zstd = self._stream.read(1) == b"\x01"
        self._l1 = self._table(l1_offset, l1_size)

    def _table(self, offset: int, entries: int) -> tuple[int, ...]:
        self._stream.seek(offset)
        return struct.unpack(f">{entries}Q", self._stream.read(entries * _ENTRY))

    def data(self) -> t.Iterator[tuple[int, bytes]]:
        """Offsets and contents of clusters that hold something.

        :raises BuilderError: when the file is cut or damaged.
        """
        per_table = self._cluster // _ENTRY
        try:
            for number, l1_entry in enumerate(self._l1):
                if not l1_entry & _OFFSET_MASK:
                    continue
                for index, entry in enumerate(self._table(l1_entry & _OFFSET_MASK, per_table)):
                    place = (number * per_table + index) << self._bits
                    content = self._content(entry) if entry and place < self.size else b""
                    if content:
                        yield place, content[: self.size - place]
        except (struct.error, zlib.error, ValueError) as error:
            raise BuilderError(f"the QCOW2 image {self._name} is damaged or cut: {error}", hint="Download or copy it again.") from error

    def _content(self, entry: int) -> bytes:
        """Of a cluster; empty for zeros."""
        if entry & _COMPRESSED:
            return self._unpacked(entry)
        offset = entry & _OFFSET_MASK
        if entry & _ZERO or not offset:
            return b""
        self._stream.seek(offset)
        content = self._stream.read(self._cluster)
        if len(content) < self._cluster and offset + len(content) < os.fstat(self._stream.fileno()).st_size:
            raise ValueError("short read")
        return content.ljust(self._cluster, b"\0")

    def _unpacked(self, entry: int) -> bytes:
        shift = 62 - (self._bits - 8)
        offset = entry & ((1 << shift) - 1)
        sectors = (entry >> shift & ((1 << (self._bits - 8)) - 1)) + 1
        self._stream.seek(offset)
        packed = self._stream.read(sectors * _SECTOR - offset % _SECTOR)
        content = _unzstd(packed, self._cluster) if self._is_zstd else zlib.decompressobj(-12).decompress(packed, self._cluster)
        if len(content) != self._cluster:
            raise ValueError("a compressed cluster is cut")
        return content


def _unzstd(packed: bytes, size: int) -> bytes:
    if zstandard is not None:
        return bytes(zstandard.ZstdDecompressor().decompressobj().decompress(packed)[:size])
    raise MissingDependencyError(
        "the image is compressed by zstd, and the Python package zstandard is not installed", hint="Install it, e.g.: pip install zstandard"
    )


def write_raw(source: pathlib.Path, target: pathlib.Path) -> None:
    """Write what an image holds as a sparse file."""
    with open(source, "rb") as stream, open(target, "wb") as out:
        image = Qcow2(stream, str(source))
        os.truncate(out.fileno(), image.size)
        for place, content in image.data():
            out.seek(place)
            out.write(content)
