# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values of the definition: what may be judged before templating, and the forms of names."""

from __future__ import annotations

import datetime
import keyword
import re

from .problems import InvalidError

_TEMPLATE = re.compile(r"\{\{|\{%|\{#")
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}\Z")
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}\Z")
_GROUP = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
# Names that Ansible sets itself: a variable of the same name would be ignored or break plays.
_MAGIC = frozenset({
    "environment", "group_names", "groups", "hostvars", "inventory_dir", "inventory_file", "inventory_hostname", "inventory_hostname_short",
    "omit", "play_hosts", "playbook_dir", "role_name", "role_names", "role_path", "vars",
})  # fmt: skip
# In this order, for true is a number too.
_KINDS: tuple[tuple[type, str], ...] = (
    (bool, "true or false"),
    (str, "a string"),
    (int, "a number"),
    (float, "a number"),
    (list, "a list"),
    (dict, "a mapping"),
    (datetime.date, "a date"),
    (type(None), "empty"),
)
_PLAIN = (str, int, float, bool, dict, list, tuple, set, bytes, datetime.date, type(None))


def is_template(value: object) -> bool:
    """Whether the value is known at run time only: a Jinja template, or something encrypted."""
    return bool(_TEMPLATE.search(value)) if isinstance(value, str) else not isinstance(value, _PLAIN)


def has_template(value: object) -> bool:
    """Whether the value is, or has inside, a template."""
    if isinstance(value, dict):
        return any(has_template(key) or has_template(item) for key, item in value.items())
    if isinstance(value, list):
        return any(has_template(item) for item in value)
    return is_template(value)


def described(value: object) -> str:
    """A value's type, in the words of the file: ``a list``."""
    return next((words for kind, words in _KINDS if isinstance(value, kind)), "something else")


def check_name(name: object, key: str, what: str) -> None:
    """Names become parts of host names, paths, tags and commands.

    :raises InvalidError: when it cannot safely.
    """
    if not isinstance(name, str) or not _NAME.match(name):
        raise InvalidError(key, f"{name!r} cannot be the name of {what}: lowercase letters, digits, '-' and '_' only, at most 63, a letter or digit first")


def check_version(version: object, key: str) -> None:
    """Versions become parts of paths, tags and commands.

    :raises InvalidError: when it cannot safely.
    """
    if not isinstance(version, str):
        raise InvalidError(key, f'must be a string, not {described(version)}; put it in quotes: version: "{version}"')
    if not _VERSION.match(version):
        raise InvalidError(key, f"{version!r} cannot be a version: letters, digits, '.', '_' and '-' only, at most 128, a letter or digit first")


def check_group(name: object, key: str) -> None:
    """:raises InvalidError: when it cannot be the name of a group of the user's."""
    if not isinstance(name, str) or not _GROUP.match(name):
        raise InvalidError(key, f"{name!r} cannot be the name of a group: letters, digits and '_' only, no digit first")
    if name in ("all", "ungrouped") or name.startswith("golden_"):
        raise InvalidError(key, f"the group {name!r} is not yours to fill")


def check_variable_name(name: object, key: str, *, connection_allowed: bool) -> None:
    """
    :param connection_allowed: whether ``ansible_*`` may be set.
    :raises InvalidError: when it cannot be the name of a variable of the user's.
    """
    if not isinstance(name, str) or not name.isascii() or not name.isidentifier() or keyword.iskeyword(name):
        raise InvalidError(key, f"{name!r} cannot be the name of a variable: letters, digits and '_' only, no digit first, no Python keyword")
    if name.startswith("golden_") or name in _MAGIC or (name.startswith("ansible_") and not connection_allowed):
        raise InvalidError(key, f"the variable {name!r} is reserved")
