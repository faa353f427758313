# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one AMI that a definition means."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.golden.images.plugins.module_utils._builders.aws.source import check_source, resolve
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import BuilderError
from ansible_collections.golden.images.plugins.module_utils._lifecycle.operation import Context

from .conftest import IMAGE_ID, StubbedAccount

OLD, NEW = "ami-00000000000000001", "ami-00000000000000002"


def image(image_id: str = IMAGE_ID, **facts: t.Any) -> dict[str, t.Any]:
    return {"ImageId": image_id, "Name": "debian-12", "State": "available", "RootDeviceType": "ebs", "VirtualizationType": "hvm", **facts}


def search(aws: StubbedAccount, *found: dict[str, t.Any], deprecated: bool = False) -> None:
    wanted = {"Filters": [{"Name": "state", "Values": ["available"]}, {"Name": "name", "Values": ["debian-12-*"]}], "Owners": ["136693071363"]}
    aws.answer("ec2", "describe_images", {"Images": list(found)}, {**wanted, "IncludeDeprecated": deprecated})


NAMED: dict[str, t.Any] = {"name": "debian-12-*", "owners": ["136693071363"]}


def test_an_id_is_looked_at(aws: StubbedAccount, context: Context) -> None:
    aws.answer("ec2", "describe_images", {"Images": [image()]}, {"ImageIds": [IMAGE_ID], "IncludeDeprecated": True})
    found = resolve({"image_id": IMAGE_ID}, aws.account, context)
    assert (found.id, found.options) == (IMAGE_ID, {"image_id": IMAGE_ID})
    assert found.description == f"debian-12 ({IMAGE_ID} in eu-west-1)"


def test_an_id_that_nobody_knows_names_the_region(aws: StubbedAccount, context: Context) -> None:
    aws.refuse("ec2", "describe_images", "InvalidAMIID.NotFound", "The image id does not exist")
    with pytest.raises(BuilderError, match=r"InvalidAMIID.NotFound.*eu-west-1.*shared with this account"):
        resolve({"image_id": IMAGE_ID}, aws.account, context)
    aws.answer("ec2", "describe_images", {"Images": []})
    with pytest.raises(BuilderError, match="there is no image"):
        resolve({"image_id": IMAGE_ID}, aws.account, context)


def test_each_region_may_have_an_id_of_its_own(aws: StubbedAccount, context: Context) -> None:
    aws.answer("ec2", "describe_images", {"Images": [image(NEW)]}, {"ImageIds": [NEW], "IncludeDeprecated": True})
    assert resolve({"image_ids": {"us-east-1": OLD, "eu-west-1": NEW}}, aws.account, context).id == NEW
    with pytest.raises(BuilderError, match=r"none for the region eu-west-1.*us-east-1"):
        resolve({"image_ids": {"us-east-1": OLD}}, aws.account, context)


@pytest.mark.parametrize("name", ["/aws/service/debian/release/12/latest/amd64", "resolve:ssm:/aws/service/debian/release/12/latest/amd64"])
def test_a_parameter_holds_the_id(aws: StubbedAccount, context: Context, name: str) -> None:
    aws.answer("ssm", "get_parameter", {"Parameter": {"Value": IMAGE_ID}}, {"Name": "/aws/service/debian/release/12/latest/amd64"})
    aws.answer("ec2", "describe_images", {"Images": [image()]})
    assert resolve({"ssm_parameter": name}, aws.account, context).id == IMAGE_ID


def test_a_parameter_that_holds_none_is_named(aws: StubbedAccount, context: Context) -> None:
    aws.answer("ssm", "get_parameter", {"Parameter": {"Value": "hello"}})
    with pytest.raises(BuilderError, match="/mine does not hold the id of an AMI, but 'hello'"):
        resolve({"ssm_parameter": "/mine"}, aws.account, context)
    aws.refuse("ssm", "get_parameter", "ParameterNotFound")
    with pytest.raises(BuilderError, match="there is no SSM parameter /mine in eu-west-1"):
        resolve({"ssm_parameter": "/mine"}, aws.account, context)


def test_one_match_is_taken_several_are_refused(aws: StubbedAccount, context: Context) -> None:
    old, new = image(OLD, CreationDate="2026-01-01T00:00:00.000Z"), image(NEW, CreationDate="2026-02-01T00:00:00.000Z")
    search(aws, old)
    assert resolve(NAMED, aws.account, context).id == OLD
    search(aws, old, new)
    with pytest.raises(BuilderError, match=f"2 images match .*{NEW}.*{OLD}.*most_recent"):
        resolve(NAMED, aws.account, context)
    search(aws, old, new)
    assert resolve({**NAMED, "most_recent": True}, aws.account, context).id == NEW


def test_no_match_says_what_was_looked_for(aws: StubbedAccount, context: Context) -> None:
    search(aws)
    with pytest.raises(BuilderError, match=r"no image in eu-west-1 .*136693071363.*name=debian-12-\*.*include_deprecated"):
        resolve(NAMED, aws.account, context)


def test_deprecated_images_are_found_on_request(aws: StubbedAccount, context: Context, said: list[str]) -> None:
    search(aws, image(DeprecationTime="2026-01-01T00:00:00.000Z"), deprecated=True)
    assert resolve({**NAMED, "include_deprecated": True}, aws.account, context).id == IMAGE_ID
    assert "deprecated" in said[0]


@pytest.mark.parametrize(
    ("facts", "reason"), [({"State": "pending"}, "is pending"), ({"RootDeviceType": "instance-store"}, "instance-store.*Only images on EBS")]
)
def test_an_image_that_cannot_be_built_from_is_refused(aws: StubbedAccount, context: Context, facts: dict[str, str], reason: str) -> None:
    aws.answer("ec2", "describe_images", {"Images": [image(**facts)]})
    with pytest.raises(BuilderError, match=reason):
        resolve({"image_id": IMAGE_ID}, aws.account, context)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ({"image_id": "debian-12"}, "'debian-12' is not the id of an AMI"),
        ({"image_ids": {"eu-west-1": "resolve:ssm:/x"}}, "ssm_parameter"),
        ({"image_id": IMAGE_ID, "most_recent": True}, "most_recent only mean something with name or filters"),
        ({"ssm_parameter": "/x", "owners": ["self"]}, "owners only mean"),
    ],
)
def test_what_cannot_be_meant_is_refused_without_asking(source: dict[str, t.Any], reason: str) -> None:
    with pytest.raises(BuilderError, match=reason):
        check_source(source)
