# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""CDs and floppies of a guest that is built: attached for the build alone, taken out before it becomes an image."""

from __future__ import annotations

import dataclasses
import json
import pathlib
import typing as t

from ..._lifecycle.errors import BuilderError
from ..._lifecycle.operation import Context
from ..._media.guest_media import Medium
from . import marks, uploads
from .cloning import devices_of
from .devices import Devices, full
from .disks import add_controller
from .errors import doing
from .machines import reconfigure
from .properties import properties
from .sdk import Managed, vim
from .session import VCenter

Options = t.Mapping[str, t.Any]

#: With the folder on a datastore that holds the guest's media.
FOLDER_MARK = "golden.media"
#: With the boot order from before, in JSON: pairs of a kind and a device key.
_ORDER_MARK = "golden.boot_order"
_IDE_PLACES, _SATA_PLACES, _FLOPPY_PLACES = 2, 30, 2
_FLOPPY_CONTROLLER = 400


@dataclasses.dataclass(frozen=True)
class Inserted:
    """A medium on a datastore.

    :ivar kind: ``cd`` or ``floppy``.
    :ivar path: ``[datastore] folder/file``.
    """

    kind: str
    path: str


def folder_of(options: Options, guest: str) -> str:
    """The folder of a guest's media, on the datastore."""
    return f"{str(options['media_folder']).strip('/')}/{guest}"


def upload_media(vcenter: VCenter, media: t.Sequence[Medium], root: Managed, store: Managed, options: Options, guest: str, context: Context) -> list[Inserted]:
    """Write the media of a guest to a folder of its own on a datastore."""
    if not media:
        return []
    folder = folder_of(options, guest)
    where = f"[{uploads.name_of(vcenter, store)}] {folder}"
    resource = vcenter.resource(uploads.KIND, where, datacenter=root._moId)
    context.journal.creating(resource)
    uploads.make_folder(vcenter, root, store, folder)
    context.journal.created(resource)
    inserted = []
    for medium in media:
        name = f"{medium.role}{pathlib.Path(medium.path).suffix}"
        uploads.upload(vcenter, root, store, pathlib.Path(medium.path), f"{folder}/{name}", context)
        inserted.append(Inserted(medium.kind, f"{where}/{name}"))
    return inserted


def attach(vcenter: VCenter, vm: Managed, media: t.Sequence[Inserted], options: Options, guest: str) -> None:
    """Insert media into drives of their own, and set the boot order that ``boot_order`` asks for; both are noted, to be undone by :func:`remove_media`."""
    devices = devices_of(vcenter, vm)
    before = {device.key for device in devices.all}
    for medium in media:
        add_drive(devices, medium, options["cdrom_type"])
    if devices.changes:
        reconfigure(vcenter, vm, vim.vm.ConfigSpec(deviceChange=devices.changes), f"insert the media into {guest}", options)
    order = options["boot_order"]
    if not media and not order:
        return
    now = devices_of(vcenter, vm)
    added = [device.key for device in now.all if device.key not in before]
    values = {marks.ADDED_DEVICES: json.dumps(added)}
    own = next((medium.path.rpartition("/")[0] for medium in media if medium.path.rpartition("/")[0].endswith(folder_of(options, guest))), None)
    if own:
        values[FOLDER_MARK] = own
    spec = vim.vm.ConfigSpec()
    if order:
        with doing(f"read the boot order of {guest}"):
            known = properties(vcenter, vm, "config.bootOptions")["config.bootOptions"]
        values[_ORDER_MARK] = json.dumps([_plain(entry) for entry in (known.bootOrder if known else None) or ()])
        spec.bootOptions = vim.vm.BootOptions(bootOrder=boot_order(order, now))
    spec.extraConfig = marks.extra_config(values)
    reconfigure(vcenter, vm, spec, f"set the boot order of {guest}", options)


def boot_order(wanted: t.Iterable[str], devices: Devices) -> list[t.Any]:
    """In vSphere's words: disks and adapters one by one, CDs and floppies as such."""
    boot = vim.vm.BootOptions
    order: list[t.Any] = []
    for kind in wanted:
        if kind == "disk":
            order += [boot.BootableDiskDevice(deviceKey=disk.key) for disk in devices.of(vim.vm.device.VirtualDisk)]
        elif kind == "ethernet":
            order += [boot.BootableEthernetDevice(deviceKey=card.key) for card in devices.of(vim.vm.device.VirtualEthernetCard)]
        else:
            order.append(boot.BootableCdromDevice() if kind == "cdrom" else boot.BootableFloppyDevice())
    return order


def _plain(entry: t.Any) -> list[t.Any]:
    return [type(entry).__name__.rpartition(".")[2], getattr(entry, "deviceKey", None)]


