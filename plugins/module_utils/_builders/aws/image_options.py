# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of the AWS builder that say what is made of a guest, and where the image goes."""

from __future__ import annotations

import typing as t

from ..._access.waits import wait_option
from .options import BLOCK_DEVICE_SPEC

Spec = dict[str, t.Any]

DEFAULT_NAME = "{image}-{version}-{builder}-{time}"

#: A volume of the image; how fast a guest's volume is filled is nothing of an image.
IMAGE_DEVICE_SPEC: Spec = {name: option for name, option in BLOCK_DEVICE_SPEC.items() if name != "volume_initialization_rate"}

#: An attached volume that becomes the root volume of the image.
SURROGATE_SPEC: Spec = {
    "device_name": {"type": "str", "required": True},
    "volume_size": {"type": "int"},
    "volume_type": {"type": "str", "choices": ["gp3", "gp2", "io1", "io2", "standard"], "default": "gp3"},
    "iops": {"type": "int"},
    "throughput": {"type": "int"},
    "snapshot_id": {"type": "str"},
    "root_device_name": {"type": "str"},
    "omit_devices": {"type": "list", "elements": "str", "default": []},
    "method": {"type": "str", "choices": ["register", "swap"], "default": "register"},
    "architecture": {"type": "str", "choices": ["x86_64", "arm64", "i386", "x86_64_mac", "arm64_mac"]},
}

FAST_LAUNCH_SPEC: Spec = {
    "target_resource_count": {"type": "int", "default": 5},
    "max_parallel_launches": {"type": "int", "default": 6},
    "launch_template_id": {"type": "str"},
    "launch_template_name": {"type": "str"},
    "launch_template_version": {"type": "str", "default": "$Default"},
    "region_launch_templates": {"type": "dict", "default": {}},
}

LAUNCH_PERMISSIONS_SPEC: Spec = {
    "users": {"type": "list", "elements": "str", "default": []},
    "groups": {"type": "list", "elements": "str", "default": []},
    "organizations": {"type": "list", "elements": "str", "default": []},
    "organizational_units": {"type": "list", "elements": "str", "default": []},
}

SNAPSHOT_PERMISSIONS_SPEC: Spec = {
    "users": {"type": "list", "elements": "str", "default": []},
    "groups": {"type": "list", "elements": "str", "default": []},
}

#: Where images of a build go; preflight, capture and publish all have to know.
TARGET_SPEC: Spec = {
    "image_name": {"type": "str", "default": DEFAULT_NAME},
    "replace": {"type": "bool", "default": False},
    "copy_regions": {"type": "list", "elements": "str", "default": []},
    "keep_in_build_region": {"type": "bool", "default": True},
    "encrypt": {"type": "bool", "default": False},
    "kms_key_id": {"type": "str", "no_log": False},
    "region_kms_keys": {"type": "dict", "default": {}, "no_log": False},
    "image_tags": {"type": "dict", "default": {}},
    "snapshot_tags": {"type": "dict", "default": {}},
    "image_wait": wait_option(3600, 5),
}

#: What is made of the guest.
CAPTURE_SPEC: Spec = {
    **TARGET_SPEC,
    "capture": {"type": "str", "choices": ["image", "discard"], "default": "image"},
    "stop_mode": {"type": "str", "choices": ["stop", "await", "none"], "default": "stop"},
    "image_description": {"type": "str"},
    "image_block_devices": {"type": "list", "elements": "dict", "default": [], "options": IMAGE_DEVICE_SPEC},
    "ena_support": {"type": "bool"},
    "sriov_net_support": {"type": "bool"},
    "boot_mode": {"type": "str", "choices": ["legacy-bios", "uefi", "uefi-preferred"]},
    "tpm_support": {"type": "bool", "default": False},
    "uefi_data": {"type": "str"},
    "imds_support": {"type": "str", "choices": ["v2.0"]},
    "surrogate": {"type": "dict", "options": SURROGATE_SPEC},
    "stop_wait": wait_option(600, 2),
    "volume_wait": wait_option(200, 1),
    "snapshot_wait": wait_option(3600, 5),
}

#: What a verified image is given before people may use it.
PUBLISH_SPEC: Spec = {
    **TARGET_SPEC,
    "keep_copies": {"type": "bool", "default": False},
    "copy_duration_minutes": {"type": "int"},
    "launch_permissions": {"type": "dict", "apply_defaults": True, "options": LAUNCH_PERMISSIONS_SPEC},
    "snapshot_permissions": {"type": "dict", "apply_defaults": True, "options": SNAPSHOT_PERMISSIONS_SPEC},
    "product_codes": {"type": "list", "elements": "str", "default": []},
    "deprecate_at": {"type": "str"},
    "deprecate_after": {"type": "str"},
    "deregistration_protection": {"type": "str", "choices": ["disabled", "enabled", "with_cooldown"], "default": "disabled"},
    "fast_launch": {"type": "dict", "options": FAST_LAUNCH_SPEC},
    "ssm_parameter": {"type": "str"},
    "copy_wait": wait_option(7200, 10),
    "fast_launch_wait": wait_option(7200, 15),
}

#: How many images of a build stay.
RETENTION_SPEC: Spec = {
    "keep": {"type": "int"},
    "max_age": {"type": "str"},
    "deprecate_for": {"type": "str", "default": "7d"},
}

#: For state ``pruned``, and the playbook of that name.
PRUNE_SPEC: Spec = {"retention": {"type": "dict", "options": RETENTION_SPEC, "required_one_of": [["keep", "max_age"]]}}

#: What decides the content of the image, or the name under which it is found.
IMAGE_CONTENT_OPTIONS = frozenset(
    {
        "image_name",
        "image_description",
        "capture",
        "image_block_devices",
        "ena_support",
        "sriov_net_support",
        "boot_mode",
        "tpm_support",
        "uefi_data",
        "imds_support",
        "surrogate",
        "encrypt",
        "kms_key_id",
        "region_kms_keys",
        "keep_in_build_region",
    }
)

#: What a finished image can be given without being built again.
IMAGE_PUBLISH_OPTIONS = frozenset(
    {
        "copy_regions",
        "image_tags",
        "snapshot_tags",
        "launch_permissions",
        "snapshot_permissions",
        "product_codes",
        "deprecate_at",
        "deprecate_after",
        "deregistration_protection",
        "fast_launch",
        "ssm_parameter",
    }
)
