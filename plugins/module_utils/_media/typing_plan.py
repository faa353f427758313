# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""In which portions a boot command is sent to a guest, and at which pace.

A portion starts and ends with no key held wherever that is possible, so that one whose sending failed can be sent again.
"""

from __future__ import annotations

import dataclasses
import time
import typing as t

from .boot_command import Action, Event, KeyEvent, Wait

_Code = t.TypeVar("_Code")


@dataclasses.dataclass(frozen=True)
class Portion(t.Generic[_Code]):
    """Codes for one call to the platform."""

    codes: tuple[_Code, ...]


def strokes(events: t.Iterable[Event]) -> t.Iterator[tuple[KeyEvent, ...] | Wait]:
    """Events grouped from nothing held to nothing held again; a pause ends a group even while a key is held."""
    group: list[KeyEvent] = []
    held: set[str] = set()
    for event in events:
        if isinstance(event, Wait):
            if group:
                yield tuple(group)
                group = []
            yield event
            continue
        group.append(event)
        if event.action is Action.PRESS:
            held.add(event.key)
        elif event.action is Action.RELEASE:
            held.discard(event.key)
        if not held:
            yield tuple(group)
            group = []
    if group:
        yield tuple(group)


def portions(
    events: t.Iterable[Event], encode: t.Callable[[tuple[KeyEvent, ...]], t.Sequence[tuple[_Code, ...]]], most: int
) -> t.Iterator[Portion[_Code] | Wait]:
    """What to send, in order.

    :param encode: the codes of a stroke, one tuple for each of its events; a tuple is never parted.
    :param most: codes that one portion may have, unless a single event has more.
    """
    gathered: list[_Code] = []
    for stroke in strokes(events):
        pieces: list[tuple[_Code, ...]] = [] if isinstance(stroke, Wait) else list(encode(stroke))
        whole = sum(map(len, pieces))
        if gathered and (isinstance(stroke, Wait) or len(gathered) + whole > most):
            yield Portion(tuple(gathered))
            gathered = []
        if isinstance(stroke, Wait):
            yield stroke
            continue
        for piece in pieces:
            if gathered and len(gathered) + len(piece) > most:
                yield Portion(tuple(gathered))
                gathered = []
            gathered += piece
    if gathered:
        yield Portion(tuple(gathered))


def duration(plan: t.Iterable[Portion[t.Any] | Wait], interval: float) -> float:
    """Seconds that typing takes at least, for timeouts and progress.

    :param interval: seconds between portions.
    """
    return sum(step.seconds if isinstance(step, Wait) else interval for step in plan)


def perform(
    plan: t.Iterable[Portion[_Code] | Wait], send: t.Callable[[tuple[_Code, ...]], None], interval: float, sleep: t.Callable[[float], None] = time.sleep
) -> None:
    """Send every portion and keep the pauses.

    :param send: gives one portion to the platform; whether it tries again is its affair.
    :param interval: seconds after each portion, so that a slow guest loses no key.
    """
    for step in plan:
        if isinstance(step, Wait):
            sleep(step.seconds)
        else:
            send(step.codes)
            sleep(interval)
