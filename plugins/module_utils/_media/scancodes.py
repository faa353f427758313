# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scancodes of the PC XT keyboard (set 1), as ``VBoxManage controlvm … keyboardputscancode`` takes them."""

from __future__ import annotations

import typing as t

from .boot_command import Action, Event, KeyEvent, Wait
from .typing_plan import Portion, portions

MOST = 24
"""Codes in one call: the guest's keyboard controller drops what does not fit into its buffer."""

_EXTENDED = 0xE0
_BREAK = 0x80


def _row(first: int, keys: t.Iterable[str]) -> dict[str, int]:
    return {key: first + offset for offset, key in enumerate(keys)}


_MAKE = {
    "esc": 0x01,
    **_row(0x02, "1234567890-="),
    **_row(0x0E, ["bs", "tab", *"qwertyuiop[]", "enter", "leftCtrl", *"asdfghjkl;'`", "leftShift", *"\\zxcvbnm,./", "rightShift"]),
    "leftAlt": 0x38,
    "spacebar": 0x39,
    **_row(0x3B, [f"f{number}" for number in range(1, 11)]),
    "f11": 0x57,
    "f12": 0x58,
}

_EXTENDED_MAKE = {
    "rightCtrl": 0x1D,
    "rightAlt": 0x38,
    **_row(0x47, ["home", "up", "pageUp"]),
    "left": 0x4B,
    "right": 0x4D,
    **_row(0x4F, ["end", "down", "pageDown", "insert", "del"]),
    **_row(0x5B, ["leftSuper", "rightSuper", "menu"]),
}


def codes_of(event: KeyEvent) -> tuple[int, ...]:
    """Bytes that the keyboard would send."""
    prefix, code = ((), _MAKE[event.key]) if event.key in _MAKE else ((_EXTENDED,), _EXTENDED_MAKE[event.key])
    make, release = (*prefix, code), (*prefix, code | _BREAK)
    return {Action.PRESS: make, Action.RELEASE: release, Action.TAP: make + release}[event.action]


def typing_plan(events: t.Iterable[Event], most: int = MOST) -> t.Iterator[Portion[str] | Wait]:
    """What to send and when to pause; codes are the arguments of one call, two hex digits each.

    :param most: codes in one call.
    """
    return portions(events, lambda stroke: [tuple(f"{code:02x}" for code in codes_of(event)) for event in stroke], most)
