# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Network adapters, and who sees whom at which address."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.golden.images.plugins.module_utils._builders.virtualbox import networking
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import BuilderError, WaitTimeoutError

from .conftest import FakeVirtualBox

Options = t.Callable[..., dict[str, t.Any]]

BRIDGES = """Name:            eth0
GUID:            30687465-0000-4000-8000-000000000000
IPAddress:       192.0.2.7
NetworkMask:     255.255.255.0
Status:          Up
VBoxNetworkName: HostInterfaceNetworking-eth0

"""


def test_adapters_as_arguments(guest_options: Options) -> None:
    nics = [
        {"mode": "nat", "nat_network": "192.168.77.0/24", "type": "virtio"},
        {"mode": "bridged", "name": "eth0", "mac": "08:00:27:aa:bb:cc", "promiscuous": "allow-vms"},
        {"mode": "hostonly", "name": "vboxnet0"},
        {"mode": "hostonlynet", "name": "hosts"},
        {"mode": "intnet", "name": "inner"},
        {"mode": "natnetwork", "name": "shared"},
        {"mode": "none"},
    ]
    options = guest_options(nics=nics)
    networking.check_networking(options)
    assert networking.nic_arguments(options["nics"]) == [
        *("--nic1", "nat", "--nictype1", "virtio", "--natnet1", "192.168.77.0/24"),
        *("--nic2", "bridged", "--bridgeadapter2", "eth0", "--macaddress2", "080027AABBCC", "--nicpromisc2", "allow-vms"),
        *("--nic3", "hostonly", "--hostonlyadapter3", "vboxnet0"),
        *("--nic4", "hostonlynet", "--host-only-net4", "hosts"),
        *("--nic5", "intnet", "--intnet5", "inner"),
        *("--nic6", "natnetwork", "--nat-network6", "shared"),
        *("--nic7", "none"),
    ]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"nics": []}, "a machine has 1 to 8"),
        ({"nics": [{"mode": "bridged"}]}, "mode bridged needs a name"),
        ({"nics": [{"mode": "nat", "name": "eth0"}]}, "mode nat takes no name"),
        ({"nics": [{"mac": "zz"}]}, "is no MAC address"),
        ({"nics": [{"nat_network": "192.168.0.1/24"}]}, "nat_network"),
        ({"nics": [{"mode": "hostonly", "name": "x", "nat_network": "192.168.0.0/24"}]}, "nat_network is for mode nat"),
        ({"address_nic": 2, "nics": [{}]}, "there is no such adapter"),
        ({"nics": [{"mode": "none"}]}, "connected to nothing"),
        ({"host_ports": [0]}, "host_ports"),
        ({"host_ports": [2223, 2222]}, "host_ports"),
        ({"nics": [{"mode": "hostonly", "name": "x"}], "host_ports": [2222]}, "host_ports is for adapters with mode nat"),
        ({"nics": [{}], "address": "192.0.2.1"}, "address cannot be used with an adapter of mode nat"),
        ({"nics": [{"mode": "intnet", "name": "x"}]}, "no way into an internal network"),
    ],
)
def test_what_cannot_be(guest_options: Options, options: dict[str, t.Any], reason: str) -> None:
    with pytest.raises(BuilderError, match=reason):
        networking.check_networking(guest_options(**options))


def test_networks_are_looked_up(virtualbox: FakeVirtualBox, guest_options: Options) -> None:
    virtualbox.answer("list", "bridgedifs", out=BRIDGES)
    networking.check_networks_exist(guest_options(nics=[{"mode": "bridged", "name": "eth0"}, {"mode": "intnet", "name": "new"}]), virtualbox.vbox)
    with pytest.raises(BuilderError, match=r"no bridged eth1 here.*eth0"):
        networking.check_networks_exist(guest_options(nics=[{"mode": "bridged", "name": "eth1"}]), virtualbox.vbox)


@pytest.mark.parametrize(
    ("info", "options", "addresses"),
    [
        ({"nic1": "nat", "natnet1": "nat"}, {}, ("127.0.0.1", "10.0.2.2")),
        ({"nic2": "nat", "natnet2": "nat"}, {"address_nic": 2}, ("127.0.0.1", "10.0.3.2")),
        ({"nic1": "nat", "natnet1": "192.168.77.0/24"}, {}, ("127.0.0.1", "192.168.77.2")),
        ({"nic1": "bridged", "bridgeadapter1": "eth0"}, {}, ("192.0.2.7", "192.0.2.7")),
        ({"nic1": "intnet", "intnet1": "x"}, {"http": {"content": {"x": "y"}, "address": "192.0.2.9"}}, ("192.0.2.9", "192.0.2.9")),
    ],
)
def test_addresses_of_this_machine(
    virtualbox: FakeVirtualBox, guest_options: Options, info: dict[str, str], options: dict[str, t.Any], addresses: tuple[str, str]
) -> None:
    virtualbox.answer("list", "bridgedifs", out=BRIDGES)
    assert networking.host_addresses(info, guest_options(**options), virtualbox.vbox) == addresses


def test_an_address_that_is_not_clear(virtualbox: FakeVirtualBox, guest_options: Options) -> None:
    with pytest.raises(BuilderError, match=r"adapter 1, mode intnet.*http.address"):
        networking.host_addresses({"nic1": "intnet"}, guest_options(), virtualbox.vbox)


def test_the_guest_tells_its_address(virtualbox: FakeVirtualBox, guest_options: Options) -> None:
    virtualbox.answer("guestproperty", "get", "web", "/VirtualBox/GuestInfo/Net/1/V4/IP", once=True, out="No value set!\n")
    virtualbox.answer("guestproperty", "get", "web", "/VirtualBox/GuestInfo/Net/1/V4/IP", out="Value: 192.0.2.44\n")
    options = guest_options(address_nic=2, address_wait={"interval": 0.01})
    assert networking.reported_address(virtualbox.vbox, "web", options) == "192.0.2.44"


def test_a_guest_that_tells_nothing(virtualbox: FakeVirtualBox, guest_options: Options) -> None:
    virtualbox.answer("guestproperty", out="No value set!\n")
    virtualbox.answer("showvminfo", out='VMState="running"\n')
    with pytest.raises(WaitTimeoutError, match=r"the machine is running\..*guest additions"):
        networking.reported_address(virtualbox.vbox, "web", guest_options(address_wait={"timeout": 0, "interval": 0.01}))
