# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Temporary roles: small, marked, found again, removed whole."""

from __future__ import annotations

import json
import pathlib
import typing as t

import pytest

from ansible_collections.golden.images.plugins.module_utils._builders.aws.errors import AwsError
from ansible_collections.golden.images.plugins.module_utils._builders.aws.instance_profile import (
    check_instance_profile,
    given_profile,
    not_yet_known,
    provide_profile,
    remove_profile,
    remove_role,
    role_name,
)
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import BuilderError
from ansible_collections.golden.images.plugins.module_utils._lifecycle.journal import Journal
from ansible_collections.golden.images.plugins.module_utils._lifecycle.operation import Context

from .conftest import StubbedAccount

POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
MANAGED = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
TAGS = [{"Key": "golden.run", "Value": "abc"}, {"Key": "golden.guest", "Value": "golden-web"}]


def profile(*roles: str) -> dict[str, t.Any]:
    common = {"Path": "/golden-images/", "CreateDate": "2026-01-01T00:00:00Z"}
    described = [{**common, "RoleName": role, "RoleId": "A" * 16, "Arn": "arn:aws:iam::1:role/" + role} for role in roles]
    return {"InstanceProfile": {**common, "InstanceProfileName": "p", "InstanceProfileId": "A" * 16, "Arn": "arn:aws:iam::1:profile", "Roles": described}}


def role() -> dict[str, t.Any]:
    described = {"Path": "/golden-images/", "RoleName": "golden-web", "RoleId": "A" * 16, "Arn": "arn:aws:iam::1:role/golden-web"}
    return {"Role": {**described, "CreateDate": "2026-01-01T00:00:00Z"}}


def test_role_policies_and_profile_are_made_in_an_order_that_can_be_undone(
    aws: StubbedAccount, tmp_path: pathlib.Path, guest_options: t.Callable[..., t.Any]
) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
    named = {"Path": "/golden-images/", "Tags": TAGS}
    wanted = {"RoleName": "golden-web", **named, "AssumeRolePolicyDocument": json.dumps(trust), "PermissionsBoundary": MANAGED}
    aws.answer("iam", "create_role", role(), wanted)
    aws.answer("iam", "put_role_policy", {}, {"RoleName": "golden-web", "PolicyName": "golden-images", "PolicyDocument": json.dumps(POLICY)})
    aws.answer("iam", "attach_role_policy", {}, {"RoleName": "golden-web", "PolicyArn": MANAGED})
    aws.answer("iam", "create_instance_profile", profile(), {"InstanceProfileName": "golden-web", **named})
    aws.answer("iam", "get_instance_profile", profile())
    aws.answer("iam", "add_role_to_instance_profile", {}, {"InstanceProfileName": "golden-web", "RoleName": "golden-web"})
    aws.answer("iam", "get_instance_profile", profile("golden-web"))
    options = guest_options(temporary_instance_profile={"policy": POLICY, "policy_arns": [MANAGED], "permissions_boundary": MANAGED})
    assert provide_profile(options, "golden-web", {"golden.run": "abc"}, aws.account, Context(journal=journal)) == {"Name": "golden-web"}
    assert [resource.kind for resource in journal.unfinished()] == ["instance_profile", "role"]


def test_an_earlier_attempt_is_gone_on_with(aws: StubbedAccount, context: Context, guest_options: t.Callable[..., t.Any]) -> None:
    aws.refuse("iam", "create_role", "EntityAlreadyExists")
    aws.answer("iam", "attach_role_policy")
    aws.refuse("iam", "create_instance_profile", "EntityAlreadyExists")
    aws.answer("iam", "get_instance_profile", profile("golden-web"))
    aws.answer("iam", "get_instance_profile", profile("golden-web"))
    provide_profile(guest_options(temporary_instance_profile={"policy_arns": [MANAGED]}), "golden-web", {}, aws.account, context)


def test_who_may_make_none_is_told(aws: StubbedAccount, context: Context, guest_options: t.Callable[..., t.Any]) -> None:
    aws.refuse("iam", "create_role", "AccessDenied", "User: x is not authorized to perform: iam:CreateRole on resource: role golden-web")
    with pytest.raises(BuilderError, match=r"create the role golden-web.*Allow the action iam:CreateRole"):
        provide_profile(guest_options(temporary_instance_profile={"policy": POLICY}), "golden-web", {}, aws.account, context)


def test_all_of_it_is_removed(aws: StubbedAccount) -> None:
    aws.answer("iam", "get_instance_profile", profile("golden-web"))
    aws.answer("iam", "remove_role_from_instance_profile", {}, {"InstanceProfileName": "golden-web", "RoleName": "golden-web"})
    aws.answer("iam", "delete_instance_profile", {}, {"InstanceProfileName": "golden-web"})
    assert remove_profile("golden-web", aws.account) is True
    aws.answer("iam", "list_attached_role_policies", {"AttachedPolicies": [{"PolicyName": "Core", "PolicyArn": MANAGED}]})
    aws.answer("iam", "list_role_policies", {"PolicyNames": ["golden-images"]})
    aws.answer("iam", "detach_role_policy", {}, {"RoleName": "golden-web", "PolicyArn": MANAGED})
    aws.answer("iam", "delete_role_policy", {}, {"RoleName": "golden-web", "PolicyName": "golden-images"})
    aws.answer("iam", "delete_role", {}, {"RoleName": "golden-web"})
    assert remove_role("golden-web", aws.account) is True
    aws.refuse("iam", "get_instance_profile", "NoSuchEntity")
    assert remove_profile("golden-web", aws.account) is False
    aws.refuse("iam", "list_attached_role_policies", "NoSuchEntity")
    assert remove_role("golden-web", aws.account) is False


def test_names_fit_into_iam_and_stay_apart() -> None:
    long = "golden-" + "x" * 60
    assert role_name("golden-web") == "golden-web"
    assert len(role_name(long + "1")) == 64
    assert role_name(long + "1") != role_name(long + "2")


def test_a_given_profile_is_a_name_or_an_arn() -> None:
    assert given_profile({"instance_profile": "web"}) == {"Name": "web"}
    assert given_profile({"instance_profile": "arn:aws:iam::1:instance-profile/web"}) == {"Arn": "arn:aws:iam::1:instance-profile/web"}
    assert given_profile({}) is None


def test_ec2_may_learn_of_a_profile_late() -> None:
    late = AwsError("Value (golden-web) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name", code="InvalidParameterValue")
    assert not_yet_known(late)
    assert not not_yet_known(AwsError("Value (x) for parameter groupId is invalid", code="InvalidParameterValue"))


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"instance_profile": "a", "temporary_instance_profile": {"policy_arns": [MANAGED]}}, "exclude each other"),
        ({"temporary_instance_profile": {"policy": {"Version": "2012-10-17"}}}, "no Statement"),
    ],
)
def test_what_cannot_be_meant_is_refused(options: dict[str, t.Any], reason: str) -> None:
    with pytest.raises(BuilderError, match=reason):
        check_instance_profile(options)
