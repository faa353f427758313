# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is done again, and why."""

from __future__ import annotations

import datetime
import typing as t

import pytest

from ansible_collections.golden.images.plugins.module_utils._lifecycle.artifact import Artifact
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import GoldenError
from ansible_collections.golden.images.plugins.module_utils._lifecycle.image_files import are_there
from ansible_collections.golden.images.plugins.module_utils._lifecycle.planning import Plan, decide, parse_age
from ansible_collections.golden.images.plugins.module_utils._lifecycle.records import BuildRecord

NOW = datetime.datetime(2026, 1, 31, 12, tzinfo=datetime.UTC)
WANTED = {"capture": {"role web": "1"}, "verify": {"check 1": "1"}, "export": {"output_dir": "1"}}


def artifact(id_: str = "sha256:1") -> Artifact:
    return Artifact(id_, "local", "web.local", "web", "local", "1.0.0", "f", "here", "2026-01-30T12:00:00Z")


def record(**changes: t.Any) -> BuildRecord:
    done = {stage: dict(inputs) for stage, inputs in WANTED.items()}
    return BuildRecord("web.local", **{"artifact": artifact(), "done": done, "captured_at": "2026-01-30T12:00:00Z", **changes})


def plan(*records: BuildRecord, present: bool = True, outputs: bool = True, **options: t.Any) -> Plan:
    return decide(records, WANTED, is_present=lambda found: present, outputs_present=lambda found: outputs, now=NOW, **options)


def test_nothing_changed() -> None:
    assert plan(record()).up_to_date


@pytest.mark.parametrize(
    ("known", "options", "stages", "reason"),
    [
        (BuildRecord("web.local"), {}, 3, "it has not been built here yet"),
        (record(done={**WANTED, "capture": {"role web": "0"}}), {}, 3, "role web changed"),
        (record(done={**WANTED, "capture": {}}), {}, 3, "role web is new"),
        (record(done={**WANTED, "capture": {"role web": "1", "role db": "1"}}), {}, 3, "role db is gone"),
        (record(), {"force": True}, 3, "a rebuild was asked for (golden_force)"),
        (record(), {"max_age": datetime.timedelta(hours=23)}, 3, "older than max_age"),
        (record(), {"present": False}, 3, "no longer there"),
        (record(done={"capture": WANTED["capture"]}), {}, 2, "has not passed verify yet"),
        (record(done={**WANTED, "verify": {"check 1": "0"}}), {}, 2, "verify: check 1 changed"),
        (record(done={"capture": WANTED["capture"], "verify": WANTED["verify"]}), {}, 1, "has not passed export yet"),
        (record(done={**WANTED, "export": {"output_dir": "0"}}), {}, 1, "export: output_dir changed"),
        (record(), {"outputs": False}, 1, "exported file is missing"),
    ],
)
def test_what_is_done_again(known: BuildRecord, options: dict[str, t.Any], stages: int, reason: str) -> None:
    decided = plan(known, **options)
    assert decided.stages == ("capture", "verify", "export")[-stages:]
    assert reason in " ".join(decided.reasons)


def test_young_enough() -> None:
    assert plan(record(), max_age=datetime.timedelta(hours=25)).up_to_date


def test_a_change_taken_back_finds_the_finished_record_again() -> None:
    newest = record(artifact=artifact("sha256:2"), done={"capture": {"role web": "2"}})
    decided = plan(newest, record())
    assert decided.up_to_date
    assert decided.record.artifact == artifact()


def test_a_capture_keeps_the_finished_record_until_it_is_finished_itself() -> None:
    fresh = record().captured(artifact("sha256:2"), {"role web": "2"}, "run", "2026-01-31T12:00:00Z")
    again = BuildRecord.from_dict(fresh.to_dict())
    assert not again.finished
    finished = again.newest_finished()
    assert finished is not None and finished.artifact == artifact()


@pytest.mark.parametrize(("outputs", "stages"), [(True, 0), (False, 3)])
def test_files_that_were_given_up_are_made_again_only_for_a_result_that_is_missing(outputs: bool, stages: int) -> None:
    exported = record(artifact=artifact().replace(metadata={"removed_files": ["/out/web.rootfs.tar"]}))
    decided = decide([exported], WANTED, is_present=are_there, outputs_present=lambda found: outputs, now=NOW)
    assert len(decided.stages) == stages
    assert ("keep_input" in " ".join(decided.reasons)) == bool(stages)


@pytest.mark.parametrize(("text", "seconds"), [("30d", 30 * 86400), ("12h", 43200), ("90m", 5400), ("2w", 1209600), (45, 45), ("7 d", 604800)])
def test_ages(text: str | int, seconds: int) -> None:
    assert parse_age(text).total_seconds() == seconds


@pytest.mark.parametrize("text", ["", "soon", "-1d", "1y", "1.5h"])
def test_what_is_not_an_age(text: str) -> None:
    with pytest.raises(GoldenError, match="not an age"):
        parse_age(text)
