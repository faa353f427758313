# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checksums as people give them: a digest, or a file of them as publishers put beside their downloads."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import posixpath
import re
import typing as t
import urllib.parse

from .._lifecycle.errors import BuilderError

#: Hex digits of a digest to its algorithm.
_BY_LENGTH = {32: "md5", 40: "sha1", 56: "sha224", 64: "sha256", 96: "sha384", 128: "sha512"}
_STRENGTH = list(_BY_LENGTH.values())
_BROKEN = ("md5", "sha1")
_CHUNK = 1024 * 1024

_VALUE = re.compile(r"(?:([A-Za-z0-9]+):)?([0-9A-Fa-f]+)\Z")
_GNU_LINE = re.compile(r"(\\?)([0-9A-Fa-f]{32,128})(?:[ \t]+\*?| [ *])(\S.*)\Z")
_BSD_LINE = re.compile(r"([A-Za-z0-9-]+) ?\((.+)\) ?= ?([0-9A-Fa-f]{32,128})\Z")
_BARE_LINE = re.compile(r"[0-9A-Fa-f]{32,128}\Z")
_ESCAPED = re.compile(r"\\([\\nr])")
_UNESCAPED = {"\\": "\\", "n": "\n", "r": "\r"}


@dataclasses.dataclass(frozen=True)
class Digest:
    """What a file's content is to be.

    :ivar algorithm: as :mod:`hashlib` names it.
    :ivar value: lower-case hex digits.
    """

    algorithm: str
    value: str

    def __str__(self) -> str:
        return f"{self.algorithm}:{self.value}"

    @property
    def is_broken(self) -> bool:
        """Whether other contents with this digest can be made."""
        return self.algorithm in _BROKEN

    def of_file(self, path: str | os.PathLike[str]) -> Digest:
        """The digest of a file by the same algorithm."""
        hashed = hashlib.new(self.algorithm, usedforsecurity=False)
        with open(path, "rb") as stream:
            while chunk := stream.read(_CHUNK):
                hashed.update(chunk)
        return Digest(self.algorithm, hashed.hexdigest())


def parse_digest(text: str, option: str = "checksum") -> Digest:
    """The digest in ``sha256:<hex digits>``, or in hex digits alone, whose number says which algorithm it is.

    :raises BuilderError: when it is none.
    """
    match = _VALUE.match(text.strip())
    algorithm = _BY_LENGTH.get(len(match[2])) if match else None
    if not match or algorithm is None or (match[1] or algorithm).lower() != algorithm:
        raise BuilderError(f"{option}: {text!r} is not a checksum", hint=f"Write sha256: and 64 hex digits; possible are {', '.join(reversed(_STRENGTH))}.")
    return Digest(algorithm, match[2].lower())


def is_digest(text: str) -> bool:
    """Whether a text is a digest, and not where a file of digests is."""
    return bool(_VALUE.match(text.strip()))


def find_digest(sums: str, names: t.Sequence[str], where: str) -> Digest:
    """The strongest digest that a file of checksums has for one of several names.

    Reads lines as GNU coreutils and BSD write them, and a file with nothing but one digest. Everything else in it
    (comments, a signature around it) is passed over.

    :param names: URLs or paths of the same content; the first one that is listed counts.
    :param where: the file, for messages.
    :raises BuilderError: when there is none.
    """
    entries = list(_entries(sums))
    for name in names:
        found = [digest for listed, digest in entries if listed is None or _is_same(listed, name)]
        if found:
            return max(found, key=lambda digest: _STRENGTH.index(digest.algorithm))
    wanted = ", ".join(dict.fromkeys(map(base_name, names)))
    listed_names = sorted({posixpath.basename(listed) for listed, _digest in entries if listed})
    listed_text = ", ".join(listed_names[:5]) + (", …" if len(listed_names) > 5 else "")
    hint = f"It lists {listed_text}." if listed_names else "It lists no file at all; is it a file of checksums?"
    raise BuilderError(f"{where} has no checksum of {wanted}", hint=hint)


def base_name(location: str) -> str:
    """The file name in a URL or path."""
    path = urllib.parse.unquote(urllib.parse.urlsplit(location).path) if "://" in location else location
    return posixpath.basename(path.rstrip("/"))


def _is_same(listed: str, name: str) -> bool:
    return posixpath.basename(listed) == base_name(name)


def _entries(sums: str) -> t.Iterator[tuple[str | None, Digest]]:
    lines = [line.strip() for line in sums.splitlines()]
    for line in lines:
        if bsd := _BSD_LINE.match(line):
            digest = _digest(bsd[3])
            if digest and digest.algorithm == bsd[1].lower().replace("-", ""):
                yield bsd[2], digest
        elif gnu := _GNU_LINE.match(line):
            digest = _digest(gnu[2])
            if digest:
                yield (_ESCAPED.sub(lambda found: _UNESCAPED[found[1]], gnu[3]) if gnu[1] else gnu[3]), digest
        elif _BARE_LINE.match(line) and (digest := _digest(line)) and len([other for other in lines if other]) == 1:
            yield None, digest


def _digest(value: str) -> Digest | None:
    algorithm = _BY_LENGTH.get(len(value))
    return Digest(algorithm, value.lower()) if algorithm else None
