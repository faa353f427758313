# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What earlier runs of a build took and made: one small file per build, beside its record."""

from __future__ import annotations

import dataclasses
import pathlib
import statistics
import typing as t

from .._lifecycle.artifact import Artifact
from .._lifecycle.files import locked, read_json, write_json_atomically
from .._lifecycle.progress import PHASES, Outcome
from .._lifecycle.run import StateFolder, iso, utc_now

_REMEMBERED = 20
_COUNTED = 5


@dataclasses.dataclass(frozen=True)
class Made:
    """One build of the past.

    :ivar phases: those that went well, and the seconds that they took.
    :ivar version: version of the image; empty when the build failed.
    :ivar artifact: id of what was built; empty when the build failed.
    :ivar files: kind to bytes, those of post-processors included.
    """

    run: str
    at: str
    phases: dict[str, float]
    version: str = ""
    artifact: str = ""
    files: dict[str, int] = dataclasses.field(default_factory=dict)


def _path(state: StateFolder, build: str) -> pathlib.Path:
    return state.root / "history" / state.record(build).name


def read_history(state: StateFolder, build: str) -> list[Made]:
    """Oldest first; what cannot be read counts as no history, for it decides nothing."""
    try:
        data = read_json(_path(state, build)) or []
        known = {field.name for field in dataclasses.fields(Made)}
        return [Made(**{key: value for key, value in entry.items() if key in known}) for entry in data]
    except (OSError, ValueError, TypeError, AttributeError):
        return []


def remember(state: StateFolder, run_id: str, outcome: Outcome) -> None:
    """Add what a build of a run took and made; one that did nothing leaves no trace."""
    phases = {phase: seconds for phase, seconds in outcome.phases.items() if outcome.outcome == "built" or phase != outcome.phase}
    if outcome.outcome == "unchanged" or not phases.keys() - {"plan"}:
        return
    path = _path(state, outcome.build)
    made = _made(run_id, phases, outcome)
    with locked(path.parent / f".{path.name}.lock"):
        others = [entry for entry in read_history(state, outcome.build) if entry.run != run_id]
        write_json_atomically(path, [dataclasses.asdict(entry) for entry in [*others, made][-_REMEMBERED:]])


def _made(run_id: str, phases: dict[str, float], outcome: Outcome) -> Made:
    artifact = Artifact.from_dict(outcome.artifact) if outcome.artifact and outcome.outcome == "built" else None
    if artifact is None:
        return Made(run_id, iso(utc_now()), phases)
    outputs = [artifact, *map(Artifact.from_dict, outcome.outputs)]
    return Made(run_id, iso(utc_now()), phases, artifact.version, artifact.id, {file.kind: file.size for output in outputs for file in output.files})


def usual_seconds(history: t.Sequence[Made]) -> dict[str, float]:
    """Phase to what it usually takes: the median of the newest runs that had it."""
    known: dict[str, list[float]] = {phase: [made.phases[phase] for made in history if phase in made.phases][-_COUNTED:] for phase in PHASES}
    return {phase: statistics.median(seconds) for phase, seconds in known.items() if seconds}


def last_made(history: t.Sequence[Made], before: str) -> Made | None:
    """The newest image that another run than ``before`` made."""
    return next((made for made in reversed(history) if made.artifact and made.run != before), None)
