# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""User data: the user's, with the host key beside it where cloud-init reads both."""

from __future__ import annotations

import email
import gzip
import json
import pathlib
import typing as t

import pytest

from ansible_collections.golden.images.plugins.module_utils._access.keys import KeyText
from ansible_collections.golden.images.plugins.module_utils._builders.aws.user_data import check_user_data, launch_user_data, pins_by_user_data
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import BuilderError

KEY = KeyText("-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n-----END OPENSSH PRIVATE KEY-----\n", "ssh-ed25519 AAAAC3 golden-web")


def parts(data: bytes) -> list[tuple[str, bytes]]:
    message = email.message_from_bytes(data)
    return [(part.get_content_type(), t.cast(bytes, part.get_payload(decode=True))) for part in message.walk() if not part.is_multipart()]


def ssh_keys(config: bytes) -> dict[str, str]:
    assert config.startswith(b"#cloud-config\n")
    return dict(json.loads(config.partition(b"\n")[2])["ssh_keys"])


def test_alone_the_host_key_is_cloud_config() -> None:
    assert ssh_keys(launch_user_data({}, KEY)) == {"ed25519_private": KEY.private, "ed25519_public": KEY.public}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("#!/bin/sh\necho é\n", "text/x-shellscript"),
        ("#cloud-config\npackages: [nginx]\n", "text/cloud-config"),
        ("#include\nhttps://example.org/data\n", "text/x-include-url"),
        ("## template: jinja\n#cloud-config\n{}\n", "text/jinja2"),
    ],
)
def test_the_users_part_stays_what_it_is(text: str, kind: str) -> None:
    (given, config) = parts(launch_user_data({"user_data": text}, KEY))
    assert config[0] == "text/cloud-config"
    assert ssh_keys(config[1])["ed25519_public"] == KEY.public
    assert given == (kind, text.encode())


def test_several_parts_stay_several() -> None:
    first = launch_user_data({"user_data": "#!/bin/sh\ntrue\n"}, KeyText("p", "q")).decode()
    together = parts(launch_user_data({"user_data": first}, KEY))
    assert [kind for kind, _content in together] == ["text/x-shellscript", "text/cloud-config", "text/cloud-config"]


def test_without_a_host_key_it_is_sent_as_it_is(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "data"
    path.write_bytes(b"<powershell>\r\n\xff")
    assert launch_user_data({"user_data_file": str(path)}, None) == b"<powershell>\r\n\xff"
    assert launch_user_data({}, None) == b""


def test_compressed_it_may_be_longer() -> None:
    given = "#!/bin/sh\n" + "true\n" * 5000
    options = {"user_data": given, "user_data_gzip": True, "connection": "ssh"}
    check_user_data(options)
    assert gzip.decompress(launch_user_data(options, None)) == given.encode()
    ((_script, text), (_kind, _config)) = parts(gzip.decompress(launch_user_data(options, KEY)))
    assert text == given.encode()


def test_the_host_key_goes_where_it_is_read() -> None:
    assert pins_by_user_data({"connection": "ssh"})
    assert pins_by_user_data({"connection": "ssh", "user_data": "#!/bin/sh\n"})
    assert not pins_by_user_data({"connection": "ssh", "user_data": "[settings.motd]\n"})
    assert not pins_by_user_data({"connection": "ssh", "host_key": "console"})
    assert not pins_by_user_data({"connection": "ssh", "host_key": "first_contact"})
    assert not pins_by_user_data({"connection": "psrp"})


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"user_data": "a", "user_data_file": "b"}, "exclude each other"),
        ({"user_data_file": "/does/not/exist"}, "/does/not/exist cannot be read"),
        ({"user_data": "a" * 16385}, "16385 bytes, AWS takes 16384"),
        ({"user_data_gzip": True}, "nothing to compress"),
        ({"user_data_gzip": True, "user_data": "x", "connection": "winrm"}, "Windows does not read"),
        ({"user_data": "[settings]\n", "host_key": "user_data"}, "cannot carry a host key"),
    ],
)
def test_what_cannot_be_meant_is_refused(options: dict[str, t.Any], reason: str) -> None:
    with pytest.raises(BuilderError, match=reason):
        check_user_data({"connection": "ssh", **options})


def test_no_room_for_the_host_key_is_said() -> None:
    options = {"user_data": "#!/bin/sh\n" + "x" * 16000, "connection": "ssh"}
    check_user_data(options)
    with pytest.raises(BuilderError, match=r"with the host key, AWS takes 16384.*host_key to console"):
        launch_user_data(options, KEY)
