# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waits for an installer that does all the work itself: at its end it powers the machine off."""

from __future__ import annotations

import typing as t

from ..._access.waits import longer, waiter_of
from ..._lifecycle.errors import WaitTimeoutError
from ..._lifecycle.operation import Context
from . import questions
from .addresses import TOLD_SECONDS, guest_state, said
from .machines import KIND, OFF
from .sdk import Managed
from .session import VCenter
from .source import kind_of

Options = t.Mapping[str, t.Any]


def is_unattended(options: Options) -> bool:
    """Whether nobody connects to the guest while it is installed."""
    return options["connection"] == "none" and kind_of(options["source"]) == "iso"


def await_installation(vcenter: VCenter, vm: Managed, name: str, options: Options, context: Context, meanwhile: t.Callable[[], None]) -> None:
    """Wait until the installer has powered the machine off.

    :param meanwhile: is called at every look.
    :raises BuilderError: when the machine asks a question that nobody answers.
    :raises WaitTimeoutError: saying what the guest reported.
    """
    waiter = waiter_of(options, "installation_wait", f"the installer of {name}")
    context.say(f"waiting until the installer powers {name} off")
    state: dict[str, t.Any] = {}
    told = 0.0
    for elapsed in waiter.ticks():
        meanwhile()
        questions.look(vcenter, vm, name, options["answers"], context)
        state = guest_state(vcenter, vm, name)
        if state["runtime.powerState"] == OFF:
            context.say(f"the installer powered {name} off")
            return
        if elapsed - told >= TOLD_SECONDS:
            told = elapsed
            context.say(f"still waiting for the installer of {name}: {said(state, options)}")
    raise WaitTimeoutError(
        f"the installer did not power {name} off within {waiter.timeout:g} s: {said(state, options)}",
        hint=f"See its console in vCenter: it may ask something, or restart the machine in place of powering it off. {longer('installation_wait')}.",
        resource=f"{KIND} {name}",
    )
