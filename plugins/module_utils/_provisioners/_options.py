# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small things that several types share."""

from __future__ import annotations

import typing as t

from .contract import Entry, is_template

_LONGEST = 40


def given(entry: Entry, *names: str) -> dict[str, t.Any]:
    """The named keys that the entry has."""
    return {name: entry[name] for name in names if entry.get(name) is not None}


def subject(key: str) -> t.Callable[[Entry], str]:
    """A describer: the key's value."""
    return lambda entry: str(entry[key]) if isinstance(entry[key], str) else ""


def first_line(key: str) -> t.Callable[[Entry], str]:
    """A describer: the first line of a script, nothing when it has Jinja, which may render a secret."""

    def described(entry: Entry) -> str:
        value = entry[key]
        lines = value if isinstance(value, list) else str(value).splitlines()
        text = str(lines[0]).strip() if lines else ""
        if is_template(text) or "{" in text:
            return ""
        return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"

    return described


SCRIPT_SPEC: dict[str, t.Any] = {
    "interpreter": {"type": "str"},
    "args": {"type": "list", "elements": "str"},
    "valid_exit_codes": {"type": "list", "elements": "int", "default": [0]},
    "expect_disconnect": {"type": "bool", "default": False},
    "reconnect_timeout": {"type": "int", "default": 300},
    "execute_command": {"type": "str"},
    "chdir": {"type": "str"},
    "creates": {"type": "str"},
    "binary": {"type": "bool", "default": False},
}
"""What ``script`` and ``inline`` have in common, as the module ``script`` takes it."""
