# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Guests without a build: what is launched, where, how it is reached, and that all of it goes again."""

from __future__ import annotations

import base64
import pathlib
import re
import typing as t

import pytest

from tests.rigs.aws.catalogue import AMAZON_OWNER, DEBIAN_OWNER, OLD_DEBIAN
from tests.rigs.aws.containers import USER
from tests.rigs.aws.rig import SECRET_KEY, AwsRig

from ..workspaces import Task, connected
from .workspace import Workspace, builder


@pytest.fixture
def guest(workspace: Workspace, tmp_path: pathlib.Path, untouched_account: None) -> t.Callable[..., Task]:
    """Makes a task of aws_guest."""

    def task(state: str = "started", register: str = "launched", **options: t.Any) -> Task:
        fixed = {name: value for name, value in builder(workspace.rig).items() if name != "type" and name not in ("image_wait", "copy_wait")}
        arguments = {**fixed, "name": "rig-guest", "directory": str(tmp_path / "keys"), "state": state, **options}
        return {"golden.images.aws_guest": arguments, "register": register}

    return task


def test_a_guest_is_reached_with_its_host_key_pinned_and_goes_with_all_it_had(workspace: Workspace, guest: t.Callable[..., Task]) -> None:
    said = workspace.play(
        guest(user_data="#!/bin/sh\necho from user data > /etc/made\n", user_data_gzip=True, guest_tags={"purpose": "test"}),
        guest(register="again"),
        *connected("cat /etc/made"),
        guest("absent", "removed"),
        guest("absent", "nothing"),
    )
    assert said["said"]["stdout"] == "from user data"
    assert (said["launched"]["changed"], said["again"]["changed"], said["removed"]["changed"], said["nothing"]["changed"]) == (True, False, True, False)
    assert "StrictHostKeyChecking=yes" in str(said["launched"]["guest"]["vars"])


def test_one_python_stays_for_each_user_and_runs_the_modules(workspace: Workspace, guest: t.Callable[..., Task]) -> None:
    who: Task = {"ansible.builtin.shell": {"cmd": "id -un; tr '\\0' ' ' < /proc/$PPID/cmdline"}, "delegate_to": "it", "changed_when": False}
    said = workspace.play(
        guest(),
        *connected("true"),
        {**who, "register": "user"},
        {**who, "register": "root", "become": True},
        {**who, "register": "cold", "vars": {"golden_resident_python": False}},
        guest("absent", "removed"),
    )
    names = {name: said[name]["stdout_lines"][0] for name in ("user", "root", "cold")}
    assert names == {"user": "admin", "root": "root", "cold": "admin"}
    assert [name for name in names if "golden.images resident Python" in said[name]["stdout"]] == ["user", "root"]


def test_types_and_zones_are_tried_in_order_when_there_is_no_capacity(workspace: Workspace, aws: AwsRig, guest: t.Callable[..., Task]) -> None:
    subnets = [one["SubnetId"] for one in aws.cli("ec2", "describe-subnets")["Subnets"]][:2]
    full = {"action": "RunInstances", "code": "InsufficientInstanceCapacity", "status": 500, "times": 1000}
    aws.faults(*({**full, "parameters": what} for what in ({"InstanceType": "t3.large"}, {"NetworkInterface.1.SubnetId": subnets[0]})))
    said = workspace.play(guest(instance_type=["t3.large", "t3.micro"], subnet_ids=subnets), guest("absent", "removed"))
    assert said["launched"]["guest"]["type"] == "t3.micro"
    tried = [(one["InstanceType"], one["NetworkInterface.1.SubnetId"]) for one in aws.calls("RunInstances")][-4:]
    assert tried == [("t3.large", subnets[0]), ("t3.large", subnets[1]), ("t3.micro", subnets[0]), ("t3.micro", subnets[1])]


def test_no_capacity_anywhere_is_said_at_the_end(workspace: Workspace, aws: AwsRig, guest: t.Callable[..., Task]) -> None:
    aws.faults({"action": "RunInstances", "code": "InsufficientInstanceCapacity", "status": 500, "times": 1000})
    failed = {**guest(capacity_wait={"timeout": 1, "interval": 0.2}), "ignore_errors": True}
    said = workspace.play(failed, guest("absent", "removed"))
    assert "t3.micro" in said["launched"]["msg"] and "InsufficientInstanceCapacity" in said["launched"]["msg"]


def test_spot_with_a_fleet(workspace: Workspace, aws: AwsRig, guest: t.Callable[..., Task]) -> None:
    spot = {"max_price": 0.05, "allocation_strategy": "capacity-optimized"}
    said = workspace.play(guest(instance_type=["t3.micro", "t3.small"], spot=spot), guest("absent", "removed", spot=spot))
    (instance,) = aws.cli("ec2", "describe-instances", "--instance-ids", said["launched"]["guest"]["id"])["Reservations"][0]["Instances"]
    assert instance["InstanceLifecycle"] == "spot"
    assert any(call.get("SpotOptions.AllocationStrategy") == "capacity-optimized" for call in aws.calls("CreateFleet"))


