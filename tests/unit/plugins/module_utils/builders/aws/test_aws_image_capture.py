# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a guest to a captured image."""

from __future__ import annotations

import dataclasses
import pathlib
import typing as t

import pytest

from ansible_collections.golden.images.plugins.module_utils._builders.aws.capture import captured
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import BuilderError, WaitTimeoutError
from ansible_collections.golden.images.plugins.module_utils._lifecycle.journal import Journal
from ansible_collections.golden.images.plugins.module_utils._lifecycle.operation import Context

from .conftest import StubbedAccount
from .image_samples import BUILD, IMAGE_ID, INSTANCE_ID, OTHER_ID, SNAPSHOT_ID, captured as captured_tags, image, image_params, published, windows

Json = dict[str, t.Any]

TEMPORARY = "golden-temporary/golden-web-aws-0123456789ab-captured"


@pytest.fixture
def build(tmp_path: pathlib.Path, said: list[str]) -> Context:
    return Context(journal=Journal(tmp_path / "journal.jsonl"), say=said.append, warn=said.append, build=BUILD)


def journal(context: Context) -> Journal:
    assert isinstance(context.journal, Journal)
    return context.journal


def instance(state: str = "running", **more: t.Any) -> Json:
    volume = {"DeviceName": "/dev/xvda", "Ebs": {"VolumeId": "vol-root"}}
    known = {"InstanceId": INSTANCE_ID, "State": {"Name": state}, "RootDeviceName": "/dev/xvda", "Architecture": "x86_64", "EnaSupport": True}
    return {"Reservations": [{"Instances": [{**known, "BlockDeviceMappings": [volume], **more}]}]}


def expect_guest(aws: StubbedAccount, **more: t.Any) -> None:
    states = ["pending", "running", "stopping", "stopped"]
    wanted = [{"Name": "tag:golden.guest", "Values": ["golden-web"]}, {"Name": "instance-state-name", "Values": states}]
    aws.answer("ec2", "describe_instances", instance(**more), {"Filters": wanted})


def expect_free_name(aws: StubbedAccount) -> None:
    aws.answer("ec2", "describe_images", {"Images": []})


def expect_stop(aws: StubbedAccount) -> None:
    aws.answer("ec2", "stop_instances", {}, {"InstanceIds": [INSTANCE_ID]})
    aws.answer("ec2", "describe_instances", instance("stopping"), {"InstanceIds": [INSTANCE_ID]})
    aws.answer("ec2", "describe_instances", instance("stopped"))


def expect_image(aws: StubbedAccount, **more: t.Any) -> None:
    aws.answer("ec2", "describe_images", {"Images": [image(name=TEMPORARY, state="pending", snapshot=None)]})
    aws.answer("ec2", "describe_snapshots", {"Snapshots": [{"SnapshotId": SNAPSHOT_ID, "Progress": "45%"}]})
    aws.answer("ec2", "describe_images", {"Images": [image(name=TEMPORARY, **more)]})


def test_a_guest_is_stopped_and_captured_under_a_temporary_name(aws: StubbedAccount, build: Context, said: list[str]) -> None:
    requests = aws.requests("ec2", "CreateImage")
    expect_guest(aws)
    expect_free_name(aws)
    expect_stop(aws)
    aws.answer("ec2", "create_image", {"ImageId": IMAGE_ID})
    expect_image(aws)
    devices = [{"device_name": "/dev/sdb", "no_device": True}, {"device_name": "/dev/xvda", "volume_size": 20, "volume_type": "gp3"}]
    result = captured(image_params(image_name="web-1", image_description="Web", image_block_devices=devices, image_tags={"own": True}), build, aws.account)
    (request,) = requests
    tags = {tag["Key"]: tag["Value"] for tag in request["TagSpecifications"][0]["Tags"]}
    assert (request["Name"], request["NoReboot"], request["Description"]) == (TEMPORARY, False, "Web")
    assert request["BlockDeviceMappings"][0] == {"DeviceName": "/dev/sdb", "NoDevice": ""}
    assert tags["golden.state"] == "captured" and tags["golden.expires"] and tags["own"] == "true" and tags["team"] == "shop" and tags["Name"] == "web-1"
    assert [entry["ResourceType"] for entry in request["TagSpecifications"]] == ["image", "snapshot"]
    artifact = result["artifact"]
    assert (result["name"], artifact["id"], artifact["metadata"]["name"], artifact["metadata"]["origin"]) == (
        "web-1",
        IMAGE_ID,
        "web-1",
        f"eu-west-1/{IMAGE_ID}",
    )
    assert artifact["metadata"]["snapshots"] == {"eu-west-1": [SNAPSHOT_ID]}
    assert any("45 %" in line for line in said)
    assert journal(build).unfinished()
    journal(build).recorded()
    assert not journal(build).unfinished()


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"provisional": False}, "web-1"),
        ({"provisional": False, "encrypt": True}, TEMPORARY),
        ({"provisional": False, "keep_in_build_region": False, "copy_regions": ["us-east-1"]}, TEMPORARY),
    ],
)
def test_the_final_name_is_taken_at_once_only_where_the_image_is_the_final_one(given: Json, name: str, aws: StubbedAccount, build: Context) -> None:
    requests = aws.requests("ec2", "CreateImage")
    expect_guest(aws)
    expect_free_name(aws)
    aws.answer("ec2", "create_image", {"ImageId": IMAGE_ID})
    expect_image(aws)
    captured(image_params(image_name="web-1", stop_mode="none", **given), build, aws.account)
    assert requests[0]["Name"] == name and requests[0]["NoReboot"] is True


