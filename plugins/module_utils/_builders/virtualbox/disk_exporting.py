# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Exports the disks of a guest as plain files."""

from __future__ import annotations

import os
import pathlib
import typing as t

from ..._lifecycle.errors import BuilderError
from ..._lifecycle.process import require_program, run_command
from .compacting import disks
from .exporting import space_told
from .image_options import DISK_FORMATS
from .vboxmanage import VBoxManage

Options = t.Mapping[str, t.Any]


def require_converters(formats: t.Iterable[str]) -> None:
    """:raises MissingDependencyError: when a program for a format is not there."""
    if "qcow2" in formats:
        require_program("qemu-img", "qemu-utils")


def export_disks(vbox: VBoxManage, guest: str, folder: pathlib.Path, options: Options, known: t.Container[str]) -> list[pathlib.Path]:
    """Write each disk in each wanted format into a folder, as ``<stem>.disk<number>.<format>``.

    :param known: names of files that are there already.

    :raises BuilderError: when the guest has no disk, or it fails.
    """
    found = disks(vbox, guest)
    if not found:
        raise BuilderError(f"the guest {guest} has no disk to export", resource=f"virtual machine {guest}")
    paths = []
    for number, medium in enumerate(found, start=1):
        for kind in dict.fromkeys(options["disk_format"]):
            target = folder / f"{options['file_stem']}.disk{number}.{kind}"
            if target.name in known:
                continue
            _export(vbox, medium, kind, target, options)
            target.chmod(0o644)
            paths.append(target)
    return paths


def _export(vbox: VBoxManage, medium: dict[str, str], kind: str, target: pathlib.Path, options: Options) -> None:
    word, variant = DISK_FORMATS[kind]
    written = target.with_suffix(".converting") if kind == "qcow2" else target
    with space_told():
        vbox.long("clonemedium", "disk", medium["UUID"], str(written), "--format", word, "--variant", variant, what=f"export the disk {medium['Location']}")
    # It is a file of the image from now on, and nothing that VirtualBox attaches to machines.
    vbox.run("closemedium", "disk", str(written), what=f"forget the disk {written}")
    if kind == "qcow2":
        argv = [require_program("qemu-img", "qemu-utils"), "convert", "-f", "raw", "-O", "qcow2", str(written), str(target)]
        run_command(argv, timeout=float(options.get("copy_timeout") or 3600.0))
        os.unlink(written)
