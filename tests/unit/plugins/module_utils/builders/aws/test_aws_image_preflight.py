# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What AWS would refuse later is refused first, and nothing is created by asking."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.golden.images.plugins.module_utils._builders.aws import preflight
from ansible_collections.golden.images.plugins.module_utils._lifecycle.builder import Source
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import BuilderError
from ansible_collections.golden.images.plugins.module_utils._lifecycle.operation import Context

from .conftest import StubbedAccount
from .image_samples import BUILD, OTHER_ID, captured, image, image_params, in_region, published

Json = dict[str, t.Any]

SOURCE = Source("ami-0123456789abcdef0", "debian", {})


def check(aws: StubbedAccount, context: Context, **given: t.Any) -> None:
    preflight.check_images(SOURCE, BUILD, image_params(image_name="web-1", **given), aws.account, context)


def expect_quota(aws: StubbedAccount, quota: float = 50000, used: int = 1) -> None:
    aws.answer("service-quotas", "get_service_quota", {"Quota": {"Value": quota}}, {"ServiceCode": "ec2", "QuotaCode": "L-B665C33B"}, attempts=1)
    aws.answer("ec2", "describe_images", {"Images": [image(f"ami-{number}") for number in range(used)]})


def expect_probes(aws: StubbedAccount, *calls: str) -> None:
    for call in calls:
        aws.refuse("ec2", call, "DryRunOperation", status=412)


CAPTURE_PROBES = ("create_image", "stop_instances", "deregister_image", "delete_snapshot", "register_image")


def test_everything_is_asked_for_in_every_region(aws: StubbedAccount, context: Context) -> None:
    regions = [{"RegionName": "eu-west-1"}, {"RegionName": "us-east-1", "OptInStatus": "opt-in-not-required"}]
    with in_region(aws, "us-east-1") as there:
        aws.answer("ec2", "describe_regions", {"Regions": regions}, {"AllRegions": True})
        for each in (aws, there):
            each.answer("ec2", "describe_images", {"Images": []})
            each.answer("kms", "describe_key", {"KeyMetadata": {"KeyId": "k", "KeyState": "Enabled"}}, {"KeyId": "alias/images"})
            expect_quota(each)
            each.refuse("ssm", "get_parameter", "ParameterNotFound")
        copying = ("copy_image", "modify_image_attribute", "enable_image_deprecation", "enable_image_deregistration_protection")
        expect_probes(aws, *CAPTURE_PROBES, *copying)
        expect_probes(there, *copying)
        check(
            aws,
            context,
            copy_regions=["us-east-1"],
            encrypt=True,
            kms_key_id="alias/images",
            region_kms_keys={"us-east-1": "alias/images"},
            ssm_parameter="/images/{image}",
            launch_permissions={"users": ["123456789012"]},
            deprecate_after="30d",
            deregistration_protection="enabled",
        )


def test_a_build_that_leaves_nothing_needs_nothing(aws: StubbedAccount, context: Context) -> None:
    check(aws, context, capture="discard")


def test_a_name_that_is_taken_in_a_later_region(aws: StubbedAccount, context: Context) -> None:
    with in_region(aws, "us-east-1") as there:
        aws.answer("ec2", "describe_regions", {"Regions": [{"RegionName": "us-east-1"}]})
        aws.answer("ec2", "describe_images", {"Images": []})
        expect_quota(aws)
        there.answer("ec2", "describe_images", {"Images": [image(OTHER_ID, tags=published())]})
        with pytest.raises(BuilderError, match=r"already an image web-1 in us-east-1.*replace"):
            check(aws, context, copy_regions=["us-east-1"])


def test_a_name_that_is_to_be_replaced_but_protected(aws: StubbedAccount, context: Context) -> None:
    aws.answer("ec2", "describe_images", {"Images": [image(DeregistrationProtection="enabled-without-cooldown")]})
    with pytest.raises(BuilderError, match="protected"):
        check(aws, context, replace=True)


def test_the_name_of_what_this_build_did_not_verify_is_free(aws: StubbedAccount, context: Context) -> None:
    aws.answer("ec2", "describe_images", {"Images": [image(tags=captured())]})
    expect_quota(aws)
    expect_probes(aws, *CAPTURE_PROBES)
    check(aws, context)


@pytest.mark.parametrize(
    ("regions", "words"),
    [([], "there is no region us-east-1"), ([{"RegionName": "us-east-1", "OptInStatus": "not-opted-in"}], "not enabled")],
)
def test_regions_that_cannot_be_used(regions: list[Json], words: str, aws: StubbedAccount, context: Context) -> None:
    aws.answer("ec2", "describe_regions", {"Regions": regions})
    with pytest.raises(BuilderError, match=words):
        check(aws, context, copy_regions=["us-east-1"])


