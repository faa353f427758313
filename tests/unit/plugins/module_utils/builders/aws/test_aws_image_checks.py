# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of images that contradict each other, or that EC2 would refuse after an hour of work."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.golden.images.plugins.module_utils._builders.aws.image_checks import check_image_options
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import GoldenError

from .image_samples import image_params

ORGANIZATION = "arn:aws:organizations::123456789012:organization/o-abcdefghij"
UNIT = "arn:aws:organizations::123456789012:ou/o-abcdefghij/ou-ab12-cdefghij"
KEY = "alias/images"
SURROGATE = {"device_name": "/dev/sdf", "volume_size": 8}


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"copy_regions": ["us-east-1", "us-gov-west-1"], "encrypt": True},
        {"encrypt": True, "kms_key_id": KEY, "copy_regions": ["us-east-1"], "region_kms_keys": {"us-east-1": "mrk-" + "0" * 32}},
        {"encrypt": True, "kms_key_id": KEY, "launch_permissions": {"users": ["123456789012"]}},
        {"launch_permissions": {"users": ["012345678901"], "groups": ["all"], "organizations": [ORGANIZATION], "organizational_units": [UNIT]}},
        {"surrogate": SURROGATE, "boot_mode": "uefi", "tpm_support": True},
        {"deprecate_after": "90d", "ssm_parameter": "/images/{image}/latest", "copy_duration_minutes": 30},
        {"keep_in_build_region": False, "copy_regions": ["us-east-1"]},
        {"fast_launch": {"max_parallel_launches": 6}},
    ],
)
def test_what_is_possible(given: dict[str, t.Any]) -> None:
    check_image_options(image_params(region="eu-west-1", **given))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"image_name": "{nmae}"}, "unknown placeholder"),
        ({"copy_regions": ["Ireland"]}, "not the name of a region"),
        ({"keep_in_build_region": False}, "nowhere"),
        ({"kms_key_id": KEY}, "without encrypt"),
        ({"encrypt": True, "kms_key_id": "images"}, "not a KMS key"),
        ({"encrypt": True, "kms_key_id": KEY, "copy_regions": ["us-east-1"]}, "no KMS key is given for us-east-1"),
        ({"encrypt": True, "region_kms_keys": {"us-east-1": KEY}}, "where the image does not go"),
        ({"encrypt": True, "launch_permissions": {"users": ["123456789012"]}}, "default key cannot be shared"),
        ({"encrypt": True, "kms_key_id": "alias/aws/ebs", "launch_permissions": {"users": ["123456789012"]}}, "default key cannot be shared"),
        ({"encrypt": True, "kms_key_id": KEY, "launch_permissions": {"groups": ["all"]}}, "cannot be public"),
        ({"launch_permissions": {"users": ["12345678901"]}}, "12 digits"),
        ({"launch_permissions": {"groups": ["everybody"]}}, "is not all"),
        ({"launch_permissions": {"organizations": [UNIT]}}, "organization/"),
        ({"launch_permissions": {"organizational_units": [ORGANIZATION]}}, ":ou/"),
        ({"snapshot_permissions": {"users": ["x"]}}, "snapshot_permissions.users"),
        ({"image_tags": {"aws:x": "y"}}, "image_tags"),
        ({"snapshot_tags": {"golden.run": "y"}}, "collection's own"),
        ({"image_tags": {str(number): "" for number in range(38)}}, "leave room for 37"),
        ({"image_block_devices": [{"device_name": "/dev/sdb", "volume_type": "io2", "volume_size": 10}]}, "needs iops"),
        ({"tpm_support": True}, "needs UEFI"),
        ({"uefi_data": "x", "boot_mode": "legacy-bios"}, "needs UEFI"),
        ({"surrogate": {"device_name": "/dev/sdf"}}, "neither volume_size nor snapshot_id"),
        ({"surrogate": {**SURROGATE, "method": "swap"}, "boot_mode": "uefi"}, "boot_mode is only possible"),
        ({"surrogate": SURROGATE, "stop_mode": "none"}, "stopped guest"),
        ({"deprecate_at": "soon"}, "not a moment"),
        ({"deprecate_at": "2020-01-01"}, "in the past"),
        ({"deprecate_after": "soon"}, "not an age"),
        ({"retention": {"keep": -1}}, "less than 0"),
        ({"ssm_parameter": "/images/{oops}"}, "unknown placeholder"),
        ({"ssm_parameter": "/images/a b"}, "not the name of a parameter"),
        ({"ssm_parameter": "/aws/images"}, "keeps for itself"),
        ({"copy_duration_minutes": 20}, "multiples of 15"),
        ({"fast_launch": {"max_parallel_launches": 5}}, "at least 6"),
    ],
)
def test_what_is_refused(given: dict[str, t.Any], words: str) -> None:
    with pytest.raises(GoldenError) as caught:
        check_image_options(image_params(region="eu-west-1", **given))
    assert words in str(caught.value)


def test_a_spot_guest_that_stops_by_itself_is_gone() -> None:
    with pytest.raises(GoldenError, match="spot instance"):
        check_image_options({**image_params(stop_mode="await"), "spot": {"on_demand_fallback": False}})


def test_two_deprecations_are_one_too_many() -> None:
    with pytest.raises(GoldenError, match="exclude each other"):
        check_image_options({**image_params(deprecate_at="2999-01-01"), "deprecate_after": "1d"})
