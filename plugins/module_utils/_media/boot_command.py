# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The language of boot commands: text to type, keys by name, keys held down, pauses.

``<enter>`` taps a key, ``<leftCtrlOn>`` holds one and ``<leftCtrlOff>`` lets it go, ``<wait>`` pauses for a second, ``<wait10>`` and
``<wait1m30s>`` as long as they say. Everything else is typed. What is between angle brackets and is no key is a mistake; ``<lt>`` types
an angle bracket before such a word. Knows no platform: how a key is sent is the affair of :mod:`.scancodes` and :mod:`.usb_codes`.
"""

from __future__ import annotations

import dataclasses
import difflib
import enum
import re
import typing as t

from .._lifecycle.errors import DefinitionError
from .keyboard import CHARACTER_KEYS, SHIFTS, key_names, named_key, stroke_of

_EXPRESSION = re.compile(r"<([A-Za-z][A-Za-z0-9.µ-]*|[^\s<>](?:[Oo][Nn]|[Oo][Ff][Ff]))>")
_WAIT = re.compile(r"wait(.*)\Z", re.IGNORECASE)
_HOLD = re.compile(r"(.+)(on|off)\Z", re.IGNORECASE)
_NUMBER = re.compile(r"(?:\d+(?:\.\d+)?|\.\d+)\Z")
_DURATION_PART = re.compile(r"(\d+(?:\.\d+)?|\.\d+)(ns|us|µs|ms|s|m|h)")
_UNIT_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_CONTEXT = 12


class Action(enum.Enum):
    """What happens to a key."""

    TAP = "tap"
    PRESS = "press"
    RELEASE = "release"


@dataclasses.dataclass(frozen=True)
class KeyEvent:
    """Something happens to a key.

    :ivar key: of :data:`.keyboard.NAMED_KEYS` or :data:`.keyboard.CHARACTER_KEYS`.
    """

    key: str
    action: Action = Action.TAP


@dataclasses.dataclass(frozen=True)
class Wait:
    """Nothing happens for some seconds."""

    seconds: float


Event: t.TypeAlias = "KeyEvent | Wait"


def parse(command: str | t.Sequence[str], option: str = "boot_command") -> list[Event]:
    """What a boot command does.

    :param command: one text, or several that are typed one after the other without anything between them.
    :param option: its name, for messages.
    :raises DefinitionError: saying in which text and column the mistake is.
    """
    texts = [command] if isinstance(command, str) else command
    parser = _Parser()
    for index, text in enumerate(texts):
        parser.read(text, option if isinstance(command, str) else f"{option}[{index}]")
    parser.end()
    return parser.events


@dataclasses.dataclass(frozen=True)
class _Place:
    option: str
    text: str
    start: int
    length: int = 1

    def mistake(self, message: str, hint: str) -> DefinitionError:
        before, there = self.text[max(0, self.start - _CONTEXT) : self.start], self.text[self.start : self.start + max(self.length, 1)]
        shown = f"{before}{there}".replace("\n", "\\n")
        return DefinitionError(f"column {self.start + 1}, at the end of {shown!r}: {message}", key=self.option, hint=hint)


class _Parser:
    def __init__(self) -> None:
        self.events: list[Event] = []
        self._held: dict[str, _Place] = {}

    def read(self, text: str, option: str) -> None:
        position = 0
        while position < len(text):
            found = _EXPRESSION.match(text, position)
            place = _Place(option, text, position, len(found[0]) if found else 1)
            if found:
                self._expression(found[1], place)
            else:
                self._type(text[position], place)
            position += place.length

    def end(self) -> None:
        """:raises DefinitionError: when a key is still held, which the guest would see for ever."""
        for key, place in self._held.items():
            raise place.mistake(f"{key} is held down and never let go", f"Write <{key}Off> where it ends.")

    def _expression(self, word: str, place: _Place) -> None:
        wait, hold = _WAIT.match(word), _HOLD.match(word)
        if wait and not word.lower().endswith(("on", "off")):
            self.events.append(Wait(_seconds(wait[1], place)))
        elif word.lower() == "lt":
            self._type("<", place)
        elif named_key(word):
            self.events.append(KeyEvent(t.cast(str, named_key(word))))
        elif hold and (key := _held_key(hold[1])):
            self._hold(key, hold[2].lower() == "on", place)
        else:
            raise _unknown(word, place)

    def _hold(self, key: str, down: bool, place: _Place) -> None:
        self.events.append(KeyEvent(key, Action.PRESS if down else Action.RELEASE))
        if down:
            self._held[key] = place
        else:
            self._held.pop(key, None)

    def _type(self, character: str, place: _Place) -> None:
        stroke = stroke_of(character)
        if stroke is None:
            raise _untypable(character, place)
        key, shifted = stroke
        # A shift that the user holds stays held.
        if shifted and not any(shift in self._held for shift in SHIFTS):
            self.events += [KeyEvent(SHIFTS[0], Action.PRESS), KeyEvent(key), KeyEvent(SHIFTS[0], Action.RELEASE)]
        else:
            self.events.append(KeyEvent(key))


def _held_key(name: str) -> str | None:
    return named_key(name) or (name.lower() if name.lower() in CHARACTER_KEYS else None)


def _seconds(text: str, place: _Place) -> float:
    if not text:
        return 1.0
    parts = _DURATION_PART.findall(text)
    if "".join(number + unit for number, unit in parts) == text:
        return float(sum(float(number) * _UNIT_SECONDS[unit] for number, unit in parts))
    if _NUMBER.match(text):
        return float(text)
    raise place.mistake(f"{text} is no duration", "Write seconds, as in <wait10>, or a number with a unit, as in <wait500ms> or <wait1m30s>.")


def _unknown(word: str, place: _Place) -> DefinitionError:
    base = re.sub(r"(On|Off)\Z", "", word, flags=re.IGNORECASE)
    lower = {name.lower(): name for name in [*key_names(), "wait"]}
    near = difflib.get_close_matches(base.lower(), lower, n=1)
    meant = f"Did you mean <{lower[near[0]]}{word[len(base) :]}>? " if near else ""
    return place.mistake(f"there is no key {word}", f"{meant}To type it as it is, write <lt>{word}>.")


def _untypable(character: str, place: _Place) -> DefinitionError:
    if character in "\n\r":
        return place.mistake(
            "a line ends here", "Write <enter> where that key is to be pressed; YAML's >- folds lines into one, and a list has one text an item."
        )
    if character == "\t":
        return place.mistake("a tab character", "Write <tab>.")
    return place.mistake(f"no key of the keyboard of the United States types {character!r}", "Write it in another way, or hand it over on a seed medium.")
