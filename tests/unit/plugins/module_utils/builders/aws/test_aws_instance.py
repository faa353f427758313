# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Instances: found by the guest's name, waited for, ended with all that belongs to them."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.golden.images.plugins.module_utils._builders.aws import instance
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import BuilderError, WaitTimeoutError
from ansible_collections.golden.images.plugins.module_utils._lifecycle.waiting import Waiter

from .conftest import StubbedAccount

Options = t.Callable[..., dict[str, t.Any]]

SOON = Waiter("it", timeout=10, interval=0.0)


def described(*instances: dict[str, t.Any]) -> dict[str, t.Any]:
    return {"Reservations": [{"Instances": list(instances)}]} if instances else {"Reservations": []}


def one(state: str = "running", instance_id: str = "i-1", **facts: t.Any) -> dict[str, t.Any]:
    return {"InstanceId": instance_id, "State": {"Name": state}, **facts}


def by_guest(*states: str) -> dict[str, t.Any]:
    wanted = [{"Name": "tag:golden.guest", "Values": ["golden-web"]}]
    return {"Filters": [*wanted, {"Name": "instance-state-name", "Values": list(states)}] if states else wanted}


def test_a_guest_is_found_while_it_lives(aws: StubbedAccount) -> None:
    aws.answer("ec2", "describe_instances", described(one()), by_guest("pending", "running", "stopping", "stopped"))
    found = instance.find(aws.account, "golden-web")
    assert found and found["InstanceId"] == "i-1"
    aws.answer("ec2", "describe_instances", described())
    assert instance.find(aws.account, "golden-web") is None


def test_two_of_a_name_are_not_guessed_about(aws: StubbedAccount) -> None:
    aws.answer("ec2", "describe_instances", described(one(), one(instance_id="i-2")))
    with pytest.raises(BuilderError, match="i-1, i-2"):
        instance.find(aws.account, "golden-web")


def test_it_is_waited_for_also_before_ec2_knows_it(aws: StubbedAccount, guest_options: Options) -> None:
    aws.refuse("ec2", "describe_instances", "InvalidInstanceID.NotFound")
    aws.answer("ec2", "describe_instances", described(one("pending")))
    aws.answer("ec2", "describe_instances", described(one()))
    assert instance.wait_until_running(aws.account, "i-1", guest_options(launch_wait={"interval": 0.0}))["State"] == {"Name": "running"}


def test_an_instance_that_ends_at_once_says_why(aws: StubbedAccount, guest_options: Options) -> None:
    reason = {"Code": "Client.InternalError", "Message": "Client.InternalError: Client error on launch"}
    aws.answer("ec2", "describe_instances", described(one("terminated", StateReason=reason)))
    with pytest.raises(BuilderError, match=r"i-1 is terminated instead of running: Client.InternalError.*KMS key"):
        instance.wait_until_running(aws.account, "i-1", guest_options())


def test_waiting_ends_and_says_which_option_to_raise(aws: StubbedAccount, guest_options: Options) -> None:
    aws.answer("ec2", "describe_instances", described(one("pending")))
    with pytest.raises(WaitTimeoutError, match=r"i-1 to run after 0 s.*launch_wait.timeout"):
        instance.wait_until_running(aws.account, "i-1", guest_options(launch_wait={"timeout": 0}))


def test_a_stopped_one_is_started(aws: StubbedAccount, guest_options: Options) -> None:
    aws.answer("ec2", "start_instances", {}, {"InstanceIds": ["i-1"]})
    aws.answer("ec2", "describe_instances", described(one()))
    instance.start(aws.account, one("stopped"), guest_options())


def test_ending_waits_until_it_is_gone_and_takes_volumes_and_fleet_along(aws: StubbedAccount) -> None:
    fleet = [{"Key": "aws:ec2:fleet-id", "Value": "fleet-1"}]
    aws.answer("ec2", "describe_instances", described(one(Tags=fleet), one("terminated", "i-0")), by_guest())
    aws.answer("ec2", "terminate_instances", {}, {"InstanceIds": ["i-1"]})
    aws.answer("ec2", "describe_instances", described(one("shutting-down")))
    aws.answer("ec2", "describe_instances", described(one("terminated")))
    aws.answer("ec2", "delete_fleets", {}, {"FleetIds": ["fleet-1"], "TerminateInstances": True})
    volumes = [{"Name": "tag:golden.guest", "Values": ["golden-web"]}, {"Name": "status", "Values": ["available", "error"]}]
    aws.answer("ec2", "describe_volumes", {"Volumes": [{"VolumeId": "vol-1"}]}, {"Filters": volumes})
    aws.answer("ec2", "delete_volume", {}, {"VolumeId": "vol-1"})
    assert instance.terminate(aws.account, "golden-web", None, SOON) is True


def test_ending_what_is_gone_is_no_failure(aws: StubbedAccount) -> None:
    aws.answer("ec2", "describe_instances", described())
    aws.refuse("ec2", "describe_instances", "InvalidInstanceID.NotFound")
    aws.answer("ec2", "describe_volumes", {"Volumes": []})
    assert instance.terminate(aws.account, "golden-web", "i-1", SOON) is False


def test_an_instance_without_its_mark_is_found_by_the_id_of_the_journal(aws: StubbedAccount) -> None:
    aws.answer("ec2", "describe_instances", described())
    aws.answer("ec2", "describe_instances", described(one()), {"InstanceIds": ["i-1"]})
    aws.answer("ec2", "terminate_instances", {}, {"InstanceIds": ["i-1"]})
    aws.answer("ec2", "describe_instances", described(one("terminated")))
    aws.answer("ec2", "describe_volumes", {"Volumes": []})
    assert instance.terminate(aws.account, "golden-web", "i-1", SOON) is True


def test_a_fleet_that_is_gone_is_no_failure_and_one_that_stays_is(aws: StubbedAccount) -> None:
    def refused(code: str) -> dict[str, t.Any]:
        return {"UnsuccessfulFleetDeletions": [{"FleetId": "fleet-1", "Error": {"Code": code, "Message": "no"}}]}

    aws.answer("ec2", "delete_fleets", refused("fleetIdDoesNotExist"))
    assert instance.remove_fleet(aws.account, "fleet-1") is False
    aws.answer("ec2", "delete_fleets", refused("unexpectedError"))
    with pytest.raises(BuilderError, match="could not delete the fleet fleet-1: no"):
        instance.remove_fleet(aws.account, "fleet-1")
