# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a captured image to finished ones: what is copied how, what gives way, what comes back when it fails."""

from __future__ import annotations

import dataclasses
import pathlib
import typing as t

import pytest

from ansible_collections.golden.images.plugins.module_utils._builders.aws import image_discarding, replacing
from ansible_collections.golden.images.plugins.module_utils._builders.aws.copies import copy_arguments, copy_missing
from ansible_collections.golden.images.plugins.module_utils._builders.aws.image_making import NewImage
from ansible_collections.golden.images.plugins.module_utils._builders.aws.image_records import discarded_artifact
from ansible_collections.golden.images.plugins.module_utils._builders.aws.image_resources import Unfinished, resource_of
from ansible_collections.golden.images.plugins.module_utils._builders.aws.placements import Placement, Target, place, target_regions, targets
from ansible_collections.golden.images.plugins.module_utils._builders.aws.publish import published
from ansible_collections.golden.images.plugins.module_utils._builders.aws.replacing import give_name, remove_superseded, retire
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import BuilderError
from ansible_collections.golden.images.plugins.module_utils._lifecycle.journal import Journal
from ansible_collections.golden.images.plugins.module_utils._lifecycle.operation import Context
from ansible_collections.golden.images.plugins.module_utils._lifecycle.waiting import Waiter

from .conftest import StubbedAccount
from .image_samples import BUILD, IMAGE_ID, MARKS, OTHER_ID, SNAPSHOT_ID, artifact, image, image_params, in_region, published as published_tags, windows

Json = dict[str, t.Any]

ORIGIN = {"golden.origin": f"eu-west-1/{IMAGE_ID}"}
NEW_ID = "ami-0cccccccccccccccc"


@pytest.fixture
def build(tmp_path: pathlib.Path, said: list[str]) -> Context:
    return Context(journal=Journal(tmp_path / "journal.jsonl"), say=said.append, warn=said.append, build=BUILD)


def unfinished_in(context: Context) -> list[str]:
    assert isinstance(context.journal, Journal)
    return [str(resource) for resource in context.journal.unfinished()]


def target(aws: StubbedAccount, encrypt: bool = False, key: str | None = None) -> Target:
    return Target(aws.account, encrypt, key)


def new_in(account: t.Any, name: str) -> NewImage:
    return NewImage(account, name, {**MARKS, **ORIGIN}, MARKS)


# -- where


def test_the_build_region_comes_first_and_each_region_once() -> None:
    params = image_params(copy_regions=["us-east-1", "eu-west-1", "us-east-1"])
    assert target_regions(params, "eu-west-1") == ["eu-west-1", "us-east-1"]
    assert target_regions({**params, "keep_in_build_region": False}, "eu-west-1") == ["us-east-1"]


def test_each_region_has_its_key(aws: StubbedAccount) -> None:
    keys = {"us-east-1": "alias/there"}
    params = image_params(encrypt=True, kms_key_id="alias/here", copy_regions=["us-east-1", "us-west-2"], region_kms_keys=keys)
    found = {each.account.region: each.kms_key for each in targets(params, aws.account)}
    assert found == {"eu-west-1": "alias/here", "us-east-1": "alias/there", "us-west-2": None}


# -- what is there


def test_the_captured_image_is_ready_where_it_was_made(aws: StubbedAccount) -> None:
    aws.answer("ec2", "describe_images", {"Images": []})
    aws.answer("ec2", "describe_images", {"Images": []})
    aws.answer("ec2", "describe_images", {"Images": [image(name="golden-temporary/x")]})
    placement = place(target(aws), artifact(), "web-1", replace=False)
    assert placement.ready is not None and placement.ready["ImageId"] == IMAGE_ID and placement.holder is None


