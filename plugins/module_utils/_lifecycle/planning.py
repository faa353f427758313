# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decides what of a build has to be done."""

from __future__ import annotations

import dataclasses
import datetime
import re
import typing as t

from .artifact import Artifact
from .errors import GoldenError
from .fingerprint import Inputs, explain
from .records import STAGES, BuildRecord

_AGE = re.compile(r"(\d+)\s*([smhdw]?)\Z")
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


def parse_age(text: str | int) -> datetime.timedelta:
    """``30d``, ``12h``, ``90m``, plain seconds.

    :raises GoldenError: for anything else.
    """
    match = _AGE.match(str(text).strip())
    if not match:
        raise GoldenError(f"{text!r} is not an age", hint="Write a number and a unit: 90m, 12h, 30d, 2w.")
    return datetime.timedelta(seconds=int(match[1]) * _SECONDS[match[2]])


@dataclasses.dataclass(frozen=True)
class Plan:
    """What a build is going to do.

    :ivar stages: the stages of :data:`STAGES` to run, a tail of it; empty when up to date.
    :ivar reasons: why the first of them runs, one sentence each.
    :ivar record: the record to go on from.
    """

    stages: tuple[str, ...]
    reasons: tuple[str, ...]
    record: BuildRecord

    @property
    def up_to_date(self) -> bool:
        """Whether there is nothing to do."""
        return not self.stages


def decide(
    candidates: t.Sequence[BuildRecord],
    wanted: t.Mapping[str, Inputs],
    *,
    is_present: t.Callable[[Artifact], bool],
    outputs_present: t.Callable[[BuildRecord], bool],
    force: bool = False,
    max_age: datetime.timedelta | None = None,
    now: datetime.datetime,
) -> Plan:
    """Pick the record that needs the least work, and say what that work is.

    :param candidates: the newest record first, then the finished one it is to replace; never empty.
    :param wanted: stage to its inputs.
    """
    plans = [_decide_one(record, wanted, is_present, outputs_present, force, max_age, now) for record in candidates]
    return min(plans, key=lambda plan: len(plan.stages))


def _decide_one(
    record: BuildRecord,
    wanted: t.Mapping[str, Inputs],
    is_present: t.Callable[[Artifact], bool],
    outputs_present: t.Callable[[BuildRecord], bool],
    force: bool,
    max_age: datetime.timedelta | None,
    now: datetime.datetime,
) -> Plan:
    reasons = _why_capture(record, wanted["capture"], is_present, force, max_age, now)
    if reasons:
        return Plan(STAGES, tuple(reasons), record)
    plan = _after_capture(record, wanted, outputs_present)
    if plan.stages and record.artifact and record.artifact.metadata.get("removed_files"):
        return Plan(STAGES, (*plan.reasons, "the files to do that with were removed after the last export (keep_input)"), record)
    return plan


def _after_capture(record: BuildRecord, wanted: t.Mapping[str, Inputs], outputs_present: t.Callable[[BuildRecord], bool]) -> Plan:
    for position, stage in enumerate(STAGES[1:], start=1):
        reasons = _why_stage(record, stage, wanted[stage])
        if reasons:
            return Plan(STAGES[position:], tuple(reasons), record)
    if not outputs_present(record):
        return Plan(STAGES[-1:], ("an exported file is missing or was changed",), record)
    return Plan((), (), record)


def _why_capture(
    record: BuildRecord,
    wanted: Inputs,
    is_present: t.Callable[[Artifact], bool],
    force: bool,
    max_age: datetime.timedelta | None,
    now: datetime.datetime,
) -> list[str]:
    if record.artifact is None or "capture" not in record.done:
        return ["it has not been built here yet"]
    if force:
        return ["a rebuild was asked for (golden_force)"]
    reasons = explain(record.done["capture"], wanted)
    if reasons:
        return reasons
    if max_age is not None and now - _moment(record.captured_at) > max_age:
        return [f"it is older than max_age allows (captured {record.captured_at})"]
    if not is_present(record.artifact):
        return [f"the artifact {record.artifact.id} is no longer there, or was changed"]
    return []


def _why_stage(record: BuildRecord, stage: str, wanted: Inputs) -> list[str]:
    if stage not in record.done:
        return [f"the captured image has not passed {stage} yet"]
    return [f"{stage}: {reason}" for reason in explain(record.done[stage], wanted)]


def _moment(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
