# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What launching tells the lifecycle: no secret in it, and the way there whole."""

from __future__ import annotations

import pathlib
import typing as t

import pytest

from ansible_collections.golden.images.plugins.module_utils._access import host_keys, keys
from ansible_collections.golden.images.plugins.module_utils._access.connecting import (
    Way,
    build_key,
    check_connection,
    forget_files,
    guest_facts,
    login_command,
    port_of,
    user_of,
)
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import BuilderError

OPTIONS: dict[str, t.Any] = {
    "connection": "ssh",
    "user": None,
    "password": None,
    "port": None,
    "private_key_file": None,
    "bastion": None,
    "ssh_args": None,
    "host_key": "auto",
    "windows_tls": True,
    "windows_validate_certs": False,
    "windows_auth": "ntlm",
    "connection_wait": {"timeout": 60.0, "interval": 0.5},
}


def way(folder: pathlib.Path, **more: t.Any) -> Way:
    return Way("golden-web", str(folder), "127.0.0.1", 2222, "root", **more)


def test_a_password_lies_in_a_file_and_in_no_result(tmp_path: pathlib.Path) -> None:
    facts = guest_facts(way(tmp_path), {**OPTIONS, "password": "s3cret"}, id="vm-1")
    assert "s3cret" not in str(facts)
    path = pathlib.Path(facts["password_file"])
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("s3cret", 0o600)
    assert (facts["id"], facts["connection"], facts["wait_timeout"], facts["wait_interval"]) == ("vm-1", "golden.images.ssh", 60.0, 0.5)
    assert (facts["vars"]["ansible_host"], facts["vars"]["ansible_port"], facts["vars"]["ansible_user"]) == ("127.0.0.1", 2222, "root")


def test_nobody_connects_to_an_installer_that_does_all_the_work() -> None:
    assert guest_facts(None, {**OPTIONS, "connection": "none"}, name="golden-web") == {"connection": None, "vars": {}, "wait": False, "name": "golden-web"}


def test_the_first_who_answers_is_trusted_only_when_that_is_said(tmp_path: pathlib.Path) -> None:
    assert "StrictHostKeyChecking=yes" in str(login_command(way(tmp_path), OPTIONS))
    assert "StrictHostKeyChecking=accept-new" in str(login_command(way(tmp_path, trusts_first=True), OPTIONS))


def test_the_temporary_key_is_told_to_the_guest_that_is_captured(tmp_path: pathlib.Path) -> None:
    assert build_key(str(tmp_path), "golden-web", "build") == {}
    made = keys.make_key(str(tmp_path), "golden-web")
    assert build_key(str(tmp_path), "golden-web", "build") == {"golden_build_public_key": made.public}
    assert build_key(str(tmp_path), "golden-web", "verify") == {}


def test_nothing_of_a_guest_stays(tmp_path: pathlib.Path) -> None:
    keys.make_key(str(tmp_path), "golden-web")
    host_keys.pin(str(tmp_path), "golden-web", ["ssh-ed25519 AAAA"])
    guest_facts(way(tmp_path), {**OPTIONS, "password": "s3cret"})
    assert len(list(tmp_path.iterdir())) == 4
    forget_files(str(tmp_path), "golden-web")
    assert list(tmp_path.iterdir()) == []


def test_users_and_ports() -> None:
    windows = {**OPTIONS, "connection": "psrp"}
    assert (user_of(OPTIONS), user_of(windows), user_of({**OPTIONS, "user": "admin"})) == ("root", "Administrator", "admin")
    assert (port_of(OPTIONS), port_of(windows), port_of({**windows, "windows_tls": False}), port_of({**OPTIONS, "port": 2022})) == (22, 5986, 5985, 2022)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"connection": "none", "user": "admin"}, "user cannot be used with connection: none"),
        ({"private_key_file": "/nowhere/key"}, "/nowhere/key does not exist"),
        ({"connection": "psrp"}, "needs the option password"),
        ({"connection": "winrm", "password": "x", "ssh_args": "-v"}, "ssh_args cannot be used"),
        ({"connection": "winrm", "password": "x", "host_key": "seed"}, "host_key is for ssh"),
        ({"connection": "psrp", "password": "x", "windows_auth": "basic", "windows_tls": False}, "in the clear"),
    ],
)
def test_what_cannot_be_meant_is_refused(options: dict[str, t.Any], reason: str) -> None:
    with pytest.raises(BuilderError, match=reason):
        check_connection({**OPTIONS, **options})
