# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds images in vCenter's inventory, and tells what they are."""

from __future__ import annotations

import dataclasses
import fnmatch
import typing as t

from ..._lifecycle.errors import BuilderError
from . import image_marks as marks
from .errors import doing, is_fault
from .finding import Found, find_all, path_of, plain
from .properties import properties, properties_of
from .sdk import Managed, vim
from .session import VCenter

Json = dict[str, t.Any]

_WANTED = ("config.annotation", "config.template", "config.instanceUuid", "config.createDate")
_FACTS = (
    "config.hardware",
    "config.guestId",
    "config.guestFullName",
    "config.firmware",
    "config.version",
    "runtime.powerState",
    "snapshot",
)


@dataclasses.dataclass(frozen=True)
class Image:
    """A machine or template.

    :ivar id: what vCenter calls it, ``vm-123``.
    :ivar record: what its notes tell, empty when they are about something else.
    """

    object: Managed
    id: str
    name: str
    path: str
    is_template: bool
    instance: str
    notes: str
    record: marks.Record
    registered: str

    @property
    def folder(self) -> str:
        """Path of the folder that it is in."""
        return self.path.rpartition("/")[0]

    @property
    def created(self) -> str:
        """When it was captured, ISO 8601; else when it was made."""
        return self.record.get("created") or self.registered


def _image(found: Found) -> Image:
    notes = str(found.props["config.annotation"] or "")
    instance = str(found.props["config.instanceUuid"] or "")
    record = marks.read_record(notes)
    made = found.props["config.createDate"]
    return Image(
        object=found.object,
        id=found.object._moId,
        name=found.name,
        path=found.path,
        is_template=bool(found.props["config.template"]),
        instance=instance,
        notes=notes,
        # A copy that people made of an image, or a guest launched from one, has its notes too.
        record=record if instance and record.get(marks.INSTANCE) == instance else {},
        registered=made.isoformat() if made and made.year > 1970 else "",
    )


def all_images(vcenter: VCenter, root: Managed = None) -> list[Image]:
    """Everything that is an image of ours, or a template of anybody's."""
    found = (_image(entry) for entry in find_all(vcenter, ["VirtualMachine"], *_WANTED, root=root))
    return [image for image in found if image.record or image.is_template]


def described(vcenter: VCenter, vm: Managed) -> Image:
    """A machine or template as an image, whatever it is."""
    with doing("read a virtual machine"):
        props = properties(vcenter, vm, "name", *_WANTED)
    return _image(Found(vm, plain(props["name"]), path_of(vcenter, vm), props))


def by_id(vcenter: VCenter, identifier: str) -> Image | None:
    """An image by what vCenter calls it; ``None`` when it is gone."""
    try:
        return described(vcenter, vcenter.object("VirtualMachine", identifier))
    except BuilderError as error:
        if is_fault(error, "ManagedObjectNotFound"):
            return None
        raise


def in_folder(vcenter: VCenter, folder: Managed, name: str) -> Managed | None:
    """What has a name in a folder: names are unique there."""
    with doing("read a folder"):
        children = properties(vcenter, folder, "childEntity")["childEntity"] or ()
        by_type: dict[type, list[Managed]] = {}
        for child in children:
            by_type.setdefault(type(child), []).append(child)
        named = [pair for same in by_type.values() for pair in properties_of(vcenter, same, "name")]
    return next((child for child, props in named if plain(props["name"]) == name), None)


def selected(images: t.Iterable[Image], names: t.Sequence[str]) -> list[Image]:
    """Those whose name or path one of some patterns means; all of them when there is none."""
    if not names:
        return list(images)
    return [
        image
        for image in images
        if any(pattern == image.id or fnmatch.fnmatchcase(image.name, pattern) or fnmatch.fnmatchcase(image.path, pattern) for pattern in names)
    ]


def facts_of(vcenter: VCenter, vm: Managed) -> Json:
    """What people ask of a machine: its hardware, its system, its snapshots."""
    with doing("read the configuration of a virtual machine"):
        known = properties(vcenter, vm, *_FACTS)
    hardware = known["config.hardware"]
    devices = hardware.device if hardware else ()
    facts = {
        "guest_os": known["config.guestId"],
        "guest_os_name": known["config.guestFullName"],
        "hardware_version": known["config.version"],
        "firmware": known["config.firmware"],
        "cpus": hardware.numCPU if hardware else None,
        "memory": hardware.memoryMB if hardware else None,
        "disks": [_disk(device) for device in devices if isinstance(device, vim.vm.device.VirtualDisk)],
        "networks": [name for name in (_network(device) for device in devices if isinstance(device, vim.vm.device.VirtualEthernetCard)) if name],
        "power_state": str(known["runtime.powerState"]) if known["runtime.powerState"] else None,
        "snapshots": [tree.name for tree in known["snapshot"].rootSnapshotList] if known["snapshot"] else [],
    }
    return {key: value for key, value in facts.items() if value is not None}


def _disk(device: t.Any) -> Json:
    backing = device.backing
    capacity = device.capacityInBytes or (device.capacityInKB or 0) * 1024
    return {"size": capacity // 1024**2, "file": str(getattr(backing, "fileName", "") or ""), "thin": bool(getattr(backing, "thinProvisioned", False))}


def _network(device: t.Any) -> str:
    return str(getattr(device.backing, "deviceName", None) or (device.deviceInfo.summary if device.deviceInfo else ""))


def users_of_disks(vcenter: VCenter) -> dict[str, str]:
    """Disk file to the name of a machine that has it below one of its own disks: linked clones cannot do without it."""
    users: dict[str, str] = {}
    for entry in find_all(vcenter, ["VirtualMachine"], "config.hardware.device"):
        for device in entry.props["config.hardware.device"] or ():
            if isinstance(device, vim.vm.device.VirtualDisk):
                for file in disk_chain(device.backing)[1:]:
                    users.setdefault(f"{entry.object._moId} {file}", entry.name)
    return users


def disk_chain(backing: t.Any) -> list[str]:
    """Files of a disk: its own, then what that is a difference of."""
    files = []
    while backing is not None:
        if getattr(backing, "fileName", None):
            files.append(str(backing.fileName))
        backing = getattr(backing, "parent", None)
    return files


def user_of(vcenter: VCenter, image: Image, users: t.Mapping[str, str]) -> str | None:
    """Name of a machine that needs an image's disks.

    :param users: of :func:`users_of_disks`.
    """
    with doing(f"read the disks of {image.name}"):
        devices = properties(vcenter, image.object, "config.hardware.device")["config.hardware.device"]
    own = {file for device in devices or () if isinstance(device, vim.vm.device.VirtualDisk) for file in disk_chain(device.backing)}
    for key, name in users.items():
        machine, _space, file = key.partition(" ")
        if machine != image.id and file in own:
            return name
    return None
