# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever a build made goes by its journal line alone, or by its marks."""

from __future__ import annotations

import datetime
import typing as t

import pytest

from ansible_collections.golden.images.plugins.module_utils._builders.aws import discarding
from ansible_collections.golden.images.plugins.module_utils._builders.aws.discarding import KINDS, discard, is_expired, leftovers
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import GoldenError
from ansible_collections.golden.images.plugins.module_utils._lifecycle.journal import Resource
from ansible_collections.golden.images.plugins.module_utils._lifecycle.waiting import Waiter

from .conftest import StubbedAccount

NOW = datetime.datetime(2026, 3, 1, tzinfo=datetime.UTC)
PAST, FUTURE = "2026-02-28T00:00:00Z", "2026-03-02T00:00:00Z"


def tagged(guest: str, expires: str = PAST, **facts: t.Any) -> dict[str, t.Any]:
    return {"Tags": [{"Key": "golden.guest", "Value": guest}, {"Key": "golden.expires", "Value": expires}], **facts}


def test_every_kind_that_is_made_can_be_removed() -> None:
    made = {"instance", "security_group", "key_pair", "instance_profile", "role", "launch_template", "fleet"}
    assert made <= set(KINDS)
    assert {"image", "snapshot"} <= set(KINDS)


def test_an_unknown_kind_is_said() -> None:
    with pytest.raises(GoldenError, match="knows no castle"):
        discard(Resource("backend", "castle", "x"), {})


def test_an_instance_whose_launch_was_interrupted_may_appear_late(aws: StubbedAccount, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discarding, "_APPEARANCE", Waiter("it", timeout=5, interval=0.0))
    for found in ([], [{"Instances": [{"InstanceId": "i-1", "State": {"Name": "pending"}}]}]):
        aws.answer("ec2", "describe_instances", {"Reservations": found})
        if found:
            aws.answer("ec2", "terminate_instances", {}, {"InstanceIds": ["i-1"]})
            aws.answer("ec2", "describe_instances", {"Reservations": [{"Instances": [{"InstanceId": "i-1", "State": {"Name": "terminated"}}]}]})
        aws.answer("ec2", "describe_volumes", {"Volumes": []})
    assert KINDS["instance"](aws.account, aws.account.resource("instance", "golden-web")) is True


def test_a_known_instance_is_not_waited_for(aws: StubbedAccount) -> None:
    aws.answer("ec2", "describe_instances", {"Reservations": []})
    aws.refuse("ec2", "describe_instances", "InvalidInstanceID.NotFound")
    aws.answer("ec2", "describe_volumes", {"Volumes": []})
    assert KINDS["instance"](aws.account, aws.account.resource("instance", "golden-web", id="i-1")) is False


def test_a_fleet_goes_by_its_id(aws: StubbedAccount) -> None:
    gone = {"SuccessfulFleetDeletions": [{"FleetId": "fleet-1"}]}
    aws.answer("ec2", "delete_fleets", gone, {"FleetIds": ["fleet-1"], "TerminateInstances": True})
    assert KINDS["fleet"](aws.account, aws.account.resource("fleet", "golden-web", id="fleet-1")) is True
    assert KINDS["fleet"](aws.account, aws.account.resource("fleet", "golden-web")) is False


def expect_marked(aws: StubbedAccount, **found: t.Any) -> None:
    calls = (
        ("describe_instances", "Reservations"),
        ("describe_volumes", "Volumes"),
        ("describe_launch_templates", "LaunchTemplates"),
        ("describe_security_groups", "SecurityGroups"),
        ("describe_key_pairs", "KeyPairs"),
    )
    for call, key in calls:
        aws.answer("ec2", call, {key: found.get(key, [])}, {"Filters": [{"Name": "tag-key", "Values": ["golden.expires"]}]})


def test_what_expired_is_found_by_its_marks_in_the_order_in_which_it_goes(aws: StubbedAccount) -> None:
    instances = [tagged("golden-a", InstanceId="i-1", State={"Name": "running"}), tagged("golden-b", FUTURE, InstanceId="i-2", State={"Name": "running"})]
    expect_marked(
        aws,
        Reservations=[{"Instances": [*instances, tagged("golden-old", InstanceId="i-3", State={"Name": "terminated"})]}],
        Volumes=[tagged("golden-v", VolumeId="vol-1", State="available"), tagged("golden-u", VolumeId="vol-2", State="in-use")],
        SecurityGroups=[tagged("golden-a", GroupId="sg-1")],
        KeyPairs=[tagged("golden-a", KeyName="golden-a"), tagged("golden-b", FUTURE, KeyName="golden-b")],
    )
    common = {"RoleId": "A" * 16, "Path": "/golden-images/", "CreateDate": NOW}
    roles = [{**common, "RoleName": name, "Arn": f"arn:aws:iam::1:role/{name}"} for name in ("golden-a", "golden-b")]
    aws.answer("iam", "list_roles", {"Roles": roles}, {"PathPrefix": "/golden-images/"})
    aws.answer("iam", "list_role_tags", {"Tags": tagged("golden-a")["Tags"]}, {"RoleName": "golden-a"})
    aws.answer("iam", "list_role_tags", {"Tags": tagged("golden-b", FUTURE)["Tags"]}, {"RoleName": "golden-b"})
    found = [str(resource) for resource in leftovers(aws.account, NOW)]
    assert found == [
        "instance golden-a",
        "instance golden-v",
        "security_group golden-a",
        "key_pair golden-a",
        "instance_profile golden-a",
        "role golden-a",
    ]


def test_who_may_not_look_at_roles_made_none(aws: StubbedAccount) -> None:
    expect_marked(aws)
    aws.refuse("iam", "list_roles", "AccessDenied")
    assert leftovers(aws.account, NOW) == []


@pytest.mark.parametrize(
    ("tags", "expired"), [({"golden.expires": PAST}, True), ({"golden.expires": FUTURE}, False), ({"golden.expires": "?"}, False), ({}, False)]
)
def test_a_mark_that_nobody_can_read_never_expires(tags: dict[str, str], expired: bool) -> None:
    assert is_expired(tags, NOW) is expired
