# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Devices beside disks, adapters and media: USB, serial ports, PCI, vGPU, TPM, clock."""

from __future__ import annotations

import typing as t

from ..._lifecycle.errors import BuilderError
from .devices import Devices
from .sdk import vim

Options = t.Mapping[str, t.Any]


def plan_extras(options: Options, devices: Devices) -> None:
    """Add what is wanted and not there."""
    _usb(options["usb_controllers"], devices)
    for port in options["serial_ports"]:
        devices.add(_serial(port))
    for profile in options["vgpu_profiles"]:
        devices.add(vim.vm.device.VirtualPCIPassthrough(backing=vim.vm.device.VirtualPCIPassthrough.VmiopBackingInfo(vgpu=profile)))
    for pci in options["pci_devices"]:
        devices.add(_pci(pci))
    if options["vtpm"] and not devices.of(vim.vm.device.VirtualTPM):
        devices.add(vim.vm.device.VirtualTPM())
    if options["precision_clock"] and not devices.of(vim.vm.device.VirtualPrecisionClock):
        backing = vim.vm.device.VirtualPrecisionClock.SystemClockBackingInfo(protocol=options["precision_clock"])
        devices.add(vim.vm.device.VirtualPrecisionClock(backing=backing))


def _usb(wanted: t.Sequence[str], devices: Devices) -> None:
    kinds = {"usb": vim.vm.device.VirtualUSBController, "xhci": vim.vm.device.VirtualUSBXHCIController}
    for kind in wanted:
        if not devices.of(kinds[kind]):
            controller = kinds[kind](autoConnectDevices=False)
            if kind == "usb":
                controller.ehciEnabled = True
            devices.add(controller)


def _serial(port: Options) -> t.Any:
    serial = vim.vm.device.VirtualSerialPort
    if port["file"]:
        backing = serial.FileBackingInfo(fileName=port["file"])
    else:
        backing = serial.URIBackingInfo(serviceURI=port["uri"], direction=port["direction"], proxyURI=port["proxy_uri"])
    return serial(backing=backing, yieldOnPoll=True)


def _pci(wanted: Options) -> t.Any:
    passthrough = vim.vm.device.VirtualPCIPassthrough
    allowed = passthrough.AllowedDevice(vendorId=wanted["vendor_id"], deviceId=wanted["device_id"])
    return passthrough(backing=passthrough.DynamicBackingInfo(allowedDevice=[allowed], deviceName=""))


def check_extras(options: Options) -> None:
    """:raises BuilderError: for what cannot be together; asks nobody."""
    firmware = options["firmware"]
    if options["vtpm"] and firmware == "bios":
        raise BuilderError("vtpm needs firmware: efi or efi-secure")
    if options["vbs"]:
        missing = [name for name in ("nested_virtualization", "iommu") if options[name] is False]
        if firmware not in (None, "efi-secure") or missing:
            raise BuilderError("vbs needs firmware: efi-secure, nested_virtualization and iommu", hint="Leave them out: vbs: true sets them.")
    if (options["pci_devices"] or options["vgpu_profiles"]) and options["memory_reserve_all"] is False:
        raise BuilderError("PCI devices and vGPUs need all memory reserved", hint="Leave out memory_reserve_all: they set it.")
