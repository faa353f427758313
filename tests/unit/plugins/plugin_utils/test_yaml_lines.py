# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines of keys, and keys given twice."""

from __future__ import annotations

import pytest

from ansible_collections.golden.images.plugins.module_utils._definition.problems import InvalidError
from ansible_collections.golden.images.plugins.plugin_utils._yaml_lines import key_lines, line_of

TEXT = """a: 1
b:
  c: [x, {d: 2}]
  e:
    - f: !vault |
        text
    - g
"""


def test_lines() -> None:
    lines = key_lines(TEXT)
    assert (lines["a"], lines["b.c"], lines["b.c[1].d"], lines["b.e[0].f"], lines["b.e[1]"]) == (1, 3, 3, 5, 7)


@pytest.mark.parametrize(("key", "line"), [("b.e[0].f", 5), ("b.e[0].missing", 5), ("b.e[7]", 4), ("b.x.y", 2), ("z", None), ("", None)])
def test_nearest_line(key: str, line: int | None) -> None:
    assert line_of(key_lines(TEXT), key) == line


@pytest.mark.parametrize(
    ("text", "key", "message"),
    [
        ("a: 1\nb: 2\na: 3\n", "a", "given twice, on lines 1 and 3"),
        ("i:\n  w: {}\n  x: {}\n  w: {}\n", "i.w", "given twice, on lines 2 and 4"),
        ("a: {k: 1, k: 2}\n", "a.k", "given twice, on lines 1 and 1"),
        ("a: &x {k: 1}\nb: *x\nb: *x\n", "b", "given twice, on lines 2 and 3"),
        ("a: &x [*x]\n", "a[0]", "an alias refers to what it is part of"),
        ("a: [1\nb: 2\n", "", "not valid YAML: line 2, column 2"),
        ("a:\n\tb: 1\n", "", "not valid YAML: line 2, column 1"),
        ("a: 1\n---\nb: 1\n", "", "not valid YAML: line 2"),
        ("a: \x01\n", "", "not valid YAML"),
        ("", "", "the definition is empty"),
        ("# nothing\n", "", "the definition is empty"),
    ],
)
def test_unreadable(text: str, key: str, message: str) -> None:
    with pytest.raises(InvalidError) as caught:
        key_lines(text)
    assert (caught.value.key, message in caught.value.message) == (key, True), caught.value.message


def test_merge_keys_override() -> None:
    assert key_lines("a: &x {k: 1}\nb: {<<: *x, k: 2}\n")["b.k"] == 2
