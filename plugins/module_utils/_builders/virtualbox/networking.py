# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Network adapters of a guest, and the addresses that it and this machine see each other at."""

from __future__ import annotations

import ipaddress
import re
import typing as t

from ..._access.waits import longer, waiter_of
from ..._lifecycle.errors import BuilderError, WaitTimeoutError
from .parsing import blocks
from .vboxmanage import VBoxError, VBoxManage

Options = t.Mapping[str, t.Any]

LOOPBACK = "127.0.0.1"
_MOST_NICS = 8
#: Where the name of the network goes.
_NAMED = {"bridged": "--bridgeadapter", "hostonly": "--hostonlyadapter", "hostonlynet": "--host-only-net", "intnet": "--intnet", "natnetwork": "--nat-network"}
#: Lists of this machine that have the names.
_LISTS = {"bridged": "bridgedifs", "hostonly": "hostonlyifs", "hostonlynet": "hostonlynets", "natnetwork": "natnets"}
_MAC = re.compile(r"[0-9A-Fa-f]{2}(?:[:-]?[0-9A-Fa-f]{2}){5}\Z")
_PROPERTY = "/VirtualBox/GuestInfo/Net/{}/V4/IP"


def check_networking(options: Options) -> None:
    """:raises BuilderError: for adapters that cannot be."""
    nics = options.get("nics")
    if nics is not None and not 1 <= len(nics) <= _MOST_NICS:
        raise BuilderError(f"nics: {len(nics)} adapters are given, a machine has 1 to {_MOST_NICS} here")
    for number, nic in enumerate(nics or (), start=1):
        _check_nic(nic, f"nics, adapter {number}")
    wanted = options["address_nic"]
    if not 1 <= wanted <= len(nics or [None] * _MOST_NICS):
        raise BuilderError(f"address_nic is {wanted}, and there is no such adapter")
    ports = options.get("host_ports")
    if ports is not None and not (1 <= len(ports) <= 2 and 1 <= ports[0] <= ports[-1] <= 65535):
        raise BuilderError("host_ports has to be one port, or the lowest and the highest of a range")
    mode = nics[wanted - 1]["mode"] if nics else None
    if mode == "none" and options["connection"] != "none":
        raise BuilderError(f"adapter {wanted} is connected to nothing, so the guest cannot be reached", hint="Set address_nic to another one.")
    if mode not in (None, "nat") and ports:
        raise BuilderError(f"host_ports is for adapters with mode nat, adapter {wanted} has {mode}")
    if mode == "nat" and options.get("address"):
        raise BuilderError(
            "address cannot be used with an adapter of mode nat", hint="The guest is reached by a port of 127.0.0.1; remove address, or set nics."
        )
    if mode == "intnet" and options["connection"] != "none" and not options.get("bastion"):
        raise BuilderError("this machine has no way into an internal network", hint="Give a bastion that has one, or another adapter for address_nic.")


def _check_nic(nic: Options, where: str) -> None:
    named = nic["mode"] in _NAMED
    if named and not nic.get("name"):
        raise BuilderError(f"{where}: mode {nic['mode']} needs a name", hint="The adapter of this machine, or the network.")
    if not named and nic.get("name"):
        raise BuilderError(f"{where}: mode {nic['mode']} takes no name")
    if nic.get("mac") and not _MAC.match(nic["mac"]):
        raise BuilderError(f"{where}: {nic['mac']!r} is no MAC address")
    if nic.get("nat_network"):
        if nic["mode"] != "nat":
            raise BuilderError(f"{where}: nat_network is for mode nat")
        try:
            ipaddress.ip_network(nic["nat_network"])
        except ValueError as error:
            raise BuilderError(f"{where}: nat_network: {error}") from error


