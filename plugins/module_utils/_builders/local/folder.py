# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The folder of a guest on the host: its tree, and what is known of its process 1."""

from __future__ import annotations

import dataclasses
import pathlib
import typing as t

from ..._lifecycle.files import read_json, write_json_atomically
from ..._lifecycle.run import StateFolder, process_start, safe_name


@dataclasses.dataclass(frozen=True)
class GuestFolder:
    """Paths of one guest; creates nothing."""

    path: pathlib.Path

    @classmethod
    def of(cls, state_dir: str, name: str) -> GuestFolder:
        """:raises GoldenError: when ``name`` cannot be a folder's name."""
        return cls(StateFolder(pathlib.Path(state_dir).absolute()).guests / safe_name(name))

    @property
    def root(self) -> pathlib.Path:
        """The tree, or where it is mounted in the guest's namespaces."""
        return self.path / "root"

    @property
    def spec(self) -> pathlib.Path:
        """How process 1 is to set up; its path is a word of that process's command line."""
        return self.path / "spec.json"

    @property
    def service_ends(self) -> pathlib.Path:
        """A JSON line for each service that ended."""
        return self.path / "services.jsonl"

    def read_spec(self) -> dict[str, t.Any] | None:
        """What was asked of process 1."""
        return t.cast("dict[str, t.Any] | None", read_json(self.spec))

    def read(self) -> dict[str, t.Any]:
        """What is known of the guest; empty before it was first started."""
        return read_json(self.path / "guest.json") or {}

    def write(self, data: dict[str, t.Any]) -> None:
        """Replace what is known."""
        write_json_atomically(self.path / "guest.json", data, 0o600)

    def pid(self) -> int | None:
        """Process 1 of the guest as the host sees it; ``None`` when the guest does not run."""
        known = self.read()
        pid = known.get("pid")
        return pid if pid and process_start(pid) == known.get("started") else None
