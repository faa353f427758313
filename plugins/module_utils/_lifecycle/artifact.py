# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The artifact record: what a build made, in a shape that every phase understands."""

from __future__ import annotations

import dataclasses
import typing as t


@dataclasses.dataclass(frozen=True)
class ArtifactFile:
    """A file of an artifact.

    :ivar path: absolute path.
    :ivar kind: what it is, also its suffix: ``rootfs.tar``, ``oci.tar``, ``ova``, ``box``, ``sha256``.
    :ivar size: bytes.
    :ivar sha256: hex digest.
    """

    path: str
    kind: str
    size: int
    sha256: str


@dataclasses.dataclass(frozen=True)
class Artifact:
    """A captured image.

    :ivar id: what the platform calls it: an AMI id, an image digest, for plain files ``sha256:<digest of the first file>``.
    :ivar type: builder type or the post-processor that made it.
    :ivar build: ``image.builder``.
    :ivar location: where it is, for people: a region, a daemon, a directory.
    :ivar source: ``{"id": …, "description": …}`` of the source image.
    :ivar created: ISO 8601, UTC.
    :ivar metadata: further facts, JSON only, never secret.
    """

    id: str
    type: str
    build: str
    image: str
    builder: str
    version: str
    fingerprint: str
    location: str
    created: str
    files: tuple[ArtifactFile, ...] = ()
    source: dict[str, t.Any] = dataclasses.field(default_factory=dict)
    metadata: dict[str, t.Any] = dataclasses.field(default_factory=dict)

    def to_dict(self) -> dict[str, t.Any]:
        """Plain JSON types, as recorded and as modules return it."""
        data = dataclasses.asdict(self)
        data["files"] = [dataclasses.asdict(file) for file in self.files]
        return data

    @classmethod
    def from_dict(cls, data: t.Mapping[str, t.Any]) -> Artifact:
        """Read what :meth:`to_dict` wrote; unknown keys are ignored so that newer records stay readable."""
        known = {field.name for field in dataclasses.fields(cls)}
        values = {key: value for key, value in data.items() if key in known}
        file_fields = {field.name for field in dataclasses.fields(ArtifactFile)}
        values["files"] = tuple(ArtifactFile(**{k: v for k, v in file.items() if k in file_fields}) for file in data.get("files", ()))
        return cls(**values)

    def replace(self, **changes: t.Any) -> Artifact:
        """A copy with some fields changed."""
        return dataclasses.replace(self, **changes)
