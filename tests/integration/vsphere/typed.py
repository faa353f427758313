# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the key events that a virtual machine was sent, by the tables of the USB standard (HID usage page 7)."""

from __future__ import annotations

import string
import typing as t

_KEYBOARD = 0x07
_PLAIN = dict(zip([*range(0x04, 0x28), *range(0x2C, 0x32), *range(0x33, 0x39)], [*string.ascii_lowercase, *"1234567890", *" -=[]\\", *";'`,./"], strict=True))
_SHIFTED = {**{letter: letter.upper() for letter in string.ascii_lowercase}, **dict(zip("1234567890-=[]\\;'`,./", '!@#$%^&*()_+{}|:"~<>?', strict=True))}
_NAMED = {0x28: "enter", 0x29: "esc", 0x2A: "bs", 0x2B: "tab", **{0x3A + number: f"f{number + 1}" for number in range(12)}}


def text_of(events: t.Iterable[dict[str, t.Any]]) -> str:
    """What was typed: characters, and other keys by their names: ``<enter>``, ``<leftAlt+f2>``."""
    return "".join(map(_one, events))


def _one(event: dict[str, t.Any]) -> str:
    code, page = event["UsbHidCode"] >> 16, event["UsbHidCode"] & 0xFFFF
    assert page == _KEYBOARD, event
    held = [name for name, is_held in (event["Modifiers"] or {}).items() if is_held]
    if code in _NAMED or held not in ([], ["LeftShift"]):
        names = [name[0].lower() + name[1:] for name in held]
        return f"<{'+'.join([*names, _NAMED.get(code) or _PLAIN[code]])}>"
    return _SHIFTED[_PLAIN[code]] if held else _PLAIN[code]
