# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which old images stay: so many of the newest, those that are young, and those that something uses."""

from __future__ import annotations

import collections
import dataclasses
import datetime
import typing as t

from .errors import BuilderError
from .planning import parse_age


@dataclasses.dataclass(frozen=True)
class Retention:
    """How many images of a build stay.

    :ivar keep: so many of the newest, whatever their age.
    :ivar max_age: the others go only when they are older.
    """

    keep: int
    max_age: datetime.timedelta | None

    @classmethod
    def of(cls, option: t.Mapping[str, t.Any]) -> Retention:
        """As the option ``{keep, max_age}`` says it; by age alone, the newest image stays.

        :raises GoldenError: when an age cannot be read.
        """
        keep = 1 if option.get("keep") is None else option["keep"]
        if keep < 0:
            raise BuilderError("retention.keep is less than 0")
        return cls(keep, parse_age(option["max_age"]) if option.get("max_age") else None)


@dataclasses.dataclass(frozen=True)
class Candidate:
    """An image that might go.

    :ivar id: what the platform calls it.
    :ivar group: images are counted for each group, its build for instance.
    :ivar thing: whatever the caller needs to remove it.
    :ivar held: why it stays though nothing uses it, such as a protection.
    """

    id: str
    group: str
    created: datetime.datetime
    thing: t.Any = None
    held: str | None = None


@dataclasses.dataclass(frozen=True)
class Verdict:
    """What becomes of one image, and why."""

    candidate: Candidate
    goes: bool
    reason: str


def verdicts(
    candidates: t.Iterable[Candidate], retention: Retention, now: datetime.datetime, user: t.Callable[[Candidate], str | None] = lambda candidate: None
) -> list[Verdict]:
    """What becomes of each image, group by group, the newest first.

    :param user: what uses an image; asked only of those that would go.
    """
    groups: dict[str, list[Candidate]] = collections.defaultdict(list)
    for candidate in candidates:
        groups[candidate.group].append(candidate)
    found: list[Verdict] = []
    for _group, members in sorted(groups.items()):
        newest_first = sorted(members, key=lambda candidate: (candidate.created, candidate.id), reverse=True)
        found.extend(_verdict(candidate, rank, retention, now, user) for rank, candidate in enumerate(newest_first))
    return found


def _verdict(candidate: Candidate, rank: int, retention: Retention, now: datetime.datetime, user: t.Callable[[Candidate], str | None]) -> Verdict:
    age = now - candidate.created
    if rank < retention.keep:
        return Verdict(candidate, False, "the newest" if retention.keep == 1 else f"one of the {retention.keep} newest")
    if retention.max_age is not None and age <= retention.max_age:
        return Verdict(candidate, False, "not old enough")
    used_by = user(candidate)
    if used_by:
        return Verdict(candidate, False, f"used by {used_by}")
    if candidate.held:
        return Verdict(candidate, False, candidate.held)
    return Verdict(candidate, True, f"{rank} newer ones, {max(0, age.days)} days old")
