# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Host keys as the console tells them, and as ssh is given them."""

from __future__ import annotations

import base64
import pathlib
import typing as t

import pytest

from ansible_collections.golden.images.plugins.module_utils._access.host_keys import forget, is_pinned, known_hosts_path, pin
from ansible_collections.golden.images.plugins.module_utils._builders.aws.host_keys import check_host_key, keys_on_console, wait_for_console_keys
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import BuilderError, WaitTimeoutError

from .conftest import StubbedAccount

Options = t.Callable[..., dict[str, t.Any]]

CONSOLE = """[   10.1] cloud-init[500]: Generating public/private ed25519 key pair.
<14>Nov 21 08:00:00 cloud-init: #############################################################
<14>Nov 21 08:00:00 cloud-init: -----BEGIN SSH HOST KEY FINGERPRINTS-----
<14>Nov 21 08:00:00 cloud-init: 256 SHA256:abc root@ip-10-0-0-5 (ED25519)
<14>Nov 21 08:00:00 cloud-init: -----END SSH HOST KEY FINGERPRINTS-----
-----BEGIN SSH HOST KEY KEYS-----
ecdsa-sha2-nistp256 AAAAE2VjZHNh/LXNo+YTI= root@ip-10-0-0-5
ssh-ed25519 AAAAC3NzaC1lZDI1NTE5 root@ip-10-0-0-5
-----END SSH HOST KEY KEYS-----
[   11.0] cloud-init[500]: finished
"""
KEYS = ["ecdsa-sha2-nistp256 AAAAE2VjZHNh/LXNo+YTI=", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5"]


def test_the_console_tells_them() -> None:
    assert keys_on_console(CONSOLE) == KEYS
    assert keys_on_console("") == []
    assert keys_on_console("ssh-ed25519 AAAAC3FROMSOMEWHERE root@x\n") == []


def test_a_list_that_is_still_being_written_is_no_list() -> None:
    assert keys_on_console(CONSOLE.partition("-----END SSH HOST KEY KEYS-----")[0]) == []


def test_the_newest_boot_counts() -> None:
    second = CONSOLE.replace("AAAAC3NzaC1lZDI1NTE5", "AAAAC3SECOND")
    assert keys_on_console(CONSOLE + second)[1] == "ssh-ed25519 AAAAC3SECOND"
    assert keys_on_console(CONSOLE + second.partition("-----END SSH HOST KEY KEYS-----")[0])[1] == KEYS[1]


def test_it_is_waited_for(aws: StubbedAccount, guest_options: Options) -> None:
    aws.answer("ec2", "get_console_output", {"InstanceId": "i-1"}, {"InstanceId": "i-1", "Latest": True})
    encoded = base64.b64encode(CONSOLE.encode()).decode()
    aws.answer("ec2", "get_console_output", {"Output": encoded})
    assert wait_for_console_keys(aws.account, "i-1", guest_options(console_wait={"interval": 0.0})) == KEYS


def test_hardware_older_than_nitro_has_no_latest(aws: StubbedAccount, guest_options: Options) -> None:
    aws.refuse("ec2", "get_console_output", "UnsupportedOperation")
    aws.answer("ec2", "get_console_output", {"Output": base64.b64encode(CONSOLE.encode()).decode()}, {"InstanceId": "i-1"})
    assert wait_for_console_keys(aws.account, "i-1", guest_options()) == KEYS


def test_an_image_that_never_tells_gets_a_hint(aws: StubbedAccount, guest_options: Options) -> None:
    aws.answer("ec2", "get_console_output", {})
    with pytest.raises(WaitTimeoutError, match=r"host keys on the console of i-1.*console_wait.timeout.*host_key: user_data.*first_contact"):
        wait_for_console_keys(aws.account, "i-1", guest_options(console_wait={"timeout": 0}))


def test_ssh_gets_them_under_the_guests_name(tmp_path: pathlib.Path) -> None:
    pin(str(tmp_path), "golden-web", [*KEYS, "ssh-ed25519 AAAAC3x comment with words"])
    path = known_hosts_path(str(tmp_path), "golden-web")
    assert path.read_text().splitlines() == [f"golden-web {key}" for key in (*KEYS, "ssh-ed25519 AAAAC3x")]
    assert is_pinned(str(tmp_path), "golden-web")
    forget(str(tmp_path), "golden-web")
    assert not is_pinned(str(tmp_path), "golden-web")


def test_windows_has_none() -> None:
    check_host_key({"connection": "psrp", "host_key": "auto"})
    with pytest.raises(BuilderError, match="host_key is for ssh"):
        check_host_key({"connection": "psrp", "host_key": "console"})
