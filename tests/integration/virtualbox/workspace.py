# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A folder of a user who builds appliances, against the rig."""

from __future__ import annotations

import contextlib
import dataclasses
import pathlib
import typing as t

from tests.rigs.virtualbox.guest_disk import USER
from tests.rigs.virtualbox.rig import VirtualBoxRig, convert, in_disk

from .. import workspaces

#: Emulation on a machine with other work is slow.
WAITS = {name: {"timeout": 800.0, "interval": 1.0} for name in ("connection_wait", "installation_wait", "shutdown_wait", "power_off_wait")}
SMALL = {"cpus": 1, "memory": 512, "guest_os_type": "Debian_64"}
#: Nothing is gathered or generalized that a test does not look at: in emulation that takes longer than all else.
PLAIN = {"version": "1.0.0", "gather_facts": False, "generalize": False}


def builder(rig: VirtualBoxRig, **options: t.Any) -> dict[str, t.Any]:
    """A builder that starts the rig's Debian in a small machine and polls often."""
    way = {} if options.get("connection") == "none" else {"user": USER}
    return {"type": "virtualbox", "source": {"disk": {"path": str(rig.disk)}}, **way, **SMALL, **WAITS, **options}


@dataclasses.dataclass
class Workspace(workspaces.Workspace):
    """The folder."""

    rig: VirtualBoxRig

    def appliance(self, build: str) -> pathlib.Path:
        """The newest one of a build."""
        (path,) = [pathlib.Path(file["path"]) for file in self.artifact(build)["files"] if file["path"].endswith(".ova")]
        return path

    def in_appliance(self, path: pathlib.Path, name: str) -> str:
        """A file in the disk of an appliance, by way of the machine that the real VBoxManage makes of it."""
        with self.imported(path) as disk:
            return in_disk(disk, name)

    @contextlib.contextmanager
    def imported(self, path: pathlib.Path) -> t.Iterator[pathlib.Path]:
        """The first disk of the machine that the real VBoxManage makes of an appliance."""
        self.rig.vboxmanage("import", path, "--vsys", "0", "--vmname", "imported", "--basefolder", self.folder / "imported", "--options", "importtovdi")
        try:
            disks = {value for key, value in self.rig.info("imported").items() if value.endswith(".vdi") and "ImageUUID" not in key}
            yield pathlib.Path(min(disks))
        finally:
            self.rig.vboxmanage("unregistervm", "imported", "--delete-all")


def make_workspace(folder: pathlib.Path, rig: VirtualBoxRig, collection_path: pathlib.Path) -> Workspace:
    """A workspace whose VBoxManage is the rig's."""
    environment = workspaces.prepare(folder, collection_path)
    return Workspace(folder, {**environment, "PATH": f"{rig.programs}:{environment['PATH']}"}, rig)


def register(rig: VirtualBoxRig, name: str, folder: pathlib.Path, source: pathlib.Path) -> pathlib.Path:
    """Make a machine with a copy of a disk, as a user has one.

    :returns: its disk.
    """
    disk = folder / name / "disk.vdi"
    rig.vboxmanage("createvm", "--name", name, "--basefolder", folder, "--register", "--ostype", "Debian_64")
    rig.vboxmanage("modifyvm", name, "--memory", "512", "--nic1", "nat")
    rig.vboxmanage("storagectl", name, "--name", "SATA", "--add", "sata", "--portcount", "1")
    convert(source, disk)
    rig.vboxmanage("internalcommands", "sethduuid", disk)
    rig.vboxmanage("storageattach", name, "--storagectl", "SATA", "--port", "0", "--device", "0", "--type", "hdd", "--medium", disk)
    return disk
