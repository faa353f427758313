# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Subnets in the order in which they are tried, and the address that is let in."""

from __future__ import annotations

import http.server
import ipaddress
import threading
import typing as t

import pytest

from ansible_collections.golden.images.plugins.module_utils._builders.aws import networking
from ansible_collections.golden.images.plugins.module_utils._builders.aws.networking import caller_cidr, candidate_subnets, gets_public_address
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import BuilderError

from .conftest import StubbedAccount


def subnet(name: str, free: int = 100, vpc: str = "vpc-1", **facts: t.Any) -> dict[str, t.Any]:
    zone = f"eu-west-1{name}"
    return {"SubnetId": f"subnet-{name}", "AvailabilityZone": zone, "VpcId": vpc, "AvailableIpAddressCount": free, "CidrBlock": "10.0.0.0/24", **facts}


A, B, C = subnet("a", 10), subnet("b", 30), subnet("c", 20)


def names(found: list[dict[str, t.Any]]) -> list[str]:
    return [entry["SubnetId"][-1] for entry in found]


def test_given_subnets_keep_their_order(aws: StubbedAccount) -> None:
    aws.answer("ec2", "describe_subnets", {"Subnets": [A, B]}, {"SubnetIds": ["subnet-b", "subnet-a"]})
    assert names(candidate_subnets({"subnet_ids": ["subnet-b", "subnet-a"]}, aws.account)) == ["b", "a"]


def test_without_any_those_of_the_default_vpc_with_most_room_first(aws: StubbedAccount) -> None:
    aws.answer("ec2", "describe_subnets", {"Subnets": [A, B, C]}, {"Filters": [{"Name": "default-for-az", "Values": ["true"]}]})
    assert names(candidate_subnets({}, aws.account)) == ["b", "c", "a"]


def test_an_account_without_a_default_vpc_is_told_what_to_give(aws: StubbedAccount) -> None:
    aws.answer("ec2", "describe_subnets", {"Subnets": []})
    with pytest.raises(BuilderError, match=r"eu-west-1 has no default VPC.*subnet_ids"):
        candidate_subnets({}, aws.account)


def test_zones_narrow_them(aws: StubbedAccount) -> None:
    aws.answer("ec2", "describe_subnets", {"Subnets": [A, B, C]})
    assert names(candidate_subnets({"availability_zones": ["eu-west-1a", "eu-west-1c"]}, aws.account)) == ["c", "a"]
    aws.answer("ec2", "describe_subnets", {"Subnets": [A]})
    with pytest.raises(BuilderError, match="no subnet is in eu-west-1z"):
        candidate_subnets({"availability_zones": ["eu-west-1z"]}, aws.account)


def test_a_vpc_is_found_by_its_properties(aws: StubbedAccount) -> None:
    aws.answer("ec2", "describe_vpcs", {"Vpcs": [{"VpcId": "vpc-9"}]}, {"Filters": [{"Name": "tag:team", "Values": ["images"]}]})
    aws.answer("ec2", "describe_subnets", {"Subnets": [A]}, {"Filters": [{"Name": "vpc-id", "Values": ["vpc-9"]}]})
    assert names(candidate_subnets({"vpc_filter": {"filters": {"tag:team": "images"}}}, aws.account)) == ["a"]
    aws.answer("ec2", "describe_vpcs", {"Vpcs": [{"VpcId": "vpc-1"}, {"VpcId": "vpc-2"}]})
    with pytest.raises(BuilderError, match=r"2 VPCs in eu-west-1 match tag:team=images.*exactly one"):
        candidate_subnets({"vpc_filter": {"filters": {"tag:team": "images"}}}, aws.account)


