# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the guest's virtual machine from a template or another virtual machine."""

from __future__ import annotations

import typing as t

from ..._access.waits import waiter_of
from ..._lifecycle.operation import Context
from . import marks
from .devices import Devices
from .disks import disk_locators, disks_of
from .errors import doing
from .image_marks import without_record
from .placement import Place
from .properties import properties
from .sdk import Managed, vim
from .session import VCenter
from .source import Origin
from .tasks import run_task

Options = t.Mapping[str, t.Any]


def devices_of(vcenter: VCenter, vm: Managed) -> Devices:
    """Devices of a virtual machine."""
    with doing("read the devices of a virtual machine"):
        return Devices(properties(vcenter, vm, "config.hardware.device")["config.hardware.device"] or ())


def notes_of(vcenter: VCenter, vm: Managed) -> str:
    """The notes of a source without what they say of it as an image, which its clone is not."""
    with doing("read the notes of a virtual machine"):
        return without_record(properties(vcenter, vm, "config.annotation")["config.annotation"])


def clone_spec(
    origin: Origin, place: Place, values: t.Mapping[str, str], notes: str, options: Options, devices: Devices, stores: t.Mapping[str, Managed]
) -> t.Any:
    """How to clone; the marks are on the clone from its creation on.

    :param values: of the extra configuration.
    :param devices: of the source, as they are.
    """
    location = vim.vm.RelocateSpec(pool=place.pool, host=place.host, datastore=place.datastore)
    if origin.linked:
        location.diskMoveType = "createNewChildDiskBacking"
    elif origin.snapshot is not None:
        location.diskMoveType = "moveAllDiskBackingsAndDisallowSharing"
    if not origin.linked:
        location.disk = disk_locators(options, disks_of(devices), stores)
    config = vim.vm.ConfigSpec(extraConfig=marks.extra_config(values), annotation=notes)
    return vim.vm.CloneSpec(location=location, template=False, powerOn=False, snapshot=origin.snapshot, config=config)


def clone(
    vcenter: VCenter, origin: Origin, folder: Managed, name: str, spec: t.Any, options: Options, context: Context, started: t.Callable[[str], None]
) -> Managed:
    """The new virtual machine.

    :param started: is told the id of the task.
    """
    return run_task(
        vcenter,
        lambda: origin.vm.CloneVM_Task(folder, name, spec),
        f"clone {origin.path}",
        waiter_of(options, "launch_wait", "the clone"),
        option="launch_wait",
        context=context,
        resource=f"virtual machine {name}",
        hint="See the task in vCenter for more.",
        started=started,
    )
