# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known of the builds of a run while it goes on."""

from __future__ import annotations

import dataclasses
import typing as t

_PHASES_OF = {"capture": ("launch", "configure", "capture"), "verify": ("verify",), "export": ("export",)}


@dataclasses.dataclass
class Tracked:
    """One build.

    :ivar usual: seconds that a phase took in earlier runs.
    :ivar stages: what the plan says has to be done; ``None`` before there is a plan.
    :ivar since: when it began, on the clock of the run; ``None`` while it waits.
    :ivar outcome: as in the summary; empty while it goes on.
    :ivar ended: when it ended.
    """

    name: str
    usual: dict[str, float] = dataclasses.field(default_factory=dict)
    stages: tuple[str, ...] | None = None
    since: float | None = None
    phase: str = ""
    phase_since: float = 0.0
    task: str = ""
    outcome: str = ""
    ended: float = 0.0
    said: float = 0.0

    @property
    def running(self) -> bool:
        """Whether something is being done for it."""
        return self.since is not None and not self.outcome

    def elapsed(self, now: float) -> float:
        """Seconds since it began."""
        return 0.0 if self.since is None else (self.ended if self.outcome else now) - self.since

    def begin(self, now: float) -> None:
        """Its first task."""
        if self.since is None:
            self.since = self.said = now
            self.enter("plan", now)

    def enter(self, phase: str, now: float) -> None:
        """A phase begins."""
        self.phase, self.phase_since, self.said = phase, now, now

    def end(self, outcome: str, now: float) -> None:
        """Nothing more will be done for it."""
        self.outcome, self.ended = outcome, now

    def remaining(self, now: float) -> float | None:
        """Seconds until it usually ends; ``None`` where earlier runs do not tell."""
        if not self.running or self.stages is None or self.phase == "plan":
            return None
        phases = [phase for stage in self.stages for phase in _PHASES_OF[stage]]
        following = phases[phases.index(self.phase) + 1 :] if self.phase in phases else []
        if any(phase not in self.usual for phase in (self.phase, *following)):
            return None
        return max(0.0, self.usual[self.phase] - (now - self.phase_since)) + sum(self.usual[phase] for phase in following)

    def overdue(self, now: float) -> bool:
        """Whether its phase takes clearly longer than usual."""
        usual = self.usual.get(self.phase)
        return usual is not None and now - self.phase_since > 1.5 * usual + 5


class Builds:
    """All builds of a run, in the order of the inventory."""

    def __init__(self) -> None:
        self.all: dict[str, Tracked] = {}

    def add(self, name: str, usual: dict[str, float]) -> None:
        """A build that is going to run."""
        self.all.setdefault(name, Tracked(name, usual))

    def running(self) -> list[Tracked]:
        """Those in progress, the one that began first ahead."""
        return sorted((build for build in self.all.values() if build.running), key=lambda build: build.since or 0.0)

    def going_on(self) -> bool:
        """Whether any build has not ended."""
        return any(not build.outcome for build in self.all.values())

    def counts(self) -> dict[str, int]:
        """How many are running, waiting, and ended how."""
        counts = {"running": len(self.running()), "waiting": sum(build.since is None and not build.outcome for build in self.all.values())}
        for build in self.all.values():
            if build.outcome:
                counts[build.outcome] = counts.get(build.outcome, 0) + 1
        return counts

    def silent(self, now: float, seconds: float) -> t.Iterator[Tracked]:
        """Those in progress of which nothing was said for so long."""
        for build in self.running():
            if now - build.said >= seconds:
                build.said = now
                yield build
