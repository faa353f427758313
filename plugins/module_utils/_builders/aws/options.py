# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of the AWS builder that say what to launch, how, and how to reach it."""

from __future__ import annotations

import typing as t

from ..._access.options import BASTION_SPEC
from ..._access.waits import wait_option

Spec = dict[str, t.Any]

BACKEND = __name__.rpartition(".")[0] + ".builder"

SOURCE_SPEC: Spec = {
    "image_id": {"type": "str"},
    "image_ids": {"type": "dict"},
    "ssm_parameter": {"type": "str"},
    "name": {"type": "str"},
    "owners": {"type": "list", "elements": "str"},
    "filters": {"type": "dict"},
    "most_recent": {"type": "bool", "default": False},
    "include_deprecated": {"type": "bool", "default": False},
}

SOURCE_CONSTRAINTS: Spec = {
    "mutually_exclusive": [["image_id", "image_ids", "ssm_parameter", "name"], ["image_id", "image_ids", "ssm_parameter", "filters"]],
    "required_one_of": [["image_id", "image_ids", "ssm_parameter", "name", "filters"]],
    "required_by": {"name": ["owners"], "filters": ["owners"]},
}

BLOCK_DEVICE_SPEC: Spec = {
    "device_name": {"type": "str", "required": True},
    "volume_size": {"type": "int"},
    "volume_type": {"type": "str", "choices": ["gp3", "gp2", "io1", "io2", "st1", "sc1", "standard"]},
    "iops": {"type": "int"},
    "throughput": {"type": "int"},
    "volume_initialization_rate": {"type": "int"},
    "snapshot_id": {"type": "str"},
    "delete_on_termination": {"type": "bool", "default": True},
    "encrypted": {"type": "bool"},
    "kms_key_id": {"type": "str", "no_log": False},
    "virtual_name": {"type": "str"},
    "no_device": {"type": "bool", "default": False},
}

SPOT_SPEC: Spec = {
    "allocation_strategy": {
        "type": "str",
        "choices": ["price-capacity-optimized", "capacity-optimized", "capacity-optimized-prioritized", "diversified", "lowest-price"],
        "default": "price-capacity-optimized",
    },
    "max_price": {"type": "float"},
    "on_demand_fallback": {"type": "bool", "default": False},
}

CHOSEN_BY_FILTER = {"filters": {"type": "dict", "required": True}}

SUBNET_FILTER_SPEC: Spec = {
    **CHOSEN_BY_FILTER,
    "choose": {"type": "str", "choices": ["only", "most_free", "random"], "default": "only"},
}

METADATA_SPEC: Spec = {
    "http_endpoint": {"type": "bool", "default": True},
    "http_tokens": {"type": "str", "choices": ["required", "optional"], "default": "required", "no_log": False},
    "http_put_response_hop_limit": {"type": "int", "default": 1},
    "http_protocol_ipv6": {"type": "bool", "default": False},
    "instance_metadata_tags": {"type": "bool", "default": False},
}

PLACEMENT_SPEC: Spec = {
    "tenancy": {"type": "str", "choices": ["default", "dedicated", "host"]},
    "host_id": {"type": "str"},
    "host_resource_group_arn": {"type": "str"},
    "group_name": {"type": "str"},
    "partition_number": {"type": "int"},
    "affinity": {"type": "str", "choices": ["default", "host"]},
}

CAPACITY_RESERVATION_SPEC: Spec = {
    "preference": {"type": "str", "choices": ["open", "none", "capacity-reservations-only"]},
    "id": {"type": "str"},
    "resource_group_arn": {"type": "str"},
}

INSTANCE_PROFILE_SPEC: Spec = {
    "policy": {"type": "dict"},
    "policy_arns": {"type": "list", "elements": "str", "default": []},
    "permissions_boundary": {"type": "str"},
}