def test_a_filter_finds_one_or_chooses(aws: StubbedAccount, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted: dict[str, t.Any] = {"vpc_id": "vpc-1", "subnet_filter": {"filters": {"tag:tier": "build"}, "choose": "only"}}
    request = {"Filters": [{"Name": "tag:tier", "Values": ["build"]}, {"Name": "vpc-id", "Values": ["vpc-1"]}]}
    aws.answer("ec2", "describe_subnets", {"Subnets": [A]}, request)
    assert names(candidate_subnets(wanted, aws.account)) == ["a"]
    aws.answer("ec2", "describe_subnets", {"Subnets": [A, B]})
    with pytest.raises(BuilderError, match=r"2 subnets match .*subnet-a, subnet-b.*most_free or random"):
        candidate_subnets(wanted, aws.account)
    aws.answer("ec2", "describe_subnets", {"Subnets": [A, B]})
    wanted["subnet_filter"]["choose"] = "most_free"
    assert names(candidate_subnets(wanted, aws.account)) == ["b", "a"]
    aws.answer("ec2", "describe_subnets", {"Subnets": [A, B, C]})
    wanted["subnet_filter"]["choose"] = "random"
    monkeypatch.setattr(networking.random, "shuffle", lambda entries: entries.reverse())
    assert names(candidate_subnets(wanted, aws.account)) == ["c", "b", "a"]
    aws.answer("ec2", "describe_subnets", {"Subnets": []})
    with pytest.raises(BuilderError, match="no subnet in eu-west-1 matches tag:tier=build"):
        candidate_subnets(wanted, aws.account)


def test_a_guest_is_in_one_vpc(aws: StubbedAccount) -> None:
    aws.answer("ec2", "describe_subnets", {"Subnets": [A, subnet("b", vpc="vpc-2")]})
    with pytest.raises(BuilderError, match="several VPCs: vpc-1, vpc-2"):
        candidate_subnets({"subnet_ids": ["subnet-a", "subnet-b"]}, aws.account)


@pytest.mark.parametrize(
    ("options", "facts", "public"),
    [
        ({}, {"MapPublicIpOnLaunch": True}, True),
        ({}, {"MapPublicIpOnLaunch": False}, False),
        ({"associate_public_ip_address": False}, {"MapPublicIpOnLaunch": True}, False),
        ({"associate_public_ip_address": True}, {"MapPublicIpOnLaunch": False}, True),
        ({"address": "private_ip"}, {"MapPublicIpOnLaunch": True}, False),
        ({"address": "public_dns"}, {}, True),
        ({"address": "ipv6"}, {"MapPublicIpOnLaunch": True}, False),
    ],
)
def test_how_the_guest_will_be_reached(options: dict[str, t.Any], facts: dict[str, t.Any], public: bool) -> None:
    assert gets_public_address(options, facts) is public


@pytest.fixture
def address_server() -> t.Iterator[t.Callable[[str], str]]:
    """A server that says a text, at the address returned."""
    servers = []

    def serve(text: str) -> str:
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *arguments: t.Any) -> None:
                """Quiet."""

        server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}/"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


def test_over_the_internet_only_this_machines_public_address_is_let_in(address_server: t.Callable[[str], str]) -> None:
    options = {"address": "public_ip", "caller_address_url": address_server("203.0.113.7\n")}
    assert caller_cidr(options, A) == "203.0.113.7/32"
    assert caller_cidr({**options, "caller_address_url": address_server("2001:db8::7")}, A) == "2001:db8::7/128"


def test_who_cannot_tell_its_address_lets_nobody_in(address_server: t.Callable[[str], str]) -> None:
    with pytest.raises(BuilderError, match=r"cannot be told.*ingress_cidrs"):
        caller_cidr({"address": "public_ip", "caller_address_url": address_server("<html>")}, A)
    with pytest.raises(BuilderError, match=r"cannot be told.*ingress_cidrs"):
        caller_cidr({"address": "public_ip", "caller_address_url": "http://127.0.0.1:9/"}, A)


def test_inside_it_is_the_address_of_the_route(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def route(target: str) -> ipaddress.IPv4Address:
        asked.append(target)
        return ipaddress.IPv4Address("10.9.9.9")

    monkeypatch.setattr(networking, "_address_towards", route)
    assert caller_cidr({"address": "private_ip"}, A) == "10.9.9.9/32"
    with_v6 = subnet("a", Ipv6CidrBlockAssociationSet=[{"Ipv6CidrBlock": "2001:db8:1::/64"}])
    caller_cidr({"address": "ipv6"}, with_v6)
    assert asked == ["10.0.0.1", "2001:db8:1::1"]
    with pytest.raises(BuilderError, match="no IPv6 addresses"):
        caller_cidr({"address": "ipv6"}, A)


def test_loopback_is_no_address_to_let_in() -> None:
    with pytest.raises(BuilderError, match=r"no route to 127.0.0.1"):
        caller_cidr({"address": "private_ip"}, subnet("a", CidrBlock="127.0.0.0/8"))
