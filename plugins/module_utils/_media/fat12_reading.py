# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the floppy images that :mod:`.fat12` writes."""

from __future__ import annotations

import hashlib
import pathlib
import posixpath
import typing as t

from .fat12 import (
    END_OF_CHAIN,
    ENTRY,
    FAT_SECTORS,
    FATS,
    FIRST_CLUSTER,
    FIRST_DATA_SECTOR,
    FOLDER,
    LABEL,
    READ_ONLY_LONG_NAME,
    RESERVED,
    ROOT_SECTORS,
    SECTOR,
    SECTORS,
)

_LONG_NAME_PARTS = (slice(1, 11), slice(14, 26), slice(28, 32))


def read_floppy(path: pathlib.Path) -> dict[str, str]:
    """Sha256 of every file of a floppy image, by path; nothing when it is no such image."""
    if path.stat().st_size != SECTORS * SECTOR:
        return {}
    image = path.read_bytes()
    start = (RESERVED + FATS * FAT_SECTORS) * SECTOR
    return dict(_files(image, image[start : start + ROOT_SECTORS * SECTOR], ""))


def _files(image: bytes, entries: bytes, folder: str) -> t.Iterator[tuple[str, str]]:
    long_name = b""
    for offset in range(0, len(entries), ENTRY):
        entry = entries[offset : offset + ENTRY]
        attributes = entry[11]
        if not entry[0]:
            return
        if attributes == READ_ONLY_LONG_NAME:
            long_name = b"".join(entry[part] for part in _LONG_NAME_PARTS) + long_name
            continue
        name, long_name = _name(entry, long_name), b""
        if attributes & LABEL or name in (".", ".."):
            continue
        data = _data(image, int.from_bytes(entry[26:28], "little"))
        if attributes & FOLDER:
            yield from _files(image, data, posixpath.join(folder, name))
        else:
            yield posixpath.join(folder, name), hashlib.sha256(data[: int.from_bytes(entry[28:32], "little")]).hexdigest()


def _name(entry: bytes, long_name: bytes) -> str:
    if long_name:
        return long_name.decode("utf-16-le").partition("\0")[0]
    stem, suffix = entry[:8].decode("latin-1").rstrip(), entry[8:11].decode("latin-1").rstrip()
    return f"{stem}.{suffix}" if suffix else stem


def _data(image: bytes, cluster: int) -> bytes:
    pieces: list[bytes] = []
    while FIRST_CLUSTER <= cluster < END_OF_CHAIN - 7 and len(pieces) < SECTORS:
        start = (FIRST_DATA_SECTOR + cluster - FIRST_CLUSTER) * SECTOR
        pieces.append(image[start : start + SECTOR])
        place = RESERVED * SECTOR + cluster * 3 // 2
        pair = int.from_bytes(image[place : place + 2], "little")
        cluster = pair >> 4 if cluster % 2 else pair & 0xFFF
    return b"".join(pieces)
