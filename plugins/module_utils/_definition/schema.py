# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The keys of the definition, level by level, and the one function that holds a mapping against them."""

from __future__ import annotations

import dataclasses
import typing as t

from .problems import InvalidError, join, listed, unknown
from .values import described, is_template

_WORDS: dict[type, str] = {bool: "true or false", str: "a string", int: "a whole number", float: "a number", list: "a list", dict: "a mapping"}


@dataclasses.dataclass(frozen=True)
class Field:
    """What may stand under a key.

    :ivar types: any of these.
    :ivar choices: when it is a string, one of these.
    :ivar template: a template may stand for the value.
    :ivar required: the key must be there.
    """

    types: tuple[type, ...]
    choices: tuple[str, ...] = ()
    template: bool = False
    required: bool = False


Fields = t.Mapping[str, Field]

FILE: Fields = {
    "plugin": Field((str,), required=True),
    "settings": Field((dict,)),
    "variables": Field((dict,)),
    "defaults": Field((dict,)),
    "builders": Field((dict,), required=True),
    "images": Field((dict,), required=True),
}

SETTINGS: Fields = {
    "output_dir": Field((str,)),
    "state_dir": Field((str,)),
}

VARIABLE: Fields = {
    "type": Field((str,), choices=("str", "int", "float", "bool", "list", "dict", "path")),
    "default": Field((str, int, float, bool, list, dict), template=True),
    "description": Field((str,)),
    "required": Field((bool,)),
    "sensitive": Field((bool,)),
    "validation": Field((dict,)),
}

VALIDATION: Fields = {
    "choices": Field((list,)),
    "pattern": Field((str,)),
    "min": Field((int, float)),
    "max": Field((int, float)),
    "error": Field((str,)),
}

#: keys of a builder beside the options of its type
BUILDER: Fields = {
    "type": Field((str,), required=True),
    "source": Field((dict,)),
    "groups": Field((list,)),
    "vars": Field((dict,)),
}

#: keys of an image's changes to a builder, beside the options of its type
OVERRIDE: Fields = {name: field for name, field in BUILDER.items() if name != "type"}

#: what an image hands to the lifecycle as it is
IMAGE_SETTINGS: Fields = {
    "on_error": Field((str,), choices=("cleanup", "keep", "ask"), template=True),
    "max_age": Field((str, int), template=True),
    "generalize": Field((bool, dict), template=True),
    "bootstrap_python": Field((bool, str), choices=("temporary",), template=True),
    "gather_facts": Field((bool,), template=True),
    "roles_path": Field((list,)),
    "labels": Field((dict,)),
}

#: keys that ``defaults`` and every image may have
DEFAULTS: Fields = {
    "version": Field((str,), template=True),
    "builders": Field((list, dict)),
    "groups": Field((list,)),
    "vars": Field((dict,)),
    "provisioners": Field((list,)),
    "verify": Field((list,)),
    "post_processors": Field((list,)),
    **IMAGE_SETTINGS,
}

IMAGE: Fields = {
    **DEFAULTS,
    "description": Field((str,), template=True),
    "source": Field((dict,)),
    "depends_on": Field((list,)),
}


def check_mapping(value: object, fields: Fields, key: str, *, kind: str, also: t.Collection[str] = ()) -> dict[str, t.Any]:
    """``value`` when it is a mapping with known keys of the right types.

    :param kind: what the mapping describes, for messages: ``an image``.
    :param also: further keys, judged by the caller.
    :raises InvalidError: otherwise.
    """
    data = expect(value, dict, key, kind)
    for name, item in data.items():
        if name in fields:
            _check_field(item, fields[name], join(key, name))
        elif name not in also:
            raise InvalidError(join(key, name), unknown("key", name, {*fields, *also}))
    for name, field in fields.items():
        if field.required and name not in data:
            raise InvalidError(key, f"{kind} needs the key {name!r}")
    return data


def expect(value: object, kind: type, key: str, what: str) -> t.Any:
    """:raises InvalidError: when ``value`` is not of this type."""
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise InvalidError(key, f"{what} must be {_WORDS[kind]}, but this is {described(value)}")
    return value


def _check_field(value: object, field: Field, key: str) -> None:
    if is_template(value):
        if not field.template:
            raise InvalidError(key, "cannot be a template: it is read before any variable is known")
        return
    if not _is_one_of(value, field.types):
        raise InvalidError(key, f"must be {' or '.join(_WORDS[kind] for kind in field.types)}, but this is {described(value)}")
    if field.choices and isinstance(value, str) and value not in field.choices:
        others = [_WORDS[kind] for kind in field.types if kind is not str]
        raise InvalidError(key, f"{value!r} is not allowed. Allowed: {', '.join([listed(field.choices), *others])}.")


def _is_one_of(value: object, types: tuple[type, ...]) -> bool:
    return bool in types if isinstance(value, bool) else isinstance(value, types)
