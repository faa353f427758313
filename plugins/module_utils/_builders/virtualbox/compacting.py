# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Disks of a guest: which they are, and how they become smaller."""

from __future__ import annotations

from ..._lifecycle.operation import Context
from .parsing import attachments
from .vboxmanage import VBoxError, VBoxManage

Medium = dict[str, str]


def disks(vbox: VBoxManage, guest: str) -> list[Medium]:
    """Hard disks of a machine as ``list hdds`` shows them, in the order of their places."""
    known = {medium.get("Location", ""): medium for medium in vbox.media("hdds")}
    places = sorted(attachments(vbox.info(guest)), key=lambda entry: (entry.controller, entry.port, entry.device))
    return [known[entry.medium] for entry in places if entry.medium in known]


def compact(vbox: VBoxManage, guest: str, context: Context) -> None:
    """Give back what is zero in the guest's disks; only the format VDI can, and a disk that others stand on is left alone."""
    for medium in disks(vbox, guest):
        if medium.get("Storage format") != "VDI" or medium.get("Parent UUID", "base") != "base":
            continue
        try:
            vbox.long("modifymedium", "disk", medium["UUID"], "--compact", what=f"compact the disk {medium['Location']}")
        except VBoxError as error:
            context.warn(f"{error.message}; the image is larger than it needs to be")
