# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person reads at the end of a run."""

from __future__ import annotations

import os
import textwrap
import typing as t

from .progress import PHASES, Outcome

_UNITS = ("B", "kB", "MB", "GB", "TB")
_WIDTH = 110


def human_size(size: float) -> str:
    """Decimal units, as file managers show them."""
    for unit in _UNITS:
        if size < 1000 or unit == _UNITS[-1]:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return ""


def human_seconds(seconds: float) -> str:
    """``0.8 s``, ``41 s``, ``3 min 5 s``, ``1 h 2 min``."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def headline(outcomes: t.Sequence[Outcome]) -> str:
    """``2 builds: 1 built, 1 up to date``."""
    counts: dict[str, int] = {}
    for outcome in outcomes:
        word = outcome.kind.word.split(",")[0].lower()
        counts[word] = counts.get(word, 0) + 1
    number = len(outcomes)
    return f"{number} build{'' if number == 1 else 's'}: " + ", ".join(f"{count} {word}" for word, count in counts.items())


def build_lines(outcome: Outcome, width: int, base: str) -> list[str]:
    """What became of one build.

    :param width: of the column with the names.
    :param base: folder that paths are shown relative to.
    """
    lines = [f"  {outcome.build:<{width}}  {outcome.kind.word:<12} {_times(outcome)}".rstrip()]
    indent = " " * (width + 4)
    for paragraph in outcome.text.splitlines():
        lines.extend(textwrap.wrap(paragraph, _WIDTH, initial_indent=indent, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False))
    if outcome.kind.well:
        lines.extend(indent + line for line in _made(outcome, base))
    lines.extend(f"{indent}left behind: {item}" for item in outcome.left_behind)
    return lines


def _times(outcome: Outcome) -> str:
    shown = [f"{phase} {human_seconds(outcome.phases[phase])}" for phase in PHASES if outcome.phases.get(phase, 0) >= 0.05 and phase != "plan"]
    if not outcome.kind.worked:
        return ""
    return f"{human_seconds(outcome.seconds)}" + (f"  ({', '.join(shown)})" if shown else "")


def _made(outcome: Outcome, base: str) -> list[str]:
    sizes: dict[str, int] = {}
    others: list[str] = []
    for artifact in [outcome.artifact, *outcome.outputs]:
        if not artifact:
            continue
        if not artifact["files"]:
            others.append(f"{artifact['id']}  {artifact['location']}")
        for file in artifact["files"]:
            sizes[_shown(file["path"], base)] = file["size"]
    longest = max((len(path) for path in sizes), default=0)
    return [*dict.fromkeys(others), *(f"{path:<{longest}}  {human_size(size):>9}" for path, size in sizes.items())]


def _shown(path: str, base: str) -> str:
    relative = os.path.relpath(path, base)
    return path if relative.startswith("..") else relative


def summary(outcomes: t.Sequence[Outcome], base: str) -> str:
    """The whole table, and what to do next."""
    width = max(len(outcome.build) for outcome in outcomes)
    lines = ["", headline(outcomes), ""]
    for outcome in sorted(outcomes, key=lambda item: item.build):
        lines.extend(build_lines(outcome, width, base))
    steps = list(dict.fromkeys(step for outcome in outcomes for step in outcome.next_steps))
    if steps:
        lines += ["", "Next:"]
        lines += [f"  {step.replace(base + os.sep, '')}" for step in steps]
    return "\n".join([*lines, ""])
