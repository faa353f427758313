# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The language of boot commands, and the codes that platforms take."""

from __future__ import annotations

import pytest

from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import DefinitionError, GoldenError
from ansible_collections.golden.images.plugins.module_utils._media import scancodes, usb_codes
from ansible_collections.golden.images.plugins.module_utils._media.boot_command import Action, KeyEvent, Wait, parse
from ansible_collections.golden.images.plugins.module_utils._media.keyboard import CHARACTER_KEYS, NAMED_KEYS
from ansible_collections.golden.images.plugins.module_utils._media.typing_plan import Portion, duration, perform, strokes

TAP, PRESS, RELEASE = Action.TAP, Action.PRESS, Action.RELEASE


def keys(text: str | list[str]) -> list[str]:
    """Compact: ``a``, ``+leftShift``, ``-leftShift``, ``1.0``."""
    signs = {TAP: "", PRESS: "+", RELEASE: "-"}
    return [str(event.seconds) if isinstance(event, Wait) else f"{signs[event.action]}{event.key}" for event in parse(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ab 1", ["a", "b", "spacebar", "1"]),
        ("<enter><RETURN><Esc><pageup><f12>", ["enter", "enter", "esc", "pageUp", "f12"]),
        ("A", ["+leftShift", "a", "-leftShift"]),
        ("<leftShiftOn>aB<leftShiftOff>", ["+leftShift", "a", "b", "-leftShift"]),
        ("<leftCtrlOn><leftAltOn><del><leftAltOff><leftCtrlOff>", ["+leftCtrl", "+leftAlt", "del", "-leftAlt", "-leftCtrl"]),
        ("<leftCommandOn><rightOptionOff><leftCommandOff>", ["+leftSuper", "-rightAlt", "-leftSuper"]),
        ("<xOn><xOff><1on><1OFF><Aon><aoff>", ["+x", "-x", "+1", "-1", "+a", "-a"]),
        ("<wait><wait10><wait10s><wait1m30s><wait500ms><WAIT1.5>", ["1.0", "10.0", "10.0", "90.0", "0.5", "1.5"]),
        ("a< ><", ["a", "+leftShift", ",", "-leftShift", "spacebar", "+leftShift", ".", "-leftShift", "+leftShift", ",", "-leftShift"]),
        ("<lt>up>", ["+leftShift", ",", "-leftShift", "u", "p", "+leftShift", ".", "-leftShift"]),
        (["a", "", "<tab>"], ["a", "tab"]),
        ("", []),
    ],
)
def test_what_a_command_does(text, expected):
    assert keys(text) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("abc<entr>", r"boot_command: column 4, at the end of 'abc<entr>': there is no key entr. Did you mean <enter>\? To type it as it is, write <lt>entr>."),
        (["ok", "linux <foo-bar>"], r"boot_command\[1\]: column 7, .* no key foo-bar. To type it"),
        ("<leftShfitOn>", "Did you mean <leftShiftOn>"),
        ("<wait5x>", "5x is no duration. Write seconds"),
        ("<wait-5>", "-5 is no duration"),
        ("<wit5>", "Did you mean <wait"),
        ("a<leftCtrlOn>c", "column 2, .*leftCtrl is held down and never let go. Write <leftCtrlOff>"),
        ("grüße", "column 3, at the end of 'grü': no key of the keyboard of the United States types 'ü'"),
        ("a\nb", "column 2, .* a line ends here. Write <enter>"),
        ("a\tb", "Write <tab>"),
    ],
)
def test_mistakes_are_found_with_their_place(text, message):
    with pytest.raises(DefinitionError, match=message):
        parse(text)


def test_the_option_is_named_as_it_is_called():
    with pytest.raises(DefinitionError, match=r"builders.v.boot_command\[0\]: column 1"):
        parse(["<x1>"], "builders.v.boot_command")


def codes(text: str, most: int = scancodes.MOST) -> list[str]:
    return [str(step.seconds) if isinstance(step, Wait) else " ".join(step.codes) for step in scancodes.typing_plan(parse(text), most)]


def test_scancodes():
    assert codes("a<enter>Z") == ["1e 9e 1c 9c 2a 2c ac aa"]
    assert codes("<up><rightAltOn><wait>x<rightAltOff>") == ["e0 48 e0 c8 e0 38", "1.0", "2d ad e0 b8"]
    assert codes("`1-=\\[];',./ <f10><f11><f12><bs><rightSuper><menu>") == [
        "29 a9 02 82 0c 8c 0d 8d 2b ab 1a 9a 1b 9b 27 a7 28 a8 33 b3 34 b4 35 b5",
        "39 b9 44 c4 57 d7 58 d8 0e 8e e0 5c e0 dc e0 5d e0 dd",
    ]


def test_calls_are_short_and_part_no_stroke():
    plan = codes("aaB<up>", most=5)
    assert plan == ["1e 9e 1e 9e", "2a 30 b0 aa", "e0 48 e0 c8"]
    # A stroke that is longer than a call is parted between its events.
    assert codes("<leftCtrlOn>abc<leftCtrlOff>", most=4) == ["1d 1e 9e", "30 b0 2e ae", "9d"]


@pytest.mark.parametrize("key", sorted(NAMED_KEYS | CHARACTER_KEYS))
def test_every_key_has_its_own_codes(key):
    others = (NAMED_KEYS | CHARACTER_KEYS) - {key}
    assert scancodes.codes_of(KeyEvent(key, PRESS)) not in {scancodes.codes_of(KeyEvent(other, PRESS)) for other in others}
    assert usb_codes.USAGES[key] not in {usb_codes.USAGES[other] for other in others}


def test_usb_codes_carry_their_modifiers():
    (portion,) = usb_codes.typing_plan(parse("a<enter>Z<leftCtrlOn><rightSuperOn><f1><rightSuperOff><leftCtrlOff>0<up>/"))
    assert isinstance(portion, Portion)
    assert [(key.code >> 16, key.code & 0xFFFF, sorted(key.modifiers)) for key in portion.codes] == [
        (0x04, 7, []),
        (0x28, 7, []),
        (0x1D, 7, ["leftShift"]),
        (0x3A, 7, ["leftControl", "rightGui"]),
        (0x27, 7, []),
        (0x52, 7, []),
        (0x38, 7, []),
    ]


def test_usb_modifiers_stay_held_over_pauses_and_other_keys_cannot_be_held():
    steps = list(usb_codes.typing_plan(parse("<leftAltOn><wait2>x<leftAltOff>")))
    assert steps[0] == Wait(2.0)
    assert isinstance(steps[1], Portion)
    assert [key.modifiers for key in steps[1].codes] == [frozenset({"leftAlt"})]
    with pytest.raises(GoldenError, match="the key x cannot be held down here"):
        list(usb_codes.typing_plan(parse("<xOn><xOff>")))


def test_strokes_start_and_end_with_nothing_held():
    groups = list(strokes(parse("aB<leftCtrlOn><wait>c<leftCtrlOff>")))
    assert [len(group) if isinstance(group, tuple) else group for group in groups] == [1, 3, 1, Wait(1.0), 2]


def test_performing_keeps_pace_and_order():
    plan = list(scancodes.typing_plan(parse("a<wait5>b"), most=2))
    done: list[object] = []
    perform(plan, done.append, 0.25, sleep=done.append)
    assert done == [("1e", "9e"), 0.25, 5.0, ("30", "b0"), 0.25]
    assert duration(plan, 0.25) == 5.5