def check_networks_exist(options: Options, vbox: VBoxManage) -> None:
    """:raises BuilderError: for an adapter or network that VirtualBox does not know here."""
    for nic in options.get("nics") or ():
        kind = _LISTS.get(nic["mode"])
        if kind is None:
            continue
        listed = vbox.run("list", kind)
        known = [block.get("Name", "") for block in blocks(listed, "Name")]
        if nic["name"] not in known:
            raise BuilderError(
                f"nics: there is no {nic['mode']} {nic['name']} here", hint=f"VirtualBox lists: {', '.join(known) or 'none'} (VBoxManage list {kind})."
            )


def nic_arguments(nics: t.Sequence[Options]) -> list[str]:
    """Arguments of ``modifyvm`` for all adapters."""
    found: list[str] = []
    for number, nic in enumerate(nics, start=1):
        found += [f"--nic{number}", nic["mode"]]
        if nic["mode"] in _NAMED:
            found += [f"{_NAMED[nic['mode']]}{number}", nic["name"]]
        if nic.get("type"):
            found += [f"--nictype{number}", nic["type"]]
        if nic.get("mac"):
            found += [f"--macaddress{number}", re.sub("[:-]", "", nic["mac"]).upper()]
        if nic.get("nat_network"):
            found += [f"--natnet{number}", nic["nat_network"]]
        if nic.get("promiscuous"):
            found += [f"--nicpromisc{number}", nic["promiscuous"]]
    return found


def mode_of(info: t.Mapping[str, str], number: int) -> str:
    """What an adapter is connected to."""
    return info.get(f"nic{number}", "none")


def host_addresses(info: t.Mapping[str, str], options: Options, vbox: VBoxManage) -> tuple[str, str]:
    """Where a server for the guest listens on this machine, and the same address as the guest sees it.

    :raises BuilderError: when that is not clear.
    """
    number = options["address_nic"]
    mode = mode_of(info, number)
    if mode == "nat":
        return LOOPBACK, str(_nat_network(info, number)[2])
    given = (options.get("http") or {}).get("address")
    if given:
        return given, given
    key, kind = {"bridged": ("bridgeadapter", "bridgedifs"), "hostonly": ("hostonlyadapter", "hostonlyifs")}.get(mode, ("", ""))
    name = info.get(f"{key}{number}")
    found = next((block.get("IPAddress") for block in blocks(vbox.run("list", kind), "Name") if block.get("Name") == name), None) if kind else None
    if not found or found == "0.0.0.0":
        raise BuilderError(f"it is not clear at which address the guest reaches this machine (adapter {number}, mode {mode})", hint="Give http.address.")
    return found, found


def _nat_network(info: t.Mapping[str, str], number: int) -> ipaddress.IPv4Network:
    given = info.get(f"natnet{number}", "nat")
    return ipaddress.IPv4Network(f"10.0.{number + 1}.0/24" if given in ("nat", "") else given)


def reported_address(vbox: VBoxManage, machine: str, options: Options) -> str:
    """The address that the guest tells by its guest additions.

    :param options: with ``address_wait``.
    :raises WaitTimeoutError: when it told none in time.
    """
    # VirtualBox counts the guest's adapters from 0, in the guest's own order.
    key = _PROPERTY.format(options["address_nic"] - 1)
    waiter = waiter_of(options, "address_wait", f"the address of {machine}")
    hint = f"The guest additions tell it, so the image needs them; else give the address. {longer('address_wait')}"
    try:
        return waiter.until(lambda: _reported(vbox, machine, key), hint=hint)
    except WaitTimeoutError as error:
        raise WaitTimeoutError(f"{error.message}; VirtualBox says that the machine is {vbox.state(machine)}", hint=hint) from error


def _reported(vbox: VBoxManage, machine: str, key: str) -> str | None:
    try:
        answer = vbox.run("guestproperty", "get", machine, key)
    except VBoxError:
        return None
    found = re.search(r"^Value: (\S+)", answer, re.MULTILINE)
    return found[1] if found and found[1] != "0.0.0.0" else None
