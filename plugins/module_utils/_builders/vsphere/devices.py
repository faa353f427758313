# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes to the devices of a virtual machine, gathered for one call."""

from __future__ import annotations

import typing as t

from ..._lifecycle.errors import BuilderError
from .sdk import vim

_SCSI_SELF = 7
_FIRST_KEY = -101


class Devices:
    """Devices that a virtual machine has and is to have.

    :param existing: of the virtual machine as it is, empty for one that is yet to be made.
    """

    def __init__(self, existing: t.Iterable[t.Any] = ()) -> None:
        self.all: list[t.Any] = list(existing)
        self.changes: list[t.Any] = []
        self.added: list[t.Any] = []
        self._next = _FIRST_KEY

    def of(self, *kinds: type) -> list[t.Any]:
        """Devices of some types, in the order of their places."""
        found = [device for device in self.all if isinstance(device, kinds)]
        return sorted(found, key=lambda device: (_bus_of(self, device), device.unitNumber or 0) if device.controllerKey is not None else (0, abs(device.key)))

    def add(self, device: t.Any, *, make_file: bool = False) -> t.Any:
        """A further device."""
        device.key = self._next
        self._next -= 1
        spec = vim.vm.device.VirtualDeviceSpec(operation="add", device=device)
        if make_file:
            spec.fileOperation = "create"
        self.all.append(device)
        self.added.append(device)
        self.changes.append(spec)
        return device

    def edit(self, device: t.Any) -> None:
        """A device that is there, with other settings."""
        self.changes.append(vim.vm.device.VirtualDeviceSpec(operation="edit", device=device))

    def remove(self, device: t.Any) -> None:
        """Take a device out; files behind it stay."""
        self.all.remove(device)
        self.changes.append(vim.vm.device.VirtualDeviceSpec(operation="remove", device=device))

    def by_key(self, key: int) -> t.Any:
        """A device, ``None`` when there is none."""
        return next((device for device in self.all if device.key == key), None)

    def free_unit(self, controller: t.Any, most: int) -> int | None:
        """The lowest free place on a controller, ``None`` when it is full."""
        taken = {device.unitNumber for device in self.all if device.controllerKey == controller.key}
        if isinstance(controller, vim.vm.device.VirtualSCSIController):
            taken.add(_SCSI_SELF)
        return next((unit for unit in range(most) if unit not in taken), None)

    def free_bus(self, kind: type) -> int:
        """The number of a further controller of a type."""
        taken = {device.busNumber for device in self.of(kind)}
        return next(number for number in range(len(taken) + 1) if number not in taken)


def _bus_of(devices: Devices, device: t.Any) -> int:
    controller = devices.by_key(device.controllerKey)
    return int(getattr(controller, "busNumber", 0) or 0)


def full(what: str) -> BuilderError:
    """For devices that have no place any more."""
    return BuilderError(f"there is no place left for another {what}", hint="Add another controller to controllers.")