@pytest.mark.parametrize(("encrypted", "key", "ready"), [(False, None, False), (True, None, True), (True, "alias/own", False)])
def test_but_not_when_it_is_to_be_encrypted_otherwise(encrypted: bool, key: str | None, ready: bool, aws: StubbedAccount) -> None:
    captured = image(name="golden-temporary/x")
    captured["BlockDeviceMappings"][0]["Ebs"]["Encrypted"] = encrypted
    aws.answer("ec2", "describe_images", {"Images": []})
    aws.answer("ec2", "describe_images", {"Images": []})
    aws.answer("ec2", "describe_images", {"Images": [captured]})
    assert (place(target(aws, True, key), artifact(), "web-1", replace=False).ready is not None) is ready


def test_what_an_earlier_attempt_made_is_used(aws: StubbedAccount) -> None:
    aws.answer("ec2", "describe_images", {"Images": [image(OTHER_ID, tags=published_tags(**ORIGIN))]})
    placement = place(target(aws), artifact(), "web-1", replace=False)
    assert placement.ready is not None and placement.ready["ImageId"] == OTHER_ID


def test_a_copy_under_a_temporary_name_is_used_beside_what_has_the_name(aws: StubbedAccount) -> None:
    aws.answer("ec2", "describe_images", {"Images": [image("ami-old", tags=published_tags())]})
    copied = image(OTHER_ID, "golden-temporary/x-copied", tags=ORIGIN)
    aws.answer("ec2", "describe_images", {"Images": [image(NEW_ID, state="failed", tags=ORIGIN), copied]})
    aws.answer("ec2", "describe_images", {"Images": []})
    placement = place(target(aws), artifact(), "web-1", replace=True)
    assert placement.ready == copied and placement.holder is not None and placement.holder["ImageId"] == "ami-old"


def test_somebody_elses_name_is_refused(aws: StubbedAccount) -> None:
    aws.answer("ec2", "describe_images", {"Images": [image("ami-old")]})
    with pytest.raises(BuilderError, match="replace"):
        place(target(aws), artifact(), "web-1", replace=False)
    aws.answer("ec2", "describe_images", {"Images": [image("ami-old", DeregistrationProtection="enabled-with-cooldown")]})
    with pytest.raises(BuilderError, match=r"protected.*disable-image-deregistration-protection"):
        place(target(aws), artifact(), "web-1", replace=True)


# -- copies


def test_arguments_of_a_copy(aws: StubbedAccount) -> None:
    params = image_params(copy_duration_minutes=30)
    with in_region(aws, "us-east-1") as there:
        elsewhere = Placement(Target(there.account, True, "alias/there"), None, None)
        assert copy_arguments(elsewhere, (aws.account, image(Description="Web")), params) == {
            "SourceImageId": IMAGE_ID,
            "SourceRegion": "eu-west-1",
            "Encrypted": True,
            "KmsKeyId": "alias/there",
            "Description": "Web",
            "SnapshotCopyCompletionDurationMinutes": 30,
        }
    here = Placement(target(aws, encrypt=True), None, None)
    assert copy_arguments(here, (aws.account, image()), params) == {"SourceImageId": IMAGE_ID, "SourceRegion": "eu-west-1", "Encrypted": True}


def test_all_copies_are_begun_before_one_is_waited_for(aws: StubbedAccount, build: Context, said: list[str]) -> None:
    with in_region(aws, "us-east-1") as east, in_region(aws, "us-west-2") as west:
        east.answer("ec2", "copy_image", {"ImageId": OTHER_ID})
        west.answer("ec2", "copy_image", {"ImageId": NEW_ID})
        east.answer("ec2", "describe_images", {"Images": [image(OTHER_ID)]})
        west.answer("ec2", "describe_images", {"Images": [image(NEW_ID, state="pending")]})
        west.answer("ec2", "describe_snapshots", {"Snapshots": [{"SnapshotId": "snap-1", "Progress": "70%"}]})
        west.answer("ec2", "describe_images", {"Images": [image(NEW_ID)]})
        placements = [Placement(Target(stubbed.account, False, None), None, None) for stubbed in (east, west)]
        names = ("web-1", "golden-web")
        images = copy_missing(placements, (aws.account, image()), new_in, names, image_params(), build, Unfinished(build))
    assert [found["ImageId"] for found in images] == [OTHER_ID, NEW_ID]
    assert said == ["copying the image to us-east-1", "copying the image to us-west-2", f"image {NEW_ID} in us-west-2: 70 %"]


