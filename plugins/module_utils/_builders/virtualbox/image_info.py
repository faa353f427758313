# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an appliance, or a registered machine, tells of itself. The operation ``virtualbox_image_info``."""

from __future__ import annotations

import dataclasses
import pathlib
import typing as t

from ..._appliance import records
from ..._appliance.package import Package, open_package
from ..._lifecycle.files import sha256_file
from ..._lifecycle.operation import Context, Params, Result
from .compacting import disks
from .options import HOST_SPEC
from .parsing import attachments
from .vboxmanage import VBoxManage

Json = dict[str, t.Any]

INFO_SPEC: dict[str, t.Any] = {
    "path": {"type": "path"},
    "verify": {"type": "bool", "default": False},
    "names": {"type": "list", "elements": "str"},
    "build": {"type": "str"},
    **HOST_SPEC,
}


def run_info(params: Params, context: Context) -> Result:
    """Look into a file, or at registered machines."""
    if params["path"]:
        path = pathlib.Path(params["path"]).expanduser().absolute()
        images = [describe_file(path, params["verify"])] if path.exists() else []
    else:
        images = _machines(VBoxManage.of(params, context), params)
    return {"changed": False, "exists": bool(images), "images": images}


def describe_file(path: pathlib.Path, verify: bool) -> Json:
    """An appliance.

    :raises BuilderError: when it is none, is not whole, or is damaged (only with ``verify``).
    """
    package = open_package(path)
    package.check_whole()
    digests = package.verify() if verify else {}
    known = package.descriptor
    return {
        **_recorded(records.read_record(known) or records.read_description(known.annotation)),
        "path": str(path),
        "name": known.name,
        "size": path.stat().st_size,
        "sha256": sha256_file(path) if verify else None,
        "verified": bool(verify and package.manifest),
        "ovf_version": known.version,
        "description": known.annotation,
        "product": dataclasses.asdict(known.product),
        "properties": known.properties,
        "eula": known.eula or None,
        "cpus": known.cpus,
        "memory": known.memory,
        "os_type": known.os_type,
        "macs": list(known.macs),
        "manifest": _algorithm(package),
        "files": [{"name": member.name, "size": member.size, "sha256": digests.get(member.name)} for member in package.members],
        "disks": [{"capacity": disk.capacity, "format": disk.format, "file": _href(package, disk.file_id)} for disk in known.disks],
    }


def _algorithm(package: Package) -> str | None:
    return next((entry.algorithm for entry in package.manifest.entries.values()), None) if package.manifest else None


def _href(package: Package, file_id: str | None) -> str | None:
    file = package.descriptor.file(file_id) if file_id else None
    return file.href if file else None


def _machines(vbox: VBoxManage, params: Params) -> list[Json]:
    registered = vbox.machines()
    names = registered if params["names"] is None else [name for name in params["names"] if name in registered]
    found = [describe_machine(vbox, name) for name in names]
    return [image for image in found if params["build"] in (None, image["build"])]


def describe_machine(vbox: VBoxManage, name: str) -> Json:
    """A registered machine."""
    info = vbox.info(name)
    description = info.get("description", "")
    return {
        **_recorded(records.read_description(description)),
        "name": name,
        "uuid": info["UUID"],
        "state": info.get("VMState", ""),
        "folder": str(pathlib.Path(info["CfgFile"]).parent),
        "description": description,
        "cpus": int(info.get("cpus") or 0),
        "memory": int(info.get("memory") or 0),
        "os_type": info.get("ostype", ""),
        "media": [entry._asdict() for entry in attachments(info) if entry.medium != "emptydrive"],
        "disks": [{"path": medium["Location"], "format": medium.get("Storage format"), "capacity": medium.get("Capacity")} for medium in disks(vbox, name)],
    }


def _recorded(record: t.Mapping[str, str]) -> Json:
    return {field: record.get(field) for field in records.FIELDS}
