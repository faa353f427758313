# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Marks of a guest: extradata of its machine, so that it is known whatever became of the journal."""

from __future__ import annotations

import datetime
import json
import typing as t

from .vboxmanage import MissingMachineError, VBoxManage

_PREFIX = "golden/"
GUEST, EXPIRES = "golden/guest", "golden/expires"
#: What the build alone needs, as JSON: forwards ``[[nic, rule], …]``, places of media ``[[controller, port, device], …]``, names of controllers.
FORWARDS, MEDIA, CONTROLLERS = "golden/forwards", "golden/media", "golden/controllers"
#: The snapshot that a linked clone stands on and that goes with it, as JSON: ``[machine, name]``.
SNAPSHOT = "golden/snapshot"
#: The medium with the installer, as JSON: ``[controller, port, device, path]``.
INSTALLER = "golden/installer"
#: Of VirtualBox as a whole, for a moment.
FORGOTTEN = "golden/forgotten"


def mark(vbox: VBoxManage, machine: str, labels: t.Mapping[str, t.Any]) -> None:
    """Mark a machine as a guest.

    :param labels: such as ``golden.run``, ``golden.expires``.
    """
    vbox.run("setextradata", machine, GUEST, machine)
    for name, value in labels.items():
        vbox.run("setextradata", machine, _key(name), str(value))


def _key(label: str) -> str:
    return _PREFIX + label.removeprefix("golden.").replace("/", ".")


def note(vbox: VBoxManage, machine: str, key: str, value: t.Any) -> None:
    """Write down what the build added to a machine, for whoever removes it before the capture; ``None`` forgets it."""
    text = [] if value is None else [json.dumps(value)]
    vbox.run("setextradata", machine, key, *text)


def noted(vbox: VBoxManage, machine: str, key: str) -> t.Any:
    """What :func:`note` wrote, ``None`` for nothing."""
    text = marks_of(vbox, machine).get(key)
    return json.loads(text) if text else None


def marks_of(vbox: VBoxManage, machine: str) -> dict[str, str]:
    """All marks of a machine; empty when it is none of ours."""
    return {key: value for key, value in vbox.extradata(machine).items() if key.startswith(_PREFIX)}


def forget(vbox: VBoxManage, machine: str) -> None:
    """Take all marks off a machine that is to stay."""
    for key in marks_of(vbox, machine):
        vbox.run("setextradata", machine, key)


def is_guest(vbox: VBoxManage, machine: str) -> bool:
    """Whether a machine was made by us under its present name."""
    return marks_of(vbox, machine).get(GUEST) == machine


def expired(vbox: VBoxManage, now: datetime.datetime) -> list[str]:
    """Machines whose mark says that nobody needs them any more."""
    return [name for name in vbox.machines() if _is_expired(vbox, name, now)]


def _is_expired(vbox: VBoxManage, machine: str, now: datetime.datetime) -> bool:
    """A mark that nobody can read never is, nor a machine that somebody else removed meanwhile."""
    try:
        marks = marks_of(vbox, machine)
        return GUEST in marks and datetime.datetime.fromisoformat(marks[EXPIRES].replace("Z", "+00:00")) < now
    except (MissingMachineError, KeyError, ValueError):
        return False