def test_a_key_that_is_disabled(aws: StubbedAccount, context: Context) -> None:
    aws.answer("ec2", "describe_images", {"Images": []})
    aws.answer("kms", "describe_key", {"KeyMetadata": {"KeyId": "k", "KeyState": "PendingDeletion"}})
    with pytest.raises(BuilderError, match="PendingDeletion"):
        check(aws, context, encrypt=True, kms_key_id="alias/images")


def test_a_key_that_may_be_used_and_not_described(aws: StubbedAccount, context: Context, said: list[str]) -> None:
    aws.answer("ec2", "describe_images", {"Images": []})
    aws.refuse("kms", "describe_key", "AccessDeniedException")
    expect_quota(aws)
    expect_probes(aws, *CAPTURE_PROBES, "copy_image")
    check(aws, context, encrypt=True, kms_key_id="alias/images")
    assert "could not be checked" in said[0]


def test_an_account_full_of_images(aws: StubbedAccount, context: Context, said: list[str]) -> None:
    aws.answer("ec2", "describe_images", {"Images": []})
    expect_quota(aws, quota=10, used=10)
    with pytest.raises(BuilderError, match=r"has 10 images in eu-west-1, and may have 10\..*prune"):
        check(aws, context)
    aws.answer("ec2", "describe_images", {"Images": []})
    expect_quota(aws, quota=10, used=9)
    expect_probes(aws, *CAPTURE_PROBES)
    check(aws, context)
    assert "has 9 images" in said[0]


def test_a_quota_that_nobody_tells_is_no_reason_to_stop(aws: StubbedAccount, context: Context) -> None:
    aws.answer("ec2", "describe_images", {"Images": []})
    aws.refuse("service-quotas", "get_service_quota", "AccessDeniedException", attempts=1)
    expect_probes(aws, *CAPTURE_PROBES)
    check(aws, context)


def test_a_permission_that_is_missing_is_named(aws: StubbedAccount, context: Context) -> None:
    aws.answer("ec2", "describe_images", {"Images": []})
    expect_quota(aws)
    expect_probes(aws, "create_image", "stop_instances", "deregister_image")
    aws.refuse("ec2", "delete_snapshot", "UnauthorizedOperation", "User: x is not authorized to perform: ec2:DeleteSnapshot on resource: y")
    with pytest.raises(BuilderError, match="ec2:DeleteSnapshot"):
        check(aws, context)


def test_a_dry_run_about_nothing_may_also_find_nothing(aws: StubbedAccount, context: Context) -> None:
    aws.answer("ec2", "describe_images", {"Images": []})
    expect_quota(aws)
    aws.refuse("ec2", "create_snapshot", "InvalidVolume.NotFound")
    for call in ("stop_instances", "deregister_image", "delete_snapshot", "register_image"):
        aws.refuse("ec2", call, "InvalidParameterValue")
    check(aws, context, surrogate={"device_name": "/dev/sdf", "volume_size": 8})


def test_fast_launch_of_linux(aws: StubbedAccount, context: Context) -> None:
    aws.answer("ec2", "describe_images", {"Images": []})
    expect_quota(aws)
    aws.answer("ec2", "describe_images", {"Images": [image()]}, {"ImageIds": [SOURCE.id], "IncludeDeprecated": True})
    with pytest.raises(BuilderError, match="for Windows"):
        check(aws, context, fast_launch={})


def test_a_parameter_that_is_no_text(aws: StubbedAccount, context: Context) -> None:
    aws.answer("ec2", "describe_images", {"Images": []})
    expect_quota(aws)
    aws.answer("ssm", "get_parameter", {"Parameter": {"Type": "StringList", "Value": "a,b"}}, {"Name": "/images/web"})
    with pytest.raises(BuilderError, match="is a StringList"):
        check(aws, context, ssm_parameter="/images/{image}")


def test_a_public_image_where_the_account_forbids_it_or_has_enough(aws: StubbedAccount, context: Context) -> None:
    public = {"groups": ["all"]}
    aws.answer("ec2", "describe_images", {"Images": []})
    expect_quota(aws)
    aws.answer("ec2", "get_image_block_public_access_state", {"ImageBlockPublicAccessState": "block-new-sharing"})
    with pytest.raises(BuilderError, match="forbids public images"):
        check(aws, context, launch_permissions=public)
    aws.answer("ec2", "describe_images", {"Images": []})
    expect_quota(aws)
    aws.refuse("ec2", "get_image_block_public_access_state", "UnauthorizedOperation")
    aws.answer("service-quotas", "get_service_quota", {"Quota": {"Value": 5}}, {"ServiceCode": "ec2", "QuotaCode": "L-0E3CBAB9"}, attempts=1)
    wanted = {"Owners": ["self"], "Filters": [{"Name": "is-public", "Values": ["true"]}], "IncludeDeprecated": True}
    aws.answer("ec2", "describe_images", {"Images": [image(f"ami-{number}") for number in range(5)]}, wanted)
    with pytest.raises(BuilderError, match="5 public images"):
        check(aws, context, launch_permissions=public)
