# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the lifecycle asks of images: whether they are there, how a guest is launched from one, what people do with one."""

from __future__ import annotations

import shlex
import typing as t

from ..._lifecycle.artifact import Artifact, ArtifactFile
from ..._lifecycle.errors import BuilderError
from ..._lifecycle.image_files import are_there, remove_files
from . import keeping
from .image_options import DISK_FORMATS

Options = t.Mapping[str, t.Any]

#: What a guest can be launched from, the best first; one disk does only for a machine with one.
_APPLIANCES = ("ova", "ovf")


def is_present(artifact: Artifact) -> bool:
    """Whether all its files are there, and the machine that is to be registered."""
    return are_there(artifact) and keeping.is_there(artifact)


def remove(artifact: Artifact) -> None:
    """Remove an artifact that was captured and never published; idempotent."""
    keeping.remove(artifact)
    remove_files(artifact)


def source_of(artifact: Artifact) -> dict[str, t.Any]:
    """``source`` options that launch a guest from an artifact.

    :raises BuilderError: when it is plain disks of a machine with several.
    """
    appliance = next((file for kind in _APPLIANCES for file in artifact.files if file.kind == kind), None)
    if appliance is not None:
        # Its license is our own.
        return {"ova": {**_file(appliance), "accept_eula": True}}
    disks = [file for file in artifact.files if file.kind.startswith("disk") and file.kind.rpartition(".")[2] in DISK_FORMATS]
    if not disks or any(not file.kind.startswith("disk1.") for file in disks):
        raise BuilderError(f"no guest can be launched from the artifact {artifact.id}: it is no appliance and not one disk", hint="Add ova to format.")
    return {"disk": _file(disks[0])}


def _file(file: ArtifactFile) -> dict[str, t.Any]:
    return {"path": file.path, "checksum": f"sha256:{file.sha256}"}


def next_steps(artifact: Artifact) -> list[str]:
    """Commands with which a person can use the published artifact."""
    machine = artifact.metadata.get(keeping.MACHINE)
    steps = [f"VBoxManage startvm {shlex.quote(machine['name'])}"] if machine else []
    appliances = [file.path for file in artifact.files if file.kind in _APPLIANCES]
    steps += [f"VBoxManage import {shlex.quote(path)}" for path in appliances]
    steps += [f"tar -tvf {shlex.quote(path)}" for path in appliances if path.endswith(".ova")]
    return steps or [f"qemu-img info {shlex.quote(file.path)}" for file in artifact.files]
