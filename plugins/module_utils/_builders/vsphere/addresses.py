# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waits until a guest has the address that it is to be reached at."""

from __future__ import annotations

import dataclasses
import ipaddress
import typing as t

from ..._access.waits import longer, waiter_of
from ..._lifecycle.errors import BuilderError, WaitTimeoutError
from ..._lifecycle.operation import Context
from . import leases, questions
from .errors import doing
from .machines import ON
from .properties import properties
from .sdk import Managed, vim
from .session import VCenter

Options = t.Mapping[str, t.Any]

_GUEST = (
    "guest.net",
    "guest.ipAddress",
    "guest.toolsRunningStatus",
    "guest.toolsVersionStatus2",
    "guest.guestState",
    "guest.hostName",
    "guestHeartbeatStatus",
    "runtime.powerState",
    "config.hardware.device",
)
#: How often progress is told.
TOLD_SECONDS = 60


@dataclasses.dataclass(frozen=True)
class Reported:
    """An address, and the adapter that has it.

    :ivar mac: in lower case; empty when it is not known.
    """

    address: str
    mac: str = ""


@dataclasses.dataclass
class Settling:
    """Believes an address once it has stayed the same for a while.

    :ivar seconds: for how long.
    """

    seconds: float
    value: str | None = None
    since: float = 0.0

    def settled(self, value: str | None, now: float) -> bool:
        """Whether it has, at a moment."""
        if value != self.value:
            self.value, self.since = value, now
        return value is not None and now - self.since >= self.seconds


def check_address(options: Options) -> None:
    """:raises BuilderError: for what is no address or network."""
    wanted = options["address"]
    for network in wanted["networks"]:
        try:
            ipaddress.ip_network(network, strict=False)
        except ValueError as error:
            raise BuilderError(f"address: networks: {network} is no network", hint="It is written 192.168.10.0/24.") from error
    if wanted["settle"] < 0:
        raise BuilderError("address: settle is less than 0")
    if wanted["adapter"] is not None and wanted["adapter"] < 0:
        raise BuilderError("address: adapter is less than 0", hint="The first adapter is 0.")
    if wanted["leases_file"] and wanted["from"] != "dhcp":
        raise BuilderError("address: leases_file is for from: dhcp")


def check_adapter(options: Options, cards: int) -> None:
    """:raises BuilderError: when the adapter whose addresses count will not be there.

    :param cards: that will be.
    """
    number = options["address"]["adapter"]
    if number is not None and number >= cards:
        raise BuilderError(f"address: the virtual machine has no adapter {number}", hint=f"It has {cards}, and the first is 0.")


def chosen(reported: t.Iterable[Reported], options: Options, mac: str | None) -> str | None:
    """The address to use.

    :param mac: of the adapter whose addresses count; ``None`` for all.
    """
    wanted = options["address"]
    networks = [ipaddress.ip_network(network, strict=False) for network in wanted["networks"]]
    for candidate in reported:
        try:
            address = ipaddress.ip_address(candidate.address.partition("%")[0])
        except ValueError:
            continue
        if mac and candidate.mac and candidate.mac != mac:
            continue
        if address.is_link_local or address.is_loopback or address.is_multicast or address.is_unspecified:
            continue
        if networks and not any(address.version == network.version and address in network for network in networks):
            continue
        if not networks and (address.version == 6) != wanted["ipv6"]:
            continue
        return str(address)
    return None


def guest_state(vcenter: VCenter, vm: Managed, name: str) -> dict[str, t.Any]:
    """What the guest reports, and whether it is on."""
    with doing(f"read what {name} reports"):
        return properties(vcenter, vm, *_GUEST)


