# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known of a run, from its folder."""

from __future__ import annotations

import dataclasses
import datetime
import typing as t

from .._lifecycle.discarding import read_run
from .._lifecycle.progress import Outcome, phase_marks
from .._lifecycle.run import StateFolder
from .history import Made, last_made, read_history, usual_seconds


@dataclasses.dataclass(frozen=True)
class Phase:
    """A phase of a build.

    :ivar start: seconds since 1970.
    :ivar usual: seconds that it took in earlier runs.
    :ivar failed: whether the build ended badly in it.
    """

    name: str
    start: float
    seconds: float
    usual: float | None = None
    failed: bool = False


@dataclasses.dataclass(frozen=True)
class BuildReport:
    """One build.

    :ivar previous: what was built before this run.
    """

    name: str
    outcome: Outcome
    phases: tuple[Phase, ...] = ()
    previous: Made | None = None

    @property
    def well(self) -> bool:
        """Whether it ended well."""
        return self.outcome.kind.well

    @property
    def artifacts(self) -> list[dict[str, t.Any]]:
        """What was made, the image first."""
        return [artifact for artifact in [self.outcome.artifact, *self.outcome.outputs] if artifact]

    @property
    def seconds(self) -> float:
        """Of all phases."""
        return sum(phase.seconds for phase in self.phases)


@dataclasses.dataclass(frozen=True)
class RunReport:
    """A run, or the part of it that shares a report.

    :ivar started: seconds since 1970, as ``ended``.
    """

    run_id: str
    host: str
    started: float
    ended: float
    builds: tuple[BuildReport, ...]

    @property
    def well(self) -> bool:
        """Whether all builds ended well."""
        return all(build.well for build in self.builds)


def collect(state: StateFolder, run_id: str, builds: t.Sequence[str]) -> RunReport:
    """The report of these builds in a run; a build that nobody could end counts as interrupted."""
    run = read_run(state, run_id)
    reports = tuple(_build(state, run_id, build) for build in sorted(builds))
    begun = [report.phases[0].start for report in reports if report.phases]
    ended = [report.phases[-1].start + report.phases[-1].seconds for report in reports if report.phases]
    noted = _seconds(run.started) if run else 0.0
    return RunReport(run_id, run.owner.host if run else "", min(begun, default=noted), max(ended, default=noted), reports)


def joined(parts: t.Sequence[RunReport]) -> RunReport:
    """One report of what a run did in several state folders."""
    builds = sorted((build for part in parts for build in part.builds), key=lambda build: build.name)
    started, ended = min(part.started for part in parts), max(part.ended for part in parts)
    return dataclasses.replace(parts[0], started=started, ended=ended, builds=tuple(builds))


def _build(state: StateFolder, run_id: str, build: str) -> BuildReport:
    folder = state.run_build(run_id, build)
    outcome = Outcome.load(folder) or Outcome(build, "interrupted")
    history = read_history(state, build)
    usual = usual_seconds([made for made in history if made.run != run_id])
    marks = phase_marks(folder)
    end = (folder / "outcome.json").stat().st_mtime if (folder / "outcome.json").exists() else (marks[-1][1] if marks else 0.0)
    failed = not outcome.kind.well
    ends = [at for _phase, at in marks[1:]] + [max(end, marks[-1][1]) if marks else end]
    phases = tuple(
        Phase(name, start, stop - start, usual.get(name), failed and number == len(marks))
        for number, ((name, start), stop) in enumerate(zip(marks, ends, strict=True) if marks else (), start=1)
    )
    return BuildReport(build, outcome, phases, last_made(history, before=run_id))


def _seconds(moment: str) -> float:
    return datetime.datetime.fromisoformat(moment.replace("Z", "+00:00")).timestamp()
