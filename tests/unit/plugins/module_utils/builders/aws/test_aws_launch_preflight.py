# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What would fail after minutes is refused at once: types, names, permissions, quotas."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.golden.images.plugins.module_utils._builders.aws import security_group
from ansible_collections.golden.images.plugins.module_utils._builders.aws.instance_types import fitting_types
from ansible_collections.golden.images.plugins.module_utils._builders.aws.launch_preflight import check_guest
from ansible_collections.golden.images.plugins.module_utils._builders.aws.quotas import family_of, shortage
from ansible_collections.golden.images.plugins.module_utils._lifecycle.builder import Source
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import BuilderError
from ansible_collections.golden.images.plugins.module_utils._lifecycle.operation import Context

from .conftest import IMAGE_ID, StubbedAccount

Options = t.Callable[..., dict[str, t.Any]]

SOURCE = Source(IMAGE_ID, "debian", {"image_id": IMAGE_ID})
BUILD = {"guest_name": "golden-web", "marks": {"golden.run": "abc"}}
SUBNET = {"SubnetId": "subnet-1", "VpcId": "vpc-1", "AvailabilityZone": "eu-west-1a", "AvailableIpAddressCount": 9, "CidrBlock": "10.0.0.0/24"}
SMALL = {"InstanceType": "t3.small", "ProcessorInfo": {"SupportedArchitectures": ["x86_64"]}, "VCpuInfo": {"DefaultVCpus": 2}}


@pytest.fixture(autouse=True)
def caller(monkeypatch: pytest.MonkeyPatch) -> None:
    """This machine has an address."""
    monkeypatch.setattr(security_group, "caller_cidr", lambda options, subnet: "203.0.113.7/32")


def expect_until_quota(aws: StubbedAccount) -> None:
    aws.answer("ec2", "describe_images", {"Images": [{"ImageId": IMAGE_ID, "Architecture": "x86_64"}]})
    aws.answer("ec2", "describe_subnets", {"Subnets": [SUBNET]})
    aws.answer("ec2", "describe_instance_types", {"InstanceTypes": [SMALL]}, {"InstanceTypes": ["t3.small"]})


def expect_until_dry_run(aws: StubbedAccount) -> None:
    expect_until_quota(aws)
    aws.refuse("service-quotas", "get_service_quota", "AccessDeniedException", attempts=1)
    offers = [{"InstanceType": "t3.small", "Location": "eu-west-1a"}]
    aws.answer("ec2", "describe_instance_type_offerings", {"InstanceTypeOfferings": offers})


def would_succeed(aws: StubbedAccount, *calls: str) -> None:
    for call in calls:
        aws.refuse("ec2", call, "DryRunOperation", "Request would have succeeded, but DryRun flag is set.", 412)


def test_a_launch_that_would_succeed_is_only_asked_about(aws: StubbedAccount, context: Context, guest_options: Options) -> None:
    expect_until_dry_run(aws)
    requests = {call: aws.requests("ec2", call) for call in ("RunInstances", "CreateSecurityGroup", "ImportKeyPair")}
    would_succeed(aws, "run_instances", "create_security_group", "import_key_pair")
    check_guest(SOURCE, BUILD, guest_options(), aws.account, context)
    assert all(request["DryRun"] is True for found in requests.values() for request in found)
    (launch,) = requests["RunInstances"]
    assert (launch["ImageId"], launch["InstanceType"], launch["NetworkInterfaces"][0]["SubnetId"]) == (IMAGE_ID, "t3.small", "subnet-1")


def test_a_missing_permission_is_named(aws: StubbedAccount, context: Context, guest_options: Options) -> None:
    expect_until_dry_run(aws)
    aws.refuse("ec2", "run_instances", "UnauthorizedOperation", "User: x is not authorized to perform: ec2:RunInstances on resource: y")
    with pytest.raises(BuilderError, match=r"launch the guest as t3.small in eu-west-1a .*Allow the action ec2:RunInstances"):
        check_guest(SOURCE, BUILD, guest_options(), aws.account, context)


def test_only_what_will_be_made_is_asked_about(aws: StubbedAccount, context: Context, guest_options: Options, said: list[str]) -> None:
    expect_until_dry_run(aws)
    aws.answer("ec2", "describe_key_pairs", {"KeyPairs": [{"KeyName": "mine"}]}, {"KeyNames": ["mine"]})
    aws.answer("ec2", "describe_security_groups", {}, {"GroupIds": ["sg-1"]})
    aws.refuse("iam", "get_instance_profile", "AccessDenied")
    would_succeed(aws, "run_instances")
    options = guest_options(key_name="mine", security_group_ids=["sg-1"], instance_profile="arn:aws:iam::1:instance-profile/web")
    check_guest(SOURCE, BUILD, options, aws.account, context)
    assert said == ["the instance profile web could not be checked: these credentials may not look at it"]


