# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Spot guests: an instant fleet over all places, nothing of it left behind."""

from __future__ import annotations

import base64
import pathlib
import typing as t

import botocore.session
import pytest
from botocore.validate import ParamValidator

from ansible_collections.golden.images.plugins.module_utils._builders.aws.capacity import Place
from ansible_collections.golden.images.plugins.module_utils._builders.aws.spot import check_spot, fleet_request, launch_spot, remove_template
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import BuilderError, WaitTimeoutError
from ansible_collections.golden.images.plugins.module_utils._lifecycle.journal import Journal
from ansible_collections.golden.images.plugins.module_utils._lifecycle.operation import Context

from .conftest import StubbedAccount

Options = t.Callable[..., dict[str, t.Any]]

PLACES = [
    Place("t3.small", {"SubnetId": "subnet-a", "AvailabilityZone": "eu-west-1a"}),
    Place("t3a.small", {"SubnetId": "subnet-b", "AvailabilityZone": "eu-west-1b"}),
]
WANTED = {"ImageId": "ami-1", "UserData": b"#!/bin/sh\n"}
NO_ROOM = {"FleetId": "fleet-1", "Errors": [{"ErrorCode": "InsufficientInstanceCapacity", "ErrorMessage": "sold out"}], "Instances": []}
ROOM = {"FleetId": "fleet-2", "Instances": [{"InstanceIds": ["i-1"], "InstanceType": "t3.small", "Lifecycle": "spot"}]}


def expect_template(aws: StubbedAccount) -> None:
    aws.answer("ec2", "create_launch_template", {"LaunchTemplate": {"LaunchTemplateId": "lt-1"}})


def expect_end_of_template(aws: StubbedAccount) -> None:
    wanted = [{"Name": "launch-template-name", "Values": ["golden-web"]}, {"Name": "tag:golden.guest", "Values": ["golden-web"]}]
    aws.answer("ec2", "describe_launch_templates", {"LaunchTemplates": [{"LaunchTemplateId": "lt-1"}]}, {"Filters": wanted})
    aws.answer("ec2", "delete_launch_template", {}, {"LaunchTemplateId": "lt-1"})


def spot(aws: StubbedAccount, options: dict[str, t.Any], context: Context) -> str | None:
    return launch_spot(WANTED, ["sg-1"], PLACES, "golden-web", {"golden.run": "abc"}, options, aws.account, context)


def test_the_fleet_may_choose_among_all_places() -> None:
    wanted = fleet_request(PLACES, "golden-web", {"golden.run": "abc"}, "token", {"allocation_strategy": "price-capacity-optimized", "max_price": 0.0125})
    model = botocore.session.Session().get_service_model("ec2")
    report = ParamValidator().validate(wanted, model.shape_for("CreateFleetRequest"))
    assert not report.has_errors(), report.generate_report()
    overrides = wanted["LaunchTemplateConfigs"][0]["Overrides"]
    assert overrides[0] == {"InstanceType": "t3.small", "SubnetId": "subnet-a", "MaxPrice": "0.0125"}
    assert [entry["SubnetId"] for entry in overrides] == ["subnet-a", "subnet-b"]
    assert (wanted["Type"], wanted["SpotOptions"]["AllocationStrategy"]) == ("instant", "price-capacity-optimized")
    assert wanted["TargetCapacitySpecification"]["TotalTargetCapacity"] == 1


def test_the_order_of_types_counts_where_that_is_asked_for() -> None:
    wanted = fleet_request(PLACES, "golden-web", {}, "token", {"allocation_strategy": "capacity-optimized-prioritized"})
    assert [entry["Priority"] for entry in wanted["LaunchTemplateConfigs"][0]["Overrides"]] == [0.0, 1.0]


