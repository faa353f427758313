# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is let in: the caller, whom the definition names, or nobody."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.golden.images.plugins.module_utils._builders.aws import security_group
from ansible_collections.golden.images.plugins.module_utils._builders.aws.security_group import (
    check_security_group,
    create_group,
    given_groups,
    ingress_cidrs,
    is_temporary,
    remove_group,
)
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import BuilderError
from ansible_collections.golden.images.plugins.module_utils._lifecycle.journal import Journal
from ansible_collections.golden.images.plugins.module_utils._lifecycle.operation import Context
from ansible_collections.golden.images.plugins.module_utils._lifecycle.waiting import Waiter

from .conftest import StubbedAccount

SUBNET = {"SubnetId": "subnet-1", "VpcId": "vpc-1", "CidrBlock": "10.0.0.0/24"}
FILTERS = {"Filters": [{"Name": "tag:golden.guest", "Values": ["golden-web"]}, {"Name": "group-name", "Values": ["golden-web"]}]}


def test_by_default_only_the_caller_is_let_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(security_group, "caller_cidr", lambda options, subnet: "203.0.113.7/32")
    assert ingress_cidrs({}, SUBNET) == ["203.0.113.7/32"]
    assert ingress_cidrs({"ingress_cidrs": ["10.0.0.0/8"]}, SUBNET) == ["10.0.0.0/8"]
    assert ingress_cidrs({"ingress_cidrs": ["0.0.0.0/0"]}, SUBNET) == ["0.0.0.0/0"]
    assert ingress_cidrs({"address": "session_manager"}, SUBNET) == []
    assert ingress_cidrs({"security_group_ids": ["sg-1"]}, SUBNET) == []


def test_the_group_is_journalled_marked_and_opens_one_port(aws: StubbedAccount, tmp_path: t.Any) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    aws.answer("ec2", "describe_security_groups", {"SecurityGroups": []}, FILTERS)
    tags = [{"Key": "golden.run", "Value": "abc"}, {"Key": "golden.guest", "Value": "golden-web"}]
    aws.answer(
        "ec2",
        "create_security_group",
        {"GroupId": "sg-1"},
        {
            "GroupName": "golden-web",
            "Description": "Temporary, of a guest of golden.images",
            "VpcId": "vpc-1",
            "TagSpecifications": [{"ResourceType": "security-group", "Tags": tags}],
        },
    )
    rule = {
        "IpProtocol": "tcp",
        "FromPort": 22,
        "ToPort": 22,
        "IpRanges": [{"CidrIp": "203.0.113.7/32", "Description": "golden.images"}],
        "Ipv6Ranges": [{"CidrIpv6": "2001:db8::/64", "Description": "golden.images"}],
    }
    aws.answer("ec2", "authorize_security_group_ingress", {}, {"GroupId": "sg-1", "IpPermissions": [rule]})
    cidrs = ["203.0.113.7/32", "2001:db8::/64"]
    assert create_group("golden-web", 22, cidrs, "vpc-1", {"golden.run": "abc"}, aws.account, Context(journal=journal)) == "sg-1"
    (line,) = journal.unfinished()
    assert (line.kind, line.name, line.details["id"]) == ("security_group", "golden-web", "sg-1")


def test_a_line_is_in_the_journal_before_aws_is_asked(aws: StubbedAccount, tmp_path: t.Any) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    aws.answer("ec2", "describe_security_groups", {"SecurityGroups": []})
    aws.refuse("ec2", "create_security_group", "SecurityGroupLimitExceeded")
    with pytest.raises(BuilderError):
        create_group("golden-web", 22, [], "vpc-1", {}, aws.account, Context(journal=journal))
    assert [resource.kind for resource in journal.unfinished()] == ["security_group"]


def test_for_session_manager_it_opens_nothing(aws: StubbedAccount, context: Context) -> None:
    aws.answer("ec2", "describe_security_groups", {"SecurityGroups": []})
    aws.answer("ec2", "create_security_group", {"GroupId": "sg-1"})
    create_group("golden-web", 22, [], "vpc-1", {}, aws.account, context)


def test_an_earlier_attempt_is_gone_on_with(aws: StubbedAccount, context: Context) -> None:
    aws.answer("ec2", "describe_security_groups", {"SecurityGroups": [{"GroupId": "sg-7"}]})
    aws.refuse("ec2", "authorize_security_group_ingress", "InvalidPermission.Duplicate")
    assert create_group("golden-web", 22, ["10.0.0.0/8"], "vpc-1", {}, aws.account, context) == "sg-7"


def test_given_groups_are_used_as_they_are(aws: StubbedAccount) -> None:
    assert given_groups({"security_group_ids": ["sg-1", "sg-2"]}, "vpc-1", aws.account) == ["sg-1", "sg-2"]
    request = {"Filters": [{"Name": "tag:role", "Values": ["build"]}, {"Name": "vpc-id", "Values": ["vpc-1"]}]}
    aws.answer("ec2", "describe_security_groups", {"SecurityGroups": [{"GroupId": "sg-2"}, {"GroupId": "sg-1"}]}, request)
    wanted = {"security_group_filter": {"filters": {"tag:role": "build"}}}
    assert given_groups(wanted, "vpc-1", aws.account) == ["sg-1", "sg-2"]
    assert not is_temporary(wanted)
    aws.answer("ec2", "describe_security_groups", {"SecurityGroups": []})
    with pytest.raises(BuilderError, match="no security group in vpc-1 matches tag:role=build"):
        given_groups(wanted, "vpc-1", aws.account)
    assert given_groups({}, "vpc-1", aws.account) == []
    assert is_temporary({})


def test_it_goes_once_its_interfaces_let_go_of_it(aws: StubbedAccount, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(security_group, "Waiter", lambda what, timeout, interval: Waiter(what, timeout, 0.0))
    aws.answer("ec2", "describe_security_groups", {"SecurityGroups": [{"GroupId": "sg-1"}]}, FILTERS)
    aws.refuse("ec2", "delete_security_group", "DependencyViolation")
    aws.answer("ec2", "delete_security_group", {}, {"GroupId": "sg-1"})
    assert remove_group("golden-web", "sg-1", aws.account) is True
    aws.answer("ec2", "describe_security_groups", {"SecurityGroups": []})
    aws.refuse("ec2", "delete_security_group", "InvalidGroup.NotFound")
    assert remove_group("golden-web", "sg-1", aws.account) is False


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"security_group_ids": ["sg-1"], "ingress_cidrs": ["10.0.0.0/8"]}, "exclude each other"),
        ({"security_group_ids": ["sg-1"], "security_group_filter": {"filters": {}}}, "exclude each other"),
        ({"ingress_cidrs": ["10.0.0.1/8"]}, "host bits"),
        ({"ingress_cidrs": ["everybody"]}, "not a network"),
        ({"bastion": {"host": "b"}}, "ingress_cidrs with the bastion's address"),
    ],
)
def test_what_cannot_be_meant_is_refused(options: dict[str, t.Any], reason: str) -> None:
    with pytest.raises(BuilderError, match=reason):
        check_security_group(options)
