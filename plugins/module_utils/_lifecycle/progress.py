# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How far a build of a run has got, and how it ended."""

from __future__ import annotations

import dataclasses
import json
import pathlib
import time
import typing as t

from . import files
from .files import locked, read_json, write_json_atomically
from .run import StateFolder

PHASES = ("plan", "launch", "configure", "capture", "verify", "export")


@dataclasses.dataclass(frozen=True)
class OutcomeKind:
    """What an outcome means to who reads it.

    :ivar word: for the end of a run; capitals for what somebody has to look after.
    :ivar well: the run may end with exit code 0.
    :ivar worked: something was done, which took its time.
    """

    word: str
    well: bool = True
    worked: bool = True


KINDS: t.Mapping[str, OutcomeKind] = {
    "built": OutcomeKind("built"),
    "verified": OutcomeKind("verified"),
    "unchanged": OutcomeKind("up to date", worked=False),
    "planned": OutcomeKind("would build", worked=False),
    "would verify": OutcomeKind("would verify", worked=False),
    "failed": OutcomeKind("FAILED", well=False),
    "kept": OutcomeKind("FAILED, kept", well=False),
    "ended": OutcomeKind("FAILED", well=False),
    "interrupted": OutcomeKind("INTERRUPTED", well=False),
    # Ansible gave the host up, so that it never came to an outcome of its own.
    "unreachable": OutcomeKind("FAILED", well=False),
}


@dataclasses.dataclass
class Outcome:
    """How one build of a run ended.

    :ivar outcome: built, verified (nothing else was asked for), unchanged; planned and would verify in check mode; failed, kept, ended (a task ended the play
        for the host), interrupted.
    :ivar phases: phase to seconds.
    :ivar text: what a person should know: why it failed, why it would be built.
    :ivar next_steps: commands to go on with.
    :ivar reasons: why something had to be done.
    :ivar about: ``version`` and ``type`` of the build and a description of its ``source``, as far as they were known.
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
    reasons: list[str] = dataclasses.field(default_factory=list)
    warnings: list[str] = dataclasses.field(default_factory=list)
    about: dict[str, str] = dataclasses.field(default_factory=dict)

    @property
    def kind(self) -> OutcomeKind:
        """What ``outcome`` means."""
        return KINDS[self.outcome]

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


def has_ended(folder: pathlib.Path) -> bool:
    """Whether a build has an :class:`Outcome`."""
    return (folder / "outcome.json").exists()


def summarise_once(state: StateFolder, run_id: str) -> bool:
    """Whether nobody has summed up the run yet; from now on somebody has."""
    with locked(state.run(run_id) / "summary.lock"):
        if is_summarised(state, run_id):
            return False
        _summarised(state, run_id).touch()
    return True


def is_summarised(state: StateFolder, run_id: str) -> bool:
    """Whether the last build of the run has summed it up."""
    return _summarised(state, run_id).exists()


def _summarised(state: StateFolder, run_id: str) -> pathlib.Path:
    return state.run(run_id) / "summarised"


def mark_phase(folder: pathlib.Path, phase: str, now: float | None = None) -> None:
    """Note that a phase begins; the one before it ends."""
    append_line(folder / "timeline.jsonl", {"phase": phase, "at": time.time() if now is None else now})


def append_line(path: pathlib.Path, data: dict[str, t.Any]) -> None:
    """A line of JSON more, whole also where several processes do that."""
    files.append_line(path, json.dumps(data))


def read_lines(path: pathlib.Path) -> list[dict[str, t.Any]]:
    """What :func:`append_line` wrote as a whole; nothing where there is no file."""
    return files.read_json_lines(path)


def note_warning(folder: pathlib.Path, text: str) -> None:
    """Remember a warning until the build ends."""
    append_line(folder / "warnings.jsonl", {"text": text})


def noted_warnings(folder: pathlib.Path) -> list[str]:
    """What a build was warned of until now, each once."""
    return list(dict.fromkeys(entry["text"] for entry in read_lines(folder / "warnings.jsonl")))


def phase_marks(folder: pathlib.Path) -> list[tuple[str, float]]:
    """Phases in order, and when they began, in seconds since 1970."""
    return [(entry["phase"], entry["at"]) for entry in read_lines(folder / "timeline.jsonl")]


def timeline(folder: pathlib.Path, now: float | None = None) -> tuple[dict[str, float], str]:
    """Seconds per phase until now, and the phase in progress."""
    marks = phase_marks(folder)
    if not marks:
        return {}, ""
    ends = [at for _phase, at in marks[1:]] + [time.time() if now is None else now]
    seconds: dict[str, float] = {}
    for (phase, start), end in zip(marks, ends, strict=True):
        seconds[phase] = round(seconds.get(phase, 0.0) + end - start, 3)
    return seconds, marks[-1][0]
