# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Volumes: limits of every type, and that none outlives its guest by accident."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.golden.images.plugins.module_utils._builders.aws.block_devices import check_devices, device_mapping, kept_devices, launch_mappings
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import BuilderError


def volume(**options: t.Any) -> dict[str, t.Any]:
    return {"device_name": "/dev/sdb", **options}


@pytest.mark.parametrize(
    "options",
    [
        {"volume_type": "gp3", "volume_size": 1},
        {"volume_type": "gp3", "volume_size": 1, "iops": 3000, "throughput": 125},
        {"volume_type": "gp3", "volume_size": 160, "iops": 80000, "throughput": 2000},
        {"volume_type": "io1", "volume_size": 4, "iops": 200},
        {"volume_type": "io2", "volume_size": 256, "iops": 256000},
        {"volume_type": "st1", "volume_size": 125},
        {"volume_type": "standard", "volume_size": 1024},
        {"snapshot_id": "snap-1", "volume_type": "io1", "iops": 1000},
        {"encrypted": True, "kms_key_id": "alias/mine", "volume_size": 5},
        {"virtual_name": "ephemeral0"},
        {"no_device": True},
    ],
)
def test_what_aws_makes_is_taken(options: dict[str, t.Any]) -> None:
    check_devices([volume(**options)], "launch_block_devices")


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"volume_type": "gp3", "volume_size": 65537}, "1 to 65536 GiB"),
        ({"volume_type": "gp3", "volume_size": 10, "iops": 2999}, "3000 to 80000"),
        ({"volume_type": "gp3", "volume_size": 10, "iops": 6000}, "500 for each GiB"),
        ({"volume_type": "gp3", "volume_size": 10, "throughput": 124}, "125 to 2000 MiB/s"),
        ({"volume_type": "gp3", "volume_size": 10, "throughput": 1000}, "need at least 4000 iops"),
        ({"volume_type": "gp2", "volume_size": 10, "iops": 3000}, "cannot be chosen"),
        ({"volume_type": "gp2", "volume_size": 10, "throughput": 125}, "cannot be chosen"),
        ({"volume_type": "io1", "volume_size": 10}, "needs iops"),
        ({"volume_type": "io1", "volume_size": 10, "iops": 501}, "50 for each GiB"),
        ({"volume_type": "io1", "volume_size": 3, "iops": 100}, "4 to 16384"),
        ({"volume_type": "io2", "volume_size": 10, "iops": 10001}, "1000 for each GiB"),
        ({"volume_type": "st1", "volume_size": 124}, "125 to 16384"),
        ({"volume_type": "sc1", "volume_size": 124}, "125 to 16384"),
        ({"volume_type": "standard", "volume_size": 1025}, "1 to 1024"),
        ({"iops": 3000}, "without volume_type"),
        ({"kms_key_id": "alias/mine"}, "without encrypted"),
        ({"kms_key_id": "alias/mine", "encrypted": False}, "without encrypted"),
        ({"virtual_name": "ephemeral0", "no_device": True}, "exclude each other"),
        ({"virtual_name": "ephemeral0", "volume_size": 5}, "exclude each other"),
        ({"no_device": True, "snapshot_id": "snap-1"}, "exclude each other"),
        ({"volume_type": "gp3", "volume_initialization_rate": 99}, "100 to 300"),
    ],
)
def test_what_aws_would_refuse_is_refused_with_the_limit(options: dict[str, t.Any], reason: str) -> None:
    with pytest.raises(BuilderError, match=reason):
        check_devices([volume(**options)], "launch_block_devices")


def test_a_device_is_named_once() -> None:
    with pytest.raises(BuilderError, match="/dev/sdb twice"):
        check_devices([volume(), volume()], "launch_block_devices")


def test_mappings_of_every_kind() -> None:
    assert device_mapping(volume(no_device=True)) == {"DeviceName": "/dev/sdb", "NoDevice": ""}
    assert device_mapping(volume(virtual_name="ephemeral0")) == {"DeviceName": "/dev/sdb", "VirtualName": "ephemeral0"}
    assert device_mapping(volume(volume_size=8, encrypted=False)) == {
        "DeviceName": "/dev/sdb",
        "Ebs": {"VolumeSize": 8, "Encrypted": False, "DeleteOnTermination": True},
    }


def test_volumes_of_the_image_go_with_the_guest_too() -> None:
    image = {
        "BlockDeviceMappings": [
            {"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 8, "DeleteOnTermination": True}},
            {"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 20, "DeleteOnTermination": False}},
            {"DeviceName": "/dev/sdg", "VirtualName": "ephemeral0"},
        ]
    }
    assert launch_mappings(image, []) == [{"DeviceName": "/dev/sdf", "Ebs": {"DeleteOnTermination": True, "VolumeSize": 20}}]
    wanted = launch_mappings(image, [{"device_name": "/dev/sdf", "delete_on_termination": False}])
    assert wanted == [{"DeviceName": "/dev/sdf", "Ebs": {"DeleteOnTermination": False, "VolumeSize": 20}}]
    larger = launch_mappings(image, [{"device_name": "/dev/sda1", "volume_size": 30}])
    assert larger[0]["Ebs"]["VolumeSize"] == 30


def test_only_what_is_meant_to_stay_is_kept() -> None:
    assert kept_devices([volume(delete_on_termination=False), {"device_name": "/dev/sdc"}, {"device_name": "/dev/sdd", "no_device": True}]) == ["/dev/sdb"]
