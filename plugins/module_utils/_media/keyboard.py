# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys by name, and which of them type a character on the keyboard of the United States, which is what firmware and boot loaders expect."""

from __future__ import annotations

SHIFTS = ("leftShift", "rightShift")
MODIFIERS = frozenset(f"{side}{name}" for side in ("left", "right") for name in ("Alt", "Ctrl", "Shift", "Super"))

_FUNCTION_KEYS = tuple(f"f{number}" for number in range(1, 13))
_NAVIGATION = ("insert", "del", "home", "end", "pageUp", "pageDown", "up", "down", "left", "right")

NAMED_KEYS = frozenset({"enter", "esc", "tab", "bs", "spacebar", "menu", *_NAVIGATION, *_FUNCTION_KEYS, *MODIFIERS})
"""Keys that are no character."""

_ALIASES = {"return": "enter", "leftCommand": "leftSuper", "rightCommand": "rightSuper", "leftOption": "leftAlt", "rightOption": "rightAlt"}

_BY_LOWER_NAME = {**{name.lower(): name for name in NAMED_KEYS}, **{name.lower(): key for name, key in _ALIASES.items()}}

_PLAIN = "`1234567890-=qwertyuiop[]\\asdfghjkl;'zxcvbnm,./"
_SHIFTED = '~!@#$%^&*()_+QWERTYUIOP{}|ASDFGHJKL:"ZXCVBNM<>?'

CHARACTER_KEYS = frozenset(_PLAIN)
"""Keys named by the character that they type without shift."""

_STROKES = {" ": ("spacebar", False), **{key: (key, False) for key in _PLAIN}, **{upper: (key, True) for key, upper in zip(_PLAIN, _SHIFTED, strict=True)}}


def named_key(name: str) -> str | None:
    """The key of a name, whatever its letters' case; ``None`` for an unknown one."""
    return _BY_LOWER_NAME.get(name.lower())


def key_names() -> list[str]:
    """All names that :func:`named_key` knows."""
    return sorted({*NAMED_KEYS, *_ALIASES})


def stroke_of(character: str) -> tuple[str, bool] | None:
    """The key that types a character, and whether shift is held; ``None`` when no key does."""
    return _STROKES.get(character)
