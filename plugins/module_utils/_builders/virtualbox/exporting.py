# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Exports a guest as an appliance: VirtualBox writes its disks, the description is completed, and all is packed."""

from __future__ import annotations

import contextlib
import os
import pathlib
import typing as t

from ..._appliance import records
from ..._appliance.descriptor import Descriptor
from ..._appliance.editing import Edit
from ..._appliance.packing import Part, manifest_of, write_ova
from ..._lifecycle.errors import BuilderError
from ..._lifecycle.image_files import NO_SPACE_HINT
from .forwarding import RULE
from .image_options import OVF_VERSIONS, licence_of, machine_name, product_of
from .vboxmanage import VBoxError, VBoxManage

Options = t.Mapping[str, t.Any]

_FULL = ("VERR_DISK_FULL", "No space left on device", "ENOSPC")
_DISKS = (".vmdk", ".vhd", ".vdi", ".img")
_CDS = (".iso",)


def export_appliance(vbox: VBoxManage, guest: str, folder: pathlib.Path, options: Options, record: t.Mapping[str, str]) -> tuple[Descriptor, list[Part]]:
    """Write the files of an appliance into a folder.

    :param folder: exists and is empty.
    :param record: what the appliance tells of its build.
    :returns: the description, and the parts in the order of a package: description, manifest when there is one, disks.
    :raises BuilderError: when it fails.
    """
    stem = options["file_stem"]
    written = folder / f"{stem}.ovf"
    more = ["--options", ",".join(_export_options(options))] if _export_options(options) else []
    with space_told():
        vbox.long("export", guest, "--output", str(written), OVF_VERSIONS[options["ovf_version"]], *more, what=f"export the machine {guest}")
    descriptor = Descriptor.parse(written.read_bytes(), f"the description of {guest}")
    written.unlink()
    edit = Edit(descriptor)
    parts = _renamed(edit, descriptor, folder, stem)
    _complete(edit, options, record)
    finished = edit.finish()
    parts.insert(0, Part(f"{stem}.ovf", finished.data))
    if options["manifest"] != "none":
        parts.insert(1, Part(f"{stem}.mf", manifest_of(parts, options["manifest"]).data))
    return finished, parts


def _export_options(options: Options) -> list[str]:
    return sorted({*options["export_options"], *(["iso"] if options["bundle_iso"] else [])})


def _renamed(edit: Edit, descriptor: Descriptor, folder: pathlib.Path, stem: str) -> list[Part]:
    """The files of the appliance under names that tell what they are."""
    parts = []
    counts: dict[str, int] = {}
    for file in descriptor.files:
        path = folder / file.href
        suffix = path.suffix.lower()
        kind = "disk" if suffix in _DISKS else "cd" if suffix in _CDS else "file"
        counts[kind] = counts.get(kind, 0) + 1
        name = f"{stem}.{kind}{counts[kind]}{suffix}"
        os.replace(path, folder / name)
        (folder / name).chmod(0o644)
        edit.set_file(file.href, new_href=name, size=(folder / name).stat().st_size)
        parts.append(Part(name, folder / name))
    return parts


def _complete(edit: Edit, options: Options, record: t.Mapping[str, str]) -> None:
    edit.set_name(machine_name(options))
    edit.set_product(product_of(options))
    edit.set_properties(records.CLASS, record)
    edit.set_annotation(records.described(options.get("description") or "", record))
    licence = licence_of(options)
    if licence:
        edit.set_eula(licence)
    # What VirtualBox was told to remember of the guest is nobody's after it.
    edit.drop_extra_data("golden/")
    edit.drop_port_forwards({RULE})


def write_parts(parts: t.Sequence[Part], folder: pathlib.Path) -> list[pathlib.Path]:
    """Give parts that are in memory a file as well; returns all of them."""
    paths = []
    for part in parts:
        path = folder / part.name
        if isinstance(part.content, bytes):
            path.write_bytes(part.content)
        paths.append(path)
    return paths


def remove_parts(parts: t.Sequence[Part]) -> None:
    """Remove the files that parts are made of."""
    for part in parts:
        if isinstance(part.content, pathlib.Path):
            part.content.unlink()


def pack(parts: t.Sequence[Part], target: pathlib.Path, epoch: int) -> None:
    """Write an OVA."""
    with open(target, "wb") as stream:
        write_ova(stream, parts, epoch)


@contextlib.contextmanager
def space_told() -> t.Iterator[None]:
    """Say what to do when VirtualBox finds the disk full.

    :raises BuilderError: with a hint, in place of VirtualBox's.
    """
    try:
        yield
    except VBoxError as error:
        if any(word in error.text for word in _FULL):
            raise BuilderError(error.message, hint=NO_SPACE_HINT) from error
        raise
