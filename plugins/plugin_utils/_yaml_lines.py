# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Ansible's loader does not tell: where each key stands, and which stands there twice."""

from __future__ import annotations

import typing as t

import yaml

from ansible_collections.golden.images.plugins.module_utils._definition.problems import InvalidError, join

_Loader: t.Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Lines = dict[str, int]
"""Dotted path of a key to its line, counted from 1."""


def key_lines(text: str | bytes) -> Lines:
    """Where every key and list item of a YAML document stands.

    :raises InvalidError: bad YAML, an empty document, or a key given twice (Ansible's loader takes the last one and only warns).
    """
    try:
        root = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        raise InvalidError("", f"not valid YAML: {_described(error)}") from error
    except yaml.YAMLError as error:
        raise InvalidError("", f"not valid YAML: {error}") from error
    if root is None:
        raise InvalidError("", "the definition is empty")
    lines: Lines = {}
    _walk(root, "", lines, set(), ())
    return lines


def line_of(lines: Lines, key: str) -> int | None:
    """The line of the key, or of the nearest key around it that stands in the file."""
    while key:
        if key in lines:
            return lines[key]
        key = key[: max(key.rfind("."), key.rfind("["), 0)]
    return None


def _described(error: yaml.MarkedYAMLError) -> str:
    mark = error.problem_mark or error.context_mark
    where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
    return where + " ".join(part for part in (error.context, error.problem) if part)


def _walk(node: yaml.Node, key: str, lines: Lines, done: set[int], parents: tuple[int, ...]) -> None:
    if id(node) in parents:
        raise InvalidError(key, f"line {node.start_mark.line + 1}: an alias refers to what it is part of")
    if id(node) in done:
        return
    done.add(id(node))
    inner = (*parents, id(node))
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            path = f"{key}[{index}]"
            lines[path] = item.start_mark.line + 1
            _walk(item, path, lines, done, inner)
    elif isinstance(node, yaml.MappingNode):
        _walk_mapping(node, key, lines, done, inner)


def _walk_mapping(node: yaml.MappingNode, key: str, lines: Lines, done: set[int], parents: tuple[int, ...]) -> None:
    here: Lines = {}
    for name, value in node.value:
        path = join(key, name.value if isinstance(name, yaml.ScalarNode) else "?")
        line = name.start_mark.line + 1
        if path in here and name.tag != "tag:yaml.org,2002:merge":
            raise InvalidError(path, f"given twice, on lines {here[path]} and {line}")
        here[path] = line
        lines.setdefault(path, line)
        _walk(value, path, lines, done, parents)
