# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measurements as tables."""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import platform
import statistics
import typing as t

from tests.benchmarks.measuring import Measurement
from tests.benchmarks.subjects import ROLE

REFERENCE = "packer"


@dataclasses.dataclass(frozen=True)
class Aim:
    """What is wanted of a subject: at most ``limit`` seconds, or times the reference's of the same round, side by side ``size`` builds.

    :ivar reference_size: builds that the reference makes.
    """

    subject: str
    size: int
    limit: float
    ratio: bool = True

    def text(self) -> str:
        """For people."""
        return f"{self.subject}, {self.size} at once: at most {self.limit:g} {'× Packer' if self.ratio else 's'}"


AIMS = (
    Aim("golden-docker", 1, 0.35),
    Aim("golden-local", 1, 0.5),
    Aim("golden-docker-unchanged", 1, 2.0, ratio=False),
    Aim("golden-docker", 16, 1.0),
)


@dataclasses.dataclass
class Row:
    """All runs of one subject with one number of builds; one run per round, in the order of the rounds."""

    subject: str
    title: str
    size: int
    runs: list[Measurement] = dataclasses.field(default_factory=list)

    def median(self, field: str = "seconds") -> float:
        """Of one figure of the runs."""
        return statistics.median(getattr(run, field) for run in self.runs)

    def ratio(self, reference: Row | None) -> float | None:
        """Median of the ratios to the reference's run of the same round: a machine that is slower in one round does not matter."""
        if reference is None or not reference.runs:
            return None
        return statistics.median(mine.seconds / theirs.seconds for mine, theirs in zip(self.runs, reference.runs, strict=False))


def spent(times: pathlib.Path, run: Measurement) -> list[tuple[str, str, float]]:
    """Where the time of a run with one build went: kind, name, seconds; in the order of time.

    A task's time is that since the one before it ended, Ansible's own work between them included.
    """
    parts: list[tuple[str, str, float]] = []
    before = run.started
    for line in times.read_text(encoding="utf-8").splitlines():
        event = json.loads(line)
        if event["event"] == "loaded":
            parts.append(("start-up", "start of ansible-playbook", event["at"] - before))
        elif event["event"] == "play":
            parts.append(("start-up" if len(parts) == 1 else "lifecycle", f"begin of the play {event['play']}", event["at"] - before))
        elif event["event"] == "ended":
            parts.append((_kind(event), event["task"], event["at"] - before))
        before = event["at"]
    parts.append(("end", "end of ansible-playbook", run.started + run.seconds - before))
    return parts


def _kind(event: dict[str, t.Any]) -> str:
    # Ansible names a role that is given by its path after the collection that includes it.
    if event["role"].rpartition("/")[2] == ROLE:
        return "provisioner"
    if event["action"].rpartition(".")[2] in ("setup", "gather_facts"):
        return "facts"
    return "lifecycle"


def by_kind(parts: list[tuple[str, str, float]]) -> dict[str, float]:
    """Seconds per kind."""
    kinds: dict[str, float] = {}
    for kind, _name, seconds in parts:
        kinds[kind] = round(kinds.get(kind, 0.0) + seconds, 3)
    return kinds


def machine() -> dict[str, t.Any]:
    """What the figures depend on."""
    from ansible.release import __version__

    return {"processors": os.cpu_count(), "load": os.getloadavg()[0], "python": platform.python_version(), "ansible_core": __version__}


def reference_of(rows: list[Row], size: int) -> Row | None:
    """The reference with so many builds."""
    return next((row for row in rows if row.subject == REFERENCE and row.size == size), None)


def reached(aim: Aim, rows: list[Row]) -> tuple[float, bool] | None:
    """The figure that an aim is about, and whether it is good enough; ``None`` when it was not measured."""
    row = next((row for row in rows if (row.subject, row.size) == (aim.subject, aim.size)), None)
    if row is None or not row.runs:
        return None
    figure = row.ratio(reference_of(rows, aim.size)) if aim.ratio else row.median()
    return None if figure is None else (figure, figure <= aim.limit)


def markdown(rows: list[Row], parts: dict[str, list[tuple[str, str, float]]], facts: dict[str, t.Any]) -> str:
    """The whole report."""
    lines = [
        f"{facts['processors']} processors, load {facts['load']:.1f} at the start, Python {facts['python']}, ansible-core {facts['ansible_core']}.",
        "",
        "| what | at once | runs | seconds (median) | from | to | × Packer | CPU seconds | peak memory, MiB | largest process, MiB |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in sorted(rows, key=lambda row: row.size):
        if not row.runs:
            continue
        ratio = row.ratio(reference_of(rows, row.size))
        times = sorted(run.seconds for run in row.runs)
        cells = [row.title, row.size, len(times), f"{row.median():.1f}", f"{times[0]:.1f}", f"{times[-1]:.1f}", "" if ratio is None else f"{ratio:.2f}"]
        cells += [f"{row.median('cpu_seconds'):.1f}", f"{row.median('peak_mib'):.0f}", f"{row.median('largest_mib'):.0f}"]
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    lines += ["", "| aim | measured | met |", "| --- | --- | --- |"]
    for aim in AIMS:
        figure = reached(aim, rows)
        if figure is not None:
            lines.append(f"| {aim.text()} | {figure[0]:.2f} | {'yes' if figure[1] else 'no'} |")
    return "\n".join([*lines, *_where(parts)]) + "\n"


def _where(parts: dict[str, list[tuple[str, str, float]]]) -> list[str]:
    kinds = ("start-up", "lifecycle", "facts", "provisioner", "end")
    lines = ["", "Where the time of one build went, seconds of the fastest run:", "", f"| what | {' | '.join(kinds)} |", "| --- |" + " --- |" * len(kinds)]
    for title, entries in parts.items():
        sums = by_kind(entries)
        lines.append(f"| {title} | " + " | ".join(f"{sums.get(kind, 0.0):.2f}" for kind in kinds) + " |")
    for title, entries in parts.items():
        lines += ["", f"<details><summary>{title}, each task</summary>", "", "| kind | task | seconds |", "| --- | --- | --- |"]
        lines += [f"| {kind} | {name} | {seconds:.3f} |" for kind, name, seconds in entries]
        lines += ["", "</details>"]
    return lines