#: How the guest is launched.
LAUNCH_SPEC: Spec = {
    "instance_types": {"type": "list", "elements": "str", "aliases": ["instance_type"]},
    "spot": {"type": "dict", "options": SPOT_SPEC},
    "vpc_id": {"type": "str"},
    "vpc_filter": {"type": "dict", "options": CHOSEN_BY_FILTER},
    "subnet_ids": {"type": "list", "elements": "str", "default": [], "aliases": ["subnet_id"]},
    "subnet_filter": {"type": "dict", "options": SUBNET_FILTER_SPEC},
    "availability_zones": {"type": "list", "elements": "str", "default": [], "aliases": ["availability_zone"]},
    "associate_public_ip_address": {"type": "bool"},
    "security_group_ids": {"type": "list", "elements": "str", "default": []},
    "security_group_filter": {"type": "dict", "options": CHOSEN_BY_FILTER},
    "ingress_cidrs": {"type": "list", "elements": "str", "default": []},
    "caller_address_url": {"type": "str", "default": "https://checkip.amazonaws.com"},
    "key_name": {"type": "str", "no_log": False},
    "private_key_file": {"type": "path"},
    "temporary_key_type": {"type": "str", "choices": ["ed25519", "rsa"], "no_log": False},
    "instance_connect": {"type": "bool", "default": False},
    "instance_profile": {"type": "str"},
    "temporary_instance_profile": {"type": "dict", "options": INSTANCE_PROFILE_SPEC, "required_one_of": [["policy", "policy_arns"]]},
    "user_data": {"type": "str"},
    "user_data_file": {"type": "path"},
    "user_data_gzip": {"type": "bool", "default": False},
    "launch_block_devices": {"type": "list", "elements": "dict", "default": [], "options": BLOCK_DEVICE_SPEC},
    "placement": {"type": "dict", "options": PLACEMENT_SPEC},
    "license_configuration_arns": {"type": "list", "elements": "str", "default": []},
    "capacity_reservation": {"type": "dict", "options": CAPACITY_RESERVATION_SPEC},
    "metadata_options": {"type": "dict", "apply_defaults": True, "options": METADATA_SPEC},
    "ebs_optimized": {"type": "bool"},
    "enclave": {"type": "bool", "default": False},
    "unlimited_credits": {"type": "bool"},
    "shutdown_behavior": {"type": "str", "choices": ["terminate", "stop"]},
    "guest_tags": {"type": "dict", "default": {}},
    "volume_tags": {"type": "dict", "default": {}},
    "capacity_wait": wait_option(300, 10),
    "launch_wait": wait_option(600, 2),
    "stop_wait": wait_option(600, 2),
    "terminate_wait": wait_option(600, 2),
    "instance_profile_wait": wait_option(120, 2),
}

#: How the guest is reached.
CONNECTION_SPEC: Spec = {
    "connection": {"type": "str", "choices": ["ssh", "psrp", "winrm"], "default": "ssh"},
    "address": {
        "type": "str",
        "choices": ["auto", "public_ip", "private_ip", "public_dns", "private_dns", "ipv6", "session_manager"],
        "default": "auto",
    },
    "user": {"type": "str"},
    "port": {"type": "int"},
    "bastion": {"type": "dict", "options": BASTION_SPEC},
    "ssh_args": {"type": "str"},
    "host_key": {"type": "str", "choices": ["auto", "user_data", "console", "first_contact"], "default": "auto", "no_log": False},
    "windows_password": {"type": "str", "no_log": True},
    "windows_tls": {"type": "bool", "default": True},
    "windows_validate_certs": {"type": "bool", "default": False},
    "windows_auth": {"type": "str", "choices": ["ntlm", "basic", "credssp"], "default": "ntlm"},
    "connection_wait": wait_option(600, 2),
    "console_wait": wait_option(600, 5),
    "password_wait": {**wait_option(1200, 5), "no_log": False},
    "session_manager_wait": wait_option(300, 5),
}

#: What decides the content of the image.
LAUNCH_CONTENT_OPTIONS = frozenset({"user_data", "user_data_file", "launch_block_devices"})
