# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values of declared variables."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.golden.images.plugins.module_utils._definition.variables import check_variables

FITTING: list[tuple[str, object]] = [
    ("str", "text"), ("str", ""), ("path", "/x"), ("int", 5), ("int", "5"), ("int", "-5"), ("float", 1.5), ("float", 2), ("float", "1.5"),
    ("bool", True), ("bool", "yes"), ("bool", "False"), ("list", []), ("list", [1]), ("dict", {}), ("dict", {"a": 1}),
]  # fmt: skip

UNFITTING: list[tuple[str, object]] = [
    ("str", 5), ("str", ["x"]), ("path", ""), ("path", 5), ("int", True), ("int", "five"), ("int", 1.5), ("float", True), ("float", "x"),
    ("bool", "maybe"), ("bool", 2), ("list", "a,b"), ("list", {}), ("dict", "a=b"), ("dict", []),
]  # fmt: skip

BROKEN: list[tuple[dict[str, t.Any], object, str]] = [
    ({"validation": {"choices": ["a", "b"]}}, "c", "variable x must be one of a, b (the value is 'c')"),
    ({"type": "int", "validation": {"choices": [1, 2]}}, "3", "variable x must be one of 1, 2 (the value is '3')"),
    ({"validation": {"pattern": "[a-z]+"}}, "ab1", "variable x must match the pattern [a-z]+ (the value is 'ab1')"),
    ({"type": "int", "validation": {"min": 2}}, 1, "variable x must be at least 2 (the value is 1)"),
    ({"type": "int", "validation": {"max": 2}}, "3", "variable x must be at most 2 (the value is '3')"),
    ({"type": "float", "validation": {"min": 0.5}}, 0.4, "variable x must be at least 0.5 (the value is 0.4)"),
    ({"validation": {"min": 3}}, "ab", "variable x must be at least 3 in length (the value is 'ab')"),
    ({"type": "list", "validation": {"max": 1}}, [1, 2], "variable x must be at most 1 in length (the value is [1, 2])"),
    ({"validation": {"pattern": "a", "error": "must be a"}}, "b", "variable x must be a (the value is 'b')"),
    ({"sensitive": True, "validation": {"min": 8}}, "hunter2", "variable x must be at least 8 in length"),
    ({"sensitive": True, "type": "int"}, "hunter2", "variable x must be of type int, but is a string"),
]


@pytest.mark.parametrize(("kind", "value"), FITTING)
def test_value_of_the_type(kind: str, value: object) -> None:
    assert check_variables({"x": {"type": kind}}, {"x": value}) == []


@pytest.mark.parametrize(("kind", "value"), UNFITTING)
def test_value_of_another_type(kind: str, value: object) -> None:
    [problem] = check_variables({"x": {"type": kind}}, {"x": value})
    assert problem.startswith(f"variable x must be of type {kind}, but is ")


@pytest.mark.parametrize(("declaration", "value", "message"), BROKEN)
def test_broken_rule(declaration: dict[str, t.Any], value: object, message: str) -> None:
    assert check_variables({"x": declaration}, {"x": value}) == [message]


@pytest.mark.parametrize(
    ("rules", "value"),
    [({"choices": ["a"]}, "a"), ({"pattern": "a+"}, "aa"), ({"min": 2, "max": 2}, "ab"), ({"choices": [1]}, "1")],
)
def test_kept_rule(rules: dict[str, t.Any], value: object) -> None:
    assert check_variables({"x": {"validation": rules}}, {"x": value}) == []


def test_required_and_unset() -> None:
    declared: dict[str, dict[str, t.Any]] = {"x": {"required": True, "description": "Where to."}, "y": {"required": True}, "z": {}}
    problems = check_variables(declared, {"y": None})
    assert [problem.split(" is required")[0] for problem in problems] == ["variable x (Where to.)", "variable y"]
