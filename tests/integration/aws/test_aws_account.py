# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An assumed role with MFA, whose code works once: one for all tasks of a build, which are processes of their own."""

from __future__ import annotations

from tests.rigs.aws.rig import ACCESS_KEY, AwsRig
from tests.rigs.leftovers import left

from .workspace import Workspace, builder

TOKEN = "204816"
ROLE = {
    "role_arn": "arn:aws:iam::123456789012:role/builder",
    "external_id": "build-7",
    "session_name": "golden",
    "mfa_serial": "arn:aws:iam::123456789012:mfa/me",
    "mfa_token": TOKEN,
    "tags": {"team": "images"},
    "transitive_tag_keys": ["team"],
}


def test_the_code_is_used_once_and_kept_nowhere(workspace: Workspace, aws: AwsRig) -> None:
    before = aws.everything()
    workspace.define({"web": {"version": "1.0.0", "provisioners": [{"inline": "true"}]}}, aws=builder(workspace.rig, assume_role=ROLE))
    run = workspace.run("-vvv").ok()
    (assumed,) = aws.calls("AssumeRole")
    assert (assumed["TokenCode"], assumed["ExternalId"], assumed["Tags.member.1.Key"]) == (TOKEN, "build-7", "team")
    keys = {call["access_key"] for call in aws.log() if call["service"] == "ec2" and call["action"] in ("RunInstances", "CreateImage", "TerminateInstances")}
    assert keys and ACCESS_KEY not in keys
    texts = {"output": run.output, **{str(path): path.read_text(errors="replace") for path in workspace.state.rglob("*") if path.is_file()}}
    for where, text in texts.items():
        assert TOKEN not in text, where
        assert not any(key in text for key in keys), where
    workspace.run().ok()
    assert len(aws.calls("AssumeRole")) == 2
    assert not list(workspace.state.rglob("aws-role-*.json"))
    assert left(before, aws.everything()).keys() == {"images", "snapshots"}
