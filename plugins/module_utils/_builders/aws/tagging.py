# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tags: plain mappings here, lists of keys and values at AWS."""

from __future__ import annotations

import typing as t

from ..._lifecycle.errors import BuilderError

Json = dict[str, t.Any]
Tags = t.Mapping[str, str]

#: Tag with the guest's name: what a build finds its instance and all that belongs to it by.
GUEST_TAG = "golden.guest"
#: Tag with the moment after which a thing is taken for abandoned.
EXPIRES_TAG = "golden.expires"

_MOST_TAGS = 50
_LONGEST_KEY = 128
_LONGEST_VALUE = 256


def text_tags(tags: t.Mapping[str, t.Any] | None) -> dict[str, str]:
    """Keys and values as text, a truth value as in YAML."""
    return {str(key): str(value).lower() if isinstance(value, bool) else "" if value is None else str(value) for key, value in (tags or {}).items()}


def as_list(tags: Tags) -> list[dict[str, str]]:
    """As calls take them."""
    return [{"Key": key, "Value": value} for key, value in text_tags(tags).items()]


def as_dict(tags: t.Iterable[t.Mapping[str, str]] | None) -> dict[str, str]:
    """As calls return them."""
    return {tag["Key"]: tag["Value"] for tag in tags or ()}


def specifications(tags: Tags, *kinds: str) -> list[Json]:
    """``TagSpecifications`` of a create call: the tags are there from the first moment on.

    :param kinds: ``instance``, ``volume``, ``image`` …
    """
    return [{"ResourceType": kind, "Tags": as_list(tags)} for kind in kinds] if tags else []


def filters(wanted: t.Mapping[str, t.Any] | None) -> list[Json]:
    """``Filters`` of a describe call; a value may be a list of alternatives."""
    return [{"Name": str(name), "Values": [_word(item) for item in _items(value)]} for name, value in (wanted or {}).items()]


def _items(value: t.Any) -> list[t.Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _word(value: t.Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def check_tags(tags: t.Mapping[str, t.Any] | None, option: str) -> None:
    """:raises BuilderError: when AWS would refuse them."""
    known = text_tags(tags)
    if len(known) > _MOST_TAGS:
        raise BuilderError(f"{option} has {len(known)} tags, AWS takes {_MOST_TAGS}")
    for key, value in known.items():
        if not key or len(key) > _LONGEST_KEY or key.lower().startswith("aws:"):
            raise BuilderError(f"{key!r} in {option} is not a tag's name", hint=f"It has 1 to {_LONGEST_KEY} characters and does not begin with aws:")
        if len(value) > _LONGEST_VALUE:
            raise BuilderError(f"the value of {key!r} in {option} has {len(value)} characters, AWS takes {_LONGEST_VALUE}")
