# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A guest's virtual machine once it is there: its state, its power, its end."""

from __future__ import annotations

import typing as t

from ..._lifecycle.errors import BuilderError, GoldenError, WaitTimeoutError
from ..._lifecycle.operation import Context
from ..._lifecycle.waiting import Waiter
from .errors import doing, is_fault
from .properties import properties
from .sdk import Managed
from .session import VCenter
from .tasks import run_task

KIND = "virtual machine"
ON, OFF, SUSPENDED = "poweredOn", "poweredOff", "suspended"

#: For removing without options of the definition.
REMOVAL = Waiter("the virtual machine to go", timeout=600, interval=0.3, longest=2.0)


def power_state(vcenter: VCenter, vm: Managed) -> str:
    """``poweredOn``, ``poweredOff`` or ``suspended``."""
    with doing("read the state of a virtual machine"):
        return str(properties(vcenter, vm, "runtime.powerState")["runtime.powerState"])


def power_on(vcenter: VCenter, vm: Managed, name: str, waiter: Waiter, meanwhile: t.Callable[[], None] | None = None) -> None:
    """Switch it on; one that is on stays as it is.

    :param meanwhile: is called while it is waited for: a question may have to be answered.
    """
    try:
        run_task(vcenter, vm.PowerOnVM_Task, f"switch {name} on", waiter, option="task_wait", resource=f"{KIND} {name}", meanwhile=meanwhile)
    except BuilderError as error:
        if not (is_fault(error, "InvalidPowerState") and power_state(vcenter, vm) == ON):
            raise


def power_off(vcenter: VCenter, vm: Managed, name: str, waiter: Waiter) -> None:
    """Switch it off at once; one that is off stays as it is."""
    if power_state(vcenter, vm) == OFF:
        return
    try:
        run_task(vcenter, vm.PowerOffVM_Task, f"switch {name} off", waiter, option="task_wait", resource=f"{KIND} {name}")
    except BuilderError as error:
        if not (is_fault(error, "InvalidPowerState") and power_state(vcenter, vm) == OFF):
            raise


def destroy(vcenter: VCenter, vm: Managed, name: str, waiter: Waiter = REMOVAL) -> None:
    """Remove a virtual machine with its disks, whatever state it is in; one that has gone meanwhile is no error.

    :raises WaitTimeoutError: when something else works on it for too long.
    """
    last: GoldenError = WaitTimeoutError(f"gave up waiting for {waiter.what}")
    for _elapsed in waiter.ticks():
        try:
            power_off(vcenter, vm, name, waiter)
            run_task(vcenter, vm.Destroy_Task, f"remove {name}", waiter, option="remove_wait", resource=f"{KIND} {name}")
            return
        except BuilderError as error:
            if is_fault(error, "ManagedObjectNotFound"):
                return
            if not is_fault(error, "TaskInProgress", "InvalidPowerState", "InvalidState", "ConcurrentAccess"):
                raise
            last = error
    raise last


def task_waiter(options: t.Mapping[str, t.Any]) -> Waiter:
    """For power tasks, by the option ``task_wait``."""
    wait = options["task_wait"]
    return Waiter("the task", timeout=wait["timeout"], interval=min(0.2, wait["interval"]), longest=wait["interval"])


def reconfigure(vcenter: VCenter, vm: Managed, spec: t.Any, what: str, options: t.Mapping[str, t.Any], context: Context | None = None) -> None:
    """Change the configuration.

    :param what: completes "vSphere could not …".
    """
    run_task(vcenter, lambda: vm.ReconfigVM_Task(spec), what, task_waiter(options), option="task_wait", context=context)