def test_check_mode_creates_nothing(aws: StubbedAccount, build: Context) -> None:
    expect_guest(aws)
    expect_free_name(aws)
    context = dataclasses.replace(build, check_mode=True)
    assert captured(image_params(image_name="web-1"), context, aws.account) == {"changed": True, "name": "web-1"}


def test_a_name_that_is_taken_is_refused_before_the_guest_is_stopped(aws: StubbedAccount, build: Context) -> None:
    expect_guest(aws)
    aws.answer("ec2", "describe_images", {"Images": [image(OTHER_ID, tags=published())]})
    with pytest.raises(BuilderError, match=rf"already an image web-1 in eu-west-1: {OTHER_ID}"):
        captured(image_params(image_name="web-1"), build, aws.account)


@pytest.mark.parametrize(("tags", "given"), [(captured_tags(), {}), (published(), {"replace": True})])
def test_what_is_to_be_replaced_has_its_name_for_now(tags: dict[str, str], given: Json, aws: StubbedAccount, build: Context) -> None:
    requests = aws.requests("ec2", "CreateImage")
    expect_guest(aws)
    aws.answer("ec2", "describe_images", {"Images": [image(OTHER_ID, tags=tags)]})
    aws.answer("ec2", "create_image", {"ImageId": IMAGE_ID})
    expect_image(aws)
    captured(image_params(image_name="web-1", provisional=False, stop_mode="none", **given), build, aws.account)
    assert requests[0]["Name"] == TEMPORARY


def test_without_a_guest_there_is_nothing_to_capture(aws: StubbedAccount, build: Context) -> None:
    aws.answer("ec2", "describe_instances", {"Reservations": []})
    with pytest.raises(BuilderError, match="no instance golden-web in eu-west-1"):
        captured(image_params(), build, aws.account)


def test_to_discard_needs_no_image(aws: StubbedAccount, build: Context) -> None:
    result = captured(image_params(capture="discard"), build, aws.account)
    assert (result["changed"], result["artifact"]["id"]) == (False, "discarded")


def test_a_guest_that_was_terminated_says_why(aws: StubbedAccount, build: Context) -> None:
    expect_guest(aws)
    expect_free_name(aws)
    aws.answer("ec2", "describe_instances", instance("terminated", StateReason={"Message": "Client.InstanceInitiatedShutdown"}))
    with pytest.raises(BuilderError, match=r"InstanceInitiatedShutdown.*shutdown_behavior to stop"):
        captured(image_params(image_name="web-1", stop_mode="await"), build, aws.account)


def test_a_guest_that_does_not_stop_names_the_option(aws: StubbedAccount, build: Context) -> None:
    expect_guest(aws)
    expect_free_name(aws)
    aws.answer("ec2", "stop_instances", {})
    aws.answer("ec2", "describe_instances", instance("stopping"))
    with pytest.raises(WaitTimeoutError, match=r"stop_wait\.timeout"):
        captured(image_params(image_name="web-1", stop_wait={"timeout": 0, "interval": 1}), build, aws.account)


