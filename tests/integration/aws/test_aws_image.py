# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Images without a build: captured, published, replaced, exported, imported, pruned."""

from __future__ import annotations

import pathlib
import typing as t

import pytest

from tests.rigs.aws.catalogue import NEW_DEBIAN
from tests.rigs.aws.rig import REGION, SECOND_REGION, AwsRig, acting

from .workspace import Workspace

Task = dict[str, t.Any]

QUICK = {"interval": 0.2}
CAPTURED = "{{ captured.artifact }}"


@pytest.fixture(autouse=True)
def empty_account(aws: AwsRig) -> None:
    aws.reset()


@pytest.fixture
def instance(aws: AwsRig) -> str:
    """A running instance with a file of its own."""
    data = "#!/bin/sh\necho mine > /etc/mine\n"
    (made,) = aws.client("ec2").run_instances(ImageId=NEW_DEBIAN, InstanceType="t3.micro", MinCount=1, MaxCount=1, UserData=data)["Instances"]
    return str(made["InstanceId"])


def image(state: str, register: str, **options: t.Any) -> Task:
    waits = {"image_wait": QUICK, "stop_wait": QUICK, "copy_wait": QUICK, "snapshot_wait": QUICK}
    return {"golden.images.aws_image": {"region": REGION, "state": state, **waits, **options}, "register": register}


def images(aws: AwsRig, region: str = REGION) -> dict[str, dict[str, t.Any]]:
    """Own images of a region by name, as the AWS CLI shows them."""
    return {one["Name"]: one for one in aws.cli("ec2", "describe-images", "--owners", "self", region=region)["Images"]}


def snapshots(aws: AwsRig, region: str = REGION) -> dict[str, dict[str, t.Any]]:
    return {one["SnapshotId"]: one for one in aws.cli("ec2", "describe-snapshots", "--owner-ids", "self", region=region)["Snapshots"]}


def test_an_image_is_encrypted_by_one_copy_in_each_region(workspace: Workspace, aws: AwsRig, instance: str) -> None:
    options = {"image_name": "mine", "encrypt": True, "copy_regions": [SECOND_REGION]}
    said = workspace.play(
        image("captured", "captured", guest=instance, **options),
        image("published", "published", artifact=CAPTURED, **options),
        image("published", "again", artifact="{{ published.artifact }}", **options),
    )
    assert (said["published"]["changed"], said["again"]["changed"]) == (True, False)
    found = said["published"]["artifact"]["metadata"]["images"]
    for region in (REGION, SECOND_REGION):
        assert {name: one["ImageId"] for name, one in images(aws, region).items()} == {"mine": found[region]}
        assert [one["Encrypted"] for one in snapshots(aws, region).values()] == [True]
        assert aws.in_image(found[region], "cat /etc/mine", region) == "mine"
    assert len(aws.calls("CopyImage")) == 2


def test_an_image_of_the_same_name_is_replaced_last_and_only_on_demand(workspace: Workspace, aws: AwsRig, instance: str) -> None:
    capture = image("captured", "captured", guest=instance, image_name="mine")
    workspace.play(capture, image("published", "published", artifact=CAPTURED, image_name="mine"))
    first, before = images(aws)["mine"]["ImageId"], set(snapshots(aws))
    refused = {**image("captured", "refused", guest=instance, image_name="mine"), "ignore_errors": True}
    said = workspace.play(
        refused,
        image("captured", "captured", guest=instance, image_name="mine", replace=True),
        image("published", "published", artifact=CAPTURED, image_name="mine", replace=True),
    )
    assert f"there is already an image mine in {REGION}: {first}" in said["refused"]["msg"]
    now = images(aws)
    assert set(now) == {"mine"} and now["mine"]["ImageId"] != first
    assert not before & set(snapshots(aws))


def test_a_volume_becomes_the_root_of_an_image(workspace: Workspace, aws: AwsRig, instance: str) -> None:
    zone = aws.cli("ec2", "describe-instances")["Reservations"][0]["Instances"][0]["Placement"]["AvailabilityZone"]
    volume = aws.cli("ec2", "create-volume", "--size", "2", "--availability-zone", zone)["VolumeId"]
    aws.cli("ec2", "attach-volume", "--volume-id", volume, "--instance-id", instance, "--device", "/dev/xvdf")
    surrogate = {"device_name": "/dev/xvdf", "volume_size": 2, "root_device_name": "/dev/xvda"}
    options = {"surrogate": surrogate, "image_name": "made", "boot_mode": "uefi", "tpm_support": True}
    said = workspace.play(image("captured", "captured", guest=instance, **options), image("published", "published", artifact=CAPTURED, **options))
    made = images(aws)["made"]
    assert said["published"]["artifact"]["id"] == made["ImageId"]
    assert (made["RootDeviceName"], made["BootMode"], made["TpmSupport"]) == ("/dev/xvda", "uefi", "v2.0")
    assert [snapshots(aws)[one["Ebs"]["SnapshotId"]]["VolumeId"] for one in made["BlockDeviceMappings"]] == [volume]


