# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Turns a guest that is off into an image: what only the build needed goes, notes tell what it is, and it becomes a template."""

from __future__ import annotations

import typing as t

from ..._access.waits import waiter_of
from ..._lifecycle.operation import Context, Params
from . import image_marks
from .errors import doing
from .marks import PREFIX, all_extra_config, extra_config
from .properties import properties
from .sdk import Managed, vim
from .session import VCenter
from .tasks import run_task

#: What seeds a guest with its build's user and keys: none of an image's business.
_SEEDS = ("guestinfo.userdata", "guestinfo.metadata", "guestinfo.vendordata")


def image_spec(vcenter: VCenter, vm: Managed, name: str, notes: str, params: Params) -> t.Any:
    """One change that makes an image of a guest: all of it happens, or nothing.

    :param name: that it is to have.
    :param notes: with its record.
    """
    with doing("read the configuration of the guest"):
        devices = properties(vcenter, vm, "config.hardware.device")["config.hardware.device"] or ()
    known = all_extra_config(vcenter, vm)
    return vim.vm.ConfigSpec(
        name=name,
        annotation=notes,
        extraConfig=extra_config(dict.fromkeys(keys_to_clear(known), "")),
        deviceChange=device_changes(devices, params["remove_devices"], params["keep_cdroms"]),
    )


def keys_to_clear(known: t.Mapping[str, str]) -> list[str]:
    """Keys of the extra configuration that no image keeps."""
    seeds = {key for seed in _SEEDS for key in (seed, f"{seed}.encoding")}
    return sorted(key for key, value in known.items() if value and (key in seeds or key.startswith(PREFIX)))


def device_changes(devices: t.Sequence[t.Any], remove: t.Sequence[str], keep_cdroms: int) -> list[t.Any]:
    """Devices that go, and CD drives that stay without their medium.

    :param remove: kinds of devices, see ``remove_devices``.
    :param keep_cdroms: so many CD drives stay.
    """
    changes = []
    kept = 0
    for device in sorted(devices, key=_controllers_last):
        if kind_of(device) == "cdrom" and ("cdrom" not in remove or kept < keep_cdroms):
            kept += 1
            if not is_empty(device):
                changes.append(_change(emptied(device), "edit"))
        elif kind_of(device) in remove:
            changes.append(_change(device, "remove"))
    return changes


def kind_of(device: t.Any) -> str:
    """A device in the words of ``remove_devices``; empty for others."""
    device_types = vim.vm.device
    kinds = {
        "cdrom": (device_types.VirtualCdrom,),
        "floppy": (device_types.VirtualFloppy,),
        "network": (device_types.VirtualEthernetCard,),
        "usb": (device_types.VirtualUSB, device_types.VirtualUSBController, device_types.VirtualUSBXHCIController),
        "serial": (device_types.VirtualSerialPort,),
        "parallel": (device_types.VirtualParallelPort,),
    }
    return next((kind for kind, types in kinds.items() if isinstance(device, types)), "")


def is_empty(cdrom: t.Any) -> bool:
    """Whether a CD drive has no medium of vCenter's."""
    return isinstance(cdrom.backing, vim.vm.device.VirtualCdrom.RemotePassthroughBackingInfo)


def emptied(cdrom: t.Any) -> t.Any:
    """The drive without its medium."""
    return vim.vm.device.VirtualCdrom(
        key=cdrom.key,
        controllerKey=cdrom.controllerKey,
        unitNumber=cdrom.unitNumber,
        backing=vim.vm.device.VirtualCdrom.RemotePassthroughBackingInfo(deviceName="", exclusive=False, useAutoDetect=False),
        connectable=vim.vm.device.VirtualDevice.ConnectInfo(startConnected=False, allowGuestControl=True, connected=False),
    )


def _controllers_last(device: t.Any) -> bool:
    return isinstance(device, vim.vm.device.VirtualController)


def _change(device: t.Any, operation: str) -> t.Any:
    return vim.vm.device.VirtualDeviceSpec(operation=operation, device=device)


def rewrite(vcenter: VCenter, vm: Managed, name: str, notes: str, params: Params) -> None:
    """Give an image another name and other notes in one call; also a template takes that."""
    spec = vim.vm.ConfigSpec(name=name, annotation=notes)
    run_task(vcenter, lambda: vm.ReconfigVM_Task(spec), f"name the image {name}", waiter_of(params, "image_wait", f"the image {name}"), option="image_wait")


def move(vcenter: VCenter, vm: Managed, folder: Managed, params: Params) -> None:
    """Put it into a folder, unless it is there."""
    with doing("read where the image is"):
        parent = properties(vcenter, vm, "parent")["parent"]
    if parent is not None and parent._moId == folder._moId:
        return
    run_task(
        vcenter, lambda: folder.MoveIntoFolder_Task([vm]), "move the image into its folder", waiter_of(params, "image_wait", "the move"), option="image_wait"
    )


def take_snapshot(vcenter: VCenter, vm: Managed, name: str, params: Params, context: Context) -> None:
    """Snapshot of a machine that is off, for linked clones."""
    waiter = waiter_of(params, "image_wait", f"the snapshot {name}")

    def start() -> Managed:
        return vm.CreateSnapshot_Task(name=name, description="", memory=False, quiesce=False)

    run_task(vcenter, start, f"take the snapshot {name}", waiter, option="image_wait", context=context)


def mark_as_template(vcenter: VCenter, vm: Managed) -> None:
    """A template can be cloned, and not be started by mistake."""
    with doing("make a template of the guest"):
        if not properties(vcenter, vm, "config.template")["config.template"]:
            vm.MarkAsTemplate()


def notes_with(description: str | None, notes: str, record: image_marks.Record) -> str:
    """Notes of an image: the description, else what the notes say without a record, and the record."""
    return image_marks.notes_of(description if description is not None else image_marks.without_record(notes), record)
