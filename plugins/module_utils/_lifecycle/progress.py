# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How far a build of a run has got, and how it ended."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import pathlib
import time
import typing as t

from .files import read_json, write_json_atomically

PHASES = ("plan", "launch", "configure", "capture", "verify", "export")

DONE = frozenset({"built", "unchanged", "planned"})
"""Outcomes with which a run may end with exit code 0."""


@dataclasses.dataclass
class Outcome:
    """How one build of a run ended.

    :ivar outcome: built, unchanged, planned (check mode), failed, kept, ended (a task ended the play for the host), interrupted.
    :ivar phases: phase to seconds.
    :ivar text: what a person should know: why it failed, why it would be built.
    :ivar next_steps: commands to go on with.
    """

    build: str
    outcome: str
    seconds: float = 0.0
    phases: dict[str, float] = dataclasses.field(default_factory=dict)
    text: str = ""
    phase: str = ""
    artifact: dict[str, t.Any] | None = None
    outputs: list[dict[str, t.Any]] = dataclasses.field(default_factory=list)
    next_steps: list[str] = dataclasses.field(default_factory=list)
    discarded: list[str] = dataclasses.field(default_factory=list)
    left_behind: list[str] = dataclasses.field(default_factory=list)

    def save(self, folder: pathlib.Path) -> None:
        """Into the build's folder of the run."""
        write_json_atomically(folder / "outcome.json", dataclasses.asdict(self), 0o600)

    @classmethod
    def load(cls, folder: pathlib.Path) -> Outcome | None:
        """``None`` while the build goes on."""
        data = read_json(folder / "outcome.json")
        if data is None:
            return None
        known = {field.name for field in dataclasses.fields(cls)}
        return cls(**{key: value for key, value in data.items() if key in known})


def mark_phase(folder: pathlib.Path, phase: str, now: float | None = None) -> None:
    """Note that a phase begins; the one before it ends."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    line = json.dumps({"phase": phase, "at": time.time() if now is None else now}) + "\n"
    descriptor = os.open(folder / "timeline.jsonl", os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        os.write(descriptor, line.encode())
    finally:
        os.close(descriptor)


def timeline(folder: pathlib.Path, now: float | None = None) -> tuple[dict[str, float], str]:
    """Seconds per phase until now, and the phase in progress."""
    marks: list[tuple[str, float]] = []
    with contextlib.suppress(FileNotFoundError):
        for line in (folder / "timeline.jsonl").read_text(encoding="utf-8").splitlines():
            entry = json.loads(line)
            marks.append((entry["phase"], entry["at"]))
    if not marks:
        return {}, ""
    ends = [at for _phase, at in marks[1:]] + [time.time() if now is None else now]
    seconds: dict[str, float] = {}
    for (phase, start), end in zip(marks, ends, strict=True):
        seconds[phase] = round(seconds.get(phase, 0.0) + end - start, 3)
    return seconds, marks[-1][0]
