# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Disks out of images, and images out of disks."""

from __future__ import annotations

import hashlib
import pathlib
import typing as t

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.golden.images.plugins.module_utils._builders.aws import exporting, image_info, importing
from ansible_collections.golden.images.plugins.module_utils._builders.aws.image import absent
from ansible_collections.golden.images.plugins.module_utils._builders.aws.session import Account
from ansible_collections.golden.images.plugins.module_utils._builders.aws.storage import check_bucket, download
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import BuilderError, WaitTimeoutError
from ansible_collections.golden.images.plugins.module_utils._lifecycle.journal import Journal
from ansible_collections.golden.images.plugins.module_utils._lifecycle.operation import Context, Operation

from .conftest import StubbedAccount
from .image_samples import BUILD, IMAGE_ID, MARKS, OTHER_ID, SNAPSHOT_ID, artifact, image, image_params, in_region, published

Json = dict[str, t.Any]
OFTEN = {"timeout": 5, "interval": 0.01}


def arguments(operation: Operation, **given: t.Any) -> Json:
    said = {name: value for name, value in given.items() if value is not None}
    checked = ArgumentSpecValidator(operation.argument_spec, **operation.constraints).validate(said)
    assert not checked.error_messages, checked.error_messages
    return dict(checked.validated_parameters)


def export_params(**given: t.Any) -> Json:
    return arguments(exporting.OPERATION, **{"image_id": IMAGE_ID, "bucket": "images", "export_wait": OFTEN, **given})


def import_params(**given: t.Any) -> Json:
    return arguments(importing.OPERATION, **{"name": "web-1", "bucket": "images", "key": "web.vmdk", "import_wait": OFTEN, "image_wait": OFTEN, **given})


@pytest.fixture
def build(tmp_path: pathlib.Path, said: list[str]) -> Context:
    return Context(journal=Journal(tmp_path / "journal.jsonl"), say=said.append, warn=said.append, build=BUILD)


@pytest.fixture(autouse=True)
def only_account(aws: StubbedAccount, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Account, "in_context", lambda _options, _context: aws.account)


def expect_bucket(aws: StubbedAccount) -> None:
    aws.answer("s3", "head_bucket", {"BucketRegion": "eu-west-1"}, {"Bucket": "images"})


def export_task(status: str, **more: str) -> Json:
    return {"ExportImageTasks": [{"ExportImageTaskId": "export-ami-1", "ImageId": IMAGE_ID, "Status": status, **more}]}


# -- export


def test_an_export_stays_in_the_bucket_and_is_nobodys_to_discard(aws: StubbedAccount, build: Context, said: list[str]) -> None:
    aws.answer("ec2", "describe_images", {"Images": [image()]})
    expect_bucket(aws)
    marks = [{"Key": key, "Value": value} for key, value in MARKS.items()]
    request = {
        "ImageId": IMAGE_ID,
        "DiskImageFormat": "VHD",
        "RoleName": "exporter",
        "Description": "Web",
        "S3ExportLocation": {"S3Bucket": "images", "S3Prefix": "out/"},
        "TagSpecifications": [{"ResourceType": "export-image-task", "Tags": [{"Key": "golden.resource", "Value": f"export of {IMAGE_ID} as vhd"}, *marks]}],
    }
    aws.answer("ec2", "export_image", {"ExportImageTaskId": "export-ami-1"}, request)
    aws.answer("ec2", "describe_export_image_tasks", export_task("active", Progress="40", StatusMessage="converting"))
    aws.answer("ec2", "describe_export_image_tasks", export_task("completed"))
    result = exporting.run(export_params(format="vhd", prefix="out/", role_name="exporter", description="Web"), build)
    assert result == {"changed": True, "image_id": IMAGE_ID, "bucket": "images", "key": "out/export-ami-1.vhd"}
    assert "export export-ami-1: 40 %, converting" in said
    assert isinstance(build.journal, Journal) and not build.journal.unfinished()


def test_an_export_that_fails_says_why_and_leaves_no_object(aws: StubbedAccount, build: Context) -> None:
    aws.answer("ec2", "describe_images", {"Images": [image()]})
    expect_bucket(aws)
    aws.answer("ec2", "export_image", {"ExportImageTaskId": "export-ami-1"})
    aws.answer("ec2", "describe_export_image_tasks", export_task("deleted", StatusMessage="software of others"))
    aws.answer("s3", "head_object", {"ContentLength": 1}, {"Bucket": "images", "Key": "exports/export-ami-1.vmdk"})
    aws.answer("s3", "delete_object", {}, {"Bucket": "images", "Key": "exports/export-ami-1.vmdk"})
    aws.answer("ec2", "describe_export_image_tasks", export_task("deleted"))
    with pytest.raises(BuilderError, match="software of others"):
        exporting.run(export_params(), build)
    assert isinstance(build.journal, Journal) and not build.journal.unfinished()


