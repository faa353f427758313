# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Brings a guest to rest before it is captured."""

from __future__ import annotations

import typing as t

from ..._access.waits import longer, waiter_of
from ..._lifecycle.errors import BuilderError, WaitTimeoutError
from ..._lifecycle.operation import Context
from . import machine
from .vboxmanage import VBoxManage

Options = t.Mapping[str, t.Any]

_OFF = "poweroff"
_CRASHED = ("aborted", "aborted-saved", "gurumeditation", "stuck")


def stop(vbox: VBoxManage, guest: str, options: Options, context: Context) -> None:
    """Wait until the guest has shut down, after its power button was pressed when nothing else tells it to.

    :raises BuilderError: when it crashed, was ended from outside, or does not shut down and is not to be powered off.
    """
    state = _checked_state(vbox, guest)
    if state == _OFF:
        if _method(options) == "acpi":
            raise BuilderError(
                f"the guest {guest} was turned off before it could be captured",
                hint="When its provisioners or its installer turn it off, set shutdown to wait; else find out what ended it.",
                resource=f"virtual machine {guest}",
            )
        return
    if state not in machine.RUNNING:
        raise BuilderError(f"the guest {guest} cannot be captured: its machine is in the state {state}", resource=f"virtual machine {guest}")
    if _method(options) == "acpi":
        context.say("pressing the power button")
        vbox.run("controlvm", guest, "acpipowerbutton", what=f"press the power button of {guest}")
    else:
        context.say("waiting until the guest shuts itself down")
    _await(vbox, guest, options, context)


def _await(vbox: VBoxManage, guest: str, options: Options, context: Context) -> None:
    waiter = waiter_of(options, "shutdown_wait", f"the guest {guest} to shut down")
    try:
        waiter.until(lambda: _checked_state(vbox, guest) == _OFF, hint=f"{longer('shutdown_wait')}; or set shutdown_command, or power_off: true.")
    except WaitTimeoutError:
        if not options["power_off"]:
            raise
        late = f"the guest {guest} did not shut down within {waiter.timeout:g} s and is powered off"
        context.warn(f"{late}: what it had not written yet is lost. {longer('shutdown_wait')}.")
        machine.power_off(vbox, guest)


def _checked_state(vbox: VBoxManage, guest: str) -> str:
    state = vbox.state(guest)
    if state == "absent":
        raise BuilderError(f"there is no machine {guest} to capture", hint="Launch the guest first.", resource=f"virtual machine {guest}")
    if state in _CRASHED:
        raise BuilderError(
            f"the guest {guest} crashed or was ended before it had shut down (state {state}), so it is not captured",
            hint="See the log in the folder Logs beside its disks (it stays with -e golden_on_error=keep), and build again.",
            resource=f"virtual machine {guest}",
        )
    return state


def _method(options: Options) -> str:
    """``acpi`` or ``wait``: who is not connected to waits for an installer that turns the machine off."""
    if options["shutdown"] != "auto":
        return str(options["shutdown"])
    return "wait" if options.get("connection") == "none" else "acpi"
