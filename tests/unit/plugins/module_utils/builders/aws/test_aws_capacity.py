# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Types and zones tried in order, and again, until one has room."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.golden.images.plugins.module_utils._builders.aws import capacity
from ansible_collections.golden.images.plugins.module_utils._builders.aws.capacity import Place, launch, places
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import BuilderError, WaitTimeoutError
from ansible_collections.golden.images.plugins.module_utils._lifecycle.operation import Context
from ansible_collections.golden.images.plugins.module_utils._lifecycle.waiting import Waiter

from .conftest import StubbedAccount

Options = t.Callable[..., dict[str, t.Any]]

A = {"SubnetId": "subnet-a", "AvailabilityZone": "eu-west-1a"}
B = {"SubnetId": "subnet-b", "AvailabilityZone": "eu-west-1b"}
WANTED = {"ImageId": "ami-1"}
AT_ONCE = {"timeout": 0.0, "interval": 0.0}


def offer(aws: StubbedAccount, *offers: tuple[str, str]) -> None:
    found = [{"InstanceType": kind, "LocationType": "availability-zone", "Location": zone} for kind, zone in offers]
    aws.answer("ec2", "describe_instance_type_offerings", {"InstanceTypeOfferings": found})


def launched(aws: StubbedAccount) -> None:
    aws.answer("ec2", "run_instances", {"Instances": [{"InstanceId": "i-1"}]}, attempts=1)


def full(aws: StubbedAccount, code: str = "InsufficientInstanceCapacity", message: str = "no", status: int = 500) -> None:
    aws.refuse("ec2", "run_instances", code, message, status, attempts=1)


def test_each_type_is_tried_in_every_zone_that_offers_it(aws: StubbedAccount) -> None:
    offer(aws, ("t3a.small", "eu-west-1a"), ("t3.small", "eu-west-1b"), ("t3.small", "eu-west-1a"))
    found = places(["t3.small", "t3a.small"], [B, A], aws.account)
    assert [str(place) for place in found] == [
        "t3.small in eu-west-1b (subnet-b)",
        "t3.small in eu-west-1a (subnet-a)",
        "t3a.small in eu-west-1a (subnet-a)",
    ]


def test_a_type_that_is_offered_nowhere_is_named(aws: StubbedAccount) -> None:
    offer(aws)
    with pytest.raises(BuilderError, match=r"t9.huge: not offered in eu-west-1a, eu-west-1b"):
        places(["t9.huge"], [A, B], aws.account)


@pytest.mark.parametrize("code", ["InsufficientInstanceCapacity", "InsufficientFreeAddressesInSubnet", "VcpuLimitExceeded", "Unsupported"])
def test_the_next_place_is_tried(aws: StubbedAccount, context: Context, guest_options: Options, said: list[str], code: str) -> None:
    full(aws, code)
    expected = {
        "ImageId": "ami-1",
        "InstanceType": "t3.small",
        "NetworkInterfaces": [{"DeviceIndex": 0, "DeleteOnTermination": True, "Groups": ["sg-1"], "SubnetId": "subnet-b"}],
        "MinCount": 1,
        "MaxCount": 1,
    }
    requests = aws.requests("ec2", "RunInstances", attempts=1)
    launched(aws)
    found = [Place("t3.small", A), Place("t3.small", B)]
    assert launch(WANTED, ["sg-1"], found, "golden-web", guest_options(capacity_wait=AT_ONCE), aws.account, context)["InstanceId"] == "i-1"
    assert {key: requests[-1][key] for key in expected} == expected
    assert requests[0]["ClientToken"] != requests[1]["ClientToken"]
    assert said == [f"t3.small in eu-west-1a (subnet-a): {code}"]


def test_all_are_tried_again_as_long_as_there_is_time(aws: StubbedAccount, context: Context, guest_options: Options) -> None:
    full(aws)
    full(aws, "InvalidParameterValue", "Value (golden-web) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name", 400)
    launched(aws)
    options = guest_options(capacity_wait={"timeout": 20, "interval": 0.01})
    assert launch(WANTED, [], [Place("t3.small", A)], "golden-web", options, aws.account, context)["InstanceId"] == "i-1"


def test_a_lost_answer_or_a_group_not_known_yet_is_asked_for_with_the_same_token(
    aws: StubbedAccount, context: Context, guest_options: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capacity, "_ANSWER", Waiter("an answer", timeout=5, interval=0.0))
    requests = aws.requests("ec2", "RunInstances", attempts=1)
    full(aws, "RequestLimitExceeded", status=503)
    full(aws, "InternalError")
    full(aws, "InvalidGroup.NotFound", status=400)
    launched(aws)
    launch(WANTED, [], [Place("t3.small", A)], "golden-web", guest_options(capacity_wait=AT_ONCE), aws.account, context)
    assert len({request["ClientToken"] for request in requests}) == 1


def test_every_place_tells_why_when_there_is_no_room_at_all(aws: StubbedAccount, context: Context, guest_options: Options) -> None:
    full(aws, message="sold out")
    full(aws, "VcpuLimitExceeded", "too many", 400)
    options = guest_options(capacity_wait=AT_ONCE)
    found = [Place("t3.small", A), Place("m5.large", B)]
    with pytest.raises(WaitTimeoutError, match=r"t3.small in eu-west-1a .*sold out.*m5.large in eu-west-1b .*too many.*capacity_wait.timeout"):
        launch(WANTED, [], found, "golden-web", options, aws.account, context)


@pytest.mark.parametrize("code", ["InvalidParameterValue", "UnauthorizedOperation", "ExpiredToken"])
def test_what_no_place_would_change_ends_at_once(aws: StubbedAccount, context: Context, guest_options: Options, code: str) -> None:
    full(aws, code, "Value () for parameter groupId is invalid", 400)
    with pytest.raises(BuilderError, match=f"launch the guest as t3.small in eu-west-1a .*{code}"):
        launch(WANTED, [], [Place("t3.small", A), Place("t3.small", B)], "golden-web", guest_options(), aws.account, context)
