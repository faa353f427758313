# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The calls that make images, and the journal around them."""

from __future__ import annotations

import pathlib
import typing as t

import pytest

from ansible_collections.golden.images.plugins.module_utils._builders.aws.errors import AwsError
from ansible_collections.golden.images.plugins.module_utils._builders.aws.image_making import (
    NameTakenError,
    NewImage,
    copy_image,
    create_image,
    register_image,
)
from ansible_collections.golden.images.plugins.module_utils._builders.aws.image_resources import Unfinished
from ansible_collections.golden.images.plugins.module_utils._builders.aws.registration import check_registrable, is_registrable, registration, uefi_data
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import BuilderError
from ansible_collections.golden.images.plugins.module_utils._lifecycle.journal import Journal, Resource
from ansible_collections.golden.images.plugins.module_utils._lifecycle.operation import Context

from .conftest import StubbedAccount
from .image_samples import IMAGE_ID, INSTANCE_ID, MARKS, OWNER, SNAPSHOT_ID, captured, image, windows


class ReadingJournal(Journal):
    """Tells what is in it at any moment."""

    @property
    def living(self) -> list[Resource]:
        return self.unfinished()


@pytest.fixture
def journal(tmp_path: pathlib.Path) -> ReadingJournal:
    return ReadingJournal(tmp_path / "journal.jsonl")


@pytest.fixture
def unfinished(journal: ReadingJournal, said: list[str]) -> Unfinished:
    return Unfinished(Context(journal=journal, say=said.append, warn=said.append))


def new(aws: StubbedAccount) -> NewImage:
    return NewImage(aws.account, "web-1", {**MARKS, "Name": "web-1"}, {"Name": "web-1"})


def test_an_image_and_its_snapshots_are_tagged_from_their_creation_on(aws: StubbedAccount, unfinished: Unfinished, journal: ReadingJournal) -> None:
    marks = [{"Key": key, "Value": value} for key, value in MARKS.items()]
    specified = [
        {"ResourceType": "image", "Tags": [*marks, {"Key": "Name", "Value": "web-1"}]},
        {"ResourceType": "snapshot", "Tags": [{"Key": "Name", "Value": "web-1"}]},
    ]
    request = {"Name": "web-1", "TagSpecifications": specified, "InstanceId": INSTANCE_ID}
    aws.answer("ec2", "create_image", {"ImageId": IMAGE_ID}, request)
    assert create_image(new(aws), unfinished, InstanceId=INSTANCE_ID) == IMAGE_ID
    (resource,) = journal.living
    assert (resource.kind, resource.name, resource.details["id"], resource.details["owner"]) == ("image", "eu-west-1/web-1", IMAGE_ID, OWNER)


def test_the_journal_knows_of_it_before_ec2_does(aws: StubbedAccount, unfinished: Unfinished, journal: ReadingJournal, monkeypatch: pytest.MonkeyPatch) -> None:
    known: list[str] = []

    def create(**arguments: t.Any) -> dict[str, str]:
        known.extend(resource.name for resource in journal.living)
        return {"ImageId": IMAGE_ID}

    monkeypatch.setattr(aws.account.client("ec2"), "create_image", create)
    create_image(new(aws), unfinished, InstanceId=INSTANCE_ID)
    assert known == ["eu-west-1/web-1"]


def test_what_was_refused_is_not_looked_for_later(aws: StubbedAccount, unfinished: Unfinished, journal: ReadingJournal) -> None:
    aws.refuse("ec2", "create_image", "UnauthorizedOperation", status=403)
    with pytest.raises(AwsError, match="CreateImage"):
        create_image(new(aws), unfinished, InstanceId=INSTANCE_ID)
    assert not journal.living


def test_what_may_have_been_made_is(aws: StubbedAccount, unfinished: Unfinished, journal: ReadingJournal) -> None:
    aws.refuse("ec2", "create_image", "InternalError", status=500)
    with pytest.raises(AwsError):
        create_image(new(aws), unfinished, InstanceId=INSTANCE_ID)
    assert [resource.name for resource in journal.living] == ["eu-west-1/web-1"]


def test_a_name_taken_by_the_call_whose_answer_was_lost_is_success(aws: StubbedAccount, unfinished: Unfinished, journal: ReadingJournal) -> None:
    aws.refuse("ec2", "copy_image", "InvalidAMIName.Duplicate")
    aws.answer("ec2", "describe_images", {"Images": [image(tags=captured())]})
    assert copy_image(new(aws), unfinished, SourceImageId=IMAGE_ID, SourceRegion="us-east-1") == IMAGE_ID
    assert journal.living[0].details["id"] == IMAGE_ID


