# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an image is given: only what differs is called for, and exactly what is wanted is there in the end."""

from __future__ import annotations

import datetime
import typing as t

import pytest

from ansible_collections.golden.images.plugins.module_utils._builders.aws.image_changes import apply_all
from ansible_collections.golden.images.plugins.module_utils._builders.aws.image_settings import (
    deprecation_of,
    fast_launch_changes,
    settings_changes,
    tag_changes,
)
from ansible_collections.golden.images.plugins.module_utils._builders.aws.permissions import launch_permission_changes, snapshot_permission_changes
from ansible_collections.golden.images.plugins.module_utils._builders.aws.ssm_parameters import parameter_changes
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import BuilderError, WaitTimeoutError
from ansible_collections.golden.images.plugins.module_utils._lifecycle.operation import Context

from .conftest import StubbedAccount
from .image_samples import IMAGE_ID, SNAPSHOT_ID, image, image_params, windows

Json = dict[str, t.Any]

CREATED = "2026-06-01T00:00:00Z"
ORGANIZATION = "arn:aws:organizations::123456789012:organization/o-abcdefghij"
UNIT = "arn:aws:organizations::123456789012:ou/o-abcdefghij/ou-ab12-cdefghij"


def no_permissions(aws: StubbedAccount) -> None:
    aws.answer("ec2", "describe_image_attribute", {"ImageId": IMAGE_ID, "LaunchPermissions": []})
    aws.answer("ec2", "describe_snapshot_attribute", {"SnapshotId": SNAPSHOT_ID, "CreateVolumePermissions": []})


def test_nothing_is_asked_for_nothing_is_done(aws: StubbedAccount) -> None:
    no_permissions(aws)
    assert not settings_changes(aws.account, image(), image_params(), CREATED)


def test_everything_at_once(aws: StubbedAccount, context: Context) -> None:
    params = image_params(
        image_description="Web",
        imds_support="v2.0",
        product_codes=["new", "known"],
        deprecate_after="30d",
        deregistration_protection="with_cooldown",
    )
    no_permissions(aws)
    known = image(ProductCodes=[{"ProductCodeId": "known", "ProductCodeType": "marketplace"}])
    changes = settings_changes(aws.account, known, params, CREATED)
    aws.answer("ec2", "modify_image_attribute", {}, {"ImageId": IMAGE_ID, "ImdsSupport": {"Value": "v2.0"}})
    aws.answer("ec2", "modify_image_attribute", {}, {"ImageId": IMAGE_ID, "Description": {"Value": "Web"}})
    codes = {"ImageId": IMAGE_ID, "Attribute": "productCodes", "OperationType": "add", "ProductCodes": ["new"]}
    aws.answer("ec2", "modify_image_attribute", {}, codes)
    deprecation = datetime.datetime(2026, 7, 1, tzinfo=datetime.UTC)
    aws.answer("ec2", "enable_image_deprecation", {}, {"ImageId": IMAGE_ID, "DeprecateAt": deprecation})
    aws.answer("ec2", "enable_image_deregistration_protection", {}, {"ImageId": IMAGE_ID, "WithCooldown": True})
    assert len(apply_all(changes, context)) == 5


def test_what_is_so_already_is_left_alone(aws: StubbedAccount) -> None:
    params = image_params(image_description="Web", imds_support="v2.0", deprecate_at="2026-07-01T00:00:00Z", deregistration_protection="enabled")
    no_permissions(aws)
    known = image(Description="Web", ImdsSupport="v2.0", DeprecationTime="2026-07-01T00:00:30.000Z", DeregistrationProtection="enabled-without-cooldown")
    assert not settings_changes(aws.account, known, params, CREATED)


