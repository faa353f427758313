# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Brings a guest to rest before it is captured."""

from __future__ import annotations

from ..._access.waits import longer, waiter_of
from ..._lifecycle.errors import WaitTimeoutError
from ..._lifecycle.operation import Context, Params
from .errors import VsphereError, doing, is_fault
from .machines import KIND, OFF, ON, power_off, power_state
from .properties import properties
from .sdk import Managed
from .session import VCenter


def stop(vcenter: VCenter, vm: Managed, name: str, params: Params, context: Context) -> None:
    """Have the guest off, as cleanly as it lets itself be.

    A guest that was told to shut down and does not is switched off, with a warning. One that is to end by itself is not: nobody knows how far it got.
    """
    state = power_state(vcenter, vm)
    if state == OFF:
        return
    if state == ON and params["stop_mode"] != "off" and _is_going(vcenter, vm, name, params, context) and _went(vcenter, vm, name, params, context):
        return
    context.say(f"switching {name} off")
    power_off(vcenter, vm, name, waiter_of(params, "stop_wait", f"{name} to be off"))


def _is_going(vcenter: VCenter, vm: Managed, name: str, params: Params, context: Context) -> bool:
    """Whether the guest was told to shut down, by whoever does that."""
    if params["stop_mode"] == "await" or params.get("shutdown_command"):
        context.say(f"waiting until {name} shuts down")
        return True
    with doing(f"read the state of {name}"):
        running = properties(vcenter, vm, "guest.toolsRunningStatus")["guest.toolsRunningStatus"]
    if running == "guestToolsRunning":
        context.say(f"shutting {name} down")
        try:
            with doing(f"shut {name} down", f"{KIND} {name}"):
                vm.ShutdownGuest()
        except VsphereError as error:
            if is_fault(error, "InvalidPowerState"):
                return True
            if not is_fault(error, "ToolsUnavailable"):
                raise
        else:
            return True
    context.warn(f"{name} has no VMware Tools running that could shut it down: it is switched off. Set shutdown_command, or install open-vm-tools")
    return False


def _went(vcenter: VCenter, vm: Managed, name: str, params: Params, context: Context) -> bool:
    waiter = waiter_of(params, "stop_wait", f"{name} to shut down")
    for _elapsed in waiter.ticks():
        if power_state(vcenter, vm) == OFF:
            return True
    if params["stop_mode"] == "await":
        raise WaitTimeoutError(
            f"gave up waiting for {name} to shut down by itself after {waiter.timeout:g} s",
            hint=f"Look at its console; {longer('stop_wait')[0].lower()}{longer('stop_wait')[1:]}",
            resource=f"{KIND} {name}",
        )
    context.warn(f"{name} did not shut down within {waiter.timeout:g} s: it is switched off, and its file systems may not be clean. Raise stop_wait.timeout")
    return False
