# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The administrator's password: decrypted into one file, and nowhere else."""

from __future__ import annotations

import base64
import pathlib
import typing as t

import pytest
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import load_ssh_public_key

from ansible_collections.golden.images.plugins.module_utils._access.keys import KeyText, generate
from ansible_collections.golden.images.plugins.module_utils._access.passwords import forget_password
from ansible_collections.golden.images.plugins.module_utils._builders.aws.windows_password import provide_password
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import BuilderError, WaitTimeoutError

from .conftest import StubbedAccount

Options = t.Callable[..., dict[str, t.Any]]

PASSWORD = "s3cr€t;Pa55"


@pytest.fixture(scope="module")
def key() -> KeyText:
    return generate("rsa", "golden-web")


@pytest.fixture
def key_file(key: KeyText, tmp_path: pathlib.Path) -> str:
    path = tmp_path / "key"
    path.write_text(key.private)
    return str(path)


def encrypted(key: KeyText) -> str:
    public: t.Any = load_ssh_public_key(key.public.encode())
    return base64.b64encode(public.encrypt(PASSWORD.encode(), padding.PKCS1v15())).decode()


def test_it_is_waited_for_and_decrypted(aws: StubbedAccount, tmp_path: pathlib.Path, key: KeyText, key_file: str, guest_options: Options) -> None:
    aws.answer("ec2", "get_password_data", {"PasswordData": ""}, {"InstanceId": "i-1"})
    aws.answer("ec2", "get_password_data", {"PasswordData": f"\r\n{encrypted(key)}\r\n"})
    options = guest_options(connection="psrp", password_wait={"interval": 0.0})
    path = provide_password(aws.account, "golden-web", "i-1", key_file, str(tmp_path), options)
    assert (path.read_text(), path.stat().st_mode & 0o777) == (PASSWORD, 0o600)
    forget_password(str(tmp_path), "golden-web")
    assert not path.exists()


def test_a_given_one_is_not_asked_for(aws: StubbedAccount, tmp_path: pathlib.Path, guest_options: Options) -> None:
    path = provide_password(aws.account, "golden-web", "i-1", "/nowhere", str(tmp_path), guest_options(connection="psrp", windows_password="mine"))
    assert path.read_text() == "mine"


def test_an_image_that_makes_none_gets_a_hint(aws: StubbedAccount, tmp_path: pathlib.Path, key_file: str, guest_options: Options) -> None:
    aws.answer("ec2", "get_password_data", {"PasswordData": ""})
    with pytest.raises(WaitTimeoutError, match=r"password_wait.timeout.*windows_password"):
        provide_password(aws.account, "golden-web", "i-1", key_file, str(tmp_path), guest_options(connection="psrp", password_wait={"timeout": 0}))


def test_the_wrong_key_is_named(aws: StubbedAccount, tmp_path: pathlib.Path, key: KeyText, guest_options: Options) -> None:
    ed25519 = tmp_path / "ed25519"
    ed25519.write_text(generate("ed25519", "x").private)
    aws.answer("ec2", "get_password_data", {"PasswordData": encrypted(key)})
    with pytest.raises(BuilderError, match=f"{ed25519} is not an RSA key"):
        provide_password(aws.account, "golden-web", "i-1", str(ed25519), str(tmp_path), guest_options(connection="psrp"))
    aws.answer("ec2", "get_password_data", {"PasswordData": base64.b64encode(b"x" * 100).decode()})
    other = tmp_path / "other"
    other.write_text(key.private)
    with pytest.raises(BuilderError, match=f"cannot be decrypted with {other}"):
        provide_password(aws.account, "golden-web", "i-1", str(other), str(tmp_path), guest_options(connection="psrp"))
