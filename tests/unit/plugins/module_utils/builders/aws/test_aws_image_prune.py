# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Old images: which stay, which go, and who uses them."""

from __future__ import annotations

import datetime
import typing as t

import pytest

from ansible_collections.golden.images.plugins.module_utils._builders.aws.image_usage import users_of_images
from ansible_collections.golden.images.plugins.module_utils._builders.aws.prune import Retention, verdicts
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import GoldenError

from .conftest import StubbedAccount
from .image_samples import IMAGE_ID, image, published

Json = dict[str, t.Any]

NOW = datetime.datetime(2026, 6, 30, tzinfo=datetime.UTC)
DAY = datetime.timedelta(days=1)


def aged(days: int, build: str = "web.aws", **more: t.Any) -> Json:
    moment = NOW - days * DAY
    return image(f"ami-{build}-{days}", CreationDate=moment.strftime("%Y-%m-%dT%H:%M:%S.000Z"), tags=published(**{"golden.build": build}), **more)


def decided(images: list[Json], users: dict[str, str] | None = None, **option: t.Any) -> dict[str, str]:
    retention = Retention.of({"deprecate_for": "0", **option})
    return {verdict.image["ImageId"]: verdict.action for verdict in verdicts(images, retention, users or {}, NOW)}


def test_the_newest_stay_for_each_build_on_its_own() -> None:
    images = [aged(3), aged(1), aged(2), aged(4, "db.aws"), aged(5, "db.aws")]
    assert decided(images, keep=1) == {
        "ami-web.aws-1": "keep",
        "ami-web.aws-2": "remove",
        "ami-web.aws-3": "remove",
        "ami-db.aws-4": "keep",
        "ami-db.aws-5": "remove",
    }


def test_by_age_alone_the_newest_stays() -> None:
    assert decided([aged(100), aged(200)], max_age="90d") == {"ami-web.aws-100": "keep", "ami-web.aws-200": "remove"}
    assert decided([aged(100)], max_age="90d", keep=0) == {"ami-web.aws-100": "remove"}


def test_with_both_only_what_is_beyond_both_goes() -> None:
    assert decided([aged(1), aged(50), aged(95)], keep=1, max_age="90d") == {"ami-web.aws-1": "keep", "ami-web.aws-50": "keep", "ami-web.aws-95": "remove"}


def test_what_is_used_or_protected_stays() -> None:
    images = [aged(1), aged(2), aged(3, DeregistrationProtection="enabled-with-cooldown"), aged(4)]
    assert decided(images, {"ami-web.aws-2": "the instance i-1"}, keep=1) == {
        "ami-web.aws-1": "keep",
        "ami-web.aws-2": "keep",
        "ami-web.aws-3": "keep",
        "ami-web.aws-4": "remove",
    }


@pytest.mark.parametrize(
    ("deprecation", "action"),
    [(None, "deprecate"), (NOW + 30 * DAY, "deprecate"), (NOW - 6 * DAY, "keep"), (NOW - 8 * DAY, "remove")],
)
def test_images_are_deprecated_for_a_while_before_they_go(deprecation: datetime.datetime | None, action: str) -> None:
    more = {"DeprecationTime": deprecation.strftime("%Y-%m-%dT%H:%M:%S.000Z")} if deprecation else {}
    assert decided([aged(1), aged(20, **more)], keep=1, deprecate_for="7d")["ami-web.aws-20"] == action


def test_the_capture_decides_the_age_of_a_copy() -> None:
    copied = image("ami-copy", CreationDate="2026-06-29T00:00:00.000Z", tags=published(**{"golden.created": "2026-01-01T00:00:00Z"}))
    assert decided([copied, aged(50)], keep=1)["ami-copy"] == "remove"


@pytest.mark.parametrize(("option", "words"), [({"keep": -1}, "less than 0"), ({"max_age": "old"}, "not an age")])
def test_a_retention_that_means_nothing_is_refused(option: Json, words: str) -> None:
    with pytest.raises(GoldenError, match=words):
        Retention.of({"deprecate_for": "7d", **option})


def test_users_are_instances_all_versions_of_launch_templates_and_launch_configurations(aws: StubbedAccount) -> None:
    configuration = {"LaunchConfigurationName": "old", "ImageId": "ami-1", "InstanceType": "t3.small", "CreatedTime": NOW}
    aws.answer("autoscaling", "describe_launch_configurations", {"LaunchConfigurations": [configuration]})
    aws.answer("ec2", "describe_launch_templates", {"LaunchTemplates": [{"LaunchTemplateId": "lt-1", "LaunchTemplateName": "web"}]})
    versions = [
        {"VersionNumber": 1, "LaunchTemplateData": {"ImageId": "ami-2"}},
        {"VersionNumber": 2, "LaunchTemplateData": {"ImageId": "resolve:ssm:/images/web"}},
        {"VersionNumber": 3, "LaunchTemplateData": {}},
    ]
    aws.answer("ec2", "describe_launch_template_versions", {"LaunchTemplateVersions": versions}, {"LaunchTemplateId": "lt-1"})
    aws.answer("ssm", "get_parameter", {"Parameter": {"Type": "String", "Value": "ami-3"}}, {"Name": "/images/web"})
    aws.answer("ec2", "describe_instances", {"Reservations": [{"Instances": [{"InstanceId": "i-1", "ImageId": IMAGE_ID}]}]})
    assert users_of_images(aws.account) == {
        "ami-1": "the launch configuration old",
        "ami-2": "version 1 of the launch template web",
        "ami-3": "version 2 of the launch template web",
        IMAGE_ID: "the instance i-1",
    }