def wait_for_address(vcenter: VCenter, vm: Managed, name: str, options: Options, context: Context, meanwhile: t.Callable[[], None] = lambda: None) -> str:
    """The guest's address.

    :param meanwhile: is called at every look.
    :raises BuilderError: when the guest is switched off meanwhile, or asks a question that nobody answers.
    :raises WaitTimeoutError: saying what the guest reported.
    """
    wanted = options["address"]
    waiter = waiter_of(options, "address_wait", f"an address of {name}")
    settling = Settling(0.0 if wanted["from"] == "given" else wanted["settle"])
    told = 0.0
    state: dict[str, t.Any] = {}
    context.say(f"waiting for the address of {name}")
    for elapsed in waiter.ticks():
        meanwhile()
        questions.look(vcenter, vm, name, options["answers"], context)
        state = guest_state(vcenter, vm, name)
        if state["runtime.powerState"] != ON:
            raise BuilderError(
                f"the virtual machine {name} was switched off while its address was awaited",
                hint="Its installer or something outside did that; for a guest that switches itself off when it is installed, set connection to none.",
                resource=f"virtual machine {name}",
            )
        address = _address_now(state, options)
        if settling.settled(address, elapsed):
            return t.cast(str, address)
        if elapsed - told >= TOLD_SECONDS:
            told = elapsed
            context.say(f"still waiting for the address of {name}: {said(state, options)}")
    if settling.value is not None:
        # It is known, though it has not stayed the same for long enough.
        return settling.value
    raise WaitTimeoutError(
        f"{name} had no address to be reached at within {waiter.timeout:g} s: {said(state, options)}",
        hint=f"{_advice(state, options)} {longer('address_wait')}.",
        resource=f"virtual machine {name}",
    )


def _address_now(state: t.Mapping[str, t.Any], options: Options) -> str | None:
    wanted = options["address"]
    if wanted["from"] == "given":
        return str(wanted["given"])
    mac = _mac_of(state["config.hardware.device"], wanted["adapter"])
    if wanted["from"] == "dhcp":
        macs = [mac] if mac else _macs(state["config.hardware.device"])
        return chosen([Reported(address) for known in macs for address in leases.addresses_of(known, wanted["leases_file"])], options, None)
    return chosen(_reported(state), options, mac)


def _reported(state: t.Mapping[str, t.Any]) -> list[Reported]:
    """What the tools report; the primary address first."""
    found = [Reported(address, (adapter.macAddress or "").lower()) for adapter in state["guest.net"] or () for address in adapter.ipAddress or ()]
    primary = state["guest.ipAddress"]
    known = next((entry for entry in found if entry.address == primary), None)
    first = [known or Reported(primary)] if primary else []
    return first + [entry for entry in found if entry.address != primary]


def _cards(devices: t.Iterable[t.Any]) -> list[t.Any]:
    return sorted((device for device in devices or () if isinstance(device, vim.vm.device.VirtualEthernetCard)), key=lambda card: card.key)


def _macs(devices: t.Iterable[t.Any]) -> list[str]:
    return [card.macAddress.lower() for card in _cards(devices) if card.macAddress]


def _mac_of(devices: t.Iterable[t.Any], number: int | None) -> str | None:
    if number is None:
        return None
    cards = _cards(devices)
    return (cards[number].macAddress or "").lower() or None if number < len(cards) else None


def said(state: t.Mapping[str, t.Any], options: Options) -> str:
    """What the guest reports, for people."""
    if not state:
        return "nothing is known of it"
    addresses = ", ".join(entry.address for entry in _reported(state))
    parts = [
        f"VMware Tools {_words(state['guest.toolsRunningStatus'], 'guestTools')}",
        f"the guest is {_words(state['guest.guestState'], '')}" if state["guest.guestState"] else "",
        f"its name is {state['guest.hostName']}" if state["guest.hostName"] else "",
        f"it reports {addresses}" if addresses else "it reports no address",
    ]
    if addresses and options["address"]["networks"]:
        parts.append(f"none of which is in {', '.join(options['address']['networks'])}")
    return ", ".join(part for part in parts if part)


def _words(value: t.Any, prefix: str) -> str:
    """``guestToolsNotRunning`` as ``not running``."""
    text = str(value or "unknown").removeprefix(prefix)
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in text).strip()


def _advice(state: t.Mapping[str, t.Any], options: Options) -> str:
    if options["address"]["from"] == "dhcp":
        return "See whether the leases file of the DHCP server is the right one, and whether the guest asks for an address."
    if str(state.get("guest.toolsRunningStatus")) != "guestToolsRunning":
        return "See the console of the guest in vCenter: it has to boot, and to have open-vm-tools; without those use address.from: dhcp or given."
    return "See the network of the guest, and the options network and address."
