# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What images tell of themselves, and their names."""

from __future__ import annotations

import datetime

import pytest

from ansible_collections.golden.images.plugins.module_utils._builders.vsphere import image_marks as marks
from ansible_collections.golden.images.plugins.module_utils._builders.vsphere.image_names import LONGEST, is_temporary, rendered, temporary_name
from ansible_collections.golden.images.plugins.module_utils._lifecycle.artifact import Artifact
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import BuilderError

NOW = datetime.datetime(2026, 1, 31, 12, tzinfo=datetime.UTC)
BUILD = {
    "name": "web.vsphere",
    "image": "web",
    "builder": "vsphere",
    "version": "1.4.0",
    "fingerprint": "abc",
    "run_id": "run",
    "source": {"id": "vm-1", "description": "template debian"},
    "marks": {"golden.run": "run", "golden.build": "web.vsphere", "golden.expires": "2026-01-31T11:00:00Z"},
}


def artifact(**changes: object) -> Artifact:
    known = Artifact("vm-2", "vsphere", "web.vsphere", "web", "vsphere", "1.4.0", "abc", "vc", "2026-01-30T00:00:00Z", metadata={"name": "web-1"})
    return known.replace(**changes)


def test_a_record_is_read_back_and_the_description_stays_as_it_is() -> None:
    record = marks.captured_record("web-1", BUILD, "uuid")
    notes = marks.notes_of("Ours.\nAnd more.", record)
    assert marks.read_record(notes) == record
    assert marks.without_record(notes) == "Ours.\nAnd more."
    assert record["run"] == "run" and record["state"] == "captured" and record["source"] == "template debian"


def test_writing_a_record_anew_replaces_the_old_one() -> None:
    notes = marks.notes_of("Ours.", marks.captured_record("web-1", BUILD, "uuid"))
    again = marks.notes_of(notes, marks.published_record(artifact(), "uuid"))
    assert again.count("golden.state") == 1
    assert not {"run", "expires", "host"} & set(marks.read_record(again))


def test_a_value_cannot_bring_lines_of_its_own() -> None:
    notes = marks.notes_of("", {"source": "evil\ngolden.state: published", "state": "captured"})
    assert marks.read_record(notes) == {"source": "evil golden.state: published", "state": "captured"}


def test_what_is_published_is_told_the_same_by_every_run() -> None:
    assert marks.published_record(artifact(), "uuid") == marks.published_record(artifact(), "uuid")
    outside = marks.published_record(artifact(image="", builder="", version="", fingerprint="", build="vm-2"), "uuid")
    assert outside == {"state": "published", "name": "web-1", "instance": "uuid", "created": "2026-01-30T00:00:00Z"}


@pytest.mark.parametrize(("expires", "expected"), [("2026-01-31T11:00:00Z", True), ("2026-01-31T13:00:00Z", False), ("soon", False), (None, False)])
def test_only_a_moment_that_has_passed_is_expired(expires: str | None, expected: bool) -> None:
    assert marks.is_expired({"expires": expires} if expires else {}, NOW) is expected


def test_names_are_filled_in_and_what_vcenter_escapes_becomes_dashes() -> None:
    assert rendered("{image}/{version}%{date}", "image_name", BUILD, NOW) == "web-1.4.0-20260131"


@pytest.mark.parametrize("template", ["", "x" * 81, "golden-temporary-x", "{nothing}"])
def test_names_that_cannot_be_are_refused(template: str) -> None:
    with pytest.raises(BuilderError, match="image_name"):
        rendered(template, "image_name", BUILD, NOW)


def test_a_temporary_name_is_the_same_each_time_and_fits() -> None:
    assert temporary_name("x/y" * 50) == temporary_name("x/y" * 50)
    assert len(temporary_name("x" * 200)) == LONGEST and is_temporary(temporary_name("a"))
