# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Packages of appliances: an OVA, which is a tar, or an OVF with its files beside it. Read without unpacking anything."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import io
import os
import pathlib
import posixpath
import tarfile
import typing as t

from .._lifecycle.errors import BuilderError
from .descriptor import Descriptor
from .manifest import Manifest
from .xml_nodes import LARGEST

_CHUNK = 1024 * 1024
_AGAIN = "Fetch or make it again."


@dataclasses.dataclass(frozen=True)
class Member:
    """A file of a package: a piece of a file on disk.

    :ivar name: in the package.
    :ivar offset: where the piece begins.
    """

    name: str
    path: pathlib.Path
    offset: int
    size: int


class PieceOfFile(io.RawIOBase):
    """A part of an open file, read as if it were all of it."""

    def __init__(self, stream: t.BinaryIO, offset: int, size: int) -> None:
        super().__init__()
        self._stream = stream
        self._left = size
        stream.seek(offset)

    def readable(self) -> bool:
        """As of any stream."""
        return True

    def readinto(self, buffer: t.Any) -> int:
        """As of any stream."""
        data = self._stream.read(min(len(buffer), self._left))
        buffer[: len(data)] = data
        self._left -= len(data)
        return len(data)


class Package:
    """An appliance, looked into.

    :ivar members: its files, in their order.
    :ivar descriptor_name: which of them is the description.
    """

    def __init__(self, path: pathlib.Path, members: t.Sequence[Member], descriptor_name: str, descriptor: Descriptor) -> None:
        self.path = path
        self.members = tuple(members)
        self.descriptor_name = descriptor_name
        self.descriptor = descriptor
        self._by_name = {member.name: member for member in members}
        self.manifest = self._read_manifest()

    def member(self, name: str) -> Member:
        """A file by its name.

        :raises BuilderError: when the package has none.
        """
        found = self._by_name.get(name)
        if found is None:
            raise BuilderError(f"{self.path} has no file {name}", hint=_AGAIN)
        return found

    @contextlib.contextmanager
    def stream(self, name: str) -> t.Iterator[t.BinaryIO]:
        """The content of a file."""
        member = self.member(name)
        with open(member.path, "rb") as raw:
            yield t.cast(t.BinaryIO, io.BufferedReader(PieceOfFile(raw, member.offset, member.size), _CHUNK))

    def read(self, name: str, most: int = LARGEST) -> bytes:
        """The content of a small file.

        :raises BuilderError: when it is larger than ``most`` bytes.
        """
        if self.member(name).size > most:
            raise BuilderError(f"{name} in {self.path} has {self.member(name).size} bytes, which is too many")
        with self.stream(name) as stream:
            return stream.read()

    def check_whole(self) -> None:
        """Refuse a package that lacks something.

        :raises BuilderError: naming what is missing.
        """
        for file in self.descriptor.files:
            if file.chunk_size:
                raise BuilderError(f"{file.href} of {self.path} is in several pieces", hint="Make it again without chunks.")
            member = self._by_name.get(file.href)
            if member is None:
                raise BuilderError(f"{self.path} is not whole: {file.href}, which its description names, is missing", hint=_AGAIN)
            if file.size is not None and member.size != file.size:
                raise BuilderError(f"{self.path} is not whole: {file.href} has {member.size} bytes, its description says {file.size}", hint=_AGAIN)
        ids = {file.id for file in self.descriptor.files}
        for disk in self.descriptor.disks:
            if disk.file_id and disk.file_id not in ids:
                raise BuilderError(f"the description in {self.path} has no file for the disk {disk.id}", hint=_AGAIN)

    def verify(self) -> dict[str, str]:
        """Read everything once and compare it with the manifest.

        :returns: name to sha256.
        :raises BuilderError: when something is missing or has another content.
        """
        self.check_whole()
        expected = self.manifest.entries if self.manifest else {}
        for name in expected:
            self.member(name)
        found: dict[str, str] = {}
        for member in self.members:
            entry = expected.get(member.name)
            algorithms = {"sha256", *([entry.algorithm] if entry else [])}
            with self.stream(member.name) as stream:
                digests = _digests(stream, algorithms)
            if entry and digests[entry.algorithm] != entry.digest:
                raise BuilderError(f"{self.path} is damaged: {member.name} has another {entry.algorithm} than its manifest says", hint=_AGAIN)
            found[member.name] = digests["sha256"]
        return found

    def _read_manifest(self) -> Manifest | None:
        name = f"{self.descriptor_name.rpartition('.')[0]}.mf"
        return Manifest.parse(self.read(name), f"{name} of {self.path}") if name in self._by_name else None