def test_a_temporary_instance_profile(workspace: Workspace, aws: AwsRig, guest: t.Callable[..., Task]) -> None:
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
    options = {"temporary_instance_profile": {"policy": policy}}
    workspace.play(guest(**options), guest("absent", "removed", **options))
    (profile,) = {value for call in aws.calls("RunInstances")[-1:] for name, value in call.items() if name.startswith("IamInstanceProfile")}
    assert profile
    assert aws.calls("PutRolePolicy")


def test_a_source_by_parameter_by_id_and_by_name(workspace: Workspace, aws: AwsRig, guest: t.Callable[..., Task]) -> None:
    aws.cli("ssm", "put-parameter", "--name", "/stock/debian", "--type", "String", "--value", OLD_DEBIAN)
    many = {"name": "debian-*", "owners": [DEBIAN_OWNER]}
    said = workspace.play(
        guest(source={"ssm_parameter": "/stock/debian"}),
        guest("absent", "removed"),
        {**guest(source=many, register="ambiguous"), "ignore_errors": True},
        {**guest(source={"image_id": "ami-0123456789abcdef0"}, register="unknown"), "ignore_errors": True},
    )
    assert aws.calls("RunInstances")[-1]["ImageId"] == OLD_DEBIAN
    assert "most_recent" in str(said["ambiguous"])
    assert "ami-0123456789abcdef0" in said["unknown"]["msg"]
    aws.cli("ssm", "delete-parameter", "--name", "/stock/debian")


def test_the_password_of_windows_is_decrypted_and_in_no_result(workspace: Workspace, aws: AwsRig, guest: t.Callable[..., Task], tmp_path: pathlib.Path) -> None:
    aws.behave(windows_password="Rig-Own-Passw0rd!")
    source = {"name": "Windows_Server-2022-*", "owners": [AMAZON_OWNER], "most_recent": True}
    kept = {"ansible.builtin.slurp": {"src": "{{ launched.guest.password_file }}"}, "register": "kept", "no_log": True}
    windows = {"source": source, "connection": "psrp", "user": "Administrator"}
    said = workspace.play(guest(**windows), kept, guest("absent", "removed", **windows))
    assert said["launched"]["guest"]["connection"].endswith("psrp")
    assert "Rig-Own" not in str(said["launched"])
    assert base64.b64decode(said["kept"]["content"]).decode().strip() == "Rig-Own-Passw0rd!"
    assert not list((tmp_path / "keys").iterdir())


def test_instance_connect_needs_no_key_pair(workspace: Workspace, aws: AwsRig, guest: t.Callable[..., Task]) -> None:
    known = len(aws.log())
    said = workspace.play(guest(instance_connect=True), *connected("id -un"), guest("absent", "removed", instance_connect=True))
    assert said["said"]["stdout"] == "admin"
    actions = {call["action"] for call in aws.log()[known:]}
    assert "SendSSHPublicKey" in actions or any("ssh" in action.lower() for action in actions)
    assert not actions & {"ImportKeyPair", "CreateKeyPair"}


def test_a_check_predicts_and_asks_only(workspace: Workspace, aws: AwsRig, guest: t.Callable[..., Task]) -> None:
    known = len(aws.log())
    assert workspace.play(guest(), arguments=("--check",))["launched"]["changed"]
    assert all(call["action"].startswith(("Describe", "Get")) for call in aws.log()[known:])


def test_no_secret_is_shown(workspace: Workspace, guest: t.Callable[..., Task], tmp_path: pathlib.Path) -> None:
    workspace.play(guest())
    shown = workspace.run("-vvvv", playbook="play.yml").ok().output
    workspace.play(guest("absent", "removed"))
    assert SECRET_KEY not in shown and "PRIVATE KEY" not in shown
    assert not re.search(r"aws_secret", shown)


def test_a_bastion_is_the_way_to_the_guest(workspace: Workspace, guest: t.Callable[..., Task], tmp_path: pathlib.Path) -> None:
    keys, known = tmp_path / "keys", tmp_path / "known_hosts"
    bastion = {"host": "{{ bastion.guest.vars.ansible_host }}", "user": USER, "private_key_file": str(keys / "rig-bastion.key"), "known_hosts_file": str(known)}
    behind = {"bastion": bastion, "ingress_cidrs": ["10.0.0.0/8"]}
    pinned = f"{{{{ lookup('ansible.builtin.file', '{keys}/rig-bastion.known_hosts') | replace('rig-bastion', bastion.guest.vars.ansible_host) }}}}\n"
    said = workspace.play(
        guest(name="rig-bastion", register="bastion"),
        {"ansible.builtin.copy": {"content": pinned, "dest": str(known), "mode": "0600"}},
        guest(**behind),
        *connected("printenv SSH_CONNECTION"),
        guest("absent", "removed", **behind),
        guest("absent", "gone", name="rig-bastion"),
    )
    assert said["said"]["stdout"].split()[0] == said["bastion"]["guest"]["vars"]["ansible_host"]
