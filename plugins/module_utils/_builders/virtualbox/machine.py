# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Machines of guests: made, imported, cloned, started, ended, removed."""

from __future__ import annotations

import contextlib
import os
import pathlib
import shutil
import typing as t

from ..._lifecycle.errors import BuilderError
from ..._lifecycle.found_processes import end, find_by_argument
from ..._lifecycle.journal import Resource
from ..._lifecycle.waiting import Waiter
from . import marks, storage
from .options import BACKEND
from .parsing import attachments
from .service import await_closed
from .vboxmanage import LockedError, MissingMachineError, VBoxError, VBoxManage

Options = t.Mapping[str, t.Any]

KIND, SNAPSHOT_KIND, HOME_KIND = "virtual machine", "snapshot", "VirtualBox home"
RUNNING = ("running", "paused", "starting", "stopping", "gurumeditation", "stuck", "restoring", "saving", "livesnapshotting", "teleporting")
_ENDED = Waiter("the machine to end", timeout=60.0, interval=0.1)
_MEDIA = {"hdds": "disk", "dvds": "dvd", "floppies": "floppy"}


def folder_of(params: Options, guest: str, directory: str | None) -> pathlib.Path:
    """Folder of a guest's machine with all its disks.

    :raises BuilderError: when it is not clear where it is.
    """
    base = params.get("machine_folder") or directory
    if not base:
        raise BuilderError("it is not clear where the machine is", hint="Give directory or machine_folder.")
    return pathlib.Path(str(base)).absolute() / guest


def resource(vbox: VBoxManage, guest: str, folder: pathlib.Path, **more: t.Any) -> Resource:
    """A guest's machine in the journal."""
    return Resource(BACKEND, KIND, guest, {"virtualbox": vbox.details, "folder": str(folder), **more})


def home_resource(vbox: VBoxManage) -> Resource:
    """The settings of a VirtualBox that a build has for itself, in the journal."""
    return Resource(BACKEND, HOME_KIND, str(vbox.user_home), {"virtualbox": vbox.details})


def snapshot_resource(vbox: VBoxManage, machine: str, name: str) -> Resource:
    """A snapshot that a linked clone stands on, in the journal."""
    return Resource(BACKEND, SNAPSHOT_KIND, name, {"virtualbox": vbox.details, "machine": machine})


def is_ours(vbox: VBoxManage, guest: str, info: t.Mapping[str, str], folder: pathlib.Path) -> bool:
    """Whether a machine is the guest: one that is being made has no mark yet, but its place."""
    with contextlib.suppress(MissingMachineError):
        return _is_below(info.get("CfgFile", ""), folder) or marks.is_guest(vbox, guest)
    return False


def create(vbox: VBoxManage, guest: str, folder: pathlib.Path, os_type: str) -> None:
    """An empty machine."""
    vbox.run("createvm", "--name", guest, "--ostype", os_type, "--basefolder", str(folder.parent), "--register", what=f"make the machine {guest}")


def import_appliance(vbox: VBoxManage, guest: str, folder: pathlib.Path, path: pathlib.Path, given: Options) -> None:
    """A machine of an appliance."""
    arguments = ["--vsys", "0", "--vmname", guest, "--basefolder", str(folder.parent)]
    if given["options"]:
        arguments += ["--options", ",".join(given["options"])]
    if given["accept_eula"]:
        arguments += ["--eula", "accept"]
    hint = "The license of the appliance has to be accepted: read it, and set source.ova.accept_eula to true."
    try:
        vbox.long("import", str(path), *arguments, *given["arguments"], what=f"import the appliance {path}")
    except VBoxError as error:
        if "license" in error.text.lower() and not given["accept_eula"]:
            raise BuilderError(error.message, hint=hint) from error
        raise


def clone(vbox: VBoxManage, guest: str, folder: pathlib.Path, given: Options, snapshot: str | None) -> None:
    """A machine that is like another one.

    :param snapshot: of the other one; its present state when ``None``.
    """
    arguments = ["--name", guest, "--basefolder", str(folder.parent), "--register", "--mode", "machine"]
    if snapshot:
        arguments += ["--snapshot", snapshot]
    if given["linked"]:
        arguments += ["--options", "link"]
    vbox.long("clonevm", str(given["name"]), *arguments, what=f"clone the machine {given['name']}")


def start(vbox: VBoxManage, guest: str, headless: bool) -> None:
    """Start a machine."""
    kind = "headless" if headless else "gui"
    hint = "See the log in the folder Logs beside its disks; where VirtualBox has no kernel module (vboxdrv), no machine starts: VBoxManage --version tells."
    vbox.run("startvm", guest, "--type", kind, timeout=max(vbox.timeout, 120.0), what=f"start the machine {guest}", hint=hint)


def power_off(vbox: VBoxManage, guest: str) -> bool:
    """End a machine at once, without a word to its system; whether it ran."""
    if vbox.state(guest) not in RUNNING:
        return False
    # It may end by itself meanwhile, and a machine whose VBoxSVC was killed may not listen.
    with contextlib.suppress(VBoxError):
        vbox.run("controlvm", guest, "poweroff")
    _end_processes(vbox, guest)
    _ENDED.until(lambda: vbox.state(guest) not in RUNNING, hint=f"End the process that has {guest} on its command line, and run again.")
    return True


