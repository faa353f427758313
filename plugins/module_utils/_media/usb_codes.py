# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys of a USB keyboard (HID usage page 7), as vSphere's ``PutUsbScanCodes`` takes them: a key at a time, with the modifiers held meanwhile."""

from __future__ import annotations

import dataclasses
import string
import typing as t

from .._lifecycle.errors import BuilderError
from .boot_command import Action, Event, KeyEvent, Wait
from .keyboard import MODIFIERS
from .typing_plan import Portion, portions

MOST = 16
"""Keys in one call."""

_KEYBOARD_PAGE = 0x07


def _row(first: int, keys: t.Iterable[str]) -> dict[str, int]:
    return {key: first + offset for offset, key in enumerate(keys)}


USAGES = {
    **_row(0x04, [*string.ascii_lowercase, *"1234567890", "enter", "esc", "bs", "tab", "spacebar", *"-=[]\\"]),
    **_row(0x33, ";'`,./"),
    **_row(0x3A, [f"f{number}" for number in range(1, 13)]),
    **_row(0x49, ["insert", "home", "pageUp", "del", "end", "pageDown", "right", "left", "down", "up"]),
    "menu": 0x65,
    **_row(0xE0, [f"{side}{name}" for side in ("left", "right") for name in ("Ctrl", "Shift", "Alt", "Super")]),
}
"""Usage of every key."""


@dataclasses.dataclass(frozen=True)
class UsbKey:
    """A key tapped while modifiers are held.

    :ivar code: usage and page as one number: ``usbHidCode`` of ``UsbScanCodeSpecKeyEvent``.
    :ivar modifiers: in the words of ``UsbScanCodeSpecModifierType``: ``leftShift``, ``rightGui`` …
    """

    code: int
    modifiers: frozenset[str] = frozenset()


def _modifier(key: str) -> str:
    return key.replace("Ctrl", "Control").replace("Super", "Gui")


def typing_plan(events: t.Iterable[Event], most: int = MOST) -> t.Iterator[Portion[UsbKey] | Wait]:
    """What to send and when to pause.

    :raises BuilderError: on the way, when a key that is no modifier is to be held, which such a call cannot say.
    """
    held: set[str] = set()
    return portions(events, lambda stroke: [_keys_of(event, held) for event in stroke], most)


def _keys_of(event: KeyEvent, held: set[str]) -> tuple[UsbKey, ...]:
    if event.action is Action.TAP:
        return (UsbKey(USAGES[event.key] << 16 | _KEYBOARD_PAGE, frozenset(map(_modifier, held))),)
    if event.key not in MODIFIERS:
        raise BuilderError(f"boot_command: the key {event.key} cannot be held down here", hint="Only Shift, Ctrl, Alt and Super can be held.")
    (held.add if event.action is Action.PRESS else held.discard)(event.key)
    return ()
