# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the guest's virtual machine from nothing, for an installer."""

from __future__ import annotations

import typing as t

from ..._access.waits import waiter_of
from ..._lifecycle.errors import BuilderError
from ..._lifecycle.operation import Context
from . import marks
from .adapters import plan_adapters
from .devices import Devices
from .disks import plan_disks
from .errors import doing
from .extras import plan_extras
from .finding import plain
from .hardware import hardware_spec, set_video
from .placement import Place
from .properties import properties
from .sdk import Managed, vim
from .session import VCenter
from .tasks import run_task

if t.TYPE_CHECKING:
    from .planning import Plan

Options = t.Mapping[str, t.Any]

_DEFAULTS: dict[str, t.Any] = {"cpus": 1, "memory": 1024, "guest_os": "otherGuest64"}


def create(
    vcenter: VCenter,
    place: Place,
    folder: Managed,
    name: str,
    values: t.Mapping[str, str],
    plan: Plan,
    options: Options,
    context: Context,
    started: t.Callable[[str], None],
) -> Managed:
    """The new virtual machine, switched off.

    :param values: of the extra configuration.
    :param started: is told the id of the task.
    """
    with doing("read the datastore"):
        store = plain(properties(vcenter, place.datastore, "name")["name"])
    spec = create_spec(name, store, values, options, vcenter, plan)
    context.say(f"makes the virtual machine {name}")
    return run_task(
        vcenter,
        lambda: folder.CreateVM_Task(spec, place.pool, place.host),
        f"make the virtual machine {name}",
        waiter_of(options, "launch_wait", "the virtual machine"),
        option="launch_wait",
        context=context,
        resource=f"virtual machine {name}",
        started=started,
    )


def create_spec(name: str, store: str, values: t.Mapping[str, str], options: Options, vcenter: VCenter, plan: Plan) -> t.Any:
    """Name, files, hardware and devices."""
    options = {**options, **{key: value for key, value in _DEFAULTS.items() if options[key] is None}}
    devices = Devices()
    plan_disks(options, devices, plan.stores)
    plan_adapters(plan.adapters, devices, plan.networks, vcenter)
    plan_extras(options, devices)
    set_video(options, devices)
    spec = hardware_spec(options)
    spec.name = name
    spec.files = vim.vm.FileInfo(vmPathName=f"[{store}]")
    spec.deviceChange = devices.changes
    spec.extraConfig = marks.extra_config(values)
    return spec


def set_vapp_properties(spec: t.Any, options: Options, vcenter: VCenter, vm: Managed) -> None:
    """Values for vApp properties that the source defines.

    :raises BuilderError: for one that it does not define.
    """
    wanted = options["vapp_properties"]
    if not wanted:
        return
    with doing("read the vApp properties of a virtual machine"):
        config = properties(vcenter, vm, "config.vAppConfig")["config.vAppConfig"]
    known = {full_id(entry): entry for entry in (config.property if config else None) or ()}
    changes = []
    for name, value in wanted.items():
        if name not in known:
            raise BuilderError(f"vapp_properties: the source has no property {name}", hint=f"It has: {', '.join(sorted(known)) or 'none'}.")
        entry = known[name]
        entry.value = str(value)
        changes.append(vim.vApp.PropertySpec(operation="edit", info=entry))
    spec.vAppConfig = vim.vApp.VmConfigSpec(property=changes)


def full_id(entry: t.Any) -> str:
    """As OVF descriptors write it: ``class.id.instance``."""
    return ".".join(part for part in (entry.classId, entry.id, entry.instanceId) if part)
