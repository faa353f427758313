# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the machine of a guest out of its source."""

from __future__ import annotations

import pathlib
import typing as t

from ..._appliance.package import open_package
from ..._lifecycle.errors import BuilderError
from ..._lifecycle.operation import Context, Params
from . import disks, machine, marks, source, storage
from .hardware import boot_arguments, raw_commands, set_hardware
from .launch_checks import check_space
from .networking import nic_arguments
from .vboxmanage import VBoxManage

_DEFAULT_OS_TYPE = "Other_64"
_DEFAULT_MEMORY = 1024
_INSTALL_ORDER = ("disk", "dvd")
_DEFAULT_DISK_MIB = 40 * 1024


def check_source_file(params: Params, path: pathlib.Path | None, folder: pathlib.Path) -> None:
    """:raises BuilderError: for an appliance that is not whole, and when there is no room for what is to be made of a file."""
    kind = source.kind_of(params["source"])
    if path is None:
        return
    if kind == "ova":
        open_package(path).check_whole()
    if kind == "disk":
        disks.format_of(path)
    check_space(folder, 0 if kind == "iso" else path.stat().st_size)


def make_machine(params: Params, path: pathlib.Path | None, folder: pathlib.Path, vbox: VBoxManage, context: Context) -> None:
    """A machine with its hardware, disks and adapters, marked, and off.

    :param path: of the file that the source names, ``None`` for a machine.
    """
    guest, kind = params["name"], source.kind_of(params["source"])
    known = machine.resource(vbox, guest, folder)
    snapshot = _snapshot(params, vbox, context) if kind == "vm" else None
    context.journal.creating(known)
    context.say(f"makes the machine {guest}")
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if kind == "ova":
        machine.import_appliance(vbox, guest, folder, t.cast(pathlib.Path, path), params["source"]["ova"])
    elif kind == "vm":
        machine.clone(vbox, guest, folder, params["source"]["vm"], snapshot)
    else:
        machine.create(vbox, guest, folder, params["guest_os_type"] or _DEFAULT_OS_TYPE)
    _forget_old_marks(vbox, guest, kind)
    marks.mark(vbox, guest, params["labels"])
    if snapshot and not params["source"]["vm"]["snapshot"]:
        marks.note(vbox, guest, marks.SNAPSHOT, [params["source"]["vm"]["name"], snapshot])
    context.journal.created(machine.resource(vbox, guest, folder, uuid=vbox.info(guest)["UUID"]))
    is_new = kind in ("iso", "disk")
    set_hardware(vbox, guest, {**params, "memory": params["memory"] or (_DEFAULT_MEMORY if is_new else None)}, is_new)
    _set_nics(params, vbox, is_new)
    _set_disks(params, kind, path, folder, vbox, context)
    if params["purpose"] == "build":
        raw_commands(vbox, guest, params["vboxmanage"], "vboxmanage")


def _snapshot(params: Params, vbox: VBoxManage, context: Context) -> str | None:
    """What to clone: the given snapshot, or for a linked clone one that is taken now."""
    given = params["source"]["vm"]
    info = source.source_machine(vbox, given["name"])
    if given["snapshot"]:
        return source.snapshot_uuid(vbox, given["name"], given["snapshot"])
    if not given["linked"]:
        return None
    known = machine.snapshot_resource(vbox, info["UUID"], params["name"])
    context.journal.creating(known)
    machine.take_snapshot(vbox, info["UUID"], params["name"])
    context.journal.created(known)
    return str(params["name"])


def _forget_old_marks(vbox: VBoxManage, guest: str, kind: str) -> None:
    """Of the machine that this one was made of."""
    if kind in ("vm", "ova"):
        marks.forget(vbox, guest)


def _set_nics(params: Params, vbox: VBoxManage, is_new: bool) -> None:
    arguments = nic_arguments(params["nics"] or [])
    if not arguments and is_new:
        arguments = ["--nic1", "nat"]
    if arguments:
        vbox.run("modifyvm", params["name"], *arguments, what=f"set up the network adapters of {params['name']}")


def _set_disks(params: Params, kind: str, path: pathlib.Path | None, folder: pathlib.Path, vbox: VBoxManage, context: Context) -> None:
    guest = params["name"]
    if kind in ("iso", "disk"):
        target = folder / f"{guest}.vdi"
        if kind == "disk":
            disks.copy_disk(t.cast(pathlib.Path, path), target, vbox, context)
        else:
            disks.new_disk(target, params["disk_size"] or _DEFAULT_DISK_MIB, vbox)
        storage.attach_disk(vbox, guest, str(target), params["disk_controller"], params["disk_discard"], params["disk_nonrotational"])
    if kind != "iso" and params["disk_size"]:
        disk = storage.system_disk(vbox.info(guest))
        if disk is None:
            raise BuilderError(f"the machine {guest} has no disk that disk_size could be for", hint="Remove disk_size.")
        disks.grow(disk.medium, params["disk_size"], vbox)
    if kind == "iso" and not params["boot_order"]:
        vbox.run("modifyvm", guest, *boot_arguments(_INSTALL_ORDER))
    # A guest to verify has the disks of the image, which were there when it was captured.
    extra = params["additional_disks"] if params["purpose"] == "build" else []
    for number, disk in enumerate(extra, start=1):
        target = folder / f"{guest}-{number}.vdi"
        disks.new_disk(target, disk["size"], vbox, fixed=disk["fixed"])
        storage.attach_disk(vbox, guest, str(target), disk["controller"] or params["disk_controller"], disk["discard"], disk["nonrotational"])
