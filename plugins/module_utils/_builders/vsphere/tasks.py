# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waits for vCenter's tasks: with progress, and without leaving one behind that nobody waits for."""

from __future__ import annotations

import contextlib
import typing as t

from ..._access.waits import longer
from ..._lifecycle.errors import BuilderError, WaitTimeoutError
from ..._lifecycle.operation import Context
from ..._lifecycle.waiting import Waiter
from .errors import VsphereError, doing, fault_error, is_fault
from .properties import properties
from .sdk import Managed
from .session import VCenter

#: How long a cancelled task may take to end.
_CANCELLING = Waiter("the cancelled task to end", timeout=60, interval=0.5, longest=2.0)
#: Progress is told in steps of so many per cent.
_STEP = 20


def run_task(
    vcenter: VCenter,
    start: t.Callable[[], Managed],
    what: str,
    waiter: Waiter,
    *,
    option: str | None = None,
    context: Context | None = None,
    resource: str | None = None,
    hint: str | None = None,
    started: t.Callable[[str], None] | None = None,
    meanwhile: t.Callable[[], None] | None = None,
) -> t.Any:
    """The result of a task; a task that is given up on is cancelled.

    :param start: makes the call, ``vm.PowerOnVM_Task``.
    :param what: completes "vSphere could not …": ``clone the template web``.
    :param option: the option that the waiter was made of, for the message.
    :param started: is told the task's id, before it is waited for.
    :param meanwhile: is called at every look.
    :raises VsphereError: when it is refused or fails.
    :raises WaitTimeoutError: when it takes too long.
    """
    with doing(what, resource, hint):
        task = start()
    if started:
        started(task._moId)
    return wait_for(vcenter, task, what, waiter, option=option, context=context, resource=resource, hint=hint, meanwhile=meanwhile)


def wait_for(
    vcenter: VCenter,
    task: Managed,
    what: str,
    waiter: Waiter,
    *,
    option: str | None = None,
    context: Context | None = None,
    resource: str | None = None,
    hint: str | None = None,
    meanwhile: t.Callable[[], None] | None = None,
) -> t.Any:
    """As :func:`run_task`, for a task that runs."""
    told = 0
    try:
        for _elapsed in waiter.ticks():
            with doing(what, resource, hint):
                info = properties(vcenter, task, "info")["info"]
            if info.state == "success":
                return info.result
            if info.state == "error":
                raise fault_error(info.error, what, resource, hint)
            if context and (info.progress or 0) >= told + _STEP:
                told = info.progress - info.progress % _STEP
                context.say(f"{what}: {told} %")
            if meanwhile:
                meanwhile()
    except VsphereError:
        raise
    except BaseException:
        cancel(vcenter, task)
        raise
    cancel(vcenter, task)
    state = "it was still waiting to begin" if info.state == "queued" else f"it had done {info.progress or 0} %"
    raise WaitTimeoutError(
        f"vSphere could not {what} within {waiter.timeout:g} s: {state}",
        hint=f"{longer(option)}." if option else "See the tasks of vCenter.",
        resource=resource,
    )


def cancel(vcenter: VCenter, task: Managed) -> bool:
    """Have a task end, and wait for that; whether it ended without having done its work."""
    with doing("cancel a task"):
        asked = False
        for _elapsed in _CANCELLING.ticks():
            try:
                info = properties(vcenter, task, "info")["info"]
            except BuilderError as error:
                if is_fault(error, "ManagedObjectNotFound"):
                    return False
                raise
            if info.state in ("success", "error"):
                return bool(info.state == "error")
            if not asked:
                asked = True
                # Some cannot be cancelled: those are waited for.
                with contextlib.suppress(Exception):
                    task.CancelTask()
    return False
