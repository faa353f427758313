# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Controllers of a guest, and where on them disks and removable media go."""

from __future__ import annotations

import contextlib
import typing as t

from ..._lifecycle.errors import BuilderError
from .parsing import Attachment, Controller, attachments, controllers
from .vboxmanage import VBoxError, VBoxManage

Options = t.Mapping[str, t.Any]

#: Option to ``--add``, ``--controller``, ports that a new one has, and most ports.
_KINDS = {
    "sata": ("sata", "IntelAhci", 1, 30),
    "nvme": ("pcie", "NVMe", 1, 255),
    "virtio": ("virtio", "VirtIO", 1, 256),
    "scsi": ("scsi", "LsiLogic", 16, 16),
    "sas": ("sas", "LSILogicSAS", 1, 255),
    "ide": ("ide", "PIIX4", 2, 2),
    "floppy": ("floppy", "I82078", 1, 1),
}
_NAMES = {"sata": "SATA", "nvme": "NVMe", "virtio": "VirtIO", "scsi": "SCSI", "sas": "SAS", "ide": "IDE", "floppy": "Floppy"}
#: What showvminfo calls them.
_BY_TYPE = {
    "intelahci": "sata",
    "nvme": "nvme",
    "virtio": "virtio",
    "virtioscsi": "virtio",
    "lsilogic": "scsi",
    "buslogic": "scsi",
    "lsilogicsas": "sas",
    "piix3": "ide",
    "piix4": "ide",
    "ich6": "ide",
    "i82078": "floppy",
}
_DEVICES = {"ide": 2, "floppy": 2}
_CD_KINDS = ("sata", "ide", "virtio")


def kind_of(controller: Controller) -> str:
    """As options call it; empty for one that they have no word for."""
    return _BY_TYPE.get(controller.kind, "")


def place(vbox: VBoxManage, machine: str, kind: str, *, added: list[str] | None = None) -> tuple[str, int, int]:
    """A free place on a controller, which is made, or given more ports, when need be.

    :param added: gets the name of a controller that was made.
    :returns: controller, port, device.
    :raises BuilderError: when the machine has no room left.
    """
    info = vbox.info(machine)
    taken = {(entry.controller, entry.port, entry.device) for entry in attachments(info)}
    present = [controller for controller in controllers(info) if kind_of(controller) == kind]
    for controller in present:
        for port in range(_KINDS[kind][3]):
            free = [device for device in range(_DEVICES.get(kind, 1)) if (controller.name, port, device) not in taken]
            if free:
                if port >= controller.ports:
                    vbox.run("storagectl", machine, "--name", controller.name, "--portcount", str(port + 1))
                return controller.name, port, free[0]
    if present:
        raise BuilderError(
            f"the machine has no free place left on a {kind} controller", hint="Use another controller for some of its disks or media.", resource=machine
        )
    name = _add_controller(vbox, machine, kind, [controller.name for controller in controllers(info)])
    if added is not None:
        added.append(name)
    return name, 0, 0


def _add_controller(vbox: VBoxManage, machine: str, kind: str, known: t.Sequence[str]) -> str:
    bus, chip, ports, _most = _KINDS[kind]
    name = _NAMES[kind]
    if name in known:
        name = f"{name} golden"
    count = [] if kind in ("ide", "floppy", "scsi") else ["--portcount", str(ports)]
    vbox.run(
        "storagectl", machine, "--name", name, "--add", bus, "--controller", chip, *count, "--bootable", "on", what=f"add a {kind} controller to {machine}"
    )
    return name


def attach_disk(vbox: VBoxManage, machine: str, path: str, kind: str, discard: bool | None = None, nonrotational: bool | None = None) -> None:
    """Attach a hard disk at the next free place of a kind of controller."""
    controller, port, device = place(vbox, machine, kind)
    more = [
        text for name, value in (("--discard", discard), ("--nonrotational", nonrotational)) if value is not None for text in (name, "on" if value else "off")
    ]
    _attach(vbox, machine, (controller, port, device), "hdd", path, *more)


def attach_removable(vbox: VBoxManage, machine: str, path: str, kind: str, added: list[str]) -> tuple[str, int, int]:
    """Put a CD or floppy into a drive of its own.

    :param path: or ``emptydrive``.
    :param kind: of the controller; ``floppy`` for a floppy.
    :returns: its place.
    """
    where = place(vbox, machine, kind, added=added)
    _attach(vbox, machine, where, "fdd" if kind == "floppy" else "dvddrive", path)
    return where


def insert(vbox: VBoxManage, machine: str, where: tuple[str, int, int], path: str) -> None:
    """Put a CD into a drive that is there, also while the machine runs."""
    _attach(vbox, machine, where, "dvddrive", path)


def eject(vbox: VBoxManage, machine: str, where: tuple[str, int, int]) -> None:
    """Take a CD out of its drive, also while the machine runs and has it mounted."""
    controller, port, device = where
    vbox.run(
        *_place_arguments(machine, where),
        "--type",
        "dvddrive",
        "--medium",
        "emptydrive",
        "--forceunmount",
        what=f"eject {controller} {port} {device} of {machine}",
    )


def is_cd(vbox: VBoxManage, machine: str, where: tuple[str, int, int]) -> bool:
    """Whether a drive is for CDs and not for floppies."""
    return any(kind_of(controller) != "floppy" for controller in controllers(vbox.info(machine)) if controller.name == where[0])


def detach(vbox: VBoxManage, machine: str, where: tuple[str, int, int]) -> None:
    """Remove a drive or disk of a machine that is off."""
    vbox.run(*_place_arguments(machine, where), "--medium", "none", what=f"detach {where[0]} {where[1]} {where[2]} of {machine}")


def forget_removable(vbox: VBoxManage, is_of_interest: t.Callable[[str], bool]) -> None:
    """Have VirtualBox forget CDs and floppies that no machine has any more; their files are not its affair.

    :param is_of_interest: whether it is one of those, by its path.
    """
    for kind, word in (("dvds", "dvd"), ("floppies", "floppy")):
        for medium in vbox.media(kind):
            if is_of_interest(medium.get("Location", "")):
                # Refused while another machine has it.
                with contextlib.suppress(VBoxError):
                    vbox.once("closemedium", word, medium["UUID"])


def _attach(vbox: VBoxManage, machine: str, where: tuple[str, int, int], kind: str, path: str, *more: str) -> None:
    vbox.run(*_place_arguments(machine, where), "--type", kind, "--medium", path, *more, what=f"attach {path} to {machine}")


def _place_arguments(machine: str, where: tuple[str, int, int]) -> list[str]:
    controller, port, device = where
    return ["storageattach", machine, "--storagectl", controller, "--port", str(port), "--device", str(device)]


def system_disk(info: t.Mapping[str, str]) -> Attachment | None:
    """The first hard disk of a machine that was imported or cloned."""
    found = [
        entry for entry in attachments(info) if entry.medium not in ("none", "emptydrive") and not entry.medium.lower().endswith((".iso", ".img", ".viso"))
    ]
    disks = [entry for entry in found if f"{entry.controller}-IsEjected-{entry.port}-{entry.device}" not in info]
    return min(disks, key=lambda entry: (entry.port, entry.device), default=None)


def cd_controller(info: t.Mapping[str, str], wanted: str) -> str:
    """The kind of controller for CDs: the wanted one, or of a machine without it one that is there."""
    present = [kind_of(controller) for controller in controllers(info)]
    return wanted if wanted in present else next((kind for kind in present if kind in _CD_KINDS), wanted)
