# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of a run as one HTML file that needs nothing else: no script, no font, no picture from anywhere."""

from __future__ import annotations

import datetime
import typing as t

from .._lifecycle.progress import PHASES
from .._lifecycle.summary import headline, human_seconds
from .collecting import BuildReport, RunReport
from .html_build import badge, build_card, shown
from .html_style import STYLE

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400)
_TICKS = 6
_LATE = 94
_ORDER = {"failed": 0, "kept": 0, "ended": 0, "interrupted": 1, "built": 2}


def html_page(run: RunReport) -> str:
    """Builds that failed come first, those that are up to date last."""
    builds = sorted(run.builds, key=lambda build: (_ORDER.get(build.outcome.outcome, 3), build.name))
    title = headline([build.outcome for build in builds])
    cards = "".join(build_card(build, f"build-{number}") for number, build in enumerate(builds, start=1))
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<title>{shown(title)}</title>
<style>{STYLE}</style>
</head>
<body>
<header>
<h1>{shown(title)}</h1>
<p class="soft">{_when(run)}</p>
</header>
<main>
{_timeline(run, builds)}
<h2 id="builds">Builds</h2>
{cards}</main>
<footer>Run <code>{shown(run.run_id)}</code>{f" on {shown(run.host)}" if run.host else ""}. Times are in UTC. Written by golden.images.</footer>
</body>
</html>
"""


def _when(run: RunReport) -> str:
    start = datetime.datetime.fromtimestamp(run.started, tz=datetime.UTC)
    return f'<time datetime="{start:%Y-%m-%dT%H:%M:%SZ}">{start.day} {start:%B %Y, %H:%M} UTC</time>, {shown(human_seconds(run.ended - run.started))} in all'


def _timeline(run: RunReport, builds: t.Sequence[BuildReport]) -> str:
    rows_of = [(number, build) for number, build in enumerate(builds, start=1) if build.phases and build.outcome.outcome != "unchanged"]
    if not rows_of:
        return ""
    total = max(run.ended - run.started, 0.001)
    seen = {phase.name for _number, build in rows_of for phase in build.phases}
    legend = "".join(f'<li><i class="{name}"></i>{name}</li>' for name in PHASES if name in seen)
    rows = "".join(_row(build, number, run.started, total) for number, build in rows_of)
    return f"""<h2 id="timeline">Timeline</h2>
<div class="card">
<ul class="legend" aria-label="Colours of the phases">{legend}</ul>
<table class="chart">
<thead class="hidden"><tr><th scope="col">Build</th><th scope="col">Phases</th><th scope="col">Time</th></tr></thead>
<tbody>
{rows}<tr aria-hidden="true"><td></td><td><div class="axis">{_axis(total)}</div></td><td></td></tr>
</tbody>
</table>
</div>
"""


def _row(build: BuildReport, number: int, start: float, total: float) -> str:
    parts, words = [], []
    end = "stopped" if build.outcome.outcome == "interrupted" else "failed"
    for phase in build.phases:
        took = human_seconds(phase.seconds)
        words.append(f"{phase.name} {took}{f' ({end})' if phase.failed else ''}")
        left, width = (phase.start - start) / total * 100, phase.seconds / total * 100
        kind = f"{phase.name} {end}" if phase.failed else phase.name
        parts.append(f'<i class="{kind}" style="left:{left:.2f}%;width:{width:.2f}%" title="{shown(words[-1])}"></i>')
    return (
        f'<tr><th scope="row" title="{shown(build.name)}"><a href="#build-{number}">{shown(build.name)}</a></th>'
        f'<td class="track"><div class="bar" role="img" aria-label="{shown(", ".join(words))}">{"".join(parts)}</div></td>'
        f'<td class="time">{badge(build) if not build.well else shown(human_seconds(build.seconds))}</td></tr>\n'
    )


def _axis(total: float) -> str:
    step = next((step for step in _STEPS if total / step <= _TICKS), _STEPS[-1])
    ticks = [step * number for number in range(int(total / step) + 1)]
    places = [(tick, tick / total * 100) for tick in ticks]
    return "".join(f'<span{" class=end" if place > _LATE else ""} style="left:{place:.2f}%">{_tick(tick)}</span>' for tick, place in places)


def _tick(seconds: int) -> str:
    if seconds < 60 or seconds % 60:
        return f"{seconds} s"
    return f"{seconds // 60} min" if seconds < 3600 or seconds % 3600 else f"{seconds // 3600} h"