def test_a_guest_is_launched_and_the_template_gone(aws: StubbedAccount, tmp_path: pathlib.Path, guest_options: Options) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    requests = aws.requests("ec2", "CreateLaunchTemplate")
    expect_template(aws)
    aws.answer("ec2", "create_fleet", ROOM)
    expect_end_of_template(aws)
    assert spot(aws, guest_options(spot={}), Context(journal=journal)) == "i-1"
    assert base64.b64decode(requests[0]["LaunchTemplateData"]["UserData"]) == b"#!/bin/sh\n"
    (fleet,) = journal.unfinished()
    assert (fleet.kind, fleet.details["id"]) == ("fleet", "fleet-2")


def test_without_room_the_fleet_goes_and_another_is_asked_for(aws: StubbedAccount, context: Context, guest_options: Options, said: list[str]) -> None:
    expect_template(aws)
    aws.answer("ec2", "create_fleet", NO_ROOM)
    aws.answer("ec2", "delete_fleets", {"SuccessfulFleetDeletions": []}, {"FleetIds": ["fleet-1"], "TerminateInstances": True})
    aws.answer("ec2", "create_fleet", ROOM)
    expect_end_of_template(aws)
    assert spot(aws, guest_options(spot={}, capacity_wait={"timeout": 5, "interval": 0.01}), context) == "i-1"
    assert said == ["no spot capacity: sold out (InsufficientInstanceCapacity)"]


def test_on_demand_is_taken_where_that_is_allowed(aws: StubbedAccount, context: Context, guest_options: Options) -> None:
    expect_template(aws)
    aws.answer("ec2", "create_fleet", NO_ROOM)
    aws.answer("ec2", "delete_fleets", {})
    expect_end_of_template(aws)
    assert spot(aws, guest_options(spot={"on_demand_fallback": True}), context) is None


def test_a_profile_that_ec2_does_not_know_yet_is_no_lack_of_room(aws: StubbedAccount, context: Context, guest_options: Options) -> None:
    late = {"ErrorCode": "InvalidParameterValue", "ErrorMessage": "Invalid IAM Instance Profile name"}
    expect_template(aws)
    aws.refuse("ec2", "create_fleet", "InvalidLaunchTemplateName.NotFoundException")
    aws.answer("ec2", "create_fleet", {"FleetId": "fleet-1", "Errors": [late]})
    aws.answer("ec2", "delete_fleets", {})
    aws.answer("ec2", "create_fleet", ROOM)
    expect_end_of_template(aws)
    options = guest_options(spot={"on_demand_fallback": True}, capacity_wait={"timeout": 5, "interval": 0.01})
    assert spot(aws, options, context) == "i-1"


def test_no_room_in_time_says_why_and_leaves_nothing(aws: StubbedAccount, tmp_path: pathlib.Path, guest_options: Options) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    expect_template(aws)
    aws.answer("ec2", "create_fleet", NO_ROOM)
    aws.answer("ec2", "delete_fleets", {})
    expect_end_of_template(aws)
    with pytest.raises(WaitTimeoutError, match=r"sold out .*on_demand_fallback"):
        spot(aws, guest_options(spot={}, capacity_wait={"timeout": 0, "interval": 1}), Context(journal=journal))
    assert journal.unfinished() == []


def test_a_template_that_is_gone_is_no_failure(aws: StubbedAccount) -> None:
    aws.answer("ec2", "describe_launch_templates", {"LaunchTemplates": []})
    assert remove_template("golden-web", aws.account) is False


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"enclave": True}, "cannot have enclave"),
        ({"capacity_reservation": {"id": "cr-1"}}, "cannot have capacity_reservation"),
        ({"placement": {"tenancy": "host"}}, "tenancy: host"),
        ({"placement": {"host_id": "h-1"}}, "placement.host_id"),
        ({"spot": {"max_price": 0}}, "more than 0"),
    ],
)
def test_what_spot_cannot_be_is_refused(options: dict[str, t.Any], reason: str) -> None:
    with pytest.raises(BuilderError, match=reason):
        check_spot({"spot": {"max_price": None, "allocation_strategy": "diversified"}, **options})
    check_spot({**options, "spot": None})