@pytest.mark.parametrize("owner", [{}, {**MARKS, "golden.run": "another"}])
def test_a_name_taken_by_others_is_an_error_and_theirs_is_left_alone(
    owner: dict[str, str], aws: StubbedAccount, unfinished: Unfinished, journal: ReadingJournal
) -> None:
    aws.refuse("ec2", "create_image", "InvalidAMIName.Duplicate")
    aws.answer("ec2", "describe_images", {"Images": [image(tags=owner)]})
    with pytest.raises(NameTakenError, match=r"already an image web-1 in eu-west-1.*replace"):
        create_image(new(aws), unfinished, InstanceId=INSTANCE_ID)
    assert not journal.living


def test_leaving_by_an_exception_discards_what_was_made(aws: StubbedAccount, unfinished: Unfinished, journal: ReadingJournal) -> None:
    aws.answer("ec2", "register_image", {"ImageId": IMAGE_ID})
    aws.answer("ec2", "describe_images", {"Images": [image()]}, {"ImageIds": [IMAGE_ID], "IncludeDeprecated": True})
    aws.answer("ec2", "deregister_image", {}, {"ImageId": IMAGE_ID})
    aws.answer("ec2", "describe_images", {"Images": []})
    aws.answer("ec2", "delete_snapshot", {}, {"SnapshotId": SNAPSHOT_ID})
    with pytest.raises(KeyboardInterrupt), unfinished:
        register_image(new(aws), unfinished, RootDeviceName="/dev/xvda")
        raise KeyboardInterrupt
    assert not journal.living and not unfinished.all()


def test_what_cannot_be_discarded_stays_in_the_journal(aws: StubbedAccount, unfinished: Unfinished, journal: ReadingJournal, said: list[str]) -> None:
    aws.answer("ec2", "register_image", {"ImageId": IMAGE_ID})
    aws.refuse("ec2", "describe_images", "ExpiredToken")
    with pytest.raises(ValueError, match="first"), unfinished:
        register_image(new(aws), unfinished, RootDeviceName="/dev/xvda")
        raise ValueError("first")
    assert journal.living and "could not be discarded" in said[-1]


def test_published_images_are_nobodys_to_discard(unfinished: Unfinished, journal: ReadingJournal, aws: StubbedAccount) -> None:
    aws.answer("ec2", "register_image", {"ImageId": IMAGE_ID})
    register_image(new(aws), unfinished, RootDeviceName="/dev/xvda")
    unfinished.published(unfinished.all()[0])
    assert not journal.living and not unfinished.all()


def test_registering_again_keeps_all_that_an_image_is() -> None:
    known = image(
        BootMode="uefi",
        TpmSupport="v2.0",
        ImdsSupport="v2.0",
        SriovNetSupport="simple",
        Description="",
        BlockDeviceMappings=[
            {"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": SNAPSHOT_ID, "VolumeType": "io2", "Iops": 500, "Encrypted": True, "KmsKeyId": "k"}},
            {"DeviceName": "/dev/sdb", "Ebs": {"VolumeSize": 3, "Encrypted": True}},
            {"DeviceName": "/dev/sdc", "VirtualName": "ephemeral0"},
        ],
    )
    assert registration(known, {"BootMode": "uefi-preferred"}) == {
        "Architecture": "x86_64",
        "RootDeviceName": "/dev/xvda",
        "VirtualizationType": "hvm",
        "EnaSupport": True,
        "SriovNetSupport": "simple",
        "BootMode": "uefi-preferred",
        "TpmSupport": "v2.0",
        "ImdsSupport": "v2.0",
        "BlockDeviceMappings": [
            {"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": SNAPSHOT_ID, "VolumeType": "io2", "Iops": 500}},
            {"DeviceName": "/dev/sdb", "Ebs": {"VolumeSize": 3, "Encrypted": True}},
            {"DeviceName": "/dev/sdc", "VirtualName": "ephemeral0"},
        ],
    }


@pytest.mark.parametrize(
    ("known", "registrable"),
    [
        (image(), True),
        (image(PlatformDetails="Linux/UNIX", UsageOperation="RunInstances"), True),
        (windows(), False),
        (image(PlatformDetails="Red Hat Enterprise Linux", UsageOperation="RunInstances:0010"), False),
        (image(ProductCodes=[{"ProductCodeId": "x", "ProductCodeType": "marketplace"}]), False),
    ],
)
def test_what_is_billed_by_the_image_is_not_registered(known: dict[str, t.Any], registrable: bool) -> None:
    assert is_registrable(known) is registrable
    if not registrable:
        with pytest.raises(BuilderError, match="billed"):
            check_registrable(known, "boot_mode")


def test_keys_of_secure_boot_are_read_of_uefi_images_only(aws: StubbedAccount) -> None:
    assert not uefi_data(aws.account, image())
    aws.refuse("ec2", "describe_image_attribute", "InvalidAMIID.NotFound")
    aws.answer("ec2", "describe_image_attribute", {"UefiData": {"Value": "keys"}}, {"ImageId": IMAGE_ID, "Attribute": "uefiData"})
    assert uefi_data(aws.account, image(BootMode="uefi-preferred")) == {"UefiData": "keys"}
    aws.answer("ec2", "describe_image_attribute", {})
    assert not uefi_data(aws.account, image(BootMode="uefi"))
