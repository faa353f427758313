# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes packages of appliances."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import pathlib
import tarfile
import typing as t

from .manifest import Manifest

_CHUNK = 1024 * 1024
#: Larger files do not fit into the headers of the format that OVF asks for.
_MOST_USTAR = 8 * 1024**3 - 1


@dataclasses.dataclass(frozen=True)
class Part:
    """A file to be packed.

    :ivar content: its bytes, or where they are.
    """

    name: str
    content: bytes | pathlib.Path

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.content) if isinstance(self.content, bytes) else self.content.stat().st_size

    def open(self) -> t.BinaryIO:
        """The content from its beginning."""
        return io.BytesIO(self.content) if isinstance(self.content, bytes) else open(self.content, "rb")


def manifest_of(parts: t.Iterable[Part], algorithm: str) -> Manifest:
    """The manifest of some files; reads each once."""
    return Manifest.of(algorithm, {part.name: digest_of(part, algorithm) for part in parts})


def digest_of(part: Part, algorithm: str) -> str:
    """Hex digits."""
    hashed = hashlib.new(algorithm, usedforsecurity=False)
    with part.open() as stream:
        while chunk := stream.read(_CHUNK):
            hashed.update(chunk)
    return hashed.hexdigest()


def write_ova(stream: t.BinaryIO, parts: t.Sequence[Part], epoch: int) -> None:
    """Write an OVA; the same parts give the same bytes.

    :param parts: in the order that OVF asks for: the description, its manifest, the files as the description names them.
    :param epoch: seconds since 1970 that all files get.
    """
    fits = all(part.size <= _MOST_USTAR for part in parts)
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.USTAR_FORMAT if fits else tarfile.GNU_FORMAT) as archive:
        for part in parts:
            entry = tarfile.TarInfo(part.name)
            entry.size, entry.mtime, entry.mode = part.size, epoch, 0o644
            with part.open() as content:
                archive.addfile(entry, content)
