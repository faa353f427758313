# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module aws_guest: what it finds, what it leaves alone, what it says and does not say."""

from __future__ import annotations

import json
import pathlib
import typing as t

import pytest

from ansible_collections.golden.images.plugins.module_utils._builders.aws import guest, launching
from ansible_collections.golden.images.plugins.module_utils._builders.aws.key_pair import GuestKey
from ansible_collections.golden.images.plugins.module_utils._builders.aws.session import Account
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import BuilderError
from ansible_collections.golden.images.plugins.module_utils._lifecycle.journal import Journal
from ansible_collections.golden.images.plugins.module_utils._lifecycle.operation import Context, Result

from .conftest import StubbedAccount

Options = t.Callable[..., dict[str, t.Any]]
Run = t.Callable[..., Result]


@pytest.fixture
def run(aws: StubbedAccount, guest_options: Options, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, context: Context) -> Run:
    """Runs the module against the stubbed account."""
    monkeypatch.setattr(Account, "of", lambda options, cache=None: aws.account)

    def start(check_mode: bool = False, **options: t.Any) -> Result:
        context.check_mode = check_mode
        context.journal = Journal(tmp_path / "journal.jsonl")
        return guest.run(guest_options(**{"directory": str(tmp_path / "keys"), **options}), context)

    return start


def expect_guest(aws: StubbedAccount, *states: str) -> None:
    instances = [{"InstanceId": "i-1", "State": {"Name": state}, "PublicIpAddress": "203.0.113.7", "InstanceType": "t3.small"} for state in states]
    aws.answer("ec2", "describe_instances", {"Reservations": [{"Instances": instances}]})


def test_check_mode_only_looks(aws: StubbedAccount, run: Run, tmp_path: pathlib.Path) -> None:
    expect_guest(aws)
    assert run(check_mode=True)["changed"] is True
    expect_guest(aws, "running")
    assert run(check_mode=True)["changed"] is False
    expect_guest(aws, "stopped")
    assert run(check_mode=True, state="stopped")["changed"] is False
    expect_guest(aws, "running")
    assert run(check_mode=True, state="stopped")["changed"] is True
    expect_guest(aws, "running")
    assert run(check_mode=True, state="absent")["changed"] is True
    assert list(tmp_path.iterdir()) == []


def test_bad_options_are_refused_before_anybody_is_asked(run: Run) -> None:
    with pytest.raises(BuilderError, match="exclude each other"):
        run(user_data="a", user_data_file="b")


def test_a_running_guest_whose_key_is_elsewhere_is_of_no_use(aws: StubbedAccount, run: Run) -> None:
    expect_guest(aws, "running")
    with pytest.raises(BuilderError, match=r"golden-web exists, but its private key .*golden-web.key does not.*state: absent"):
        run()


def test_the_password_is_in_a_file_and_not_in_the_result(
    aws: StubbedAccount, run: Run, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, said: list[str]
) -> None:
    instance = {"InstanceId": "i-1", "PublicIpAddress": "203.0.113.7", "InstanceType": "m5.large", "Placement": {"AvailabilityZone": "eu-west-1a"}}
    monkeypatch.setattr(launching, "launch", lambda *_arguments: (GuestKey("golden-web", "/nowhere"), instance))
    expect_guest(aws)
    result = run(connection="psrp", windows_password="s3cr3t")
    assert pathlib.Path(result["guest"]["password_file"]).read_text() == "s3cr3t"
    assert (result["guest"]["id"], result["guest"]["type"], result["guest"]["availability_zone"]) == ("i-1", "m5.large", "eu-west-1a")
    for text in (json.dumps(result), "\n".join(said), (tmp_path / "journal.jsonl").read_text()):
        assert "s3cr3t" not in text


def test_all_that_may_have_been_made_goes_the_instance_first(aws: StubbedAccount, run: Run, tmp_path: pathlib.Path) -> None:
    keys = tmp_path / "keys"
    keys.mkdir()
    for suffix in ("key", "key.pub", "known_hosts", "password", "proxy.json", "proxy.py"):
        (keys / f"golden-web.{suffix}").touch()
    expect_guest(aws, "running")
    aws.answer("ec2", "terminate_instances", {}, {"InstanceIds": ["i-1"]})
    expect_guest(aws, "terminated")
    aws.answer("ec2", "describe_volumes", {"Volumes": []})
    aws.answer("ec2", "describe_security_groups", {"SecurityGroups": [{"GroupId": "sg-1"}]})
    aws.answer("ec2", "delete_security_group", {}, {"GroupId": "sg-1"})
    aws.answer("ec2", "describe_key_pairs", {"KeyPairs": [{"KeyName": "golden-web", "Tags": [{"Key": "golden.guest", "Value": "golden-web"}]}]})
    aws.answer("ec2", "delete_key_pair", {}, {"KeyName": "golden-web"})
    aws.refuse("iam", "get_instance_profile", "NoSuchEntity")
    aws.refuse("iam", "list_attached_role_policies", "NoSuchEntity")
    aws.answer("ec2", "describe_launch_templates", {"LaunchTemplates": []})
    assert run(state="absent", spot={}, temporary_instance_profile={"policy_arns": ["arn:aws:iam::aws:policy/x"]})["changed"] is True
    assert list(keys.iterdir()) == []


def test_what_was_given_is_left_alone(aws: StubbedAccount, run: Run) -> None:
    expect_guest(aws)
    aws.answer("ec2", "describe_volumes", {"Volumes": []})
    assert run(state="absent", key_name="mine", security_group_ids=["sg-1"], instance_profile="web")["changed"] is False


def test_used_alone_a_launch_that_fails_leaves_nothing(aws: StubbedAccount, run: Run, monkeypatch: pytest.MonkeyPatch, context: Context) -> None:
    def fail(*_arguments: t.Any) -> None:
        raise BuilderError("there is no room")

    monkeypatch.setattr(launching, "launch", fail)
    given = {"key_name": "mine", "security_group_ids": ["sg-1"]}
    expect_guest(aws)
    expect_guest(aws)
    aws.answer("ec2", "describe_volumes", {"Volumes": [{"VolumeId": "vol-1"}]})
    aws.answer("ec2", "delete_volume", {}, {"VolumeId": "vol-1"})
    with pytest.raises(BuilderError, match="no room"):
        run(**given)
    context.build = {"name": "web.aws"}
    expect_guest(aws)
    with pytest.raises(BuilderError, match="no room"):
        run(**given)


def test_verifying_takes_the_volumes_of_the_image(guest_options: Options) -> None:
    more = {"launch_block_devices": [{"device_name": "/dev/sdf", "volume_size": 5}], "surrogate": {"device_name": "/dev/sdg", "volume_size": 8}}
    assert [device["device_name"] for device in launching._devices(guest_options(**more))] == ["/dev/sdf", "/dev/sdg"]
    assert launching._devices(guest_options(**more, purpose="verify")) == []
