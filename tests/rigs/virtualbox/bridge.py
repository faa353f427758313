# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A network card of the host that machines are bridged to, and nobody else."""

from __future__ import annotations

import contextlib
import dataclasses
import ipaddress
import os
import subprocess
import typing as t

from ..docker.rig import program

#: For tests of networks; every process takes four addresses of its own.
_RANGE = ipaddress.IPv4Network("198.18.0.0/15")
_PREFIX = 30


@dataclasses.dataclass(frozen=True)
class Bridge:
    """The card.

    :ivar machine: the only address that a machine can have there.
    """

    name: str
    machine: str

    @property
    def of_machine(self) -> str:
        """The address with the length of its prefix."""
        return f"{self.machine}/{_PREFIX}"


@contextlib.contextmanager
def bridge() -> t.Iterator[Bridge]:
    """Have one."""
    ip, name = program("ip"), f"golden{os.getpid()}"
    network = int(_RANGE.network_address) + 4 * os.getpid() % _RANGE.num_addresses
    host, machine = (str(ipaddress.IPv4Address(network + number)) for number in (1, 2))
    subprocess.run([ip, "tuntap", "add", "dev", name, "mode", "tap"], check=True, capture_output=True)
    try:
        for arguments in (["address", "add", f"{host}/{_PREFIX}", "dev", name], ["link", "set", name, "up"]):
            subprocess.run([ip, *arguments], check=True, capture_output=True)
        yield Bridge(name, machine)
    finally:
        # Also while a machine has it.
        subprocess.run([ip, "link", "delete", name], check=True, capture_output=True)
