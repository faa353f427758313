# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Machines that stay registered in VirtualBox as images: set aside at the capture, given their name when they are published."""

from __future__ import annotations

import pathlib
import re
import typing as t

from ..._appliance import records
from ..._lifecycle.artifact import Artifact
from ..._lifecycle.errors import BuilderError
from ..._lifecycle.operation import Context
from . import machine, marks
from .compacting import disks
from .image_options import machine_name
from .vboxmanage import VBoxManage

Options = t.Mapping[str, t.Any]
Json = dict[str, t.Any]

#: Key of the artifact's metadata with what is known of the machine.
MACHINE = "machine"
_DEFAULT_FOLDER = re.compile(r"^Default machine folder: +(\S.*)$", re.MULTILINE)


def check(vbox: VBoxManage, guest: str, options: Options) -> None:
    """:raises BuilderError: when the machine cannot stay: its name is somebody else's, or its disks are."""
    check_name(vbox, machine_name(options), options["build"])
    if any(medium.get("Parent UUID", "base") != "base" for medium in disks(vbox, guest)):
        raise BuilderError(f"{guest} stands on the disks of another machine, so it cannot stay registered", hint="Set linked to false, or keep_registered.")


def check_name(vbox: VBoxManage, name: str, build: str) -> None:
    """:raises BuilderError: when a machine has the name that is no earlier image of the build."""
    info = vbox.find(name)
    if info is not None and records.read_description(info.get("description", "")).get("build") != build:
        raise BuilderError(
            f"a machine {name} that is no image of {build} is registered already",
            hint="Give another vm_name, or rename that machine.",
            resource=f"virtual machine {name}",
        )


def keep(vbox: VBoxManage, guest: str, artifact: Artifact, options: Options, context: Context) -> Artifact:
    """Set the machine aside under a name that only this run uses."""
    aside = f"{guest}-image"
    base = _base_folder(vbox, options)
    record = records.record_of(_build_of(artifact), artifact.created)
    resource = machine.resource(vbox, aside, base / aside)
    context.say(f"keeping the machine registered as {aside} until it is published")
    context.journal.creating(resource)
    vbox.run("setextradata", guest, marks.GUEST, aside)
    vbox.run(
        "modifyvm", guest, "--name", aside, "--description", records.described(options.get("description") or "", record), what=f"rename the machine {guest}"
    )
    if pathlib.Path(vbox.info(aside)["CfgFile"]).parent.parent != base:
        base.mkdir(parents=True, exist_ok=True)
        vbox.long("movevm", aside, "--type", "basic", "--folder", str(base), what=f"move the machine {aside} to {base}")
    context.journal.released(resource)
    known = {"name": aside, "final_name": machine_name(options), "folder": str(base / aside), "uuid": vbox.info(aside)["UUID"], "virtualbox": vbox.details}
    return artifact.replace(metadata={**artifact.metadata, MACHINE: known})


def publish(artifact: Artifact) -> tuple[Artifact, bool]:
    """Give a machine that was set aside its name; the one that had it before goes last.

    :returns: the artifact, and whether that changed anything.
    """
    known = artifact.metadata.get(MACHINE)
    if not known or known["name"] == known["final_name"]:
        return artifact, False
    vbox = VBoxManage.of_details(known, {})
    name, aside = known["final_name"], known["name"]
    if vbox.find(aside) is not None:
        check_name(vbox, name, artifact.build)
        old = vbox.find(name)
        replaced = f"{aside}-replaced"
        if old is not None:
            vbox.run("modifyvm", name, "--name", replaced, what=f"set the machine {name} aside")
        vbox.run("modifyvm", aside, "--name", name, what=f"rename the machine {aside}")
        marks.forget(vbox, name)
        if old is not None:
            vbox.run("unregistervm", replaced, "--delete", what=f"remove the machine that {name} replaces")
    folder = str(pathlib.Path(vbox.info(name)["CfgFile"]).parent)
    return artifact.replace(metadata={**artifact.metadata, MACHINE: {**known, "name": name, "folder": folder}}), True


def remove(artifact: Artifact) -> None:
    """Remove the machine of an artifact that was never published; idempotent."""
    known = artifact.metadata.get(MACHINE)
    if known:
        machine.remove(VBoxManage.of_details(known, {}), known["name"], pathlib.Path(known["folder"]))


def is_there(artifact: Artifact) -> bool:
    """Whether the machine is registered still; so for an artifact without one."""
    known = artifact.metadata.get(MACHINE)
    if not known:
        return True
    info = VBoxManage.of_details(known, {}).find(known["uuid"])
    return info is not None and records.read_description(info.get("description", "")).get("fingerprint", "") == artifact.fingerprint


def _base_folder(vbox: VBoxManage, options: Options) -> pathlib.Path:
    if options.get("machine_folder"):
        return pathlib.Path(options["machine_folder"]).absolute()
    found = _DEFAULT_FOLDER.search(vbox.run("list", "systemproperties"))
    if found is None:
        raise BuilderError("VirtualBox does not tell its folder of machines", hint="Give machine_folder.")
    return pathlib.Path(found[1])


def _build_of(artifact: Artifact) -> Json:
    names = ("image", "builder", "version", "fingerprint", "source")
    return {"name": artifact.build, **{name: getattr(artifact, name) for name in names}}
