# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes, and what has to stay: snapshots of others, images of others, what is not temporary."""

from __future__ import annotations

import datetime
import typing as t

import pytest

from ansible_collections.golden.images.plugins.module_utils._builders.aws import image_discarding, image_records, image_removal
from ansible_collections.golden.images.plugins.module_utils._builders.aws.image_resources import resource_of
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import BuilderError
from ansible_collections.golden.images.plugins.module_utils._lifecycle.waiting import Waiter

from .conftest import StubbedAccount
from .image_samples import BUILD, IMAGE_ID, MARKS, OTHER_ID, SNAPSHOT_ID, artifact, captured, image, in_region, published

Json = dict[str, t.Any]
BY_SNAPSHOT = {"Owners": ["self"], "Filters": [{"Name": "block-device-mapping.snapshot-id", "Values": [SNAPSHOT_ID]}], "IncludeDeprecated": True}
AFTER = datetime.datetime(2026, 6, 3, tzinfo=datetime.UTC)


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image_removal, "_SETTLE", Waiter("it", timeout=5, interval=0.01))
    monkeypatch.setattr(image_discarding, "_APPEARANCE", Waiter("it", timeout=0))


def test_an_image_goes_with_its_snapshots(aws: StubbedAccount) -> None:
    aws.answer("ec2", "deregister_image", {}, {"ImageId": IMAGE_ID})
    aws.answer("ec2", "describe_images", {"Images": []}, BY_SNAPSHOT)
    aws.answer("ec2", "delete_snapshot", {}, {"SnapshotId": SNAPSHOT_ID})
    image_removal.remove_image(aws.account, image())


def test_a_snapshot_that_another_image_needs_stays(aws: StubbedAccount) -> None:
    aws.answer("ec2", "deregister_image", {})
    aws.answer("ec2", "describe_images", {"Images": [image(OTHER_ID)]}, BY_SNAPSHOT)
    image_removal.remove_image(aws.account, image())


def test_the_image_itself_is_no_other_however_long_ec2_shows_it(aws: StubbedAccount) -> None:
    aws.answer("ec2", "deregister_image", {})
    aws.answer("ec2", "describe_images", {"Images": [image()]}, BY_SNAPSHOT)
    aws.refuse("ec2", "delete_snapshot", "InvalidSnapshot.InUse")
    aws.answer("ec2", "describe_images", {"Images": []}, BY_SNAPSHOT)
    aws.answer("ec2", "delete_snapshot", {})
    image_removal.remove_image(aws.account, image())


def test_a_snapshot_whose_other_image_shows_late_stays(aws: StubbedAccount) -> None:
    aws.answer("ec2", "deregister_image", {})
    aws.answer("ec2", "describe_images", {"Images": []}, BY_SNAPSHOT)
    aws.refuse("ec2", "delete_snapshot", "InvalidSnapshot.InUse")
    aws.answer("ec2", "describe_images", {"Images": [image(OTHER_ID)]}, BY_SNAPSHOT)
    image_removal.remove_image(aws.account, image())


def test_snapshots_of_a_pending_image_are_found_by_their_description(aws: StubbedAccount) -> None:
    descriptions = [f"*for {IMAGE_ID}*", f"*DestinationAmi {IMAGE_ID}*"]
    request = {"OwnerIds": ["self"], "Filters": [{"Name": "description", "Values": descriptions}]}
    aws.answer("ec2", "describe_snapshots", {"Snapshots": [{"SnapshotId": SNAPSHOT_ID}]}, request)
    aws.answer("ec2", "deregister_image", {})
    aws.answer("ec2", "describe_images", {"Images": []}, BY_SNAPSHOT)
    aws.answer("ec2", "delete_snapshot", {})
    image_removal.remove_image(aws.account, image(state="pending", snapshot=None))


def test_a_snapshot_in_use_for_ever_is_told_of(aws: StubbedAccount, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image_removal, "_SETTLE", Waiter("it", timeout=0, interval=0.01))
    aws.refuse("ec2", "delete_snapshot", "InvalidSnapshot.InUse")
    with pytest.raises(BuilderError, match="still in use"):
        image_removal.delete_snapshot(aws.account, SNAPSHOT_ID)


def test_what_is_gone_is_no_error(aws: StubbedAccount) -> None:
    aws.refuse("ec2", "deregister_image", "InvalidAMIID.Unavailable")
    assert not image_removal.deregister(aws.account, IMAGE_ID)
    aws.refuse("ec2", "delete_snapshot", "InvalidSnapshot.NotFound")
    assert not image_removal.delete_snapshot(aws.account, SNAPSHOT_ID)


def test_a_protected_image_says_what_to_do(aws: StubbedAccount) -> None:
    aws.refuse("ec2", "deregister_image", "OperationNotPermitted")
    with pytest.raises(BuilderError, match="disable-image-deregistration-protection"):
        image_removal.deregister(aws.account, IMAGE_ID)


