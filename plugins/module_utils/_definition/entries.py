# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Provisioners, checks and post-processors of an image, and which of them a build has."""

from __future__ import annotations

import fnmatch
import typing as t

from .._post_processors.contract import COMMON_SPEC, is_third_party
from .catalog import Catalog
from .options import check_options, check_presence
from .problems import InvalidError, join, listed, unknown
from .schema import expect
from .values import is_template

_TYPE = "type:"
_SELECTORS = ("only", "except")

Entry = dict[str, t.Any]
BuilderTypes = t.Mapping[str, str]
"""Name of a builder to its type."""


def check_provisioners(entries: object, key: str, catalog: Catalog, builders: BuilderTypes, directory: str) -> None:
    """:raises InvalidError: when an entry of the list cannot work."""
    for index, entry in enumerate(expect(entries, list, key, "this")):
        path = f"{key}[{index}]"
        _check_selectors(expect(entry, dict, path, "an entry"), path, builders)
        catalog.check_provisioner(entry, path, directory)


def check_post_processors(entries: object, key: str, catalog: Catalog, builders: BuilderTypes) -> None:
    """:raises InvalidError: when an entry of the list, or of a chain in it, cannot work."""
    for index, entry in enumerate(expect(entries, list, key, "this")):
        path = f"{key}[{index}]"
        if isinstance(entry, list):
            for position, link in enumerate(entry):
                _check_post_processor(link, f"{path}[{position}]", catalog, builders)
        else:
            _check_post_processor(entry, path, catalog, builders)


def of_build(entries: list[t.Any], builder: str, builder_type: str) -> list[t.Any]:
    """The entries that are for this builder, without ``only`` and ``except``; a chain keeps those of its links that are, or vanishes."""
    kept: list[t.Any] = []
    for entry in entries:
        if isinstance(entry, list):
            chain = of_build(entry, builder, builder_type)
            kept.extend([chain] if chain else [])
        elif _is_for(entry, builder, builder_type):
            kept.append({name: value for name, value in entry.items() if name not in _SELECTORS})
    return kept


def _check_post_processor(entry: object, key: str, catalog: Catalog, builders: BuilderTypes) -> None:
    data: Entry = expect(entry, dict, key, "a post-processor")
    _check_selectors(data, key, builders)
    kind = data.get("type")
    types = catalog.post_processors()
    if kind is None:
        raise InvalidError(key, f"a post-processor needs the key 'type'. Known: {listed(types)}.")
    rest = {name: value for name, value in data.items() if name not in ("type", *_SELECTORS)}
    if not isinstance(kind, str) or kind not in types:
        if isinstance(kind, str) and is_third_party(kind):
            check_options({name: value for name, value in rest.items() if name in COMMON_SPEC}, COMMON_SPEC, key)
            return
        raise InvalidError(join(key, "type"), unknown("post-processor", kind, types), hint="A module given as namespace.collection.name is a type too.")
    operation = types[kind].operation
    spec = {name: option for name, option in {**operation.argument_spec, **COMMON_SPEC}.items() if name != "artifact"}
    check_options(rest, spec, key)
    check_presence({**types[kind].defaults(data), **rest}, spec, operation.constraints, key, f"the post-processor {kind}")


def _selectors(entry: Entry, name: str) -> list[str]:
    value = entry.get(name, [])
    return [value] if isinstance(value, str) else list(value)


def _matches(selector: str, builder: str, builder_type: str) -> bool:
    if selector.startswith(_TYPE):
        return fnmatch.fnmatchcase(builder_type, selector.removeprefix(_TYPE))
    return fnmatch.fnmatchcase(builder, selector)


def _is_for(entry: Entry, builder: str, builder_type: str) -> bool:
    if "only" in entry:
        return any(_matches(selector, builder, builder_type) for selector in _selectors(entry, "only"))
    return not any(_matches(selector, builder, builder_type) for selector in _selectors(entry, "except"))


def _check_selectors(entry: Entry, key: str, builders: BuilderTypes) -> None:
    if all(name in entry for name in _SELECTORS):
        raise InvalidError(key, "'only' and 'except' exclude each other")
    for name in _SELECTORS:
        if name not in entry:
            continue
        path = join(key, name)
        if not isinstance(entry[name], str):
            expect(entry[name], list, path, f"'{name}'")
        selectors = _selectors(entry, name)
        if not selectors:
            raise InvalidError(path, "names no builder")
        for selector in selectors:
            _check_selector(selector, path, builders)


def _check_selector(selector: object, key: str, builders: BuilderTypes) -> None:
    if not isinstance(selector, str) or is_template(selector):
        raise InvalidError(key, "takes names of builders, patterns like 'aws_*', and types like 'type:docker'; templates are not possible here")
    if not any(_matches(selector, name, kind) for name, kind in builders.items()):
        known = [*builders, *(f"{_TYPE}{kind}" for kind in set(builders.values()))]
        raise InvalidError(key, unknown("builder", selector, known))
