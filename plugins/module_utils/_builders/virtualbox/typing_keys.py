# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Types the boot command at a guest's keyboard."""

from __future__ import annotations

import time
import typing as t

from ..._lifecycle.errors import BuilderError
from ..._lifecycle.operation import Context
from ..._media import scancodes, typing_plan
from ..._media.boot_command import Event
from .vboxmanage import VBoxError, VBoxManage

Options = t.Mapping[str, t.Any]


def type_keys(vbox: VBoxManage, machine: str, events: t.Sequence[Event], options: Options, context: Context) -> None:
    """Wait as long as ``boot_wait`` says, and type.

    :param events: nothing is done when there are none.
    :raises BuilderError: when the machine does not take the keys any more.
    """
    if not events:
        return
    interval = options["boot_key_interval"]
    plan = list(scancodes.typing_plan(events))
    context.say(f"types the boot command, about {options['boot_wait'] + typing_plan.duration(plan, interval):.0f} s")
    time.sleep(max(0.0, options["boot_wait"]))

    def send(codes: tuple[str, ...]) -> None:
        vbox.run("controlvm", machine, "keyboardputscancode", *codes)

    try:
        typing_plan.perform(plan, send, interval)
    except VBoxError as error:
        raise BuilderError(f"the boot command could not be typed, the machine is {vbox.state(machine)}: {error.message}", hint=error.hint) from error