@pytest.mark.parametrize("keep", [False, True])
def test_copies_go_when_a_later_region_fails_unless_they_are_kept(keep: bool, aws: StubbedAccount, build: Context) -> None:
    with in_region(aws, "us-east-1") as east, in_region(aws, "us-west-2") as west:
        east.answer("ec2", "copy_image", {"ImageId": OTHER_ID})
        west.answer("ec2", "copy_image", {"ImageId": NEW_ID})
        east.answer("ec2", "describe_images", {"Images": [image(OTHER_ID)]})
        failed = image(NEW_ID, state="failed", snapshot=None, StateReason={"Message": "key disabled"})
        west.answer("ec2", "describe_images", {"Images": [failed]})
        if keep:
            east.answer("ec2", "describe_images", {"Images": [image(OTHER_ID)]})
            west.answer("ec2", "describe_images", {"Images": [failed]})
        else:
            east.answer("ec2", "describe_images", {"Images": [image(OTHER_ID)]})
            east.answer("ec2", "deregister_image", {}, {"ImageId": OTHER_ID})
            east.answer("ec2", "describe_images", {"Images": []})
            east.answer("ec2", "delete_snapshot", {}, {"SnapshotId": SNAPSHOT_ID})
        west.answer("ec2", "describe_images", {"Images": [failed]})
        west.answer("ec2", "deregister_image", {}, {"ImageId": NEW_ID})
        placements = [Placement(Target(stubbed.account, False, None), None, None) for stubbed in (east, west)]
        names = ("web-1", "golden-web")
        with pytest.raises(BuilderError, match="key disabled"), Unfinished(build) as unfinished:
            copy_missing(placements, (aws.account, image()), new_in, names, image_params(keep_copies=keep), build, unfinished)
    assert not unfinished_in(build)


# -- names


@pytest.fixture
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replacing, "_NAME_FREE", Waiter("it", timeout=5, interval=0.01))


def named(aws: StubbedAccount, context: Context, known: Json, holder: Json | None = None, **given: t.Any) -> Json:
    placement = Placement(given.get("chosen") or target(aws), known, holder)
    params = image_params(ssm_parameter=given.get("ssm_parameter", "/other"))
    return give_name(known, new_in(aws.account, "web-1"), placement, params, context, given.get("unfinished") or Unfinished(context))


def test_a_name_is_given_by_registering_the_same_snapshots(aws: StubbedAccount, build: Context) -> None:
    requests = aws.requests("ec2", "RegisterImage")
    aws.answer("ec2", "register_image", {"ImageId": NEW_ID})
    aws.answer("ec2", "describe_images", {"Images": [image(NEW_ID)]})
    assert named(aws, build, image(name="golden-temporary/x"))["ImageId"] == NEW_ID
    assert requests[0]["Name"] == "web-1" and requests[0]["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"] == SNAPSHOT_ID


def test_what_is_billed_by_the_image_is_copied_with_the_same_key(aws: StubbedAccount, build: Context) -> None:
    requests = aws.requests("ec2", "CopyImage")
    aws.answer("ec2", "copy_image", {"ImageId": NEW_ID})
    aws.answer("ec2", "describe_images", {"Images": [windows(image_id=NEW_ID)]})
    named(aws, build, windows(name="golden-temporary/x"), chosen=target(aws, True, "alias/own"))
    assert (requests[0]["Encrypted"], requests[0]["KmsKeyId"], requests[0]["SourceRegion"]) == (True, "alias/own", "eu-west-1")


def old(**more: t.Any) -> Json:
    return image("ami-old", snapshot="snap-old", Description="Old", tags={"own": "tag"}, DeprecationTime="2026-07-01T00:00:00.000Z", **more)