def open_package(path: str | os.PathLike[str]) -> Package:
    """Look into an .ova, or an .ovf with its files beside it.

    :raises BuilderError: when it cannot be read, is cut off, or has files that would land elsewhere.
    """
    place = pathlib.Path(path)
    try:
        if place.suffix.lower() == ".ovf":
            return _open_folder(place)
        return _open_ova(place)
    except OSError as error:
        raise BuilderError(f"{place} cannot be read: {error.strerror or error}") from error


def _open_folder(place: pathlib.Path) -> Package:
    size = place.stat().st_size
    if size > LARGEST:
        raise BuilderError(f"{place} is too large for a description of an appliance")
    descriptor = Descriptor.parse(place.read_bytes(), str(place))
    members = [Member(place.name, place, 0, size)]
    beside = [f"{place.stem}.mf", f"{place.stem}.cert", *(file.href for file in descriptor.files)]
    for name in beside:
        _check_name(name, place)
        file = place.parent / name
        if file.is_file():
            members.append(Member(name, file, 0, file.stat().st_size))
    return Package(place, members, place.name, descriptor)


def _open_ova(place: pathlib.Path) -> Package:
    members = _members_of_tar(place)
    descriptions = [member for member in members if member.name.lower().endswith(".ovf")]
    if len(descriptions) != 1:
        raise BuilderError(f"{place} is no OVA: it has {len(descriptions) or 'no'} descriptions (.ovf), one is needed")
    chosen = descriptions[0]
    if chosen.size > LARGEST:
        raise BuilderError(f"{chosen.name} in {place} is too large for a description of an appliance")
    with open(place, "rb") as stream:
        stream.seek(chosen.offset)
        descriptor = Descriptor.parse(stream.read(chosen.size), f"{chosen.name} in {place}")
    return Package(place, members, chosen.name, descriptor)


def _members_of_tar(place: pathlib.Path) -> list[Member]:
    members: dict[str, Member] = {}
    size = place.stat().st_size
    try:
        with tarfile.open(place, "r:") as archive:
            for entry in archive:
                name = posixpath.normpath(entry.name)
                _check_name(name, place)
                if not entry.isreg() or name in members:
                    what = "twice" if name in members else "as something else than a file"
                    raise BuilderError(f"{place} is refused: it has {entry.name} {what}")
                members[name] = Member(name, place, entry.offset_data, entry.size)
    except (tarfile.TarError, EOFError) as error:
        raise BuilderError(f"{place} is not a whole OVA: {error}", hint=_AGAIN) from error
    if any(member.offset + member.size > size for member in members.values()):
        raise BuilderError(f"{place} is not a whole OVA: it ends in the middle of a file", hint=_AGAIN)
    return list(members.values())


def _check_name(name: str, place: pathlib.Path) -> None:
    """Only files beside the description: no folder, no URL."""
    if not name or name in (".", "..") or "/" in name or "\\" in name or "\0" in name:
        raise BuilderError(f"{place} is refused: {name!r} is not the name of a file beside its description")


def _digests(stream: t.BinaryIO, algorithms: t.Iterable[str]) -> dict[str, str]:
    hashed = {name: hashlib.new(name, usedforsecurity=False) for name in algorithms}
    while chunk := stream.read(_CHUNK):
        for digest in hashed.values():
            digest.update(chunk)
    return {name: digest.hexdigest() for name, digest in hashed.items()}
