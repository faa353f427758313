# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole lifecycle on AWS, from a definition: one build, looked at from all sides with the AWS CLI."""

from __future__ import annotations

import datetime
import pathlib
import typing as t

import pytest

from tests.rigs.aws.catalogue import NEW_DEBIAN
from tests.rigs.aws.rig import REGION, SECOND_REGION, SECRET_KEY, AwsRig, acting
from tests.rigs.leftovers import Kinds, left

from ..conftest import Finished
from .workspace import Workspace, builder

PARTNER = "210987654321"
PARAMETER = "/images/web"
# What may be called where nothing is to be changed.
READING = ("Describe", "Get", "List")


def image(version: str, text: str = "A page") -> dict[str, t.Any]:
    return {
        "version": version,
        "description": "A page",
        "provisioners": [{"role": "page", "vars": {"page_text": text}}, {"inline": "echo swapped > /etc/second", "become": True}],
        "verify": [{"inline": f"grep -q '{text} on Debian' /srv/published"}, {"inline": "grep -q swapped /etc/second"}],
    }


def define(workspace: Workspace, version: str, text: str = "A page", **options: t.Any) -> None:
    wanted: dict[str, t.Any] = {
        "image_name": "{image}-{version}",
        "copy_regions": [SECOND_REGION],
        "image_tags": {"team": "web"},
        "snapshot_tags": {"cost": "images"},
        "guest_tags": {"purpose": "build"},
        "launch_permissions": {"users": [PARTNER]},
        "deprecate_after": "30d",
        "ssm_parameter": PARAMETER,
        "imds_support": "v2.0",
        **options,
    }
    workspace.define({"web": image(version, text)}, aws=builder(workspace.rig, **wanted))


class Built(t.NamedTuple):
    """A finished build."""

    run: Finished
    before: Kinds
    calls: list[dict[str, t.Any]]
    ami: str
    copy: str


@pytest.fixture(scope="module")
def built(workspace: Workspace, aws: AwsRig) -> Built:
    """Version 1.0.0, built with everything shown."""
    before = aws.everything()
    define(workspace, "1.0.0")
    run = workspace.run("-vvv").ok()
    images = workspace.artifact("web.aws")["metadata"]["images"]
    return Built(run, before, aws.log(), images[REGION], images[SECOND_REGION])


def described(aws: AwsRig, ami: str, region: str) -> dict[str, t.Any]:
    (found,) = aws.cli("ec2", "describe-images", "--image-ids", ami, region=region)["Images"]
    return dict(found)


def tags(thing: dict[str, t.Any]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in thing["Tags"]}


@pytest.mark.smoke
def test_the_image_is_in_both_regions_under_its_name(built: Built, aws: AwsRig) -> None:
    for region, ami in ((REGION, built.ami), (SECOND_REGION, built.copy)):
        found = described(aws, ami, region)
        assert (found["Name"], found["State"], found["ImdsSupport"], found["EnaSupport"]) == ("web-1.0.0", "available", "v2.0", True)
        assert tags(found)["team"] == "web"
        (disk,) = [mapping["Ebs"] for mapping in found["BlockDeviceMappings"]]
        (snapshot,) = aws.cli("ec2", "describe-snapshots", "--snapshot-ids", disk["SnapshotId"], region=region)["Snapshots"]
        assert tags(snapshot)["cost"] == "images"
        gone = datetime.datetime.fromisoformat(found["DeprecationTime"]) - datetime.datetime.now(datetime.UTC)
        assert datetime.timedelta(days=29) < gone < datetime.timedelta(days=31)
        permissions = aws.cli("ec2", "describe-image-attribute", "--image-id", ami, "--attribute", "launchPermission", region=region)
        assert permissions["LaunchPermissions"] == [{"UserId": PARTNER}]


def test_the_image_has_what_was_provisioned_in_both_regions(built: Built, aws: AwsRig) -> None:
    for region, ami in ((REGION, built.ami), (SECOND_REGION, built.copy)):
        assert aws.in_image(ami, "cat /srv/published /etc/second", region).splitlines() == ["A page on Debian", "swapped"]


def test_the_parameter_has_the_id(built: Built, aws: AwsRig) -> None:
    for region, ami in ((REGION, built.ami), (SECOND_REGION, built.copy)):
        assert aws.cli("ssm", "get-parameter", "--name", PARAMETER, region=region)["Parameter"]["Value"] == ami