def expect_retirement(aws: StubbedAccount) -> None:
    aws.refuse("ec2", "register_image", "DryRunOperation", status=412)
    aws.answer("ec2", "describe_image_attribute", {"LaunchPermissions": [{"UserId": "111111111111"}]})
    aws.answer("ec2", "create_tags", {})
    aws.answer("ec2", "deregister_image", {}, {"ImageId": "ami-old"})


@pytest.mark.usefixtures("short_waits")
def test_the_old_image_goes_after_a_dry_run_and_before_the_new_one_has_its_name(aws: StubbedAccount, build: Context) -> None:
    tagged = aws.requests("ec2", "CreateTags")
    expect_retirement(aws)
    # EC2 may go on believing for a while that the name is taken.
    aws.refuse("ec2", "register_image", "InvalidAMIName.Duplicate")
    aws.answer("ec2", "describe_images", {"Images": []})
    aws.answer("ec2", "register_image", {"ImageId": NEW_ID})
    aws.answer("ec2", "describe_images", {"Images": [image(NEW_ID)]})
    named(aws, build, image(name="golden-temporary/x"), old())
    known = {tag["Key"]: tag["Value"] for tag in tagged[0]["Tags"]}
    assert known["golden.superseded_by"] == f"eu-west-1/{IMAGE_ID}" and known["golden.expires"]
    assert unfinished_in(build) == ["image eu-west-1/web-1", "replaced_image eu-west-1/web-1"]
    assert tagged[0]["Resources"] == ["snap-old"]


def test_snapshots_of_what_was_replaced_go_last_whoever_replaced_it(aws: StubbedAccount) -> None:
    known = {"golden.superseded_by": f"eu-west-1/{IMAGE_ID}", "golden.replaced": "ami-old"}
    snapshot = {"SnapshotId": "snap-old", "Tags": [{"Key": key, "Value": value} for key, value in known.items()]}
    filters = [{"Name": "tag:golden.superseded_by", "Values": [f"eu-west-1/{IMAGE_ID}"]}]
    aws.answer("ec2", "describe_snapshots", {"Snapshots": [snapshot]}, {"OwnerIds": ["self"], "Filters": filters})
    aws.answer("ec2", "describe_images", {"Images": [old()]})
    aws.answer("ec2", "delete_snapshot", {}, {"SnapshotId": "snap-old"})
    remove_superseded(aws.account, f"eu-west-1/{IMAGE_ID}")


def test_nothing_gives_way_to_what_may_not_be_made(aws: StubbedAccount, build: Context) -> None:
    aws.refuse("ec2", "register_image", "UnauthorizedOperation", status=403)
    with pytest.raises(BuilderError, match="RegisterImage"):
        named(aws, build, image(name="golden-temporary/x"), old())
    assert not unfinished_in(build)


def test_the_old_image_comes_back_with_all_but_its_id(aws: StubbedAccount, build: Context, said: list[str]) -> None:
    expect_retirement(aws)
    aws.refuse("ec2", "register_image", "InternalError", status=500)
    # The new one first: nobody knows whether there is one.
    aws.answer("ec2", "describe_images", {"Images": []})
    aws.answer("ec2", "describe_images", {"Images": []})
    aws.answer("ec2", "register_image", {"ImageId": NEW_ID})
    marks = [{"Key": key} for key in ("golden.expires", "golden.superseded_by", "golden.replaced")]
    aws.answer("ec2", "delete_tags", {}, {"Resources": ["snap-old"], "Tags": marks})
    aws.answer("ec2", "modify_image_attribute", {}, {"ImageId": NEW_ID, "LaunchPermission": {"Add": [{"UserId": "111111111111"}]}})
    aws.answer("ec2", "enable_image_deprecation", {}, {"ImageId": NEW_ID, "DeprecateAt": "2026-07-01T00:00:00.000Z"})
    for _look in range(2):
        aws.answer("ssm", "get_parameter", {"Parameter": {"Type": "String", "Value": "ami-old"}}, {"Name": "/images/web"})
    parameter = {"Name": "/images/web", "Value": NEW_ID, "Type": "String", "DataType": "aws:ec2:image", "Overwrite": True}
    aws.answer("ssm", "put_parameter", {}, parameter)
    requests = aws.requests("ec2", "RegisterImage")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(image_discarding, "_APPEARANCE", Waiter("it", timeout=0))
        with pytest.raises(BuilderError, match="InternalError"), Unfinished(build) as unfinished:
            named(aws, build, image(name="golden-temporary/x"), old(), unfinished=unfinished, ssm_parameter="/images/{image}")
    again = requests[-1]
    assert (again["Name"], again["Description"], again["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"]) == ("web-1", "Old", "snap-old")
    assert again["TagSpecifications"][0]["Tags"] == [{"Key": "own", "Value": "tag"}]
    assert "registered again, its id is no longer ami-old" in said[-1]
    assert not unfinished_in(build)


