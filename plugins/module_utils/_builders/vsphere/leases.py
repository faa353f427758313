# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses that a DHCP server of this machine gave, or that this machine has seen in its network."""

from __future__ import annotations

import contextlib
import pathlib
import re

_NEIGHBOURS = pathlib.Path("/proc/net/arp")
_COMPLETE = 0x2
#: Where dnsmasq, ISC's server and Kea keep them.
_USUAL = (
    "/var/lib/misc/dnsmasq.leases",
    "/var/lib/dnsmasq/dnsmasq.leases",
    "/var/lib/dhcp/dhcpd.leases",
    "/var/lib/dhcpd/dhcpd.leases",
    "/var/lib/kea/kea-leases4.csv",
)
_ISC = re.compile(r"lease\s+(?P<address>[0-9A-Fa-f.:]+)\s*\{(?P<body>[^}]*)\}")
_ISC_MAC = re.compile(r"hardware\s+ethernet\s+(?P<mac>[0-9A-Fa-f:]{17})")


def addresses_of(mac: str, leases_file: str | None) -> list[str]:
    """Addresses of an adapter, the newest first.

    :param leases_file: of the DHCP server; the usual places, and what this machine knows of its neighbours, when there is none.
    """
    if leases_file:
        return in_leases(_read(pathlib.Path(leases_file)), mac)
    found = [address for path in _USUAL for address in in_leases(_read(pathlib.Path(path)), mac)]
    return found + in_neighbours(_read(_NEIGHBOURS), mac)


def _read(path: pathlib.Path) -> str:
    with contextlib.suppress(OSError):
        return path.read_text(encoding="utf-8", errors="replace")
    return ""


def in_leases(text: str, mac: str) -> list[str]:
    """From a file of dnsmasq, ISC's dhcpd or Kea; servers append, so the newest comes first here."""
    mac = mac.lower()
    found = [match["address"] for match in _ISC.finditer(text) if (known := _ISC_MAC.search(match["body"])) and known["mac"].lower() == mac]
    for line in text.splitlines():
        fields = line.split()
        if len(fields) >= 3 and fields[0].isdigit() and fields[1].lower() == mac:
            found.append(fields[2])
        kea = line.split(",")
        if len(kea) > 2 and kea[1].lower() == mac:
            found.append(kea[0])
    return list(dict.fromkeys(reversed(found)))


def in_neighbours(text: str, mac: str) -> list[str]:
    """From Linux' table of neighbours."""
    rows = [line.split() for line in text.splitlines()[1:]]
    return [row[0] for row in rows if len(row) >= 4 and row[3].lower() == mac.lower() and int(row[2], 16) & _COMPLETE]