def test_an_export_that_takes_too_long_is_cancelled(aws: StubbedAccount, build: Context) -> None:
    aws.answer("ec2", "describe_images", {"Images": [image()]})
    expect_bucket(aws)
    aws.answer("ec2", "export_image", {"ExportImageTaskId": "export-ami-1"})
    aws.answer("ec2", "describe_export_image_tasks", export_task("active"))
    aws.refuse("s3", "head_object", "404", status=404)
    aws.answer("ec2", "describe_export_image_tasks", export_task("active"))
    aws.answer("ec2", "cancel_export_task", {}, {"ExportTaskId": "export-ami-1"})
    with pytest.raises(WaitTimeoutError, match=r"export_wait\.timeout"):
        exporting.run(export_params(export_wait={"timeout": 0, "interval": 1}), build)


def test_a_file_that_is_there_is_left_alone(tmp_path: pathlib.Path, context: Context) -> None:
    path = tmp_path / "web.raw"
    path.write_bytes(b"disk")
    result = exporting.run(export_params(format="raw", directory=str(tmp_path), file_stem="web"), context)
    assert result == {"changed": False, "path": str(path)}


def test_an_export_of_an_artifact_takes_the_image_of_the_region(context: Context) -> None:
    with pytest.raises(BuilderError, match=r"no image in eu-west-1\. It is in us-east-1"):
        exporting.run(export_params(image_id=None, artifact=artifact("us-east-1").to_dict()), context)


def test_an_export_that_would_leave_nothing_is_refused(context: Context) -> None:
    with pytest.raises(BuilderError, match="nothing would be left"):
        exporting.run(export_params(delete_object=True), context)


def test_a_bucket_elsewhere_is_refused(aws: StubbedAccount) -> None:
    aws.answer("s3", "head_bucket", {"BucketRegion": "us-east-1"})
    with pytest.raises(BuilderError, match="is in us-east-1, and the image in eu-west-1"):
        check_bucket(aws.account, "images")
    aws.refuse("s3", "head_bucket", "404", status=404)
    with pytest.raises(BuilderError, match="Create it first"):
        check_bucket(aws.account, "images")


def test_a_torn_download_is_no_file(aws: StubbedAccount, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def tear(_bucket: str, _key: str, path: str, **_options: t.Any) -> None:
        pathlib.Path(path).write_bytes(b"dis")

    aws.answer("s3", "head_object", {"ContentLength": 4})
    monkeypatch.setattr(aws.account.client("s3"), "download_file", tear)
    with pytest.raises(BuilderError, match="has 4 bytes, and 3 were downloaded"):
        download(aws.account, "images", "k", tmp_path / "disk.raw", "raw", print)
    assert not list(tmp_path.iterdir())


# -- import


def import_task(status: str, **more: t.Any) -> Json:
    return {"ImportSnapshotTasks": [{"ImportTaskId": "import-snap-1", "SnapshotTaskDetail": {"Status": status, **more}}]}


def expect_disk(aws: StubbedAccount, holder: Json | None = None) -> None:
    expect_bucket(aws)
    aws.answer("s3", "head_object", {"ContentLength": 4, "ETag": '"e"'}, {"Bucket": "images", "Key": "web.vmdk"})
    aws.answer("ec2", "describe_images", {"Images": [holder] if holder else []})


def test_a_disk_becomes_a_snapshot_and_that_an_image_of_that_name(aws: StubbedAccount, build: Context) -> None:
    imports, registrations, tagged = aws.requests("ec2", "ImportSnapshot"), aws.requests("ec2", "RegisterImage"), aws.requests("ec2", "CreateTags")
    expect_disk(aws)
    aws.answer("ec2", "import_snapshot", {"ImportTaskId": "import-snap-1"})
    aws.answer("ec2", "describe_import_snapshot_tasks", import_task("active", Progress="19"))
    aws.answer("ec2", "describe_import_snapshot_tasks", import_task("completed", SnapshotId=SNAPSHOT_ID))
    aws.answer("ec2", "create_tags", {})
    aws.answer("ec2", "register_image", {"ImageId": IMAGE_ID})
    aws.answer("ec2", "describe_images", {"Images": [image(tags={**MARKS, "golden.state": "captured"})]})
    aws.answer("ec2", "describe_snapshots", {"Snapshots": []})
    aws.answer("ec2", "create_tags", {})
    aws.answer("ec2", "delete_tags", {}, {"Resources": [IMAGE_ID], "Tags": [{"Key": "golden.expires"}, {"Key": "golden.host"}]})
    aws.answer("ec2", "describe_snapshots", {"Snapshots": []})
    given = {
        "encrypt": True,
        "kms_key_id": "alias/own",
        "role_name": "importer",
        "volume_size": 20,
        "boot_mode": "uefi",
        "tpm_support": True,
        "uefi_data": "keys",
    }
    result = importing.run(import_params(**given), build)
    assert result == {"changed": True, "image_id": IMAGE_ID, "name": "web-1", "region": "eu-west-1", "snapshots": [SNAPSHOT_ID]}
    assert imports[0]["DiskContainer"]["Format"] == "VMDK" and imports[0]["DiskContainer"]["UserBucket"] == {"S3Bucket": "images", "S3Key": "web.vmdk"}
    assert (imports[0]["Encrypted"], imports[0]["KmsKeyId"], imports[0]["RoleName"]) == (True, "alias/own", "importer")
    (request,) = registrations
    root = {"VolumeSize": 20, "VolumeType": "gp3", "SnapshotId": SNAPSHOT_ID, "DeleteOnTermination": True}
    assert request["BlockDeviceMappings"] == [{"DeviceName": "/dev/xvda", "Ebs": root}]
    assert (request["BootMode"], request["TpmSupport"], request["UefiData"], request["EnaSupport"]) == ("uefi", "v2.0", "keys", True)
    assert {"Key": "golden.state", "Value": "published"} in tagged[1]["Tags"]
    assert isinstance(build.journal, Journal) and not build.journal.unfinished()


def test_the_same_disk_is_not_imported_twice(aws: StubbedAccount, context: Context) -> None:
    digest = hashlib.sha256(b"images/web.vmdk:e:4").hexdigest()
    expect_disk(aws, image(tags=published(**{"golden.disk": digest})))
    assert importing.run(import_params(), context)["changed"] is False


def test_another_disk_of_that_name_needs_replace(aws: StubbedAccount, context: Context) -> None:
    expect_disk(aws, image(OTHER_ID, tags=published(**{"golden.disk": "another"})))
    with pytest.raises(BuilderError, match="replace"):
        importing.run(import_params(), context)


def test_an_import_that_fails_says_why_and_leaves_nothing(aws: StubbedAccount, build: Context) -> None:
    expect_disk(aws)
    aws.answer("ec2", "import_snapshot", {"ImportTaskId": "import-snap-1"})
    aws.answer("ec2", "describe_import_snapshot_tasks", import_task("deleted", StatusMessage="ClientError: not a disk"))
    aws.answer("ec2", "describe_import_snapshot_tasks", import_task("deleted"))
    with pytest.raises(BuilderError, match="not a disk"):
        importing.run(import_params(), build)
    assert isinstance(build.journal, Journal) and not build.journal.unfinished()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"key": None, "path": "/nowhere/disk.raw"}, "no file /nowhere/disk.raw"),
        ({"key": "disk"}, "what format"),
        ({"kms_key_id": "alias/own"}, "without encrypt"),
        ({"tpm_support": True}, "needs UEFI"),
        ({"architecture": "arm64"}, "UEFI only"),
        ({"volume_type": "io2"}, "needs iops"),
        ({"tags": {"golden.x": "y"}}, "collection's own"),
    ],
)
def test_imports_that_cannot_work(given: Json, words: str, context: Context) -> None:
    with pytest.raises(BuilderError, match=words):
        importing.run(import_params(**given), context)


