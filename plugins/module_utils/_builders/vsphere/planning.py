# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looks up all that a launch needs, and refuses what is missing or not clear, before anything is made."""

from __future__ import annotations

import dataclasses
import pathlib
import typing as t

from ..._appliance.package import open_package
from ..._lifecycle.errors import BuilderError
from ..._lifecycle.operation import Context, Params
from ..._media.checksums import Digest
from . import library, uploads
from .adapters import cards_of, wanted_adapters
from .addresses import check_adapter
from .cloning import devices_of
from .disks import check_linked, disks_of, plan_disks
from .finding import find_all
from .hardware_options import HARDWARE_SPEC
from .machines import KIND
from .placement import Place, datastore_of, network_of, place_of
from .sdk import Managed
from .session import VCenter
from .source import Origin, find_origin, kind_of, local_file

Options = t.Mapping[str, t.Any]

_OWN_STORAGE = ("iso", "ova", "library")
#: Of a guest that verifies an image.
_NEUTRAL: dict[str, t.Any] = {
    "http": None,
    "cd": None,
    "floppy": None,
    "boot_command": [],
    "boot_order": [],
    "isos": [],
    "disks": [],
    "controllers": ["pvscsi"],
    "pci_devices": [],
    "vgpu_profiles": [],
    "usb_controllers": [],
    "serial_ports": [],
    "extra_config": {},
    "vapp_properties": {},
}


@dataclasses.dataclass(frozen=True)
class Plan:
    """What a launch needs, all of it looked up.

    :ivar origin: what is cloned, if something is.
    :ivar adapters: see :func:`.adapters.wanted_adapters`.
    :ivar networks: by the names that options have for them.
    :ivar stores: likewise, datastores of disks.
    :ivar media_store: where media go; ``None`` for the guest's own datastore.
    """

    kind: str
    place: Place
    origin: Origin | None
    adapters: tuple[dict[str, t.Any], ...]
    networks: dict[str, Managed]
    stores: dict[str, Managed]
    media_store: Managed | None


def plan_launch(source: Options, options: Options, vcenter: VCenter) -> Plan:
    """Look everything up; changes nothing.

    :raises BuilderError: for what is not there, not clear, or not together.
    """
    place = place_of(options, vcenter)
    kind = kind_of(source)
    if kind in _OWN_STORAGE and place.datastore is None and place.pod is None:
        raise BuilderError("it is not said where the disks of the guest go", hint="Give datastore or datastore_cluster.")
    where = (vcenter, place.datacenter, place.compute, place.host)
    adapters = tuple(wanted_adapters(options))
    mapped = ((source.get("ova") or {}).get("networks") or {}).values()
    networks = {name: network_of(name, *where) for name in dict.fromkeys([*(adapter["network"] for adapter in adapters), *mapped]) if name}
    stores = {name: datastore_of(name, *where) for name in dict.fromkeys(disk["datastore"] for disk in options["disks"]) if name}
    media_store = datastore_of(options["media_datastore"], *where) if options["media_datastore"] else None
    origin = find_origin(source, options, vcenter) if kind in ("template", "vm") else None
    _check_files(source, options, vcenter)
    if origin is not None:
        devices = devices_of(vcenter, origin.vm)
        check_adapter(options, max(len(adapters), cards_of(devices)))
        if origin.linked:
            check_linked(options, disks_of(devices))
        # Refuses disks that would have to shrink.
        plan_disks(options, devices, stores)
    elif kind == "iso":
        check_adapter(options, len(adapters))
    return Plan(kind, place, origin, adapters, networks, stores, media_store)


def _check_files(source: Options, options: Options, vcenter: VCenter) -> None:
    """Look for what has to be in a library or on a datastore already."""
    iso = source.get("iso") or {}
    if source.get("library"):
        library.item_identity(vcenter, source["library"]["library"], source["library"]["item"])
    elif iso.get("library"):
        library.iso_path(vcenter, iso["library"], iso["item"])
    for path in (iso.get("datastore_path"), *options["isos"]):
        if path and uploads.find_file(vcenter, path, options) is None:
            raise BuilderError(f"there is no file {path}", hint="Check the path; it is written '[datastore] folder/file'.")


def check_name(vcenter: VCenter, guest: str, place: Place) -> None:
    """:raises BuilderError: when something that is not this guest has its name."""
    for entry in find_all(vcenter, ["VirtualMachine"], root=place.datacenter):
        if entry.name == guest:
            raise BuilderError(
                f"there is a virtual machine {entry.path} already, and it is not this guest", hint="Rename or remove it.", resource=f"{KIND} {guest}"
            )


def obtain(source: Options, context: Context) -> tuple[pathlib.Path, Digest] | None:
    """The package or installer of this machine, downloaded where it has to be; ``None`` for other sources."""
    package, iso = source.get("ova"), source.get("iso")
    wanted = package or iso
    if not wanted or not (wanted.get("path") or wanted.get("urls")):
        return None
    path, digest = local_file(wanted, ".ova" if package else ".iso", context)
    if package:
        open_package(path)
    return path, digest


def for_verification(params: Params) -> Params:
    """The options for a guest that verifies an image: it has the image's hardware, and gets nothing that an installation needs."""
    unset = {name: None for name in HARDWARE_SPEC if name not in _NEUTRAL}
    return {**params, **unset, **_NEUTRAL, "network_adapters": params["network_adapters"][:1]}
