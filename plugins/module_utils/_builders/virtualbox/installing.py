# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waits for an installer: until it powered the machine off, or the system that it installed answers."""

from __future__ import annotations

import typing as t

from ..._access.waits import longer, waiter_of
from ..._lifecycle.errors import BuilderError, WaitTimeoutError
from ..._lifecycle.operation import Context
from ..._media.http_server import HttpServer, Requests
from .answering import answers, how_to_look
from .machine import RUNNING
from .vboxmanage import VBoxManage

Options = t.Mapping[str, t.Any]

_OFF = "poweroff"


def await_installation(
    vbox: VBoxManage, machine: str, way: tuple[str, int] | None, server: HttpServer | None, options: Options, directory: str, context: Context
) -> bool:
    """Wait until the installer is through; whether the installed system runs then.

    :param way: address and port at which that would answer, ``None`` when nobody connects to it, or it is not known yet.
    :param options: with ``installation_wait`` and ``installation_end``.
    :raises BuilderError: when the machine fails.
    :raises WaitTimeoutError: with what is known of the machine.
    """
    waiter = waiter_of(options, "installation_wait", f"the installation of {machine}")
    ends = options["installation_end"]
    requests = Requests(server.log) if server else None
    context.say("waits for the installer to be through")
    for _elapsed in waiter.ticks():
        if requests:
            requests.tell(context.say)
        state = vbox.state(machine)
        if state == _OFF:
            if ends == "reboot":
                raise BuilderError("the installer powered the machine off instead of rebooting it", hint="Set installation_end to power_off or auto.")
            context.say("the installer powered the machine off")
            return False
        if state == "gurumeditation" or state not in RUNNING:
            raise BuilderError(f"the machine {machine} is {state} while it is installed", hint=how_to_look(vbox, machine, directory))
        if ends != "power_off" and way and answers(*way, options):
            context.say("the installed system answers")
            return True
    hint = f"{how_to_look(vbox, machine, directory)} {longer('installation_wait')}"
    raise WaitTimeoutError(
        f"gave up waiting for {waiter.what} after {waiter.timeout:g} s; VirtualBox says that its machine is {vbox.state(machine)}", hint=hint
    )