def test_an_image_that_never_went_or_has_a_successor_does_not_come_back(aws: StubbedAccount) -> None:
    details = {"id": "ami-old", "arguments": {}, "image_tags": {}, "permissions": [], "deprecation": None, "parameter": None}
    aws.answer("ec2", "describe_images", {"Images": [image()]})
    assert not image_discarding.reinstate(aws.account, resource_of("replaced_image", aws.account, "web-1", {}, **details))


def test_windows_that_is_replaced_cannot_come_back_and_its_snapshots_are_named(aws: StubbedAccount, build: Context, said: list[str]) -> None:
    tagged = aws.requests("ec2", "CreateTags")
    aws.answer("ec2", "create_tags", {})
    aws.answer("ec2", "deregister_image", {})
    retire(aws.account, windows(snapshot="snap-old"), "origin", build, Unfinished(build))
    assert "could not come back" in said[-1] and "snap-old" in said[-1]
    # Nobody may take them for leftovers.
    assert "golden.expires" not in {tag["Key"] for tag in tagged[0]["Tags"]}
    assert not unfinished_in(build)


# -- as a whole


def test_a_build_that_was_to_leave_nothing_has_nothing_to_publish(aws: StubbedAccount, build: Context) -> None:
    given = discarded_artifact(aws.account, BUILD).to_dict()
    assert published(image_params(state="published", artifact=given), build, aws.account) == {"changed": False, "artifact": given, "actions": []}


def test_fast_launch_of_linux_is_refused_before_anything_is_made(aws: StubbedAccount, build: Context) -> None:
    for found in ([], [], [image()]):
        aws.answer("ec2", "describe_images", {"Images": found})
    aws.answer("ec2", "describe_images", {"Images": [image()]})
    with pytest.raises(BuilderError, match="for Windows"):
        published(image_params(state="published", artifact=artifact().to_dict(), fast_launch={}), build, aws.account)


def test_a_captured_image_that_is_gone_cannot_be_published(aws: StubbedAccount, build: Context) -> None:
    for _look in range(4):
        aws.answer("ec2", "describe_images", {"Images": []})
    with pytest.raises(BuilderError, match="is gone"):
        published(image_params(state="published", artifact=artifact().to_dict()), build, aws.account)


def test_check_mode_tells_what_it_would_do(aws: StubbedAccount, build: Context) -> None:
    captured = image(name="golden-temporary/x", tags={"golden.state": "captured"})
    for found in ([], [], [captured], [captured]):
        aws.answer("ec2", "describe_images", {"Images": found})
    with in_region(aws, "us-east-1") as there:
        there.answer("ec2", "describe_images", {"Images": [image("ami-old", tags=published_tags())]})
        there.answer("ec2", "describe_images", {"Images": []})
        params = image_params(state="published", artifact=artifact().to_dict(), copy_regions=["us-east-1"], replace=True)
        result = published(params, dataclasses.replace(build, check_mode=True, diff=True), aws.account)
    assert result["changed"] is True and result["actions"] == [
        "copy the image to us-east-1 as web-1",
        "name the image web-1 in eu-west-1",
        "name the image web-1 in us-east-1, replacing ami-old",
        f"remove the captured image {IMAGE_ID} in eu-west-1",
    ]
    assert result["diff"] == {"prepared": "\n".join(result["actions"])}