def test_a_disk_is_exported_and_comes_back_as_an_image(workspace: Workspace, aws: AwsRig, instance: str, tmp_path: pathlib.Path) -> None:
    aws.client("s3").create_bucket(Bucket="disks")
    export = {
        "region": REGION,
        "artifact": CAPTURED,
        "bucket": "disks",
        "format": "raw",
        "directory": str(tmp_path),
        "delete_object": True,
        "export_wait": QUICK,
    }
    bring = {
        "region": REGION,
        "name": "back",
        "path": "{{ exported.path }}",
        "bucket": "disks",
        "import_wait": QUICK,
        "image_wait": QUICK,
        "tags": {"team": "web"},
    }
    said = workspace.play(
        image("captured", "captured", guest=instance, image_name="mine"),
        {"golden.images.aws_image_export": export, "register": "exported"},
        {"golden.images.aws_image_export": export, "register": "exported_again"},
        {"golden.images.aws_image_import": bring, "register": "imported"},
        {"golden.images.aws_image_import": {**bring, "path": said_path(tmp_path)}, "register": "imported_again"},
        {"golden.images.aws_image_info": {"region": REGION, "names": ["back"]}, "register": "info"},
    )
    changed = [said[name]["changed"] for name in ("exported", "exported_again", "imported", "imported_again")]
    assert changed == [True, False, True, False]
    back = images(aws)["back"]
    assert said["info"]["images"][0]["image_id"] == back["ImageId"]
    assert aws.in_image(back["ImageId"], "cat /etc/mine") == "mine"
    assert aws.cli("s3api", "list-objects-v2", "--bucket", "disks").get("Contents", []) == []


def said_path(folder: pathlib.Path) -> str:
    return f"{{{{ query('ansible.builtin.fileglob', '{folder}/*.raw') | first }}}}"


def old_image(aws: AwsRig, name: str, created: str, build: str = "web.aws") -> str:
    """A published image of a build."""
    tags = {"golden.build": build, "golden.state": "published", "golden.created": created}
    made = aws.client("ec2").register_image(
        Name=name,
        RootDeviceName="/dev/xvda",
        BlockDeviceMappings=[{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 8}}],
        TagSpecifications=[{"ResourceType": "image", "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}],
    )
    return str(made["ImageId"])


def test_old_images_go_and_used_ones_stay(workspace: Workspace, aws: AwsRig) -> None:
    aws.behave(seconds=0)
    made = [old_image(aws, f"web-{number}", f"2026-0{number}-01T00:00:00Z") for number in (1, 2, 3, 4)]
    old_image(aws, "other", "2026-01-01T00:00:00Z", build="other.aws")
    aws.client("ec2").run_instances(ImageId=made[0], InstanceType="t3.micro", MinCount=1, MaxCount=1)
    builder = {"type": "aws", "region": REGION, "source": {"image_id": NEW_DEBIAN}, "instance_type": "t3.micro"}
    workspace.define({"web": {"version": "1"}}, aws={**builder, "retention": {"keep": 1, "deprecate_for": "0"}})
    known = len(aws.log())
    listed = workspace.run("--check", playbook="golden.images.prune").ok().output
    assert f"would remove web-3 ({made[2]})" in listed and "would remove web-2" in listed and "web-1" not in listed and "other" not in listed
    assert [call["action"] for call in acting(aws.log()[known:]) if not call["action"].startswith(("Describe", "Get", "List"))] == []
    workspace.run(playbook="golden.images.prune").ok()
    assert set(images(aws)) == {"web-1", "web-4", "other"}
    assert "changed=0" in workspace.run(playbook="golden.images.prune").ok().stdout


def test_an_image_is_deprecated_before_it_goes(workspace: Workspace, aws: AwsRig) -> None:
    for number in (1, 2):
        old_image(aws, f"web-{number}", f"2026-0{number}-01T00:00:00Z")
    prune = image("pruned", "pruned", names=["web-*"], retention={"keep": 1, "deprecate_for": "7d"})
    said = workspace.play(prune, {**prune, "register": "again"})
    assert {one["name"]: one["action"] for one in said["pruned"]["images"]} == {"web-2": "keep", "web-1": "deprecate"}
    assert not said["again"]["changed"]
    assert "DeprecationTime" in images(aws)["web-1"]
