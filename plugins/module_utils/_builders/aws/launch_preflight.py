# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks AWS, before anything is created, whether the guest could be launched."""

from __future__ import annotations

import typing as t

from ..._access.keys import generate
from ..._lifecycle.builder import Source
from ..._lifecycle.errors import BuilderError
from ..._lifecycle.operation import Context
from . import instance_profile, key_pair, security_group
from .block_devices import Device
from .capacity import Place, places
from .errors import FORBIDDEN, AwsError, code_of, doing
from .instance_types import fitting_types
from .launch_request import Provided, network_interface, request
from .networking import candidate_subnets
from .quotas import shortage
from .session import Account
from .source import image_by_id
from .surrogate import surrogate_devices
from .tagging import text_tags
from .user_data import given_user_data

Options = t.Mapping[str, t.Any]
Json = dict[str, t.Any]

_WOULD_SUCCEED = "DryRunOperation"


def check_guest(source: Source, build: Options, options: Options, account: Account, context: Context) -> None:
    """Names, permissions, types and quotas of a launch.

    :param build: the facts ``golden_build``.
    :raises BuilderError: for the first thing that cannot work.
    """
    image = image_by_id(source.id, account)
    subnets = candidate_subnets(options, account)
    fitting = fitting_types(image, options, account)
    affordable = _affordable(fitting, options, account)
    found = places(list(fitting), subnets, account)
    groups = _check_names(options, subnets[0], account, context)
    # Only to know that this machine can tell whom to let in.
    security_group.ingress_cidrs(options, subnets[0])
    marks = text_tags(build.get("marks"))
    provided = Provided(
        guest=str(build.get("guest_name") or "golden-dry-run"),
        image=image,
        tags={**text_tags(options["guest_tags"]), **marks},
        key_name=options.get("key_name"),
        group_ids=tuple(groups),
        profile=instance_profile.given_profile(options),
        user_data=given_user_data(options),
    )
    devices: list[Device] = [*options["launch_block_devices"], *surrogate_devices(options.get("surrogate"))]
    place = next((place for place in found if place.instance_type in affordable), found[0])
    _dry_run_all(options, provided, request(options, provided, devices), place, account)


def _affordable(fitting: t.Mapping[str, Json], options: Options, account: Account) -> list[str]:
    """Types that the account may still launch.

    :raises BuilderError: when there is none.
    """
    spot = bool(options.get("spot"))
    reasons = {kind: shortage(kind, (described.get("VCpuInfo") or {}).get("DefaultVCpus", 1), spot, account) for kind, described in fitting.items()}
    affordable = [kind for kind, reason in reasons.items() if reason is None]
    if not affordable:
        raise BuilderError("; ".join(map(str, reasons.values())), hint="Ask for a higher quota in the Service Quotas console, or end what is not needed")
    return affordable


def _check_names(options: Options, subnet: Json, account: Account, context: Context) -> list[str]:
    """Things that the options name; the ids of the given security groups."""
    ec2 = account.client("ec2")
    if options.get("key_name"):
        with doing(f"find the key pair {options['key_name']}", hint="Check key_name and the region"):
            ec2.describe_key_pairs(KeyNames=[options["key_name"]])
    if options.get("security_group_ids"):
        with doing(f"find the security groups {', '.join(options['security_group_ids'])}", hint="Check security_group_ids and the region"):
            ec2.describe_security_groups(GroupIds=list(options["security_group_ids"]))
    if options.get("instance_profile"):
        _check_profile(str(options["instance_profile"]), account, context)
    return security_group.given_groups(options, subnet["VpcId"], account)


def _check_profile(profile: str, account: Account, context: Context) -> None:
    name = profile.rpartition("/")[2]
    try:
        with doing(f"find the instance profile {name}", hint="Check instance_profile"):
            account.client("iam").get_instance_profile(InstanceProfileName=name)
    except AwsError as error:
        if code_of(error) not in FORBIDDEN:
            raise
        # Who may pass a role need not be allowed to look at it.
        context.say(f"the instance profile {name} could not be checked: these credentials may not look at it")


def _dry_run_all(options: Options, provided: Provided, wanted: Json, place: Place, account: Account) -> None:
    guest, ec2 = provided.guest, account.client("ec2")
    interface = network_interface(options, provided.group_ids, place.subnet["SubnetId"])
    if not provided.group_ids:
        interface.pop("Groups")
    _dry_run(
        f"launch the guest as {place}", ec2.run_instances, **wanted, InstanceType=place.instance_type, NetworkInterfaces=[interface], MinCount=1, MaxCount=1
    )
    if security_group.is_temporary(options):
        _dry_run("create a security group", ec2.create_security_group, GroupName=guest, Description="Dry run", VpcId=place.subnet["VpcId"])
    if key_pair.is_temporary(options):
        public = generate("ed25519", guest).public
        _dry_run("import a key pair", ec2.import_key_pair, KeyName=guest, PublicKeyMaterial=public.encode())


def _dry_run(what: str, call: t.Callable[..., t.Any], **arguments: t.Any) -> None:
    """:raises AwsError: with the reason why the call would fail."""
    try:
        with doing(what):
            call(DryRun=True, **arguments)
    except AwsError as error:
        if code_of(error) != _WOULD_SUCCEED:
            raise
