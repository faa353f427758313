# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes off a guest's machine what only the build needed."""

from __future__ import annotations

import json
import typing as t

from . import marks, storage
from .parsing import attachments, controllers, forwards
from .vboxmanage import VBoxManage

Place = tuple[str, int, int]


def clean(vbox: VBoxManage, guest: str, *, keep_installer: bool) -> None:
    """Remove the forwards, media, drives and controllers that the build added.

    :param keep_installer: have the medium with the installer in its drive, also when it was taken out after the installation.
    """
    known = marks.marks_of(vbox, guest)
    installer = _noted(known, marks.INSTALLER) if keep_installer else []
    _remove_forwards(vbox, guest, _noted(known, marks.FORWARDS))
    _remove_media(vbox, guest, [(name, int(port), int(device)) for name, port, device in _noted(known, marks.MEDIA)])
    if installer:
        storage.insert(vbox, guest, (installer[0], int(installer[1]), int(installer[2])), installer[3])
    _remove_controllers(vbox, guest, _noted(known, marks.CONTROLLERS))


def _noted(known: t.Mapping[str, str], key: str) -> list[t.Any]:
    return list(json.loads(known[key])) if known.get(key) else []


def _remove_forwards(vbox: VBoxManage, guest: str, rules: list[t.Any]) -> None:
    present = {forward.name for forward in forwards(vbox.info(guest))}
    for nic, rule in rules:
        if rule in present:
            vbox.run("modifyvm", guest, f"--natpf{nic}", "delete", rule, what=f"remove the port forward {rule} of {guest}")


def _remove_media(vbox: VBoxManage, guest: str, places: list[Place]) -> None:
    present = {(entry.controller, entry.port, entry.device): entry.medium for entry in attachments(vbox.info(guest))}
    for place in places:
        if place in present:
            storage.detach(vbox, guest, place)
    storage.forget_removable(vbox, {present[place] for place in places if place in present}.__contains__)


def _remove_controllers(vbox: VBoxManage, guest: str, names: list[t.Any]) -> None:
    info = vbox.info(guest)
    present = {controller.name for controller in controllers(info)}
    used = {entry.controller for entry in attachments(info)}
    for name in names:
        if name in present and name not in used:
            vbox.run("storagectl", guest, "--name", name, "--remove", what=f"remove the controller {name} of {guest}")