@pytest.mark.parametrize(
    ("known", "wanted", "call"),
    [
        ("enabled-without-cooldown", "disabled", "disable_image_deregistration_protection"),
        ("disabled-after-2026-07-01T00:00:00Z", "enabled", "enable_image_deregistration_protection"),
        ("disabled-after-2026-07-01T00:00:00Z", "disabled", None),
    ],
)
def test_protection_comes_and_goes(known: str, wanted: str, call: str | None, aws: StubbedAccount, context: Context) -> None:
    no_permissions(aws)
    changes = settings_changes(aws.account, image(DeregistrationProtection=known), image_params(deregistration_protection=wanted), CREATED)
    if call:
        aws.answer("ec2", call, {})
    assert len(apply_all(changes, context)) == (1 if call else 0)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"deprecate_at": "2027-01-31T12:00:00Z"}, datetime.datetime(2027, 1, 31, 12, tzinfo=datetime.UTC)),
        ({"deprecate_at": "2027-01-31"}, datetime.datetime(2027, 1, 31, tzinfo=datetime.UTC)),
        ({"deprecate_after": "2w"}, datetime.datetime(2026, 6, 15, tzinfo=datetime.UTC)),
        ({}, None),
    ],
)
def test_a_deprecation_counts_from_the_capture(given: Json, expected: datetime.datetime | None) -> None:
    assert deprecation_of(given, CREATED) == expected


def test_launch_permissions_become_exactly_those_wanted(aws: StubbedAccount, context: Context) -> None:
    known = [{"UserId": "111111111111"}, {"Group": "all"}, {"OrganizationArn": ORGANIZATION}]
    aws.answer("ec2", "describe_image_attribute", {"LaunchPermissions": known}, {"ImageId": IMAGE_ID, "Attribute": "launchPermission"})
    wanted = {"users": ["222222222222"], "groups": [], "organizations": [ORGANIZATION], "organizational_units": [UNIT]}
    (change,) = launch_permission_changes(aws.account, IMAGE_ID, wanted)
    permission = {"Add": [{"OrganizationalUnitArn": UNIT}, {"UserId": "222222222222"}], "Remove": [{"Group": "all"}, {"UserId": "111111111111"}]}
    aws.answer("ec2", "modify_image_attribute", {}, {"ImageId": IMAGE_ID, "LaunchPermission": permission})
    apply_all([change], context)
    assert "no longer with 111111111111" in change.text


def test_an_image_that_is_too_new_to_be_known_is_asked_for_again(aws: StubbedAccount) -> None:
    aws.refuse("ec2", "describe_image_attribute", "InvalidAMIID.NotFound")
    aws.answer("ec2", "describe_image_attribute", {"LaunchPermissions": []})
    assert not launch_permission_changes(aws.account, IMAGE_ID, {"users": []})


def test_snapshot_permissions_become_exactly_those_wanted(aws: StubbedAccount, context: Context) -> None:
    known = {"CreateVolumePermissions": [{"UserId": "111111111111"}, {"Group": "all"}]}
    aws.answer("ec2", "describe_snapshot_attribute", known, {"SnapshotId": SNAPSHOT_ID, "Attribute": "createVolumePermission"})
    changes = snapshot_permission_changes(aws.account, image(), {"users": ["222222222222"], "groups": []})
    base = {"SnapshotId": SNAPSHOT_ID, "Attribute": "createVolumePermission"}
    aws.answer("ec2", "modify_snapshot_attribute", {}, {**base, "OperationType": "add", "UserIds": ["222222222222"]})
    aws.answer("ec2", "modify_snapshot_attribute", {}, {**base, "OperationType": "remove", "UserIds": ["111111111111"], "GroupNames": ["all"]})
    apply_all(changes, context)


def test_tags_change_and_marks_of_what_is_temporary_go(aws: StubbedAccount, context: Context) -> None:
    marks = {"golden.expires": "2026-06-02T00:00:00Z", "golden.host": "here"}
    snapshot = {"SnapshotId": SNAPSHOT_ID, "Tags": [{"Key": "Name", "Value": "web-1"}]}
    aws.answer("ec2", "describe_snapshots", {"Snapshots": [snapshot]}, {"SnapshotIds": [SNAPSHOT_ID]})
    known = image(tags={"Name": "old", "golden.state": "captured", "own": "stays", **marks})
    changes = tag_changes(aws.account, known, {"Name": "web-1", "golden.state": "published"}, {"Name": "web-1"})
    tags = [{"Key": "Name", "Value": "web-1"}, {"Key": "golden.state", "Value": "published"}]
    aws.answer("ec2", "create_tags", {}, {"Resources": [IMAGE_ID], "Tags": tags})
    aws.answer("ec2", "delete_tags", {}, {"Resources": [IMAGE_ID], "Tags": [{"Key": "golden.expires"}, {"Key": "golden.host"}]})
    assert apply_all(changes, context) == [f"tag {IMAGE_ID} in eu-west-1"]


