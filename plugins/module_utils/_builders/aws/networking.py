# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a guest may be put: subnets in the order in which they are tried, and who may reach it."""

from __future__ import annotations

import ipaddress
import random
import socket
import typing as t
import urllib.error
import urllib.request

from ..._lifecycle.errors import BuilderError
from .errors import doing
from .session import Account
from .tagging import filters

Json = dict[str, t.Any]
Options = t.Mapping[str, t.Any]

_TIMEOUT = 10


def candidate_subnets(options: Options, account: Account) -> list[Json]:
    """Subnets to try, best first; all in one VPC.

    :raises BuilderError: when none fits, or a filter that should find one finds several.
    """
    if options.get("subnet_ids"):
        subnets = _by_id(options["subnet_ids"], account)
    elif options.get("subnet_filter"):
        subnets = _by_filter(options, account)
    else:
        subnets = _most_free_first(_of_vpc(options, account))
    zones = options.get("availability_zones") or []
    usable = [subnet for subnet in subnets if not zones or subnet["AvailabilityZone"] in zones]
    if not usable:
        raise BuilderError(f"no subnet is in {' or '.join(zones)}", hint="Check availability_zones against the subnets")
    vpcs = sorted({subnet["VpcId"] for subnet in usable})
    if len(vpcs) > 1:
        raise BuilderError(f"the subnets are in several VPCs: {', '.join(vpcs)}", hint="A guest's security group is in one VPC: give subnets of one, or vpc_id")
    return usable


def _describe(account: Account, what: str, **arguments: t.Any) -> list[Json]:
    with doing(f"find the {what}"):
        pages = account.client("ec2").get_paginator("describe_subnets").paginate(**arguments)
        return [dict(subnet) for page in pages for subnet in page["Subnets"]]


def _by_id(ids: t.Sequence[str], account: Account) -> list[Json]:
    found = {subnet["SubnetId"]: subnet for subnet in _describe(account, f"subnets {', '.join(ids)}", SubnetIds=list(ids))}
    return [found[subnet_id] for subnet_id in ids]


def _by_filter(options: Options, account: Account) -> list[Json]:
    wanted = dict(options["subnet_filter"]["filters"])
    vpc_id = _vpc_id(options, account)
    if vpc_id:
        wanted["vpc-id"] = vpc_id
    found = _describe(account, "subnets", Filters=filters(wanted))
    described = ", ".join(f"{key}={value}" for key, value in wanted.items())
    if not found:
        raise BuilderError(f"no subnet in {account.region} matches {described}")
    choose = options["subnet_filter"].get("choose") or "only"
    if choose == "only" and len(found) > 1:
        names = ", ".join(sorted(subnet["SubnetId"] for subnet in found))
        raise BuilderError(f"{len(found)} subnets match {described}: {names}", hint="Narrow the filters, or set choose to most_free or random")
    if choose == "random":
        random.shuffle(found)
        return found
    return _most_free_first(found)


def _of_vpc(options: Options, account: Account) -> list[Json]:
    vpc_id = _vpc_id(options, account)
    if vpc_id:
        found = _describe(account, f"subnets of {vpc_id}", Filters=filters({"vpc-id": vpc_id}))
        if not found:
            raise BuilderError(f"the VPC {vpc_id} has no subnets")
        return found
    found = _describe(account, "subnets of the default VPC", Filters=filters({"default-for-az": True}))
    if not found:
        raise BuilderError(f"{account.region} has no default VPC", hint="Give subnet_ids, subnet_filter, vpc_id or vpc_filter")
    return found


def _vpc_id(options: Options, account: Account) -> str | None:
    if options.get("vpc_id"):
        return str(options["vpc_id"])
    if not options.get("vpc_filter"):
        return None
    wanted = options["vpc_filter"]["filters"]
    with doing("find the VPC"):
        found = account.client("ec2").describe_vpcs(Filters=filters(wanted))["Vpcs"]
    if len(found) != 1:
        described = ", ".join(f"{key}={value}" for key, value in wanted.items())
        raise BuilderError(f"{len(found) or 'no'} VPCs in {account.region} match {described}", hint="vpc_filter has to match exactly one")
    return str(found[0]["VpcId"])


def _most_free_first(subnets: list[Json]) -> list[Json]:
    return sorted(subnets, key=lambda subnet: (-int(subnet.get("AvailableIpAddressCount") or 0), subnet["SubnetId"]))


def gets_public_address(options: Options, subnet: Json) -> bool:
    """Whether a guest in the subnet will be reached over the internet."""
    address = options.get("address") or "auto"
    if address in ("public_ip", "public_dns"):
        return True
    if address != "auto":
        return False
    wanted = options.get("associate_public_ip_address")
    return bool(subnet.get("MapPublicIpOnLaunch")) if wanted is None else bool(wanted)


def caller_cidr(options: Options, subnet: Json) -> str:
    """This machine's address as the guest will see it, as a network of one.

    :raises BuilderError: when it cannot be told; nobody is let in then.
    """
    hint = "Give ingress_cidrs, or reach the guest with address: session_manager"
    try:
        if gets_public_address(options, subnet):
            address = _public_address(str(options["caller_address_url"]))
        else:
            address = _address_towards(_a_host_of(subnet, ipv6=options.get("address") == "ipv6"))
    except (OSError, ValueError, urllib.error.URLError) as error:
        raise BuilderError(f"the address from which this machine reaches the guest cannot be told: {error}", hint=hint) from error
    return f"{address}/{address.max_prefixlen}"


def _public_address(url: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    with urllib.request.build_opener().open(url, timeout=_TIMEOUT) as answer:
        return ipaddress.ip_address(answer.read(64).decode("ascii", errors="replace").strip())


def _a_host_of(subnet: Json, ipv6: bool) -> str:
    if ipv6:
        blocks = [entry["Ipv6CidrBlock"] for entry in subnet.get("Ipv6CidrBlockAssociationSet") or () if entry.get("Ipv6CidrBlock")]
        if not blocks:
            raise ValueError(f"the subnet {subnet['SubnetId']} has no IPv6 addresses")
        return str(ipaddress.ip_network(blocks[0])[1])
    return str(ipaddress.ip_network(subnet["CidrBlock"])[1])


def _address_towards(target: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """The local address that the routing table picks; connecting a datagram socket sends nothing."""
    family = socket.AF_INET6 if ":" in target else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.connect((target, 9))
        address = ipaddress.ip_address(probe.getsockname()[0])
    if address.is_loopback or address.is_unspecified:
        raise ValueError(f"there is no route to {target}")
    return address