def test_it_was_verified_on_an_instance_of_the_new_image(built: Built, aws: AwsRig) -> None:
    launched = [call["parameters"] for call in acting(built.calls) if call["action"] == "RunInstances"]
    assert len(launched) == 2 and launched[0]["ImageId"] == NEW_DEBIAN
    # What was verified and what was published are images of one snapshot.
    (registered,) = [call["parameters"] for call in acting(built.calls) if call["action"] == "RegisterImage"]
    (disk,) = described(aws, built.ami, REGION)["BlockDeviceMappings"]
    assert registered["BlockDeviceMapping.1.Ebs.SnapshotId"] == disk["Ebs"]["SnapshotId"]
    assert launched[1]["ImageId"] != built.ami
    for parameters in launched:
        assert parameters["MetadataOptions.HttpTokens"] == "required"
        assert parameters["InstanceInitiatedShutdownBehavior"] == "terminate"


def test_only_the_images_are_left(built: Built, aws: AwsRig) -> None:
    now = left(built.before, aws.everything())
    assert {kind: len(ids) for kind, ids in now.items()} == {"images": 2, "snapshots": 2, "parameters": 2}
    volumes = aws.cli("ec2", "describe-volumes")["Volumes"]
    assert volumes == []


def test_everything_was_marked_when_it_was_created(built: Built) -> None:
    created = [
        call for call in acting(built.calls) if call["action"] in ("RunInstances", "CreateSecurityGroup", "CreateKeyPair", "ImportKeyPair", "CreateImage")
    ]
    assert {call["action"] for call in created} >= {"RunInstances", "CreateSecurityGroup", "CreateImage"}
    for call in created:
        keys = [value for name, value in call["parameters"].items() if name.startswith("TagSpecification") and name.endswith(".Key")]
        assert {"golden.run", "golden.build"} <= set(keys), call


def test_only_the_caller_may_connect(built: Built) -> None:
    opened = [call["parameters"] for call in built.calls if call["action"] == "AuthorizeSecurityGroupIngress"]
    ranges = {value for parameters in opened for name, value in parameters.items() if name.endswith("CidrIp")}
    assert ranges == {"127.0.0.1/32"}


def test_nothing_of_the_build_is_in_the_image(built: Built, aws: AwsRig) -> None:
    # That of the build's own run is gone; what an instance gets at its first boot is made there.
    script = (
        "ls /etc/ssh/ssh_host_* /var/lib/cloud/data 2>/dev/null; cat /etc/machine-id /home/*/.ssh/authorized_keys /root/.ssh/authorized_keys 2>/dev/null; true"
    )
    assert aws.in_image(built.ami, script) == ""
    assert aws.in_image(built.ami, f"grep -rlE 'PRIVATE KEY-|{SECRET_KEY}' /etc /home /root /srv /tmp /var 2>/dev/null; true") == ""


def test_no_secret_is_in_the_output_or_in_the_state(built: Built, workspace: Workspace) -> None:
    texts = {"output": built.run.output}
    texts.update({str(path): path.read_text(errors="replace") for path in workspace.state.rglob("*") if path.is_file()})
    for where, text in texts.items():
        assert SECRET_KEY not in text, where
        assert "PRIVATE KEY" not in text, where
    kept = {path.name for path in workspace.state.glob("runs/*/web.aws/*")}
    assert kept <= {"journal.jsonl", "outcome.json", "timeline.jsonl"}


def test_a_second_run_reads_only_and_says_so(built: Built, workspace: Workspace, aws: AwsRig) -> None:
    known = len(aws.log())
    again = workspace.run().ok()
    assert "up to date" in again.stdout and "changed=0" in again.stdout
    assert [call["action"] for call in aws.log()[known:] if not call["action"].startswith(READING)] == []


def test_what_is_published_is_verified_again_and_stays_as_it_is(built: Built, workspace: Workspace, aws: AwsRig) -> None:
    known, before = len(aws.log()), aws.everything()
    again = workspace.run(playbook="golden.images.verify").ok()
    assert "1 build: 1 verified" in again.stdout
    calls = acting(aws.log()[known:])
    (launched,) = [call["parameters"] for call in calls if call["action"] == "RunInstances"]
    assert launched["ImageId"] == built.ami
    assert not [call["action"] for call in calls if "Image" in call["action"] and not call["action"].startswith(READING)]
    assert aws.everything() == before


def test_a_check_creates_nothing_and_names_a_clash(built: Built, workspace: Workspace, aws: AwsRig) -> None:
    known = len(aws.log())
    define(workspace, "1.0.0", text="Another page")
    checked = workspace.run("--check")
    assert checked.rc != 0
    assert "there is already an image web-1.0.0" in " ".join(checked.output.split())
    define(workspace, "1.1.0")
    workspace.run("--check").ok()
    assert [call["action"] for call in acting(aws.log()[known:]) if not call["action"].startswith(READING)] == []
    assert left(built.before, aws.everything()).keys() == {"images", "snapshots", "parameters"}


def test_the_state_folder_is_private(built: Built, workspace: Workspace) -> None:
    folders: list[pathlib.Path] = list(workspace.state.glob("runs/*/web.aws"))
    assert folders and {folder.stat().st_mode & 0o777 for folder in folders} == {0o700}
