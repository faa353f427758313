# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is remembered of a build between runs: its artifact, and how far it got."""

from __future__ import annotations

import dataclasses
import os
import typing as t

from .artifact import Artifact
from .files import read_json, write_json_atomically
from .fingerprint import Inputs

STAGES = ("capture", "verify", "export")
"""What can be up to date on its own, in order: each starts from what the one before it left."""


@dataclasses.dataclass
class BuildRecord:
    """The newest artifact of a build.

    :ivar artifact: as captured, later as published; ``None`` before the first capture.
    :ivar is_published: whether the artifact has taken over its final name.
    :ivar outputs: what post-processors made of it.
    :ivar done: stage to the inputs it was finished with.
    :ivar previous: the finished record that this one is to replace, as plain data.
    """

    build: str
    artifact: Artifact | None = None
    is_published: bool = False
    outputs: list[Artifact] = dataclasses.field(default_factory=list)
    done: dict[str, Inputs] = dataclasses.field(default_factory=dict)
    run_id: str = ""
    captured_at: str = ""
    previous: dict[str, t.Any] | None = None

    @property
    def finished(self) -> bool:
        """Whether every stage was completed."""
        return self.artifact is not None and all(stage in self.done for stage in STAGES)

    def to_dict(self) -> dict[str, t.Any]:
        """Plain JSON types."""
        return {
            "build": self.build,
            "artifact": self.artifact.to_dict() if self.artifact else None,
            "is_published": self.is_published,
            "outputs": [output.to_dict() for output in self.outputs],
            "done": self.done,
            "run_id": self.run_id,
            "captured_at": self.captured_at,
            "previous": self.previous,
        }

    @classmethod
    def from_dict(cls, data: t.Mapping[str, t.Any]) -> BuildRecord:
        """Read what :meth:`to_dict` wrote."""
        return cls(
            build=data["build"],
            artifact=Artifact.from_dict(data["artifact"]) if data.get("artifact") else None,
            is_published=bool(data.get("is_published")),
            outputs=[Artifact.from_dict(output) for output in data.get("outputs", [])],
            done=dict(data.get("done", {})),
            run_id=data.get("run_id", ""),
            captured_at=data.get("captured_at", ""),
            previous=data.get("previous"),
        )

    @classmethod
    def load(cls, path: str | os.PathLike[str], build: str) -> BuildRecord:
        """The record on disk, or an empty one."""
        data = read_json(path)
        return cls.from_dict(data) if data else cls(build=build)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Replace the record on disk as a whole."""
        write_json_atomically(path, self.to_dict())

    def newest_finished(self) -> BuildRecord | None:
        """This record when finished, else the one it is to replace."""
        if self.finished:
            return self
        return BuildRecord.from_dict(self.previous) if self.previous else None

    def captured(self, artifact: Artifact, inputs: Inputs, run_id: str, at: str) -> BuildRecord:
        """A record that starts over from a fresh capture; the finished one is remembered until this one is."""
        finished = self.newest_finished()
        previous = {**finished.to_dict(), "previous": None} if finished else None
        return BuildRecord(self.build, artifact, False, [], {"capture": inputs}, run_id, at, previous)
