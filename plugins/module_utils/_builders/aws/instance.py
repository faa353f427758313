# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Instances: found by the guest's name, started, stopped, terminated with what belongs to them."""

from __future__ import annotations

import functools
import typing as t

from ..._access.waits import longer, waiter_of
from ..._lifecycle.errors import BuilderError
from ..._lifecycle.waiting import Waiter
from .errors import AwsError, doing, missing
from .image_waiting import await_instance
from .session import Account
from .tagging import GUEST_TAG, as_dict, filters

Json = dict[str, t.Any]
Options = t.Mapping[str, t.Any]

KIND = "instance"
#: Tag that EC2 gives the instances of a fleet.
FLEET_TAG = "aws:ec2:fleet-id"
_ALIVE = ["pending", "running", "stopping", "stopped"]
_TERMINATION = Waiter("the instance to be terminated", timeout=600, interval=1.0)


def find(account: Account, guest: str) -> Json | None:
    """A guest's instance as EC2 describes it, unless it is terminated or about to be.

    :raises BuilderError: when several carry the guest's name.
    """
    found = _described(account, {f"tag:{GUEST_TAG}": guest, "instance-state-name": _ALIVE})
    if len(found) > 1:
        ids = ", ".join(sorted(instance["InstanceId"] for instance in found))
        raise BuilderError(f"several instances are tagged {GUEST_TAG}={guest}: {ids}", hint="Terminate all, or all but one")
    return found[0] if found else None


def _described(account: Account, wanted: Options) -> list[Json]:
    with doing("find the instance"):
        pages = account.client("ec2").get_paginator("describe_instances").paginate(Filters=filters(wanted))
        return [dict(instance) for page in pages for reservation in page["Reservations"] for instance in reservation["Instances"]]


def by_id(account: Account, instance_id: str) -> Json | None:
    """An instance in whatever state; ``None`` when EC2 does not know it, or not yet."""
    try:
        with doing(f"look at the instance {instance_id}", f"instance {instance_id}"):
            found = account.client("ec2").describe_instances(InstanceIds=[instance_id])["Reservations"]
    except AwsError as error:
        if not missing(error):
            raise
        return None
    return dict(found[0]["Instances"][0]) if found else None


def state_of(instance: Json) -> str:
    """``running``, ``stopped`` …"""
    return str(instance["State"]["Name"])


def wait_until_running(account: Account, instance_id: str, options: Options) -> Json:
    """The running instance.

    :param options: with ``launch_wait``.
    :raises BuilderError: when it ends instead, with EC2's reason.
    """
    wait = waiter_of(options, "launch_wait", f"the instance {instance_id} to run")
    return wait.until(functools.partial(_running, account, instance_id), hint=longer("launch_wait"))


def _running(account: Account, instance_id: str) -> Json | None:
    instance = by_id(account, instance_id)
    if instance is None or state_of(instance) == "pending":
        return None
    if state_of(instance) == "running":
        return instance
    reason = (instance.get("StateReason") or {}).get("Message") or instance.get("StateTransitionReason") or "no reason was given"
    raise BuilderError(
        f"the instance {instance_id} is {state_of(instance)} instead of running: {reason}",
        hint="Client.InternalError often means that the KMS key of a volume may not be used" if "InternalError" in str(reason) else None,
        resource=f"instance {instance_id}",
    )


def start(account: Account, instance: Json, options: Options) -> Json:
    """The instance, running again."""
    instance_id = instance["InstanceId"]
    if state_of(instance) == "stopping":
        waiter = waiter_of(options, "launch_wait", f"the instance {instance_id} to stop")
        await_instance(account, instance_id, "stopped", waiter, "launch_wait")
    if state_of(instance) in ("stopping", "stopped"):
        with doing(f"start the instance {instance_id}", f"instance {instance_id}"):
            account.client("ec2").start_instances(InstanceIds=[instance_id])
    return wait_until_running(account, instance_id, options)


def stop(account: Account, instance: Json, options: Options) -> None:
    """Stop an instance and wait until it is."""
    instance_id = instance["InstanceId"]
    with doing(f"stop the instance {instance_id}", f"instance {instance_id}"):
        account.client("ec2").stop_instances(InstanceIds=[instance_id])
    await_instance(account, instance_id, "stopped", waiter_of(options, "stop_wait", f"the instance {instance_id} to stop"), "stop_wait")


def terminate(account: Account, guest: str, known_id: str | None = None, waiter: Waiter = _TERMINATION) -> bool:
    """End a guest's instance and wait until it is gone, then remove volumes of it that are left, and its fleet.

    :param known_id: its id, where a journal tells; else it is found by the guest's name.
    :returns: whether there was something.
    """
    found = {instance["InstanceId"]: instance for instance in _described(account, {f"tag:{GUEST_TAG}": guest})}
    if known_id and known_id not in found:
        known = by_id(account, known_id)
        found.update({known_id: known} if known else {})
    alive = {instance_id: instance for instance_id, instance in found.items() if state_of(instance) != "terminated"}
    for instance_id in alive:
        _terminate_one(account, instance_id)
    for instance_id in alive:
        waiter.until(functools.partial(_terminated, account, instance_id), hint=longer("terminate_wait"))
    fleets = {as_dict(instance.get("Tags")).get(FLEET_TAG) for instance in alive.values()} - {None}
    for fleet in fleets:
        remove_fleet(account, str(fleet))
    volumes = remove_volumes(account, guest)
    return bool(alive) or volumes


def _terminate_one(account: Account, instance_id: str) -> None:
    try:
        with doing(f"terminate the instance {instance_id}", f"instance {instance_id}"):
            account.client("ec2").terminate_instances(InstanceIds=[instance_id])
    except AwsError as error:
        if not missing(error):
            raise


def _terminated(account: Account, instance_id: str) -> bool:
    instance = by_id(account, instance_id)
    return instance is None or state_of(instance) == "terminated"


def remove_volumes(account: Account, guest: str) -> bool:
    """Delete volumes with a guest's mark that no instance uses any more.

    :returns: whether there were any.
    """
    ec2 = account.client("ec2")
    with doing("find volumes of the guest"):
        found = ec2.describe_volumes(Filters=filters({f"tag:{GUEST_TAG}": guest, "status": ["available", "error"]}))["Volumes"]
    for volume in found:
        try:
            with doing(f"delete the volume {volume['VolumeId']}", f"volume {volume['VolumeId']}"):
                ec2.delete_volume(VolumeId=volume["VolumeId"])
        except AwsError as error:
            if not missing(error):
                raise
    return bool(found)


def remove_fleet(account: Account, fleet_id: str) -> bool:
    """Delete an instant fleet with what it launched.

    :returns: whether it was there.
    """
    with doing(f"delete the fleet {fleet_id}", f"fleet {fleet_id}"):
        answer = account.client("ec2").delete_fleets(FleetIds=[fleet_id], TerminateInstances=True)
    for refused in answer.get("UnsuccessfulFleetDeletions") or ():
        code = (refused.get("Error") or {}).get("Code") or ""
        if code not in ("fleetIdDoesNotExist", "fleetIdMalformed", "fleetNotInDeletableState"):
            raise BuilderError(
                f"AWS could not delete the fleet {fleet_id}: {(refused.get('Error') or {}).get('Message') or code}", resource=f"fleet {fleet_id}"
            )
    return bool(answer.get("SuccessfulFleetDeletions"))
