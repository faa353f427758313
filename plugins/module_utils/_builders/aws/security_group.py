# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Security groups of a guest: given ones, or a temporary one that lets in the caller alone."""

from __future__ import annotations

import functools
import ipaddress
import typing as t

from ..._lifecycle.errors import BuilderError
from ..._lifecycle.operation import Context
from ..._lifecycle.waiting import Waiter
from .errors import AwsError, code_of, doing, missing, once_visible
from .networking import caller_cidr
from .session import Account
from .tagging import GUEST_TAG, Tags, filters, specifications

Json = dict[str, t.Any]
Options = t.Mapping[str, t.Any]

KIND = "security_group"
_DUPLICATE_GROUP = "InvalidGroup.Duplicate"
_DUPLICATE_RULE = "InvalidPermission.Duplicate"


def check_security_group(options: Options) -> None:
    """:raises BuilderError: for options that exclude each other, and what is not a network."""
    given = [key for key in ("security_group_ids", "security_group_filter", "ingress_cidrs") if options.get(key)]
    if len(given) > 1:
        raise BuilderError(f"{' and '.join(given)} exclude each other", hint="Name existing groups, or say whom a temporary one lets in")
    for cidr in options.get("ingress_cidrs") or ():
        try:
            ipaddress.ip_network(cidr)
        except ValueError as error:
            raise BuilderError(f"ingress_cidrs: {cidr!r} is not a network ({error})", hint="For instance 203.0.113.7/32") from error
    if options.get("bastion") and not given:
        raise BuilderError(
            "with a bastion it is not this machine that reaches the guest", hint="Give ingress_cidrs with the bastion's address, or security_group_ids"
        )


def is_temporary(options: Options) -> bool:
    """Whether the guest gets a group of its own."""
    return not options.get("security_group_ids") and not options.get("security_group_filter")


def ingress_cidrs(options: Options, subnet: Json) -> list[str]:
    """Networks that a temporary group lets in: nobody for Session Manager, whom the agent in the guest connects to by itself."""
    if not is_temporary(options) or options.get("address") == "session_manager":
        return []
    return list(options.get("ingress_cidrs") or ()) or [caller_cidr(options, subnet)]


def given_groups(options: Options, vpc_id: str, account: Account) -> list[str]:
    """Ids of the groups that the options name, none for a temporary one.

    :raises BuilderError: when a filter matches none.
    """
    if options.get("security_group_ids"):
        return list(options["security_group_ids"])
    if options.get("security_group_filter"):
        return _by_filter(options["security_group_filter"]["filters"], vpc_id, account)
    return []


def _by_filter(wanted: Options, vpc_id: str, account: Account) -> list[str]:
    with doing("find the security groups"):
        found = account.client("ec2").describe_security_groups(Filters=filters({**wanted, "vpc-id": vpc_id}))["SecurityGroups"]
    if not found:
        described = ", ".join(f"{key}={value}" for key, value in wanted.items())
        raise BuilderError(f"no security group in {vpc_id} matches {described}")
    return sorted(group["GroupId"] for group in found)


def create_group(guest: str, port: int, cidrs: t.Sequence[str], vpc_id: str, tags: Tags, account: Account, context: Context) -> str:
    """Id of the guest's temporary group, journalled."""
    known = find_groups(guest, account)
    resource = account.resource(KIND, guest)
    context.journal.creating(resource)
    group_id = known[0] if known else _create(guest, vpc_id, tags, account)
    context.journal.created(account.resource(KIND, guest, id=group_id))
    if cidrs:
        once_visible(lambda: _let_in(group_id, port, cidrs, account), f"the security group {guest} to be known")
    return group_id


def _create(guest: str, vpc_id: str, tags: Tags, account: Account) -> str:
    request = {
        "GroupName": guest,
        "Description": "Temporary, of a guest of golden.images",
        "VpcId": vpc_id,
        "TagSpecifications": specifications({**tags, GUEST_TAG: guest}, "security-group"),
    }
    try:
        with doing(f"create the security group {guest}", f"security group {guest}"):
            return str(account.client("ec2").create_security_group(**request)["GroupId"])
    except AwsError as error:
        # An earlier attempt whose answer was lost.
        own = find_groups(guest, account) if code_of(error) == _DUPLICATE_GROUP else []
        if not own:
            raise
        return own[0]


def _let_in(group_id: str, port: int, cidrs: t.Sequence[str], account: Account) -> None:
    rule: Json = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port}
    v4 = [cidr for cidr in cidrs if ":" not in cidr]
    v6 = [cidr for cidr in cidrs if ":" in cidr]
    rule.update({"IpRanges": [{"CidrIp": cidr, "Description": "golden.images"} for cidr in v4]} if v4 else {})
    rule.update({"Ipv6Ranges": [{"CidrIpv6": cidr, "Description": "golden.images"} for cidr in v6]} if v6 else {})
    try:
        with doing(f"let {', '.join(cidrs)} into the security group {group_id}"):
            account.client("ec2").authorize_security_group_ingress(GroupId=group_id, IpPermissions=[rule])
    except AwsError as error:
        if code_of(error) != _DUPLICATE_RULE:
            raise


def find_groups(guest: str, account: Account) -> list[str]:
    """Ids of a guest's temporary groups."""
    with doing(f"find the security group {guest}"):
        found = account.client("ec2").describe_security_groups(Filters=filters({f"tag:{GUEST_TAG}": guest, "group-name": guest}))["SecurityGroups"]
    return [group["GroupId"] for group in found]


def remove_group(guest: str, known_id: str | None, account: Account) -> bool:
    """Delete a guest's temporary group, once its last network interface lets go of it.

    :returns: whether there was one.
    """
    waiter = Waiter(f"the network interfaces of the security group {guest} to go", timeout=300, interval=1.0)
    group_ids = {*find_groups(guest, account), *([known_id] if known_id else [])}
    return "deleted" in [waiter.until(functools.partial(_delete, group_id, account)) for group_id in sorted(group_ids)]


def _delete(group_id: str, account: Account) -> str | None:
    try:
        with doing(f"delete the security group {group_id}", f"security group {group_id}"):
            account.client("ec2").delete_security_group(GroupId=group_id)
    except AwsError as error:
        if missing(error):
            return "gone"
        if code_of(error) in ("DependencyViolation", "InvalidGroup.InUse"):
            return None
        raise
    return "deleted"
