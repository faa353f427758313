# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The journal tells exactly what may still exist."""

from __future__ import annotations

import os
import pathlib

import pytest

from ansible_collections.golden.images.plugins.module_utils._lifecycle.journal import Journal, Resource

BACKEND = "some.backend"


@pytest.fixture
def journal(tmp_path: pathlib.Path) -> Journal:
    return Journal(tmp_path / "run" / "web.local" / "journal.jsonl")


def container(name: str, **details: str) -> Resource:
    return Resource(BACKEND, "container", name, details)


def test_an_empty_journal_has_nothing_unfinished(journal: Journal) -> None:
    assert journal.unfinished() == []


def test_what_was_only_announced_may_exist(journal: Journal) -> None:
    journal.creating(container("a"))
    assert journal.unfinished() == [container("a")]


def test_newest_comes_first(journal: Journal) -> None:
    for name in "abc":
        journal.creating(container(name))
    assert [resource.name for resource in journal.unfinished()] == ["c", "b", "a"]


def test_details_known_later_are_added(journal: Journal) -> None:
    journal.creating(container("a", host="unix:///d.sock"))
    journal.created(container("a", id="123"))
    assert journal.unfinished() == [container("a", host="unix:///d.sock", id="123")]


def test_what_is_gone_is_finished(journal: Journal) -> None:
    journal.creating(container("a"))
    journal.creating(container("b"))
    journal.discarded(container("a"))
    assert [resource.name for resource in journal.unfinished()] == ["b"]


def test_what_became_an_artifact_is_finished_once_that_is_recorded(journal: Journal) -> None:
    journal.creating(container("a"))
    journal.creating(container("b"))
    journal.released(container("a"))
    assert [resource.name for resource in journal.unfinished()] == ["b", "a"]
    journal.recorded()
    assert [resource.name for resource in journal.unfinished()] == ["b"]


def test_what_people_may_use_is_finished_at_once(journal: Journal) -> None:
    journal.creating(container("a"))
    journal.creating(container("b"))
    journal.published(container("a"))
    assert [resource.name for resource in journal.unfinished()] == ["b"]


def test_a_name_can_be_used_again(journal: Journal) -> None:
    journal.creating(container("a"))
    journal.discarded(container("a"))
    journal.creating(container("a"))
    assert [resource.name for resource in journal.unfinished()] == ["a"]


def test_kinds_do_not_mix(journal: Journal) -> None:
    journal.creating(container("a"))
    journal.discarded(Resource(BACKEND, "image", "a"))
    assert [resource.kind for resource in journal.unfinished()] == ["container"]


def test_a_torn_last_line_is_no_obstacle(journal: Journal) -> None:
    journal.creating(container("a"))
    with journal.path.open("a") as stream:
        stream.write('{"event": "creating", "ki')
    assert [resource.name for resource in journal.unfinished()] == ["a"]
    journal.creating(container("b"))
    assert [resource.name for resource in journal.unfinished()] == ["b", "a"]


def test_nothing_may_be_created_after_a_line_that_is_not_whole(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:-1]))
    with pytest.raises(OSError, match="only a part"):
        journal.creating(container("a"))


def test_only_its_owner_can_read_it(journal: Journal) -> None:
    journal.creating(container("a"))
    assert journal.path.stat().st_mode & 0o077 == 0
    assert journal.path.parent.stat().st_mode & 0o077 == 0