def test_a_journalled_image_is_found_by_its_id(aws: StubbedAccount) -> None:
    resource = resource_of("image", aws.account, "web-1", MARKS, id=IMAGE_ID)
    aws.refuse("ec2", "describe_images", "InvalidAMIID.NotFound")
    assert not image_discarding.discard_image(aws.account, resource)


@pytest.mark.parametrize("tags", [{}, published(), captured(**{"golden.run": "another"})])
def test_an_image_of_that_name_without_the_builds_marks_is_somebody_elses(tags: dict[str, str], aws: StubbedAccount) -> None:
    resource = resource_of("image", aws.account, "web-1", MARKS)
    aws.answer("ec2", "describe_images", {"Images": [image(tags=tags)]})
    assert not image_discarding.discard_image(aws.account, resource)


def test_an_image_whose_id_nobody_wrote_down_may_take_a_moment_to_be_seen(aws: StubbedAccount, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image_discarding, "_APPEARANCE", Waiter("it", timeout=5, interval=0.01))
    resource = resource_of("image", aws.account, "web-1", MARKS)
    aws.answer("ec2", "describe_images", {"Images": []})
    aws.answer("ec2", "describe_images", {"Images": [image(tags=captured(), snapshot=None)]})
    aws.answer("ec2", "describe_snapshots", {"Snapshots": []})
    aws.answer("ec2", "deregister_image", {}, {"ImageId": IMAGE_ID})
    assert image_discarding.discard_image(aws.account, resource)


def test_a_snapshot_is_found_by_its_marks(aws: StubbedAccount) -> None:
    resource = resource_of("snapshot", aws.account, "web-1:/dev/sdf", MARKS)
    wanted = [
        {"Name": "tag:golden.resource", "Values": ["web-1:/dev/sdf"]},
        {"Name": "tag:golden.run", "Values": [MARKS["golden.run"]]},
        {"Name": "tag:golden.build", "Values": ["web.aws"]},
    ]
    aws.answer("ec2", "describe_snapshots", {"Snapshots": [{"SnapshotId": SNAPSHOT_ID}]}, {"OwnerIds": ["self"], "Filters": wanted})
    aws.answer("ec2", "delete_snapshot", {}, {"SnapshotId": SNAPSHOT_ID})
    assert image_discarding.discard_snapshot(aws.account, resource)


def test_an_attached_volume_is_taken_off_first(aws: StubbedAccount) -> None:
    attachment = {"State": "attached", "InstanceId": "i-1", "Device": "/dev/xvda"}
    aws.answer("ec2", "describe_volumes", {"Volumes": [{"VolumeId": "vol-1", "Attachments": [attachment]}]})
    aws.answer("ec2", "detach_volume", {}, {"VolumeId": "vol-1", "InstanceId": "i-1", "Device": "/dev/xvda", "Force": True})
    aws.answer("ec2", "delete_volume", {}, {"VolumeId": "vol-1"})
    assert image_discarding.discard_volume(aws.account, resource_of("volume", aws.account, "vol-1", {}, id="vol-1"))
    aws.refuse("ec2", "describe_volumes", "InvalidVolume.NotFound")
    assert not image_discarding.discard_volume(aws.account, resource_of("volume", aws.account, "vol-1", {}, id="vol-1"))


@pytest.mark.parametrize(("status", "cancelled"), [("active", True), ("completed", False), ("deleted", False)])
def test_an_export_is_cancelled_while_it_runs(status: str, cancelled: bool, aws: StubbedAccount) -> None:
    task = {"ExportImageTaskId": "export-ami-1", "Status": status}
    aws.answer("ec2", "describe_export_image_tasks", {"ExportImageTasks": [task]}, {"ExportImageTaskIds": ["export-ami-1"]})
    if cancelled:
        aws.answer("ec2", "cancel_export_task", {}, {"ExportTaskId": "export-ami-1"})
    assert image_discarding.discard_export_task(aws.account, resource_of("export_task", aws.account, "x", {}, id="export-ami-1")) is cancelled


def test_an_import_is_cancelled_or_its_snapshot_deleted(aws: StubbedAccount) -> None:
    resource = resource_of("import_task", aws.account, "import of web-1", MARKS)
    running = {"ImportTaskId": "import-snap-1", "SnapshotTaskDetail": {"Status": "active"}}
    aws.answer("ec2", "describe_import_snapshot_tasks", {"ImportSnapshotTasks": [running]})
    aws.answer("ec2", "cancel_import_task", {}, {"ImportTaskId": "import-snap-1"})
    assert image_discarding.discard_import_task(aws.account, resource)
    done = {"ImportTaskId": "import-snap-1", "SnapshotTaskDetail": {"Status": "completed", "SnapshotId": SNAPSHOT_ID}}
    aws.answer("ec2", "describe_import_snapshot_tasks", {"ImportSnapshotTasks": [done]})
    aws.answer("ec2", "delete_snapshot", {}, {"SnapshotId": SNAPSHOT_ID})
    assert image_discarding.discard_import_task(aws.account, resource)


