# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which address of a guest is used, and when it is believed."""

from __future__ import annotations

import types
import typing as t

import pytest

from ansible_collections.golden.images.plugins.module_utils._builders.vsphere.addresses import Reported, Settling, check_adapter, check_address, chosen, said
from ansible_collections.golden.images.plugins.module_utils._builders.vsphere.leases import in_leases, in_neighbours
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import BuilderError

Options = t.Callable[..., dict[str, t.Any]]

MAC, OTHER = "00:50:56:3f:00:01", "00:50:56:3f:00:02"
REPORTED = [Reported("169.254.1.1", MAC), Reported("fe80::1", MAC), Reported("10.0.0.5", MAC), Reported("fd00::5", MAC), Reported("192.168.7.9", OTHER)]


@pytest.mark.parametrize(
    ("address", "mac", "expected"),
    [
        ({}, None, "10.0.0.5"),
        ({"ipv6": True}, None, "fd00::5"),
        ({"networks": ["192.168.7.0/24"]}, None, "192.168.7.9"),
        ({"networks": ["fd00::/64"]}, None, "fd00::5"),
        ({"networks": ["172.16.0.0/12"]}, None, None),
        ({}, OTHER, "192.168.7.9"),
        ({"networks": ["10.0.0.0/8"]}, OTHER, None),
    ],
)
def test_the_first_address_that_fits_is_used(guest_options: Options, address: dict[str, t.Any], mac: str | None, expected: str | None) -> None:
    assert chosen(REPORTED, guest_options(address=address), mac) == expected


def test_what_is_no_address_is_passed_over(guest_options: Options) -> None:
    assert chosen([Reported("no address"), Reported("127.0.0.1"), Reported("0.0.0.0"), Reported("10.0.0.1")], guest_options(), None) == "10.0.0.1"


def test_an_address_is_believed_once_it_stays() -> None:
    settling = Settling(5)
    assert [settling.settled(value, now) for value, now in ((None, 0), ("a", 1), ("a", 4), ("b", 5), ("b", 9), ("b", 10))] == [
        False,
        False,
        False,
        False,
        False,
        True,
    ]
    assert Settling(0).settled("a", 0)


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ({"networks": ["10.0.0.0/33"]}, "10.0.0.0/33 is no network"),
        ({"settle": -1}, "settle"),
        ({"adapter": -1}, "adapter is less than 0"),
        ({"leases_file": "/l"}, "leases_file is for from: dhcp"),
    ],
)
def test_addresses_that_cannot_be_are_refused(guest_options: Options, address: dict[str, t.Any], message: str) -> None:
    with pytest.raises(BuilderError, match=message):
        check_address(guest_options(address=address))


def test_an_adapter_that_will_not_be_there_is_refused(guest_options: Options) -> None:
    check_adapter(guest_options(address={"adapter": 1}), 2)
    with pytest.raises(BuilderError, match=r"has no adapter 2\. It has 2"):
        check_adapter(guest_options(address={"adapter": 2}), 2)


def test_what_the_guest_reports_is_told(guest_options: Options) -> None:
    adapter = types.SimpleNamespace(macAddress=MAC, ipAddress=["10.0.0.5"])
    state = {
        "guest.net": [adapter],
        "guest.ipAddress": None,
        "guest.toolsRunningStatus": "guestToolsNotRunning",
        "guest.guestState": "running",
        "guest.hostName": "web",
    }
    text = said(state, guest_options(address={"networks": ["192.168.0.0/16"]}))
    assert text == "VMware Tools not running, the guest is running, its name is web, it reports 10.0.0.5, none of which is in 192.168.0.0/16"


DNSMASQ = f"1700000000 {MAC} 10.0.0.5 web *\n1700000001 {OTHER} 10.0.0.6 db *\n1700000002 {MAC} 10.0.0.7 web *\n"
ISC = f"lease 10.0.0.5 {{\n  hardware ethernet {MAC};\n}}\nlease 10.0.0.6 {{\n  hardware ethernet {OTHER};\n}}\n"
KEA = f"address,hwaddr,client_id\n10.0.0.5,{MAC},,\n"
NEIGHBOURS = f"IP address HW type Flags HW address Mask Device\n10.0.0.5 0x1 0x2 {MAC} * eth0\n10.0.0.9 0x1 0x0 {MAC} * eth0\n"


def test_leases_of_every_server_are_read() -> None:
    assert in_leases(DNSMASQ, MAC) == ["10.0.0.7", "10.0.0.5"]
    assert in_leases(ISC, MAC.upper()) == ["10.0.0.5"]
    assert in_leases(KEA, MAC) == ["10.0.0.5"]
    assert in_neighbours(NEIGHBOURS, MAC) == ["10.0.0.5"]
