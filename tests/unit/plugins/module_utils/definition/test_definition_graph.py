# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The order of builds."""

from __future__ import annotations

import pytest

from ansible_collections.golden.images.plugins.module_utils._definition.graph import CycleError, parents_first


@pytest.mark.parametrize(
    ("parents", "expected"),
    [
        ({}, []),
        ({"b": [], "a": []}, ["b", "a"]),
        ({"child": ["parent"], "other": [], "parent": []}, ["other", "parent", "child"]),
        ({"d": ["b", "c"], "c": ["a"], "b": ["a"], "a": []}, ["a", "c", "b", "d"]),
    ],
)
def test_order(parents: dict[str, list[str]], expected: list[str]) -> None:
    assert parents_first(parents) == expected


@pytest.mark.parametrize(
    ("parents", "path"),
    [
        ({"a": ["a"]}, ["a", "a"]),
        ({"x": ["a"], "a": ["b"], "b": ["c"], "c": ["a"]}, ["a", "b", "c", "a"]),
    ],
)
def test_cycle(parents: dict[str, list[str]], path: list[str]) -> None:
    with pytest.raises(CycleError) as caught:
        parents_first(parents)
    assert caught.value.path == path
