# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An attached volume as the root volume of the image."""

from __future__ import annotations

import pathlib
import typing as t

import pytest

from ansible_collections.golden.images.plugins.module_utils._builders.aws.image_making import NewImage
from ansible_collections.golden.images.plugins.module_utils._builders.aws.image_resources import Unfinished
from ansible_collections.golden.images.plugins.module_utils._builders.aws.surrogate import captured_surrogate, surrogate_devices
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import BuilderError
from ansible_collections.golden.images.plugins.module_utils._lifecycle.journal import Journal
from ansible_collections.golden.images.plugins.module_utils._lifecycle.operation import Context

from .conftest import StubbedAccount
from .image_samples import IMAGE_ID, INSTANCE_ID, MARKS, image, image_params

Json = dict[str, t.Any]

SURROGATE = {"device_name": "/dev/sdf", "volume_size": 8}


def instance(*devices: str) -> Json:
    mappings = [{"DeviceName": device, "Ebs": {"VolumeId": f"vol-{device[5:]}"}} for device in ("/dev/xvda", *devices)]
    return {
        "InstanceId": INSTANCE_ID,
        "RootDeviceName": "/dev/xvda",
        "Architecture": "arm64",
        "EnaSupport": True,
        "BootMode": "uefi",
        "BlockDeviceMappings": mappings,
    }


def new(aws: StubbedAccount) -> NewImage:
    return NewImage(aws.account, "web-1", MARKS, MARKS)


@pytest.fixture
def build(tmp_path: pathlib.Path, said: list[str]) -> Context:
    return Context(journal=Journal(tmp_path / "journal.jsonl"), say=said.append, warn=said.append)


def test_the_guest_is_launched_with_the_volume() -> None:
    params = image_params(surrogate={**SURROGATE, "volume_type": "io2", "iops": 500, "omit_devices": ["/dev/sdg"]})
    (device,) = surrogate_devices(params["surrogate"])
    expected = {"device_name": "/dev/sdf", "volume_size": 8, "volume_type": "io2", "iops": 500, "throughput": None, "snapshot_id": None}
    assert device == {**expected, "delete_on_termination": True}
    assert surrogate_devices(None) == []


def test_snapshots_of_all_but_the_root_and_what_is_left_out_are_registered(aws: StubbedAccount, build: Context) -> None:
    snapshots, registrations = aws.requests("ec2", "CreateSnapshot"), aws.requests("ec2", "RegisterImage")
    aws.answer("ec2", "create_snapshot", {"SnapshotId": "snap-sdf"})
    aws.answer("ec2", "create_snapshot", {"SnapshotId": "snap-sdg"})
    pending = [{"SnapshotId": "snap-sdf", "State": "completed"}, {"SnapshotId": "snap-sdg", "State": "pending", "Progress": "50%"}]
    aws.answer("ec2", "describe_snapshots", {"Snapshots": pending})
    aws.answer("ec2", "describe_snapshots", {"Snapshots": [{**snapshot, "State": "completed"} for snapshot in pending]})
    aws.answer("ec2", "register_image", {"ImageId": IMAGE_ID})
    aws.answer("ec2", "describe_images", {"Images": [image()]})
    surrogate = {**SURROGATE, "volume_type": "gp3", "iops": 4000, "root_device_name": "/dev/sda1", "omit_devices": ["/dev/sdh"]}
    params = image_params(
        surrogate=surrogate, boot_mode="uefi-preferred", tpm_support=True, imds_support="v2.0", sriov_net_support=True, image_description="Web"
    )
    guest = instance("/dev/sdf", "/dev/sdg", "/dev/sdh")
    captured_surrogate(new(aws), guest, params, build, Unfinished(build))
    assert [request["VolumeId"] for request in snapshots] == ["vol-sdf", "vol-sdg"]
    tags = {tag["Key"]: tag["Value"] for tag in snapshots[0]["TagSpecifications"][0]["Tags"]}
    assert tags["golden.resource"] == "web-1:/dev/sdf" and tags["golden.run"] == MARKS["golden.run"]
    (request,) = registrations
    root = {"VolumeSize": 8, "VolumeType": "gp3", "Iops": 4000, "SnapshotId": "snap-sdf", "DeleteOnTermination": True}
    assert request["BlockDeviceMappings"] == [
        {"DeviceName": "/dev/sda1", "Ebs": root},
        {"DeviceName": "/dev/sdg", "Ebs": {"SnapshotId": "snap-sdg", "DeleteOnTermination": True}},
    ]
    names = ("RootDeviceName", "Architecture", "BootMode", "TpmSupport", "ImdsSupport", "EnaSupport", "SriovNetSupport", "Description", "VirtualizationType")
    assert [request[name] for name in names] == ["/dev/sda1", "arm64", "uefi-preferred", "v2.0", "v2.0", True, "simple", "Web", "hvm"]


