# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which old images stay."""

from __future__ import annotations

import datetime

import pytest

from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import GoldenError
from ansible_collections.golden.images.plugins.module_utils._lifecycle.retention import Candidate, Retention, verdicts

NOW = datetime.datetime(2026, 1, 31, tzinfo=datetime.UTC)


def candidates(group: str, *ages: int) -> list[Candidate]:
    return [Candidate(f"{group}-{age}", group, NOW - datetime.timedelta(days=age)) for age in ages]


def gone(retention: Retention, *known: Candidate) -> list[str]:
    return [verdict.candidate.id for verdict in verdicts(known, retention, NOW) if verdict.goes]


def test_the_newest_of_each_group_stay() -> None:
    assert gone(Retention.of({"keep": 1}), *candidates("a", 3, 1, 2), *candidates("b", 9)) == ["a-2", "a-3"]


def test_what_is_young_stays_and_by_age_alone_the_newest_too() -> None:
    assert gone(Retention.of({"max_age": "5d"}), *candidates("a", 4, 6, 8)) == ["a-6", "a-8"]
    assert gone(Retention.of({"max_age": "5d"}), *candidates("a", 6)) == []
    assert gone(Retention.of({"keep": 0, "max_age": "5d"}), *candidates("a", 6)) == ["a-6"]


def test_what_is_used_stays_and_only_what_would_go_is_asked_about() -> None:
    asked = []

    def user(candidate: Candidate) -> str | None:
        asked.append(candidate.id)
        return "clone" if candidate.id == "a-3" else None

    found = {verdict.candidate.id: (verdict.goes, verdict.reason) for verdict in verdicts(candidates("a", 1, 2, 3), Retention.of({"keep": 1}), NOW, user)}
    assert asked == ["a-2", "a-3"]
    assert found == {"a-1": (False, "the newest"), "a-2": (True, "1 newer ones, 2 days old"), "a-3": (False, "used by clone")}


@pytest.mark.parametrize("option", [{"keep": -1}, {"max_age": "old"}])
def test_what_cannot_be_is_refused(option: dict[str, object]) -> None:
    with pytest.raises(GoldenError):
        Retention.of(option)
