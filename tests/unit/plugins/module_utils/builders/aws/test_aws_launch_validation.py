# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of a guest that are refused before anybody is asked."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.golden.images.plugins.module_utils._builders.aws.launch_validation import check_launch
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import BuilderError, MissingDependencyError

from .conftest import IMAGE_ID

Options = t.Callable[..., dict[str, t.Any]]

SOURCE = {"image_id": IMAGE_ID}


def test_little_is_needed(guest_options: Options) -> None:
    check_launch(guest_options(), SOURCE)
    check_launch(guest_options(), {"image_of": "base.aws"})
    check_launch(guest_options(ingress_cidrs=["0.0.0.0/0"]), SOURCE)
    check_launch(guest_options(connection="psrp", user_data="<powershell></powershell>"), SOURCE)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"instance_types": []}, "instance_types is not given"),
        ({"vpc_id": "vpc-1", "vpc_filter": {"filters": {}}}, "vpc_id and vpc_filter"),
        ({"subnet_ids": ["subnet-1"], "subnet_filter": {"filters": {}}}, "subnet_ids and subnet_filter"),
        ({"subnet_ids": ["subnet-1"], "vpc_id": "vpc-1"}, "already say the VPC"),
        ({"associate_public_ip_address": False, "address": "public_ip"}, "cannot be reached by public_ip"),
        ({"placement": {"host_id": "h-1", "host_resource_group_arn": "arn"}}, "exclude each other"),
        ({"placement": {"host_id": "h-1", "tenancy": "dedicated"}}, "needs tenancy: host"),
        ({"placement": {"partition_number": 1}}, "needs group_name"),
        ({"capacity_reservation": {}}, "one of preference, id and resource_group_arn"),
        ({"capacity_reservation": {"id": "cr-1", "preference": "open"}}, "one of preference, id and resource_group_arn"),
        ({"metadata_options": {"http_put_response_hop_limit": 0}}, "AWS takes 1 to 64"),
        ({"metadata_options": {"http_put_response_hop_limit": 65}}, "AWS takes 1 to 64"),
        ({"metadata_options": {"http_endpoint": False, "instance_metadata_tags": True}}, "no instance_metadata_tags"),
        ({"metadata_options": {"http_endpoint": False}, "host_key": "user_data"}, "cannot read user data"),
        ({"unlimited_credits": True, "instance_types": ["t3.small", "m5.large"]}, "burstable"),
        ({"enclave": True, "instance_types": ["m6i.xlarge", "t3.large"]}, "t3.large cannot have an enclave"),
        ({"enclave": True, "instance_types": ["m6i.xlarge"], "spot": {}}, "a spot instance cannot have enclave"),
        ({"surrogate": {"device_name": "/dev/sdf"}, "launch_block_devices": [{"device_name": "/dev/sdf"}]}, "attached by itself"),
        ({"launch_block_devices": [{"device_name": "/dev/sdf", "volume_type": "io1", "volume_size": 10}]}, "/dev/sdf: io1 needs iops"),
        ({"guest_tags": {"aws:x": "y"}}, "guest_tags"),
        ({"volume_tags": {"": "y"}}, "volume_tags"),
        ({"guest_tags": {"golden.expires": "never"}}, "the collection's own"),
        ({"port": 70000}, "port is 70000"),
        ({"access_key": "a"}, "belong together"),
        ({"user_data": "a", "user_data_file": "b"}, "exclude each other"),
        ({"key_name": "a", "instance_connect": True}, "exclude each other"),
        ({"security_group_ids": ["sg-1"], "ingress_cidrs": ["10.0.0.0/8"]}, "exclude each other"),
        ({"connection": "psrp", "host_key": "console"}, "host_key is for ssh"),
        ({"connection": "psrp", "ssh_args": "-v"}, "ssh_args cannot be used"),
    ],
)
def test_what_cannot_be_is_refused(options: dict[str, t.Any], reason: str, guest_options: Options) -> None:
    with pytest.raises(BuilderError, match=reason):
        check_launch(guest_options(**options), SOURCE)


def test_a_source_that_cannot_be_is_refused(guest_options: Options) -> None:
    with pytest.raises(BuilderError, match="not the id of an AMI"):
        check_launch(guest_options(), {"image_id": "debian"})


def test_session_manager_needs_its_program_before_anything_is_launched(guest_options: Options, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(MissingDependencyError, match="session-manager-plugin"):
        check_launch(guest_options(address="session_manager"), SOURCE)


def test_a_guest_that_shuts_itself_down_must_not_be_terminated_by_that(guest_options: Options) -> None:
    with pytest.raises(BuilderError, match="shutdown_behavior to stop"):
        check_launch({**guest_options(), "stop_mode": "await"}, SOURCE)
    check_launch({**guest_options(shutdown_behavior="stop"), "stop_mode": "await"}, SOURCE)
    check_launch({**guest_options(connection="psrp"), "stop_mode": "await"}, SOURCE)