@pytest.mark.parametrize(
    ("options", "call", "code", "reason"),
    [
        ({"key_name": "mine"}, ("ec2", "describe_key_pairs"), "InvalidKeyPair.NotFound", "find the key pair mine"),
        ({"security_group_ids": ["sg-1"]}, ("ec2", "describe_security_groups"), "InvalidGroup.NotFound", "find the security groups sg-1"),
        ({"instance_profile": "web"}, ("iam", "get_instance_profile"), "NoSuchEntity", "find the instance profile web"),
    ],
)
def test_what_is_named_has_to_be_there(
    options: dict[str, t.Any], call: tuple[str, str], code: str, reason: str, aws: StubbedAccount, context: Context, guest_options: Options
) -> None:
    expect_until_dry_run(aws)
    aws.refuse(*call, code)
    with pytest.raises(BuilderError, match=reason):
        check_guest(SOURCE, BUILD, guest_options(**options), aws.account, context)


def test_a_quota_that_is_used_up_is_refused(aws: StubbedAccount, context: Context, guest_options: Options) -> None:
    expect_until_quota(aws)
    aws.answer("service-quotas", "get_service_quota", {"Quota": {"Value": 5.0}}, {"ServiceCode": "ec2", "QuotaCode": "L-1216C47A"}, attempts=1)
    running = [
        {"InstanceType": "m5.large", "CpuOptions": {"CoreCount": 2, "ThreadsPerCore": 2}},
        {"InstanceType": "m5.large", "InstanceLifecycle": "spot", "CpuOptions": {"CoreCount": 20, "ThreadsPerCore": 2}},
        {"InstanceType": "g5.large", "CpuOptions": {"CoreCount": 20, "ThreadsPerCore": 2}},
    ]
    aws.answer("ec2", "describe_instances", {"Reservations": [{"Instances": running}]})
    with pytest.raises(BuilderError, match=r"t3.small has 2 vCPUs, 4 of the 5 that the account may use"):
        check_guest(SOURCE, BUILD, guest_options(), aws.account, context)


def test_who_cannot_tell_its_address_is_told_before(aws: StubbedAccount, context: Context, guest_options: Options, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(options: t.Any, subnet: t.Any) -> str:
        raise BuilderError("the address from which this machine reaches the guest cannot be told")

    monkeypatch.setattr(security_group, "caller_cidr", fail)
    expect_until_dry_run(aws)
    with pytest.raises(BuilderError, match="cannot be told"):
        check_guest(SOURCE, BUILD, guest_options(), aws.account, context)


def test_families_have_quotas_of_their_own(aws: StubbedAccount) -> None:
    assert family_of("t3.small") == family_of("m5.large") == family_of("im4gn.large") != family_of("g5.large")
    assert family_of("inf2.xlarge") != family_of("i3.large")
    assert shortage("mac2.metal", 8, False, aws.account) is None
    aws.answer("service-quotas", "get_service_quota", {"Quota": {"Value": 8.0}}, {"ServiceCode": "ec2", "QuotaCode": "L-34B43A08"}, attempts=1)
    aws.answer("ec2", "describe_instances", {"Reservations": []})
    assert shortage("t3.small", 8, True, aws.account) is None


@pytest.mark.parametrize(
    ("image", "options", "described", "reason"),
    [
        ({"Architecture": "arm64"}, {}, SMALL, "t3.small: it runs x86_64, the source image is for arm64"),
        ({"BootMode": "uefi"}, {}, {**SMALL, "SupportedBootModes": ["legacy-bios"]}, "boots by legacy-bios, the source image by uefi"),
        ({}, {"enclave": True}, {**SMALL, "NitroEnclavesSupport": "unsupported"}, "no Nitro enclaves"),
        ({}, {"spot": {}}, {**SMALL, "SupportedUsageClasses": ["on-demand"]}, "cannot be had as spot"),
    ],
)
def test_a_type_that_cannot_run_the_image_is_refused(
    image: dict[str, str], options: dict[str, t.Any], described: dict[str, t.Any], reason: str, aws: StubbedAccount, guest_options: Options
) -> None:
    aws.answer("ec2", "describe_instance_types", {"InstanceTypes": [described]})
    with pytest.raises(BuilderError, match=reason):
        fitting_types(image, guest_options(**options), aws.account)


def test_one_fitting_type_is_enough(aws: StubbedAccount, guest_options: Options) -> None:
    arm = {"InstanceType": "t4g.small", "ProcessorInfo": {"SupportedArchitectures": ["arm64"]}}
    aws.answer("ec2", "describe_instance_types", {"InstanceTypes": [SMALL, arm]})
    assert list(fitting_types({"Architecture": "arm64"}, guest_options(instance_types=["t3.small", "t4g.small"]), aws.account)) == ["t4g.small"]