def fast_launch(state: str, **more: str) -> Json:
    return {"FastLaunchImages": [{"ImageId": IMAGE_ID, "State": state, **more}]}


def test_fast_launch_with_the_launch_template_of_the_region(aws: StubbedAccount, context: Context) -> None:
    templates = {"eu-west-1": {"id": "lt-1", "version": "3"}}
    params = image_params(fast_launch={"target_resource_count": 10, "max_parallel_launches": 8, "region_launch_templates": templates})
    aws.answer("ec2", "describe_fast_launch_images", {"FastLaunchImages": []}, {"ImageIds": [IMAGE_ID]})
    changes = fast_launch_changes(aws.account, windows(), params, context)
    aws.answer("ec2", "describe_fast_launch_images", {"FastLaunchImages": []})
    request = {
        "ImageId": IMAGE_ID,
        "ResourceType": "snapshot",
        "SnapshotConfiguration": {"TargetResourceCount": 10},
        "MaxParallelLaunches": 8,
        "LaunchTemplate": {"LaunchTemplateId": "lt-1", "Version": "3"},
    }
    aws.answer("ec2", "enable_fast_launch", {"State": "enabling"}, request)
    aws.answer("ec2", "describe_fast_launch_images", fast_launch("enabling"))
    aws.answer("ec2", "describe_fast_launch_images", fast_launch("enabled"))
    apply_all(changes, context)


def test_fast_launch_that_fails_says_why(aws: StubbedAccount, context: Context) -> None:
    params = image_params(fast_launch={"launch_template_name": "windows"})
    aws.answer("ec2", "describe_fast_launch_images", fast_launch("enabling"))
    changes = fast_launch_changes(aws.account, windows(), params, context)
    # Enabling since an earlier attempt: not asked for twice.
    aws.answer("ec2", "describe_fast_launch_images", fast_launch("enabling"))
    aws.answer("ec2", "describe_fast_launch_images", fast_launch("enabling-failed", StateTransitionReason="no subnet"))
    with pytest.raises(BuilderError, match="no subnet"):
        apply_all(changes, context)


def test_fast_launch_that_takes_too_long_names_the_option(aws: StubbedAccount, context: Context) -> None:
    params = image_params(fast_launch={}, fast_launch_wait={"timeout": 0, "interval": 0.01})
    for _look in range(3):
        aws.answer("ec2", "describe_fast_launch_images", fast_launch("enabling"))
    changes = fast_launch_changes(aws.account, windows(), params, context)
    with pytest.raises(WaitTimeoutError, match=r"fast_launch_wait\.timeout"):
        apply_all(changes, context)


def test_fast_launch_is_for_windows(aws: StubbedAccount, context: Context) -> None:
    with pytest.raises(BuilderError, match="for Windows"):
        fast_launch_changes(aws.account, image(), image_params(fast_launch={}), context)
    aws.answer("ec2", "describe_fast_launch_images", fast_launch("enabled"))
    assert not fast_launch_changes(aws.account, windows(), image_params(fast_launch={}), context)
    assert not fast_launch_changes(aws.account, image(), image_params(), context)


def test_a_parameter_holds_the_newest_id(aws: StubbedAccount, context: Context) -> None:
    aws.refuse("ssm", "get_parameter", "ParameterNotFound")
    changes = parameter_changes(aws.account, "/images/web", IMAGE_ID)
    request = {"Name": "/images/web", "Value": IMAGE_ID, "Type": "String", "DataType": "aws:ec2:image", "Overwrite": True}
    aws.answer("ssm", "put_parameter", {}, request)
    apply_all(changes, context)
    aws.answer("ssm", "get_parameter", {"Parameter": {"Type": "String", "Value": IMAGE_ID}})
    assert not parameter_changes(aws.account, "/images/web", IMAGE_ID)
    assert not parameter_changes(aws.account, None, IMAGE_ID)
    aws.answer("ssm", "get_parameter", {"Parameter": {"Type": "SecureString", "Value": "x"}})
    with pytest.raises(BuilderError, match="is a SecureString"):
        parameter_changes(aws.account, "/images/web", IMAGE_ID)
