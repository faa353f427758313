# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""User data: what lets us in is added, and nothing of the definition's is replaced."""

from __future__ import annotations

import email
import json
import typing as t

import pytest

from ansible_collections.golden.images.plugins.module_utils._access.cloud_config import can_be_joined, host_key_config, joined, login_config
from ansible_collections.golden.images.plugins.module_utils._access.keys import generate

LINE = "ssh-ed25519 AAAA golden-web"


def config_of(data: bytes) -> dict[str, t.Any]:
    assert data.startswith(b"#cloud-config\n")
    return dict(json.loads(data.partition(b"\n")[2]))


def test_alone_it_is_a_cloud_config() -> None:
    assert config_of(joined(b"", login_config("admin", LINE)))["users"] == [
        "default",
        {"name": "admin", "ssh_authorized_keys": [LINE], "sudo": "ALL=(ALL) NOPASSWD:ALL", "lock_passwd": True, "shell": "/bin/bash"},
    ]


def test_root_is_let_in() -> None:
    config = login_config("root", LINE)
    assert config["disable_root"] is False
    assert config["users"][1] == {"name": "root", "ssh_authorized_keys": [LINE]}


def test_a_definition_that_lists_users_gets_no_default_user() -> None:
    given = b"#cloud-config\nusers:\n  - name: app\n"
    assert [user["name"] for user in login_config("admin", LINE, given)["users"]] == ["admin"]
    assert login_config("admin", LINE, b"#cloud-config\npackages: [nginx]\n")["users"][0] == "default"
    assert login_config("admin", LINE, b"#cloud-config\nusers: [\n")["users"][0] == "default"
    assert login_config("admin", LINE, b"#!/bin/sh\nusers: x\n")["users"][0] == "default"


def test_lists_of_both_are_put_together() -> None:
    message = email.message_from_bytes(joined(b"#cloud-config\nusers: [{name: app}]\n", login_config("admin", LINE)))
    given, ours = (t.cast(bytes, part.get_payload(decode=True)) for part in message.walk() if not part.is_multipart())
    assert given == b"#cloud-config\nusers: [{name: app}]\n"
    merged = {rule["name"]: rule["settings"] for rule in config_of(ours)["merge_how"]}
    assert merged == {"list": ["append"], "dict": ["no_replace", "recurse_list"]}


def test_the_host_key_is_the_only_one() -> None:
    key = generate("ed25519", "golden-web")
    assert host_key_config(key) == {"ssh_deletekeys": True, "ssh_keys": {"ed25519_private": key.private, "ed25519_public": key.public}}


@pytest.mark.parametrize(
    ("raw", "fits"), [(b"", True), (b"#!/bin/sh\n", True), (b"MIME-Version: 1.0\nContent-Type: multipart/mixed\n", True), (b"PK\x03", False)]
)
def test_what_can_be_joined(raw: bytes, fits: bool) -> None:
    assert can_be_joined(raw) is fits