# -- absent and info


def test_absent_takes_names_and_ids_in_every_region(aws: StubbedAccount, context: Context) -> None:
    params = image_params(state="absent", names=["web-1", OTHER_ID], copy_regions=["us-east-1"], delete_snapshots=False)
    with in_region(aws, "us-east-1") as there:
        aws.answer(
            "ec2", "describe_images", {"Images": [image()]}, {"Owners": ["self"], "Filters": [{"Name": "name", "Values": ["web-1"]}], "IncludeDeprecated": True}
        )
        aws.answer("ec2", "deregister_image", {}, {"ImageId": IMAGE_ID})
        aws.refuse("ec2", "describe_images", "InvalidAMIID.NotFound")
        there.answer("ec2", "describe_images", {"Images": []})
        there.answer("ec2", "describe_images", {"Images": []})
        result = absent(params, context, aws.account)
    assert result == {"changed": True, "images": [{"image_id": IMAGE_ID, "name": "web-1", "region": "eu-west-1"}]}


def test_info_asks_for_what_is_wanted_and_shows_the_newest_first(aws: StubbedAccount, context: Context) -> None:
    newer = image(OTHER_ID, "web-2", CreationDate="2026-06-02T00:00:00.000Z", ImdsSupport="v2.0", tags=published())
    wanted = [
        {"Name": "architecture", "Values": ["x86_64", "arm64"]},
        {"Name": "name", "Values": ["web-*"]},
        {"Name": "tag:golden.fingerprint", "Values": ["f"]},
        {"Name": "tag:golden.state", "Values": ["published"]},
    ]
    aws.answer("ec2", "describe_images", {"Images": [image(), newer]}, {"Owners": ["self"], "Filters": wanted, "IncludeDeprecated": True})
    params = arguments(image_info.OPERATION, names=["web-*"], filters={"architecture": ["x86_64", "arm64"]}, fingerprint="f", state="published")
    result = image_info.run(params, context)
    assert [found["image_id"] for found in result["images"]] == [OTHER_ID, IMAGE_ID]
    first = result["images"][0]
    assert (first["name"], first["imds_support"], first["tags"]["golden.build"], first["region"]) == ("web-2", "v2.0", "web.aws", "eu-west-1")
    assert first["block_devices"][0]["snapshot_id"] == SNAPSHOT_ID
    request = {"Owners": ["self"], "Filters": [{"Name": "tag-key", "Values": ["golden.state"]}], "IncludeDeprecated": True}
    aws.answer("ec2", "describe_images", {"Images": []}, request)
    assert image_info.run(arguments(image_info.OPERATION), context) == {"changed": False, "images": []}