def test_networking_is_set_on_the_stopped_guest(aws: StubbedAccount, build: Context) -> None:
    expect_guest(aws)
    expect_free_name(aws)
    expect_stop(aws)
    aws.answer("ec2", "modify_instance_attribute", {}, {"InstanceId": INSTANCE_ID, "EnaSupport": {"Value": True}})
    aws.answer("ec2", "modify_instance_attribute", {}, {"InstanceId": INSTANCE_ID, "SriovNetSupport": {"Value": "simple"}})
    aws.answer("ec2", "create_image", {"ImageId": IMAGE_ID})
    expect_image(aws)
    captured(image_params(image_name="web-1", ena_support=True, sriov_net_support=True), build, aws.account)


def test_a_spot_guest_is_not_stopped(aws: StubbedAccount, build: Context, said: list[str]) -> None:
    requests = aws.requests("ec2", "CreateImage")
    expect_guest(aws, InstanceLifecycle="spot")
    expect_free_name(aws)
    aws.answer("ec2", "create_image", {"ImageId": IMAGE_ID})
    expect_image(aws)
    captured(image_params(image_name="web-1"), build, aws.account)
    assert requests[0]["NoReboot"] is False and "spot" in said[0]
    expect_guest(aws, InstanceLifecycle="spot")
    expect_free_name(aws)
    with pytest.raises(BuilderError, match="stops"):
        captured(image_params(image_name="web-1", ena_support=True), build, aws.account)


def test_an_image_that_stays_pending_is_removed(aws: StubbedAccount, build: Context) -> None:
    expect_guest(aws)
    expect_free_name(aws)
    aws.answer("ec2", "create_image", {"ImageId": IMAGE_ID})
    pending = image(name=TEMPORARY, state="pending", snapshot=None, tags=captured_tags())
    aws.answer("ec2", "describe_images", {"Images": [pending]})
    aws.answer("ec2", "describe_snapshots", {"Snapshots": [{"SnapshotId": SNAPSHOT_ID, "Progress": "5%"}]})
    aws.answer("ec2", "describe_images", {"Images": [pending]})
    aws.answer("ec2", "describe_snapshots", {"Snapshots": [{"SnapshotId": SNAPSHOT_ID}]})
    aws.answer("ec2", "deregister_image", {}, {"ImageId": IMAGE_ID})
    aws.answer("ec2", "describe_images", {"Images": []})
    aws.answer("ec2", "delete_snapshot", {}, {"SnapshotId": SNAPSHOT_ID})
    with pytest.raises(WaitTimeoutError, match=rf"{IMAGE_ID} in eu-west-1 still pending.*image_wait\.timeout"):
        captured(image_params(image_name="web-1", stop_mode="none", image_wait={"timeout": 0, "interval": 1}), build, aws.account)
    assert not journal(build).unfinished()


def test_a_look_that_aws_has_no_answer_to_is_taken_again(aws: StubbedAccount, build: Context) -> None:
    expect_guest(aws)
    expect_free_name(aws)
    aws.answer("ec2", "create_image", {"ImageId": IMAGE_ID})
    aws.refuse("ec2", "describe_images", "RequestLimitExceeded", status=503)
    aws.refuse("ec2", "describe_images", "InvalidAMIID.NotFound")
    expect_image(aws)
    assert captured(image_params(image_name="web-1", stop_mode="none", image_wait={"timeout": 5, "interval": 0.01}), build, aws.account)["changed"]


def test_an_image_that_somebody_else_removes_is_not_waited_for(aws: StubbedAccount, build: Context) -> None:
    expect_guest(aws)
    expect_free_name(aws)
    aws.answer("ec2", "create_image", {"ImageId": IMAGE_ID})
    aws.answer("ec2", "describe_images", {"Images": [image(name=TEMPORARY, state="pending", snapshot=None)]})
    aws.answer("ec2", "describe_snapshots", {"Snapshots": []})
    aws.refuse("ec2", "describe_images", "InvalidAMIID.NotFound")
    aws.refuse("ec2", "describe_images", "InvalidAMIID.NotFound")
    with pytest.raises(BuilderError, match="by somebody else"):
        captured(image_params(image_name="web-1", stop_mode="none", image_wait={"timeout": 5, "interval": 0.01}), build, aws.account)


