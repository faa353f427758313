# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Network adapters: of a clone connected elsewhere, and further ones."""

from __future__ import annotations

import re
import typing as t

from ..._lifecycle.errors import BuilderError
from .devices import Devices
from .errors import doing
from .properties import properties
from .sdk import Managed, vim
from .session import VCenter

Options = t.Mapping[str, t.Any]

_MAC = re.compile(r"(?:[0-9a-fA-F]{2}[:-]){5}[0-9a-fA-F]{2}\Z")


def check_adapters(options: Options, is_new: bool) -> None:
    """:raises BuilderError: for adapters that cannot be; asks nobody."""
    for number, adapter in enumerate(options["network_adapters"]):
        if adapter["mac"] and not _MAC.match(adapter["mac"]):
            raise BuilderError(f"network_adapters: {adapter['mac']} is no MAC address", hint="It is written 00:50:56:3f:00:01.")
        if not adapter["network"] and not (number == 0 and options.get("network")) and is_new:
            raise BuilderError(f"network_adapters: adapter {number} has no network")
    first = (options["network_adapters"] or [{}])[0]
    if options.get("network") and first.get("network"):
        raise BuilderError("network is that of the first adapter, and network_adapters gives it another one", hint="Give one of the two.")
    if is_new and options["connection"] != "none" and not options["network_adapters"] and not options.get("network"):
        raise BuilderError("a virtual machine that is installed needs a network", hint="Give the option network.")


def wanted_adapters(options: Options) -> list[dict[str, t.Any]]:
    """The adapters that options speak of, the first with the option ``network``."""
    adapters = [dict(adapter) for adapter in options["network_adapters"]]
    if options.get("network"):
        if not adapters:
            adapters.append({"network": None, "type": None, "mac": None, "connected": True})
        adapters[0]["network"] = options["network"]
    return adapters


def cards_of(devices: Devices) -> int:
    """How many adapters there are."""
    return len(devices.of(vim.vm.device.VirtualEthernetCard))


def plan_adapters(adapters: t.Sequence[Options], devices: Devices, networks: t.Mapping[str, Managed], vcenter: VCenter) -> None:
    """Change the first adapters as is wanted, and add the others.

    :param adapters: see :func:`wanted_adapters`.
    :param networks: by the names that adapters have for them.
    """
    existing = devices.of(vim.vm.device.VirtualEthernetCard)
    for number, wanted in enumerate(adapters):
        backing = backing_of(networks[wanted["network"]], vcenter) if wanted["network"] else None
        known = existing[number] if number < len(existing) else None
        if known is not None and not (wanted["type"] and not isinstance(known, _class_of(wanted["type"]))):
            _change(known, wanted, backing, devices)
            continue
        if known is not None:
            devices.remove(known)
            backing = backing or known.backing
        if backing is None:
            raise BuilderError(f"network_adapters: adapter {number} is not in the source and has no network", hint=f"The source has {len(existing)} adapters.")
        devices.add(_new(wanted, backing))


def _class_of(kind: str | None) -> type:
    device = vim.vm.device
    return t.cast(type, {"vmxnet3": device.VirtualVmxnet3, "e1000e": device.VirtualE1000e, "e1000": device.VirtualE1000}[kind or "vmxnet3"])


def _new(wanted: Options, backing: t.Any) -> t.Any:
    adapter = _class_of(wanted["type"])(backing=backing, wakeOnLanEnabled=True)
    _set(adapter, wanted)
    return adapter


def _change(adapter: t.Any, wanted: Options, backing: t.Any, devices: Devices) -> None:
    if backing is not None:
        adapter.backing = backing
    _set(adapter, wanted)
    devices.edit(adapter)


def _set(adapter: t.Any, wanted: Options) -> None:
    adapter.connectable = vim.vm.device.VirtualDevice.ConnectInfo(startConnected=wanted["connected"], connected=wanted["connected"], allowGuestControl=True)
    if wanted["mac"]:
        adapter.addressType = "manual"
        adapter.macAddress = wanted["mac"].lower().replace("-", ":")


def backing_of(network: Managed, vcenter: VCenter) -> t.Any:
    """How an adapter is connected to a network."""
    card = vim.vm.device.VirtualEthernetCard
    with doing("read a network"):
        if isinstance(network, vim.dvs.DistributedVirtualPortgroup):
            props = properties(vcenter, network, "key", "config.distributedVirtualSwitch")
            switch = properties(vcenter, props["config.distributedVirtualSwitch"], "uuid")["uuid"]
            port = vim.dvs.PortConnection(portgroupKey=props["key"], switchUuid=switch)
            return card.DistributedVirtualPortBackingInfo(port=port)
        props = properties(vcenter, network, "name", "summary")
    if isinstance(network, vim.OpaqueNetwork):
        summary = props["summary"]
        return card.OpaqueNetworkBackingInfo(opaqueNetworkId=summary.opaqueNetworkId, opaqueNetworkType=summary.opaqueNetworkType)
    return card.NetworkBackingInfo(deviceName=props["name"], network=network)
