# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Controllers and disks: new ones, and larger ones of a clone."""

from __future__ import annotations

import typing as t

from ..._lifecycle.errors import BuilderError
from .devices import Devices, full
from .sdk import Managed, vim

Options = t.Mapping[str, t.Any]

_KIB_PER_GIB = 1024 * 1024
_SCSI = ("pvscsi", "lsilogic", "lsilogic-sas")
_MOST = {"pvscsi": 16, "lsilogic": 16, "lsilogic-sas": 16, "nvme": 15, "sata": 30}


def check_disks(options: Options, is_new: bool) -> None:
    """:raises BuilderError: for disks that cannot be; asks nobody."""
    for number, disk in enumerate(options["disks"]):
        if disk["size"] is not None and disk["size"] < 1:
            raise BuilderError(f"disks: the size of disk {number} is {disk['size']} GiB", hint="It is at least 1.")
        if is_new and disk["size"] is None:
            raise BuilderError(f"disks: disk {number} has no size")
        if not 0 <= disk["controller"] < len(options["controllers"]):
            raise BuilderError(f"disks: disk {number} is to be on controller {disk['controller']}, and controllers has {len(options['controllers'])}")
    if is_new and not options["disks"]:
        raise BuilderError("a virtual machine that is installed needs disks", hint="For instance disks: [{size: 20}].")


def disks_of(devices: Devices) -> list[t.Any]:
    """Disks that are there, in the order in which the guest sees them."""
    return devices.of(vim.vm.device.VirtualDisk)


def plan_disks(options: Options, devices: Devices, stores: t.Mapping[str, Managed]) -> None:
    """Make the first disks as large as is wanted, and add the others.

    :param stores: datastores by the names that disks have for them.
    :raises BuilderError: for a disk that would have to shrink.
    """
    existing = disks_of(devices)
    for number, wanted in enumerate(options["disks"]):
        if number < len(existing):
            _resize(existing[number], wanted, number, devices)
        else:
            if wanted["size"] is None:
                raise BuilderError(f"disks: disk {number} is not in the source and has no size", hint=f"The source has {len(existing)} disks.")
            devices.add(_new_disk(wanted, _controller(options["controllers"], wanted["controller"], devices), devices, stores), make_file=True)


def _resize(disk: t.Any, wanted: Options, number: int, devices: Devices) -> None:
    if wanted["size"] is None or wanted["size"] * _KIB_PER_GIB == disk.capacityInKB:
        return
    if wanted["size"] * _KIB_PER_GIB < disk.capacityInKB:
        raise BuilderError(
            f"disks: disk {number} has {disk.capacityInKB / _KIB_PER_GIB:g} GiB in the source and cannot shrink to {wanted['size']}",
            hint="Give its size or more.",
        )
    disk.capacityInKB = wanted["size"] * _KIB_PER_GIB
    disk.capacityInBytes = None
    devices.edit(disk)


def _new_disk(wanted: Options, controller: t.Any, devices: Devices, stores: t.Mapping[str, Managed]) -> t.Any:
    provisioning = wanted["provisioning"] or "thin"
    backing = vim.vm.device.VirtualDisk.FlatVer2BackingInfo(
        diskMode="persistent", thinProvisioned=provisioning == "thin", eagerlyScrub=provisioning == "eager_zeroed" or None, fileName=""
    )
    if wanted["datastore"]:
        backing.datastore = stores[wanted["datastore"]]
        backing.fileName = f"[{wanted['datastore']}]"
    unit = devices.free_unit(controller, _MOST[kind_of(controller)])
    if unit is None:
        raise full("disk")
    return vim.vm.device.VirtualDisk(backing=backing, controllerKey=controller.key, unitNumber=unit, capacityInKB=wanted["size"] * _KIB_PER_GIB)


def kind_of(controller: t.Any) -> str:
    """In the words of the option ``controllers``."""
    known = _classes()
    return next((kind for kind, cls in known.items() if isinstance(controller, cls)), "lsilogic")


def _classes() -> dict[str, type]:
    device = vim.vm.device
    return {
        "pvscsi": device.ParaVirtualSCSIController,
        "lsilogic-sas": device.VirtualLsiLogicSASController,
        "lsilogic": device.VirtualLsiLogicController,
        "nvme": device.VirtualNVMEController,
        "sata": device.VirtualAHCIController,
    }


def _controller(wanted: t.Sequence[str], number: int, devices: Devices) -> t.Any:
    """The controller of that number; made, with those before it, where it is missing."""
    device = vim.vm.device
    existing = devices.of(device.VirtualSCSIController, device.VirtualNVMEController, device.VirtualAHCIController)
    while len(existing) <= number:
        existing.append(add_controller(wanted[len(existing)], devices))
    return existing[number]


def add_controller(kind: str, devices: Devices) -> t.Any:
    """A further controller."""
    cls = _classes()[kind]
    family = vim.vm.device.VirtualSCSIController if kind in _SCSI else cls
    controller = cls(busNumber=devices.free_bus(family))
    if kind in _SCSI:
        controller.sharedBus = "noSharing"
    return devices.add(controller)


def check_linked(options: Options, existing: t.Sequence[t.Any]) -> None:
    """:raises BuilderError: for what cannot be of disks that are not copied."""
    for number, (disk, wanted) in enumerate(zip(existing, options["disks"], strict=False)):
        grows = wanted["size"] is not None and wanted["size"] * _KIB_PER_GIB != disk.capacityInKB
        if grows or wanted["provisioning"] or wanted["datastore"]:
            raise BuilderError(
                f"disks: disk {number} of a linked clone is the snapshot's, and has its size, its provisioning and its datastore",
                hint="Leave these out, or set linked to false.",
            )


def disk_locators(options: Options, existing: t.Sequence[t.Any], stores: t.Mapping[str, Managed]) -> list[t.Any]:
    """How a full clone lays its copies of disks out, where the definition says something else than the source."""
    locators = []
    for disk, wanted in zip(existing, options["disks"], strict=False):
        if not wanted["provisioning"] and not wanted["datastore"]:
            continue
        backing = None
        if wanted["provisioning"]:
            backing = vim.vm.device.VirtualDisk.FlatVer2BackingInfo(
                fileName="",
                diskMode=getattr(disk.backing, "diskMode", None) or "persistent",
                thinProvisioned=wanted["provisioning"] == "thin",
                eagerlyScrub=wanted["provisioning"] == "eager_zeroed",
            )
        store = stores[wanted["datastore"]] if wanted["datastore"] else disk.backing.datastore
        locators.append(vim.vm.RelocateSpec.DiskLocator(diskId=disk.key, datastore=store, diskBackingInfo=backing))
    return locators