def _boot_entry(plain: t.Sequence[t.Any]) -> t.Any:
    kind, key = plain
    cls = getattr(vim.vm.BootOptions, kind)
    return cls(deviceKey=key) if key is not None else cls()


def add_drive(devices: Devices, medium: Inserted, cdrom_type: str) -> None:
    """A drive with a medium in it."""
    connectable = vim.vm.device.VirtualDevice.ConnectInfo(startConnected=True, connected=True, allowGuestControl=True)
    device = vim.vm.device
    if medium.kind == "floppy":
        controller_key = next((controller.key for controller in devices.of(device.VirtualSIOController)), _FLOPPY_CONTROLLER)
        taken = len(devices.of(device.VirtualFloppy))
        if taken >= _FLOPPY_PLACES:
            raise full("floppy drive")
        backing = device.VirtualFloppy.ImageBackingInfo(fileName=medium.path)
        devices.add(device.VirtualFloppy(backing=backing, connectable=connectable, controllerKey=controller_key, unitNumber=taken))
        return
    controller, unit = _cd_place(devices, cdrom_type)
    backing = device.VirtualCdrom.IsoBackingInfo(fileName=medium.path)
    devices.add(device.VirtualCdrom(backing=backing, connectable=connectable, controllerKey=controller.key, unitNumber=unit))


def _cd_place(devices: Devices, cdrom_type: str) -> tuple[t.Any, int]:
    """A controller and a free place on it."""
    device = vim.vm.device
    kind, most = (device.VirtualIDEController, _IDE_PLACES) if cdrom_type == "ide" else (device.VirtualAHCIController, _SATA_PLACES)
    for controller in devices.of(kind):
        unit = devices.free_unit(controller, most)
        if unit is not None:
            return controller, unit
    if cdrom_type == "ide":
        raise full("CD drive on IDE")
    return add_controller("sata", devices), 0


def remove_media(vcenter: VCenter, vm: Managed, options: Options, context: Context) -> bool:
    """Take out what :func:`attach` added, restore the boot order, and delete the guest's media; whether there was anything.

    :param vm: switched off.
    """
    known = marks.read(vcenter, vm)
    if not any(name in known for name in (marks.ADDED_DEVICES, FOLDER_MARK, _ORDER_MARK)):
        return False
    devices = devices_of(vcenter, vm)
    added = set(json.loads(known.get(marks.ADDED_DEVICES) or "[]"))
    # Drives before the controllers that they are on.
    for device in sorted((device for device in devices.all if device.key in added), key=lambda device: device.controllerKey is None):
        devices.remove(device)
    kept = {device.key for device in devices.all}
    spec = vim.vm.ConfigSpec(deviceChange=devices.changes, extraConfig=marks.extra_config(dict.fromkeys((marks.ADDED_DEVICES, FOLDER_MARK, _ORDER_MARK), "")))
    if _ORDER_MARK in known:
        before = [entry for entry in json.loads(known[_ORDER_MARK]) if entry[1] is None or entry[1] in kept]
        # An empty list would leave it as it is; one entry that is no device clears it.
        spec.bootOptions = vim.vm.BootOptions(bootOrder=[_boot_entry(entry) for entry in before] or [vim.vm.BootOptions.BootableDevice()])
    reconfigure(vcenter, vm, spec, "take the media out", options)
    if known.get(FOLDER_MARK):
        remove_folder(vcenter, vm, known[FOLDER_MARK], context)
    return True


def remove_folder(vcenter: VCenter, vm: Managed, folder: str, context: Context) -> None:
    """Delete the media of a guest."""
    root = datacenter_of(vcenter, vm)
    uploads.remove(vcenter, root, folder)
    context.journal.discarded(vcenter.resource(uploads.KIND, folder, datacenter=root._moId))


def datacenter_of(vcenter: VCenter, entity: Managed) -> Managed:
    """The data centre that something is in."""
    with doing("read the inventory"):
        while entity is not None and not isinstance(entity, vim.Datacenter):
            entity = properties(vcenter, entity, "parent")["parent"]
    if entity is None:
        raise BuilderError("it is in no data centre")
    return entity


def store_of(vcenter: VCenter, vm: Managed) -> Managed:
    """The datastore with the configuration of a virtual machine."""
    with doing("read the datastores of a virtual machine"):
        props = properties(vcenter, vm, "config.files.vmPathName", "datastore")
        name, _path = uploads.parse_path(props["config.files.vmPathName"])
        for store in props["datastore"] or ():
            if uploads.name_of(vcenter, store) == name:
                return store
    raise BuilderError(f"the datastore {name} of the virtual machine cannot be seen", hint="Check the rights of the user.")
