# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines about builds in progress, for a terminal of any width and for logs."""

from __future__ import annotations

import typing as t
import unicodedata

from .._lifecycle.progress import KINDS
from .._lifecycle.summary import human_seconds
from .tracking import Builds, Tracked

Paint = t.Callable[[str, str], str]
"""Colours a text: kind of the text (``phase``, ``done``, ``todo``, ``faint``, ``failed``) and the text."""

_BAR = 20
_NARROW = 60


def plain(kind: str, text: str) -> str:
    """No colour."""
    return text


def clock(seconds: float) -> str:
    """``0:07``, ``12:34``, ``1:02:03``."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}" if minutes >= 60 else f"{minutes}:{rest:02}"


def about(seconds: float) -> str:
    """As exact as an estimate is: ``a few seconds``, ``about 40 s``, ``about 3 min``, ``about 1 h 20 min``."""
    if seconds < 5:
        return "a few seconds"
    if seconds < 55:
        return f"about {round(seconds / 5) * 5} s"
    minutes = max(1, round(seconds / 60))
    return f"about {minutes} min" if minutes < 60 else f"about {minutes // 60} h {minutes % 60} min"


def columns_of(text: str) -> int:
    """Columns that a text takes in a terminal."""
    return sum(0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def fitted(text: str, columns: int, ellipsis: str = "…") -> str:
    """A text that takes no more than so many columns, without anything that moves the cursor."""
    shown = "".join(char if char.isprintable() else " " for char in text)
    if columns_of(shown) <= columns:
        return shown
    room, kept = columns - columns_of(ellipsis), ""
    if room < 0:
        return ""
    for char in shown:
        if columns_of(kept + char) > room:
            break
        kept += char
    return kept + ellipsis


class Frame:
    """The lines of all builds in progress, as a terminal shows them.

    :param ascii_only: for terminals that show nothing else.
    """

    def __init__(self, builds: Builds, paint: Paint = plain, ascii_only: bool = False) -> None:
        self._builds = builds
        self._paint = paint
        self._bar = ("=", "-") if ascii_only else ("━", "─")
        self._ellipsis = "..." if ascii_only else "…"
        self._dot = "-" if ascii_only else "·"

    def lines(self, now: float, columns: int, rows: int) -> list[str]:
        """At most ``rows`` lines of less than ``columns`` columns."""
        running = self._builds.running()
        if not running or rows < 2:
            return []
        shown = running if len(running) < rows else running[: rows - 2]
        width = min(max((columns_of(build.name) for build in shown), default=0), columns // 3)
        lines = [self._line(build, now, columns - 1, width) for build in shown]
        if len(shown) < len(running):
            lines.append(self._cut(f"  {self._ellipsis} and {len(running) - len(shown)} more", columns - 1, "faint"))
        return [*lines, self._footer(now, columns - 1)]

    def _cut(self, text: str, columns: int, kind: str) -> str:
        return self._paint(kind, fitted(text, columns, self._ellipsis))

    def _line(self, build: Tracked, now: float, columns: int, width: int) -> str:
        name = fitted(build.name, width, self._ellipsis)
        head = f"  {name}{' ' * (width - columns_of(name))}  "
        parts = [("plain", head), ("phase", f"{build.phase:<9}"), ("plain", f" {clock(build.elapsed(now)):>7}")]
        remaining = build.remaining(now)
        if remaining is not None and columns >= _NARROW:
            elapsed = build.elapsed(now)
            filled = round(_BAR * elapsed / (elapsed + remaining)) if elapsed + remaining else 0
            parts += [("plain", "  "), ("done", self._bar[0] * filled), ("todo", self._bar[1] * (_BAR - filled))]
        if remaining is not None:
            left = "longer than usual" if build.overdue(now) else f"{about(remaining)} left"
            parts.append(("plain", f"  {left:<18}"))
        if build.task:
            parts.append(("faint", f"  {build.task}"))
        return self._joined(parts, columns)

    def _joined(self, parts: list[tuple[str, str]], columns: int) -> str:
        line, room = "", columns
        for kind, text in parts:
            cut = fitted(text, room, self._ellipsis)
            line += self._paint(kind, cut)
            room -= columns_of(cut)
            if cut != text:
                break
        return line

    def _footer(self, now: float, columns: int) -> str:
        counts = self._builds.counts()
        words = [f"{counts.pop('running')} running"]
        if waiting := counts.pop("waiting"):
            words.append(f"{waiting} waiting")
        grouped: dict[str, int] = {}
        for outcome, count in counts.items():
            word = KINDS[outcome].word.partition(",")[0].lower()
            grouped[word] = grouped.get(word, 0) + count
        words += [f"{count} {word}" for word, count in grouped.items()]
        return self._cut(f"  {f' {self._dot} '.join(words)}  {clock(now)}", columns, "faint")


def began(build: Tracked, now: float) -> str:
    """A phase begins."""
    remaining = build.remaining(now)
    return f"{build.name}: {build.phase}" + (f" ({about(remaining)} left)" if remaining is not None else "")


def goes_on(build: Tracked, now: float) -> str:
    """A phase goes on for long."""
    what = f", task '{fitted(build.task, 80)}'" if build.task else ""
    return f"{build.name}: still {build.phase} after {human_seconds(now - build.phase_since)}{what}"


def ended(build: Tracked) -> str:
    """How a build ended."""
    kind = KINDS[build.outcome]
    if not kind.worked:
        return f"{build.name}: {kind.word}"
    took = human_seconds(build.elapsed(build.ended))
    return f"{build.name}: {kind.word} in {took}" if kind.well else f"{build.name}: {kind.word} in the phase {build.phase} after {took}"
