# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The manifest of an appliance: a digest of each of its files."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from .._lifecycle.errors import BuilderError

ALGORITHMS = ("sha1", "sha256", "sha512")

_LINE = re.compile(r"(SHA-?\d+)\s*\((.+)\)\s*=\s*([0-9A-Fa-f]+)\Z", re.IGNORECASE)
_DIGITS = {"sha1": 40, "sha256": 64, "sha512": 128}


@dataclasses.dataclass(frozen=True)
class Entry:
    """A digest.

    :ivar algorithm: as :mod:`hashlib` names it.
    :ivar digest: lower-case hex digits.
    """

    algorithm: str
    digest: str


@dataclasses.dataclass(frozen=True)
class Manifest:
    """Digests by the names of files."""

    entries: dict[str, Entry]

    @classmethod
    def parse(cls, data: bytes, what: str) -> Manifest:
        """Read a manifest.

        :param what: names it in messages.
        :raises BuilderError: for a line that is no digest, and for two digests of one file that cannot both be right.
        """
        entries: dict[str, Entry] = {}
        for line in data.decode("utf-8", errors="replace").splitlines():
            if not line.strip():
                continue
            match = _LINE.match(line.strip())
            algorithm = match[1].lower().replace("-", "") if match else ""
            if not match or len(match[3]) != _DIGITS.get(algorithm):
                raise BuilderError(f"{what} is no manifest: {line.strip()[:80]!r}")
            entry = Entry(algorithm, match[3].lower())
            if entries.setdefault(match[2], entry) != entry:
                raise BuilderError(f"{what} has two digests of {match[2]}")
        return cls(entries)

    @classmethod
    def of(cls, algorithm: str, digests: t.Mapping[str, str]) -> Manifest:
        """A manifest with digests of one kind."""
        return cls({name: Entry(algorithm, digest) for name, digest in digests.items()})

    @property
    def data(self) -> bytes:
        """As it is written."""
        return "".join(f"{entry.algorithm.upper()}({name})= {entry.digest}\n" for name, entry in self.entries.items()).encode()
