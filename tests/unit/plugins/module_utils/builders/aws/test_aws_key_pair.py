# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys: made here, kept for this user alone, imported without their private part."""

from __future__ import annotations

import pathlib
import subprocess
import typing as t

import pytest

from ansible_collections.golden.images.plugins.module_utils._access.keys import forget_key_files, generate
from ansible_collections.golden.images.plugins.module_utils._builders.aws.key_pair import (
    check_key,
    is_temporary,
    key_type,
    provide_key,
    remove_key,
)
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import BuilderError
from ansible_collections.golden.images.plugins.module_utils._lifecycle.journal import Journal
from ansible_collections.golden.images.plugins.module_utils._lifecycle.operation import Context

from .conftest import StubbedAccount

OURS = {"KeyPairs": [{"KeyName": "golden-web", "Tags": [{"Key": "golden.guest", "Value": "golden-web"}]}]}


@pytest.mark.parametrize("kind", ["ed25519", "rsa"])
def test_openssh_reads_what_is_made(kind: str, tmp_path: pathlib.Path) -> None:
    text = generate(kind, "golden-web")
    path = tmp_path / "key"
    path.write_text(text.private)
    path.chmod(0o600)
    read = subprocess.run(["ssh-keygen", "-y", "-f", str(path)], capture_output=True, text=True, check=True).stdout
    assert read.split()[:2] == text.public.split()[:2]
    assert text.public.split()[2] == "golden-web"
    assert generate(kind, "x").private != generate(kind, "x").private


def test_aws_gets_the_public_part_after_the_journal(aws: StubbedAccount, tmp_path: pathlib.Path, guest_options: t.Callable[..., t.Any]) -> None:
    folder, journal = tmp_path / "keys", Journal(tmp_path / "journal.jsonl")
    requests = aws.requests("ec2", "ImportKeyPair")
    aws.answer("ec2", "import_key_pair", {"KeyName": "golden-web"})
    key = provide_key(guest_options(), "golden-web", str(folder), {"golden.run": "abc"}, aws.account, Context(journal=journal))
    assert (key.name, key.private_key_file) == ("golden-web", str(folder / "golden-web.key"))
    (seen,) = requests
    assert seen["PublicKeyMaterial"].startswith(b"ssh-ed25519 ")
    tags = [{"Key": "golden.run", "Value": "abc"}, {"Key": "golden.guest", "Value": "golden-web"}]
    assert seen["TagSpecifications"] == [{"ResourceType": "key-pair", "Tags": tags}]
    assert (folder.stat().st_mode & 0o777, (folder / "golden-web.key").stat().st_mode & 0o777) == (0o700, 0o600)
    assert [resource.kind for resource in journal.unfinished()] == ["key_pair"]
    assert "PRIVATE" not in journal.path.read_text()
    forget_key_files(str(folder), "golden-web")
    assert list(folder.iterdir()) == []


def test_a_key_of_a_lost_answer_is_imported_anew(aws: StubbedAccount, tmp_path: pathlib.Path, guest_options: t.Callable[..., t.Any], context: Context) -> None:
    aws.refuse("ec2", "import_key_pair", "InvalidKeyPair.Duplicate")
    aws.answer("ec2", "describe_key_pairs", OURS)
    aws.answer("ec2", "describe_key_pairs", OURS)
    aws.answer("ec2", "delete_key_pair", {}, {"KeyName": "golden-web"})
    aws.answer("ec2", "import_key_pair", {"KeyName": "golden-web"})
    provide_key(guest_options(), "golden-web", str(tmp_path), {}, aws.account, context)


def test_somebody_elses_key_is_left_alone(aws: StubbedAccount, tmp_path: pathlib.Path, guest_options: t.Callable[..., t.Any], context: Context) -> None:
    aws.refuse("ec2", "import_key_pair", "InvalidKeyPair.Duplicate")
    aws.answer("ec2", "describe_key_pairs", {"KeyPairs": [{"KeyName": "golden-web"}]})
    with pytest.raises(BuilderError, match=r"InvalidKeyPair.Duplicate"):
        provide_key(guest_options(), "golden-web", str(tmp_path), {}, aws.account, context)
    aws.answer("ec2", "describe_key_pairs", {"KeyPairs": [{"KeyName": "golden-web"}]})
    assert remove_key("golden-web", aws.account) is False
    aws.refuse("ec2", "describe_key_pairs", "InvalidKeyPair.NotFound")
    assert remove_key("golden-web", aws.account) is False


def test_a_given_key_is_used_and_nothing_made(aws: StubbedAccount, guest_options: t.Callable[..., t.Any], context: Context) -> None:
    options = guest_options(key_name="mine")
    assert provide_key(options, "golden-web", "/nowhere", {}, aws.account, context).name == "mine"
    assert not is_temporary(options)


def test_instance_connect_needs_a_key_but_no_key_pair(
    aws: StubbedAccount, tmp_path: pathlib.Path, guest_options: t.Callable[..., t.Any], context: Context
) -> None:
    options = guest_options(instance_connect=True)
    key = provide_key(options, "golden-web", str(tmp_path), {}, aws.account, context)
    assert (key.name, key.private_key_file) == (None, str(tmp_path / "golden-web.key"))
    assert (tmp_path / "golden-web.key.pub").read_text().startswith("ssh-ed25519 ")
    assert not is_temporary(options)


def test_windows_gets_an_rsa_key(guest_options: t.Callable[..., t.Any]) -> None:
    assert key_type(guest_options()) == "ed25519"
    assert key_type(guest_options(connection="psrp")) == "rsa"
    assert key_type(guest_options(temporary_key_type="rsa")) == "rsa"


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"key_name": "mine", "temporary_key_type": "rsa"}, "exclude each other"),
        ({"key_name": "mine", "instance_connect": True}, "exclude each other"),
        ({"private_key_file": "/etc/passwd"}, "Give its key_name"),
        ({"key_name": "mine", "private_key_file": "/does/not/exist"}, "does not exist"),
        ({"connection": "psrp", "temporary_key_type": "ed25519"}, "RSA"),
        ({"connection": "winrm", "instance_connect": True}, "instance_connect is for ssh"),
        ({"connection": "winrm", "key_name": "mine"}, "cannot be decrypted"),
    ],
)
def test_what_cannot_be_meant_is_refused(options: dict[str, t.Any], reason: str, guest_options: t.Callable[..., t.Any]) -> None:
    with pytest.raises(BuilderError, match=reason):
        check_key(guest_options(**options))