def test_an_object_goes_and_may_be_gone(aws: StubbedAccount) -> None:
    resource = resource_of("s3_object", aws.account, "s3://b/k", {}, bucket="bucket", key="k")
    aws.answer("s3", "head_object", {"ContentLength": 1})
    aws.answer("s3", "delete_object", {}, {"Bucket": "bucket", "Key": "k"})
    assert image_discarding.discard_object(aws.account, resource)
    aws.refuse("s3", "head_object", "404", status=404)
    assert not image_discarding.discard_object(aws.account, resource)


def test_leftovers_are_what_expired_in_every_region(aws: StubbedAccount) -> None:
    later = captured(**{"golden.expires": "2026-06-09T00:00:00Z"})
    unreadable = captured(**{"golden.expires": "tomorrow"})
    images = [image(tags=captured()), image(OTHER_ID, "b", tags=later), image("ami-c", "c", tags=unreadable)]
    marked = [{"Key": "golden.expires", "Value": MARKS["golden.expires"]}]
    with in_region(aws, "us-east-1") as there:
        aws.answer("ec2", "describe_images", {"Images": images})
        aws.answer("ec2", "describe_snapshots", {"Snapshots": [{"SnapshotId": SNAPSHOT_ID, "Tags": marked}]})
        aws.answer("ec2", "describe_images", {"Images": [image()]}, BY_SNAPSHOT)
        there.answer("ec2", "describe_images", {"Images": []})
        there.answer("ec2", "describe_snapshots", {"Snapshots": [{"SnapshotId": "snap-1", "Tags": marked}]})
        there.answer("ec2", "describe_images", {"Images": []})
        found = image_records.leftovers(aws.account, AFTER, ["us-east-1"])
    assert [(resource.kind, resource.name) for resource in found] == [("image", "eu-west-1/web-1"), ("snapshot", "us-east-1/snap-1")]
    assert found[1].details["connection"]["region"] == "us-east-1"


def test_an_artifact_is_present_when_all_its_images_are_available(aws: StubbedAccount) -> None:
    record = artifact()
    aws.answer("ec2", "describe_images", {"Images": [image()]})
    assert image_records.is_present(record, aws.account)
    aws.answer("ec2", "describe_images", {"Images": [image(state="failed")]})
    assert not image_records.is_present(record, aws.account)
    with in_region(aws, "us-east-1") as there:
        both = artifact(images={"eu-west-1": IMAGE_ID, "us-east-1": OTHER_ID})
        aws.answer("ec2", "describe_images", {"Images": [image()]})
        there.refuse("ec2", "describe_images", "InvalidAMIID.NotFound")
        assert not image_records.is_present(both, aws.account)
    assert not image_records.is_present(image_records.discarded_artifact(aws.account, BUILD), aws.account)


def test_a_captured_image_that_gave_way_to_the_published_one_is_present(aws: StubbedAccount) -> None:
    aws.answer("ec2", "describe_images", {"Images": []}, {"ImageIds": [IMAGE_ID], "IncludeDeprecated": True})
    filters = [{"Name": "tag:golden.origin", "Values": [f"eu-west-1/{IMAGE_ID}"]}]
    aws.answer("ec2", "describe_images", {"Images": [image(OTHER_ID, tags=published())]}, {"Owners": ["self"], "Filters": filters, "IncludeDeprecated": True})
    assert image_records.is_present(artifact(), aws.account)


def test_the_newest_published_image_of_a_fingerprint_is_found(aws: StubbedAccount) -> None:
    known = published(**{"golden.image": "web", "golden.builder": "aws", "golden.version": "1.4.0", "golden.fingerprint": "f", "golden.source": "ami-s"})
    older = image(tags=known)
    newer = image(OTHER_ID, "web-2", tags={**known, "golden.created": "2026-06-05T00:00:00Z"}, CreationDate="2026-06-05T00:00:01.000Z")
    aws.answer("ec2", "describe_images", {"Images": [older, newer]})
    found = image_records.find("web.aws", "f", aws.account)
    assert found is not None
    assert (found.id, found.build, found.version, found.source["id"], found.created) == (OTHER_ID, "web.aws", "1.4.0", "ami-s", "2026-06-05T00:00:00Z")
    assert found.metadata["images"] == {"eu-west-1": OTHER_ID} and found.metadata["name"] == "web-2"
    assert image_records.find("web.aws", "", aws.account) is None


def test_an_unpublished_artifact_goes_from_every_region(aws: StubbedAccount) -> None:
    aws.answer("ec2", "describe_images", {"Images": [image()]})
    aws.answer("ec2", "deregister_image", {}, {"ImageId": IMAGE_ID})
    aws.answer("ec2", "describe_images", {"Images": []})
    aws.answer("ec2", "delete_snapshot", {})
    image_records.remove(artifact(), aws.account)
    aws.answer("ec2", "describe_images", {"Images": []})
    image_records.remove(artifact(), aws.account)