def test_a_volume_that_is_not_attached_is_told_of_with_those_that_are(aws: StubbedAccount, build: Context) -> None:
    with pytest.raises(BuilderError, match=r"no volume is attached .* as /dev/sdf\. Attached are /dev/xvda"):
        captured_surrogate(new(aws), instance(), image_params(surrogate=SURROGATE), build, Unfinished(build))


def test_a_snapshot_that_fails_leaves_nothing(aws: StubbedAccount, build: Context) -> None:
    aws.answer("ec2", "create_snapshot", {"SnapshotId": "snap-sdf"})
    aws.answer("ec2", "describe_snapshots", {"Snapshots": [{"SnapshotId": "snap-sdf", "State": "error", "StateMessage": "no space"}]})
    aws.answer("ec2", "delete_snapshot", {}, {"SnapshotId": "snap-sdf"})
    with pytest.raises(BuilderError, match="no space"), Unfinished(build) as unfinished:
        captured_surrogate(new(aws), instance("/dev/sdf"), image_params(surrogate=SURROGATE), build, unfinished)
    assert isinstance(build.journal, Journal) and not build.journal.unfinished()


def volume(state: str, *attachments: str) -> Json:
    return {"Volumes": [{"VolumeId": "vol-1", "State": state, "Attachments": [{"State": attachment} for attachment in attachments]}]}


def test_swapped_the_volume_takes_the_place_of_the_root_and_the_old_one_goes(aws: StubbedAccount, build: Context) -> None:
    requests = aws.requests("ec2", "CreateImage")
    for number, device in (("xvda", "/dev/xvda"), ("sdf", "/dev/sdf")):
        aws.answer("ec2", "detach_volume", {}, {"VolumeId": f"vol-{number}", "InstanceId": INSTANCE_ID, "Device": device})
        aws.answer("ec2", "describe_volumes", volume("available"))
    aws.answer("ec2", "attach_volume", {}, {"VolumeId": "vol-sdf", "InstanceId": INSTANCE_ID, "Device": "/dev/xvda"})
    aws.answer("ec2", "describe_volumes", volume("in-use", "attached"))
    mapping = [{"DeviceName": "/dev/xvda", "Ebs": {"DeleteOnTermination": True}}]
    aws.answer("ec2", "modify_instance_attribute", {}, {"InstanceId": INSTANCE_ID, "BlockDeviceMappings": mapping})
    aws.answer("ec2", "create_image", {"ImageId": IMAGE_ID})
    aws.answer("ec2", "describe_images", {"Images": [image()]})
    aws.answer("ec2", "describe_volumes", volume("available"))
    aws.answer("ec2", "delete_volume", {}, {"VolumeId": "vol-xvda"})
    params = image_params(surrogate={**SURROGATE, "method": "swap", "omit_devices": ["/dev/sdg", "/dev/sdz"]})
    captured_surrogate(new(aws), instance("/dev/sdf", "/dev/sdg"), params, build, Unfinished(build))
    assert requests[0]["BlockDeviceMappings"] == [{"DeviceName": "/dev/sdg", "NoDevice": ""}]
    assert isinstance(build.journal, Journal)
    # The volume in use goes with the instance; should that be gone before, the journal still knows of it.
    assert [(resource.kind, resource.details["id"]) for resource in build.journal.unfinished()] == [("image", IMAGE_ID), ("volume", "vol-sdf")]
