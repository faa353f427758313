# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a virtual machine is to have, as vSphere's configuration spec."""

from __future__ import annotations

import typing as t

from ..._lifecycle.errors import BuilderError
from .adapters import check_adapters
from .disks import check_disks
from .extras import check_extras
from .sdk import vim

Options = t.Mapping[str, t.Any]

_LEVELS = ("low", "normal", "high")
_UNLIMITED = -1
_LEAST = {"cpus": 1, "cores_per_socket": 1, "memory": 4, "video_memory": 1, "displays": 1, "hardware_version": 4, "cpu_reservation": 0, "memory_reservation": 0}
_KIB_PER_MIB = 1024

#: Options whose value goes into the spec as it is.
_PLAIN = {
    "cpus": "numCPUs",
    "cores_per_socket": "numCoresPerSocket",
    "cpu_hot_add": "cpuHotAddEnabled",
    "memory": "memoryMB",
    "memory_hot_add": "memoryHotAddEnabled",
    "guest_os": "guestId",
    "annotation": "annotation",
}


def check_hardware(options: Options, is_new: bool) -> None:
    """:raises BuilderError: for hardware that cannot be; asks nobody.

    :param is_new: whether the virtual machine is made from nothing.
    """
    for name, least in _LEAST.items():
        if options[name] is not None and options[name] < least:
            raise BuilderError(f"{name} is {options[name]}, it has to be at least {least}")
    for name in ("cpu_limit", "memory_limit"):
        if options[name] is not None and options[name] < 1 and options[name] != _UNLIMITED:
            raise BuilderError(f"{name} is {options[name]}, it has to be at least 1, or -1 for none")
    for name in ("cpu_shares", "memory_shares"):
        _shares(options[name], name)
    _check_together(options)
    check_extras(options)
    check_disks(options, is_new)
    check_adapters(options, is_new)


def _check_together(options: Options) -> None:
    cores, cpus = options["cores_per_socket"], options["cpus"]
    if cores and cpus and cpus % cores:
        raise BuilderError(f"{cpus} cpus cannot be on sockets of {cores} cores", hint="cpus has to be a multiple of cores_per_socket.")
    if options["memory_reserve_all"] and options["memory_reservation"]:
        raise BuilderError("memory_reserve_all already reserves all memory", hint="Remove memory_reservation.")
    if options["memory"] and options["memory"] % 4:
        raise BuilderError(f"memory is {options['memory']} MiB, it has to be a multiple of 4")


def hardware_spec(options: Options) -> t.Any:
    """All of the hardware that is no device; what is not given stays as it is."""
    spec = vim.vm.ConfigSpec(**{field: options[name] for name, field in _PLAIN.items() if options[name] is not None})
    _set_resources(options, spec)
    _set_platform(options, spec)
    if options["nested_virtualization"] is not None or options["vbs"]:
        spec.nestedHVEnabled = bool(options["nested_virtualization"] or options["vbs"])
    if options["tools_sync_time"] is not None or options["tools_upgrade_policy"]:
        spec.tools = vim.vm.ToolsConfigInfo(syncTimeWithHost=options["tools_sync_time"], toolsUpgradePolicy=options["tools_upgrade_policy"])
    return spec


def _set_resources(options: Options, spec: t.Any) -> None:
    cpu = _allocation(options, "cpu")
    memory = _allocation(options, "memory")
    if cpu is not None:
        spec.cpuAllocation = cpu
    if memory is not None:
        spec.memoryAllocation = memory
    if options["memory_reserve_all"] is not None:
        spec.memoryReservationLockedToMax = options["memory_reserve_all"]
    elif options["pci_devices"] or options["vgpu_profiles"]:
        spec.memoryReservationLockedToMax = True


def _allocation(options: Options, what: str) -> t.Any:
    shares = _shares(options[f"{what}_shares"], f"{what}_shares")
    values = {"reservation": options[f"{what}_reservation"], "limit": options[f"{what}_limit"], "shares": shares}
    given = {name: value for name, value in values.items() if value is not None}
    return vim.ResourceAllocationInfo(**given) if given else None


def _shares(given: str | None, name: str) -> t.Any:
    """:raises BuilderError: for what is neither a level nor a number."""
    if given is None:
        return None
    if given not in _LEVELS and not (given.isdigit() and int(given) > 0):
        raise BuilderError(f"{name} is {given}, it has to be one of {', '.join(_LEVELS)}, or a number")
    if vim is None:
        return None
    return vim.SharesInfo(level=given, shares=0) if given in _LEVELS else vim.SharesInfo(level="custom", shares=int(given))


def _set_platform(options: Options, spec: t.Any) -> None:
    firmware = options["firmware"] or ("efi-secure" if options["vbs"] else None)
    if firmware:
        spec.firmware = "bios" if firmware == "bios" else "efi"
        spec.bootOptions = vim.vm.BootOptions(efiSecureBootEnabled=firmware == "efi-secure")
    if options["vbs"] is not None or options["iommu"] is not None:
        spec.flags = vim.vm.FlagInfo(vbsEnabled=options["vbs"], vvtdEnabled=bool(options["iommu"] or options["vbs"]))
    if options["hardware_version"]:
        spec.version = f"vmx-{options['hardware_version']:02d}"


def set_video(options: Options, devices: t.Any) -> None:
    """The video card, which every virtual machine has."""
    if options["video_memory"] is None and options["displays"] is None:
        return
    for card in devices.of(vim.vm.device.VirtualVideoCard):
        card.useAutoDetect = False
        if options["video_memory"] is not None:
            card.videoRamSizeInKB = options["video_memory"] * _KIB_PER_MIB
        if options["displays"] is not None:
            card.numDisplays = options["displays"]
        devices.edit(card)
        return
    devices.add(
        vim.vm.device.VirtualVideoCard(
            useAutoDetect=False,
            videoRamSizeInKB=options["video_memory"] * _KIB_PER_MIB if options["video_memory"] is not None else None,
            numDisplays=options["displays"],
        )
    )