def _end_processes(vbox: VBoxManage, guest: str) -> None:
    """Of a machine that did not end when it was told to."""
    with contextlib.suppress(MissingMachineError):
        uuid = vbox.info(guest)["UUID"]
        if vbox.state(guest) in RUNNING:
            end(find_by_argument(uuid), uuid)


def remove(vbox: VBoxManage, guest: str, folder: pathlib.Path) -> bool:
    """End and unregister a guest's machine, and delete its folder with all in it, and nothing else.

    :returns: whether there was something.
    :raises BuilderError: when a machine of that name is somebody else's.
    """
    info = vbox.find(guest)
    if info is not None and not is_ours(vbox, guest, info, folder):
        raise BuilderError(f"the machine {guest} was not made by golden.images, so it is not removed", resource=f"{KIND} {guest}")
    existed = info is not None or folder.exists()
    if info is not None:
        power_off(vbox, guest)
        if vbox.state(guest) == "saved":
            vbox.run("discardstate", guest)
        had = {entry.medium for entry in attachments(info)} | _installer(vbox, guest)
        _unregister(vbox, guest)
        storage.forget_removable(vbox, lambda path: path in had or pathlib.Path(path).name.startswith(f"{guest}."))
        _remove_folder(pathlib.Path(info["CfgFile"]).parent, folder)
    if vbox.is_there:
        await_closed(folder)
        if _unregister_remains(vbox, folder) and info is None:
            _save_settings(vbox)
    if folder.exists():
        shutil.rmtree(folder)
    return existed


def _installer(vbox: VBoxManage, guest: str) -> set[str]:
    """The medium that was taken out when the installer was through."""
    with contextlib.suppress(MissingMachineError):
        noted = marks.noted(vbox, guest, marks.INSTALLER)
        return {str(noted[-1])} if noted else set()
    return set()


def _unregister(vbox: VBoxManage, machine: str) -> None:
    # Without --delete: that may delete disks that others stand on; what is ours is in the machine's folder.
    try:
        vbox.run("unregistervm", machine, what=f"unregister the machine {machine}")
    except VBoxError:
        # It may fail for a medium that is still read, and have unregistered the machine all the same.
        if vbox.find(machine) is not None:
            raise


def _remove_folder(place: pathlib.Path, folder: pathlib.Path) -> None:
    """Of a machine that was made with another machine_folder than the options say now."""
    if place != folder and place.name == folder.name:
        shutil.rmtree(place, ignore_errors=True)


def _unregister_remains(vbox: VBoxManage, folder: pathlib.Path) -> bool:
    """What a call that was cut off left: machines that cannot be read, and media that no machine has; whether there were media."""
    closed = False
    for uuid, settings in vbox.unreadable().items():
        if _is_below(settings, folder):
            _unregister(vbox, uuid)
    for kind, word in _MEDIA.items():
        found = [medium for medium in vbox.media(kind) if _is_below(medium.get("Location", ""), folder)]
        for medium in _children_first(found):
            with contextlib.suppress(MissingMachineError):
                vbox.run("closemedium", word, medium["UUID"], what=f"forget the medium {medium['Location']}")
                closed = True
    return closed


def _save_settings(vbox: VBoxManage) -> None:
    """A copy that was cut off stays in VirtualBox's file of settings, from which its next start has it again, until something else has that file written."""
    for value in (["1"], []):
        vbox.run("setextradata", "global", marks.FORGOTTEN, *value)


def _children_first(media: list[dict[str, str]]) -> list[dict[str, str]]:
    parents = {medium["UUID"]: medium.get("Parent UUID", "") for medium in media}

    def depth(uuid: str) -> int:
        return 0 if uuid not in parents else 1 + depth(parents[uuid])

    return sorted(media, key=lambda medium: depth(medium["UUID"]), reverse=True)


def _is_below(path: str, folder: pathlib.Path) -> bool:
    return bool(path) and pathlib.Path(os.path.normpath(path)).is_relative_to(folder)


def take_snapshot(vbox: VBoxManage, machine: str, name: str) -> None:
    """For linked clones to stand on."""
    vbox.long(
        "snapshot",
        machine,
        "take",
        name,
        "--description",
        "A linked clone of golden.images stands on it; it goes with the clone.",
        what=f"take a snapshot of {machine}",
    )


def delete_snapshot(vbox: VBoxManage, machine: str, name: str) -> bool:
    """Delete a snapshot of a build; whether it was there. The disks of the machine are as before."""
    try:
        if not any(key.startswith("SnapshotName") and value == name for key, value in vbox.info(machine).items()):
            return False
        vbox.long("snapshot", machine, "delete", name, what=f"delete the snapshot {name} of {machine}")
    except MissingMachineError:
        return False
    except LockedError as error:
        raise BuilderError(error.message, hint=f"When {machine} is free again: VBoxManage snapshot {machine} delete {name}") from error
    return True