def test_an_instance_of_its_own_account_needs_no_build(aws: StubbedAccount, said: list[str]) -> None:
    requests = aws.requests("ec2", "CreateImage")
    wanted = [{"Name": "instance-id", "Values": [INSTANCE_ID]}]
    states = {"Name": "instance-state-name", "Values": ["pending", "running", "stopping", "stopped"]}
    aws.answer("ec2", "describe_instances", instance(), {"Filters": [*wanted, states]})
    expect_free_name(aws)
    aws.answer("ec2", "create_image", {"ImageId": IMAGE_ID})
    expect_image(aws)
    params = image_params(guest=INSTANCE_ID, image_name="web-1", stop_mode="none", provisional=False)
    result = captured(params, Context(say=said.append), aws.account)
    assert requests[0]["Name"] == "web-1" and result["artifact"]["build"] == IMAGE_ID
    tags = {tag["Key"] for tag in requests[0]["TagSpecifications"][0]["Tags"]}
    assert tags == {"Name", "golden.state", "golden.created"}


def test_an_image_that_failed_says_why_and_is_removed(aws: StubbedAccount, build: Context) -> None:
    expect_guest(aws)
    expect_free_name(aws)
    aws.answer("ec2", "create_image", {"ImageId": IMAGE_ID})
    failed = image(name=TEMPORARY, state="failed", snapshot=None, StateReason={"Message": "disk on fire"})
    aws.answer("ec2", "describe_images", {"Images": [failed]})
    aws.answer("ec2", "describe_images", {"Images": [failed]})
    aws.answer("ec2", "deregister_image", {}, {"ImageId": IMAGE_ID})
    with pytest.raises(BuilderError, match="disk on fire"):
        captured(image_params(image_name="web-1", stop_mode="none"), build, aws.account)
    assert not journal(build).unfinished()


def test_a_boot_mode_of_its_own_is_registered_over_the_same_snapshots(aws: StubbedAccount, build: Context) -> None:
    requests = aws.requests("ec2", "RegisterImage")
    expect_guest(aws)
    expect_free_name(aws)
    aws.answer("ec2", "create_image", {"ImageId": IMAGE_ID})
    expect_image(aws)
    aws.answer("ec2", "register_image", {"ImageId": OTHER_ID})
    aws.answer("ec2", "describe_images", {"Images": [image(OTHER_ID, BootMode="uefi", TpmSupport="v2.0")]}, {"ImageIds": [OTHER_ID], "IncludeDeprecated": True})
    aws.answer("ec2", "deregister_image", {}, {"ImageId": IMAGE_ID})
    aws.answer("ec2", "modify_image_attribute", {}, {"ImageId": OTHER_ID, "ImdsSupport": {"Value": "v2.0"}})
    params = image_params(image_name="web-1", stop_mode="none", boot_mode="uefi", tpm_support=True, uefi_data="keys", imds_support="v2.0")
    result = captured(params, build, aws.account)
    (request,) = requests
    assert (request["BootMode"], request["TpmSupport"], request["UefiData"]) == ("uefi", "v2.0", "keys")
    assert request["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"] == SNAPSHOT_ID
    assert result["artifact"]["id"] == OTHER_ID
    assert [resource.details["id"] for resource in journal(build).unfinished()] == [OTHER_ID]


def test_a_boot_mode_that_the_image_has_already_costs_nothing(aws: StubbedAccount, build: Context) -> None:
    expect_guest(aws)
    expect_free_name(aws)
    aws.answer("ec2", "create_image", {"ImageId": IMAGE_ID})
    expect_image(aws, BootMode="uefi")
    assert captured(image_params(image_name="web-1", stop_mode="none", boot_mode="uefi"), build, aws.account)["artifact"]["id"] == IMAGE_ID


def test_windows_keeps_its_boot_mode_and_its_licence(aws: StubbedAccount, build: Context) -> None:
    expect_guest(aws)
    expect_free_name(aws)
    aws.answer("ec2", "create_image", {"ImageId": IMAGE_ID})
    aws.answer("ec2", "describe_images", {"Images": [windows(snapshot=None)]})
    aws.answer("ec2", "describe_images", {"Images": [windows(snapshot=None)]})
    aws.answer("ec2", "deregister_image", {})
    with pytest.raises(BuilderError, match="cannot be done with Windows"):
        captured(image_params(image_name="web-1", stop_mode="none", boot_mode="uefi"), build, aws.account)
