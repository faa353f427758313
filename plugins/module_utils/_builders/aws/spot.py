# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Spot guests: an instant fleet chooses among the places, by the strategy that is asked for."""

from __future__ import annotations

import base64
import functools
import typing as t
import uuid

from ..._access.waits import longer, waiter_of
from ..._lifecycle.errors import BuilderError, WaitTimeoutError
from ..._lifecycle.operation import Context
from .capacity import Place
from .errors import doing, once_visible
from .instance import remove_fleet
from .launch_request import network_interface
from .session import Account
from .tagging import GUEST_TAG, Tags, filters, specifications

Json = dict[str, t.Any]
Options = t.Mapping[str, t.Any]

TEMPLATE_KIND = "launch_template"
FLEET_KIND = "fleet"
_SHOWN_REASONS = 6


def check_spot(options: Options) -> None:
    """:raises BuilderError: for what spot instances cannot be."""
    spot = options.get("spot")
    if not spot:
        return
    placement = options.get("placement") or {}
    contradictions = {
        "enclave": options.get("enclave"),
        "capacity_reservation": options.get("capacity_reservation"),
        "placement.tenancy: host": placement.get("tenancy") == "host",
        "placement.host_id": placement.get("host_id"),
        "placement.host_resource_group_arn": placement.get("host_resource_group_arn"),
    }
    found = [name for name, value in contradictions.items() if value]
    if found:
        raise BuilderError(f"a spot instance cannot have {', '.join(found)}", hint="Remove spot, or these")
    if spot.get("max_price") is not None and spot["max_price"] <= 0:
        raise BuilderError("spot: max_price has to be more than 0", hint="Leave it out to pay up to the on-demand price")


def launch_spot(
    wanted: Json, group_ids: t.Sequence[str], found: t.Sequence[Place], guest: str, tags: Tags, options: Options, account: Account, context: Context
) -> str | None:
    """Id of the instance; ``None`` when there is no room and on-demand may be taken instead.

    :raises BuilderError: when there is no room and on-demand is not wanted.
    """
    resource = account.resource(TEMPLATE_KIND, guest)
    context.journal.creating(resource)
    template = _template(wanted, group_ids, options)
    with doing(f"create the launch template {guest}", str(resource)):
        account.client("ec2").create_launch_template(
            LaunchTemplateName=guest,
            LaunchTemplateData=template,
            TagSpecifications=specifications({**tags, GUEST_TAG: guest}, "launch-template"),
            ClientToken=uuid.uuid4().hex,
        )
    context.journal.created(resource)
    try:
        return _request_until_room(found, guest, tags, options, account, context)
    finally:
        # An instant fleet reads it once.
        remove_template(guest, account)
        context.journal.discarded(resource)


def _template(wanted: Json, group_ids: t.Sequence[str], options: Options) -> Json:
    template = {**wanted, "NetworkInterfaces": [network_interface(options, group_ids, None)]}
    if "UserData" in template:
        template["UserData"] = base64.b64encode(template["UserData"]).decode("ascii")
    return template


def _request_until_room(found: t.Sequence[Place], guest: str, tags: Tags, options: Options, account: Account, context: Context) -> str | None:
    waiter = waiter_of(options, "capacity_wait", "room for a spot guest")
    for _elapsed in waiter.ticks():
        instance_id, reasons = _request(fleet_request(found, guest, tags, uuid.uuid4().hex, options["spot"]), guest, account, context)
        if instance_id:
            return instance_id
        context.say("no spot capacity: " + "; ".join(reasons[:_SHOWN_REASONS]))
        if options["spot"].get("on_demand_fallback") and not any("iam instance profile" in reason.lower() for reason in reasons):
            context.say("going on with on-demand")
            return None
    raise WaitTimeoutError(
        f"there was no room for a spot guest in {waiter.timeout:g} s: {'; '.join(reasons[:_SHOWN_REASONS])}",
        hint=f"Give more instance_types or subnets, a higher max_price, or on_demand_fallback: true. {longer('capacity_wait')}",
    )


def _request(request: Json, guest: str, account: Account, context: Context) -> tuple[str | None, list[str]]:
    """An instance's id, or why there is none."""
    resource = account.resource(FLEET_KIND, guest)
    context.journal.creating(resource)
    answer = once_visible(functools.partial(_create_fleet, request, guest, account), f"the launch template {guest} to be known")
    fleet_id = str(answer["FleetId"])
    ids = [instance_id for entry in answer.get("Instances") or () for instance_id in entry["InstanceIds"]]
    if ids:
        context.journal.created(account.resource(FLEET_KIND, guest, id=fleet_id))
        return ids[0], []
    remove_fleet(account, fleet_id)
    context.journal.discarded(resource)
    reasons = sorted({f"{error.get('ErrorMessage') or 'no reason'} ({error.get('ErrorCode')})" for error in answer.get("Errors") or ()})
    return None, reasons or ["no reason was given"]


def _create_fleet(request: Json, guest: str, account: Account) -> Json:
    with doing(f"ask for a spot fleet for {guest}"):
        return dict(account.client("ec2").create_fleet(**request))


def fleet_request(found: t.Sequence[Place], guest: str, tags: Tags, token: str, spot: Options) -> Json:
    """Arguments of ``CreateFleet``."""
    price = {"MaxPrice": f"{spot['max_price']:g}"} if spot.get("max_price") is not None else {}
    prioritized = spot["allocation_strategy"] == "capacity-optimized-prioritized"
    overrides = [
        {"InstanceType": place.instance_type, "SubnetId": place.subnet["SubnetId"], **price, **({"Priority": float(number)} if prioritized else {})}
        for number, place in enumerate(found)
    ]
    return {
        "Type": "instant",
        "ClientToken": token,
        "LaunchTemplateConfigs": [{"LaunchTemplateSpecification": {"LaunchTemplateName": guest, "Version": "$Latest"}, "Overrides": overrides}],
        "SpotOptions": {"AllocationStrategy": spot["allocation_strategy"], "InstanceInterruptionBehavior": "terminate"},
        "TargetCapacitySpecification": {"TotalTargetCapacity": 1, "SpotTargetCapacity": 1, "OnDemandTargetCapacity": 0, "DefaultTargetCapacityType": "spot"},
        "TagSpecifications": specifications({**tags, GUEST_TAG: guest}, "fleet"),
    }


def remove_template(guest: str, account: Account) -> bool:
    """Delete a guest's launch template.

    :returns: whether there was one.
    """
    ec2 = account.client("ec2")
    with doing(f"find the launch template {guest}"):
        found = ec2.describe_launch_templates(Filters=filters({"launch-template-name": guest, f"tag:{GUEST_TAG}": guest}))["LaunchTemplates"]
    for template in found:
        with doing(f"delete the launch template {guest}"):
            ec2.delete_launch_template(LaunchTemplateId=template["LaunchTemplateId"])
    return bool(found)
