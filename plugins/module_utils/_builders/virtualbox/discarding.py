# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Removes what a build made at VirtualBox, from its journal or from its marks, and finds what expired."""

from __future__ import annotations

import datetime
import pathlib
import shutil
import typing as t

from ..._lifecycle.builder import load_backend
from ..._lifecycle.errors import GoldenError
from ..._lifecycle.journal import Resource
from ..._media.leftovers import http_server, seed_medium
from . import disks, machine, marks
from .options import BACKEND
from .vboxmanage import VBoxManage

Options = t.Mapping[str, t.Any]

#: Of media that are made for a guest.
_MEDIA = ("seed.iso", "cd.iso", "floppy.img")


def _machine(resource: Resource, options: Options) -> bool:
    vbox = VBoxManage.of_details(resource.details, options)
    return machine.remove(vbox, resource.name, pathlib.Path(resource.details["folder"]))


def _snapshot(resource: Resource, options: Options) -> bool:
    return machine.delete_snapshot(VBoxManage.of_details(resource.details, options), resource.details["machine"], resource.name)


def _medium(resource: Resource, options: Options) -> bool:
    return disks.forget_source(VBoxManage.of_details(resource.details, options), resource.name)


def _home(resource: Resource, options: Options) -> bool:
    VBoxManage.of_details(resource.details, options).end_service()
    folder = pathlib.Path(resource.name)
    existed = folder.exists()
    shutil.rmtree(folder, ignore_errors=True)
    return existed


#: How each kind of resource goes.
KINDS: dict[str, t.Callable[[Resource, Options], bool]] = {
    machine.KIND: _machine,
    machine.SNAPSHOT_KIND: _snapshot,
    machine.HOME_KIND: _home,
    disks.MEDIUM_KIND: _medium,
}


def discard(resource: Resource, options: Options) -> bool:
    """Remove a journalled resource.

    :returns: whether there was something.
    """
    if resource.backend != BACKEND:
        return load_backend(resource.backend).discard(resource, dict(options))
    if resource.kind not in KINDS:
        raise GoldenError(f"the VirtualBox builder knows no {resource.kind}")
    return KINDS[resource.kind](resource, options)


def http_log(directory: str, guest: str) -> str:
    """What the server for a guest writes, by which it is also known."""
    return str(pathlib.Path(directory).absolute() / f"{guest}.http.log")


def belongings(params: Options, vbox: VBoxManage) -> list[Resource]:
    """All that a guest may have, by its options, in the order in which it goes."""
    guest, directory = params["name"], params["directory"]
    found = [machine.resource(vbox, guest, machine.folder_of(params, guest, directory))]
    stood_on = marks.noted(vbox, guest, marks.SNAPSHOT) if vbox.find(guest) is not None else None
    if stood_on:
        found.append(machine.snapshot_resource(vbox, *stood_on))
    if directory:
        place = pathlib.Path(directory).absolute()
        found.append(http_server(http_log(directory, guest)))
        found += [seed_medium(str(place / f"{guest}.{name}")) for name in _MEDIA]
    if vbox.is_isolated:
        found.append(machine.home_resource(vbox))
    return found


def leftovers(vbox: VBoxManage, now: datetime.datetime) -> list[Resource]:
    """Machines of guests whose expiry has passed."""
    found = {name: vbox.find(name) for name in marks.expired(vbox, now)}
    return [machine.resource(vbox, name, pathlib.Path(info["CfgFile"]).parent) for name, info in found.items() if info is not None]
