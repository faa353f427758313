# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes image files of a guest that is at rest: exported to a partial folder first, so that no half file has an image's name."""

from __future__ import annotations

import contextlib
import datetime
import os
import pathlib
import typing as t

from ..._appliance import records
from ..._appliance.descriptor import Descriptor
from ..._lifecycle.artifact import Artifact, ArtifactFile
from ..._lifecycle.errors import GoldenError
from ..._lifecycle.image_files import recorded
from ..._lifecycle.journal import Resource
from ..._lifecycle.operation import Context
from ..._lifecycle.run import iso, utc_now
from .compacting import disks
from .disk_exporting import export_disks
from .export_discarding import discard_export, export_resource
from .exporting import export_appliance, pack, remove_parts, write_parts
from .image_options import machine_name
from .vboxmanage import VBoxManage

Options = t.Mapping[str, t.Any]
Json = dict[str, t.Any]


def build_of(options: Options) -> Json:
    """The facts of the build as the options have them."""
    return {"name": options["build"], **{key: options[key] for key in ("image", "builder", "version", "fingerprint", "source")}}


def make(vbox: VBoxManage, guest: str, folder: pathlib.Path, options: Options, context: Context) -> Artifact:
    """Write all that is wanted into a folder.

    :raises BuilderError: when it fails; nothing that VirtualBox knows of it is left then.
    """
    created = utc_now()
    record = records.record_of(build_of(options), iso(created))
    partial = folder / "partial"
    resource = export_resource(vbox, partial)
    metadata = _metadata(vbox, guest, options)
    context.journal.creating(resource)
    try:
        partial.mkdir()
        paths, descriptor = _exported(vbox, guest, partial, options, record, created, context)
        files = [_moved(path, folder, options["file_stem"]) for path in paths]
    except BaseException:
        # What went wrong is told, and not that cleaning up after it went wrong too: that is tried again from the journal.
        with contextlib.suppress(GoldenError):
            _discard(vbox, partial, resource, context)
        raise
    _discard(vbox, partial, resource, context)
    if descriptor is not None:
        metadata.update(ovf_version=descriptor.version, macs=list(descriptor.macs))
    return Artifact(
        id=f"sha256:{files[0].sha256}",
        type="virtualbox",
        build=options["build"],
        image=options["image"],
        builder=options["builder"],
        version=options["version"],
        fingerprint=options["fingerprint"],
        location=str(folder),
        created=iso(created),
        files=tuple(files),
        source=dict(options["source"]),
        metadata=metadata,
    )


def _discard(vbox: VBoxManage, partial: pathlib.Path, resource: Resource, context: Context) -> None:
    discard_export(vbox, partial)
    context.journal.discarded(resource)


def _exported(
    vbox: VBoxManage, guest: str, partial: pathlib.Path, options: Options, record: dict[str, str], created: datetime.datetime, context: Context
) -> tuple[list[pathlib.Path], Descriptor | None]:
    """Files in the order in which the artifact has them: what guests are launched from comes first."""
    paths: list[pathlib.Path] = []
    descriptor = None
    wanted = options["format"]
    if "ova" in wanted or "ovf" in wanted:
        context.say("exporting the appliance")
        descriptor, parts = export_appliance(vbox, guest, partial, options, record)
        if "ova" in wanted:
            paths.append(partial / f"{options['file_stem']}.ova")
            pack(parts, paths[0], int(created.timestamp()))
        if "ovf" in wanted:
            paths.extend(write_parts(parts, partial))
        else:
            remove_parts(parts)
    if "disk" in wanted:
        context.say("exporting the disks")
        # The disks of an appliance that is a folder are named as plain ones are, and are the same.
        paths.extend(export_disks(vbox, guest, partial, options, {path.name for path in paths}))
    return paths, descriptor


def _moved(path: pathlib.Path, folder: pathlib.Path, stem: str) -> ArtifactFile:
    with open(path, "rb") as stream:
        os.fsync(stream.fileno())
    target = folder / path.name
    os.replace(path, target)
    return recorded(target, path.name.removeprefix(f"{stem}."))


def _metadata(vbox: VBoxManage, guest: str, options: Options) -> Json:
    info = vbox.info(guest)
    os_type = info.get("ostype", "")
    return {
        "virtualbox": ".".join(map(str, vbox.version())),
        "vm_name": machine_name(options),
        "os_type": os_type,
        "architecture": _architecture(info, os_type),
        "cpus": int(info.get("cpus") or 0),
        "memory": int(info.get("memory") or 0),
        "firmware": info.get("firmware", "").lower(),
        "disks": [{"capacity": medium.get("Capacity", "")} for medium in disks(vbox, guest)],
    }


def _architecture(info: t.Mapping[str, str], os_type: str) -> str:
    """In the words of uname; VirtualBox tells it by itself since 7.1."""
    told = (info.get("platformArchitecture") or "").lower()
    if "arm" in told or "arm64" in os_type.lower():
        return "aarch64"
    return "x86_64" if "64" in os_type else "i686"
