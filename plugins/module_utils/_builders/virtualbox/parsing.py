# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads what VBoxManage writes."""

from __future__ import annotations

import re
import typing as t

_ASSIGNMENT = re.compile(r'^"?([^"=\n]+)"?=("?)(.*)$')
_ESCAPED = re.compile(r'\\(["\\])')
_FORWARDING = re.compile(r"Forwarding\(\d+\)\Z")
_CONTROLLER = re.compile(r"storagecontrollername(\d+)\Z")


def machine_readable(text: str) -> dict[str, str]:
    """Assignments of ``--machinereadable``; values may go over several lines."""
    found: dict[str, str] = {}
    lines = iter(text.splitlines())
    for line in lines:
        match = _ASSIGNMENT.match(line)
        if match is None:
            continue
        name, quote, value = match.groups()
        if quote:
            value = _quoted(value, lines)
        found[name] = value
    return found


def _quoted(value: str, lines: t.Iterator[str]) -> str:
    while not _is_closed(value):
        line = next(lines, None)
        if line is None:
            break
        value = f"{value}\n{line}"
    return _ESCAPED.sub(r"\1", value.removesuffix('"'))


def _is_closed(value: str) -> bool:
    if not value.endswith('"'):
        return False
    before = value[:-1]
    return (len(before) - len(before.rstrip("\\"))) % 2 == 0


def blocks(text: str, first: str) -> list[dict[str, str]]:
    """Paragraphs of ``Name: value`` lines.

    :param first: name that each of them begins with.
    """
    found: list[dict[str, str]] = []
    for line in text.splitlines():
        name, colon, value = line.partition(":")
        if name == first and colon:
            found.append({})
        if found and colon and not line.startswith(" "):
            found[-1].setdefault(name, value.strip())
    return found


class Forward(t.NamedTuple):
    """A port forward of a NAT adapter."""

    name: str
    protocol: str
    host: str
    host_port: int
    guest_address: str
    guest_port: int


def forwards(info: t.Mapping[str, str]) -> list[Forward]:
    """All of a machine."""
    found = []
    for key, value in info.items():
        if _FORWARDING.match(key):
            # A rule's name may have commas of its own.
            name, protocol, host, host_port, guest_address, guest_port = value.rsplit(",", 5)
            found.append(Forward(name, protocol, host, int(host_port), guest_address, int(guest_port)))
    return found


class Controller(t.NamedTuple):
    """A storage controller.

    :ivar kind: VirtualBox's word in lower case: ``intelahci``, ``piix4``, ``nvme``, ``i82078`` …
    :ivar ports: how many it has.
    :ivar most_ports: how many it can have.
    """

    name: str
    kind: str
    ports: int
    most_ports: int


def controllers(info: t.Mapping[str, str]) -> list[Controller]:
    """All of a machine, in its order."""
    numbers = sorted(int(match[1]) for key in info if (match := _CONTROLLER.match(key)))
    return [
        Controller(
            info[f"storagecontrollername{number}"],
            info.get(f"storagecontrollertype{number}", "").lower(),
            int(info.get(f"storagecontrollerportcount{number}") or 1),
            int(info.get(f"storagecontrollermaxportcount{number}") or 1),
        )
        for number in numbers
    ]


class Attachment(t.NamedTuple):
    """A place of a controller, and what is in it.

    :ivar medium: path, ``emptydrive`` or ``none``.
    """

    controller: str
    port: int
    device: int
    medium: str


def attachments(info: t.Mapping[str, str]) -> list[Attachment]:
    """Places of all controllers that something is in."""
    found = []
    for controller in controllers(info):
        place = re.compile(rf"{re.escape(controller.name)}-(\d+)-(\d+)\Z")
        for key, value in info.items():
            match = place.match(key)
            if match and value != "none":
                found.append(Attachment(controller.name, int(match[1]), int(match[2]), value))
    return found
