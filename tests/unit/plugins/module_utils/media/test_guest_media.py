# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Media, servers and keys that a builder's options ask for."""

from __future__ import annotations

import json
import pathlib
import typing as t
import urllib.request

import pytest

from ansible_collections.golden.images.plugins.module_utils._access import host_keys
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import BuilderError, GoldenError
from ansible_collections.golden.images.plugins.module_utils._lifecycle.journal import Journal
from ansible_collections.golden.images.plugins.module_utils._lifecycle.operation import Context
from ansible_collections.golden.images.plugins.module_utils._media import guest_media, http_server
from ansible_collections.golden.images.plugins.module_utils._media.late import VARIABLES, LateValues

OPTIONS: dict[str, t.Any] = {
    "connection": "ssh",
    "user": "admin",
    "password": None,
    "private_key_file": None,
    "host_key": "auto",
    "cloud_init": {"seed": "auto", "user_data": None, "user_data_file": None, "meta_data": {}, "network_config": None},
    "cd": None,
    "floppy": None,
    "http": None,
    "boot_command": [],
}
CD = {"label": "OEMDRV", "files": [], "content": {"ks.cfg": "url --url=__golden_http_url__/os\n"}}
HTTP = {"directory": None, "content": {"answers": "key __golden_public_key__ at __golden_http_port__"}, "address": None, "ports": [8000, 9000]}


def options(**more: t.Any) -> dict[str, t.Any]:
    cloud_init = {**OPTIONS["cloud_init"], **more.pop("cloud_init", {})}
    return {**OPTIONS, "cloud_init": cloud_init, **more}


@pytest.fixture
def context(tmp_path: pathlib.Path) -> Context:
    return Context(journal=Journal(tmp_path / "journal.jsonl"))


@pytest.mark.parametrize(
    ("given", "kind", "seeded"),
    [
        ({}, "disk", True),
        ({}, "iso", False),
        ({"password": "x"}, "disk", False),
        ({"connection": "winrm", "password": "x"}, "ova", False),
        ({"password": "x", "cloud_init": {"user_data": "#cloud-config\n"}}, "disk", True),
        ({"cloud_init": {"seed": "always"}}, "iso", True),
        ({"cloud_init": {"seed": "never"}}, "disk", False),
    ],
)
def test_who_gets_a_seed(given: dict[str, t.Any], kind: str, seeded: bool) -> None:
    assert guest_media.wants_seed(options(**given), kind) is seeded


def test_a_seed_lets_us_in_and_pins_the_host_key(tmp_path: pathlib.Path, context: Context) -> None:
    wanted = options(cloud_init={"meta_data": {"local-hostname": "web"}, "network_config": {"version": 2}})
    access = guest_media.prepare_access(wanted, "golden-web", str(tmp_path), "disk")
    assert access.host_key is not None and access.public_key is not None
    assert host_keys.known_hosts_path(str(tmp_path), "golden-web").read_text().split()[:3] == ["golden-web", *access.host_key.public.split()[:2]]
    content = guest_media.seed_content(wanted, "golden-web", access)
    config = json.loads(content["user-data"].partition("\n")[2])
    assert config["users"][1]["ssh_authorized_keys"] == [access.public_key]
    assert config["ssh_keys"]["ed25519_private"] == access.host_key.private
    assert json.loads(content["meta-data"]) == {"instance-id": "golden-web", "local-hostname": "web"}
    assert json.loads(content["network-config"]) == {"version": 2}
    (medium,) = guest_media.make_media(wanted, "golden-web", str(tmp_path), access, LateValues(), context, "disk", "build")
    assert (medium.role, medium.kind) == ("seed", "cd")
    assert pathlib.Path(medium.path).stat().st_mode & 0o777 == 0o600
    assert medium.path in (tmp_path / "journal.jsonl").read_text()


def test_who_has_an_own_way_in_gets_no_key(tmp_path: pathlib.Path) -> None:
    mine = tmp_path / "mine"
    mine.write_text("private")
    pathlib.Path(f"{mine}.pub").write_text("ssh-ed25519 AAAA me\n")
    assert guest_media.prepare_access(options(password="x"), "golden-web", str(tmp_path), "disk") == guest_media.Access()
    access = guest_media.prepare_access(options(private_key_file=str(mine)), "golden-web", str(tmp_path), "disk")
    assert (access.public_key, access.private_key_file, access.host_key) == ("ssh-ed25519 AAAA me", str(mine), None)
    assert not list(tmp_path.glob("golden-web*"))


def test_an_existing_guest_needs_its_key(tmp_path: pathlib.Path) -> None:
    with pytest.raises(BuilderError, match="the guest golden-web exists, but its private key"):
        guest_media.private_key_of(options(), "golden-web", str(tmp_path))
    guest_media.prepare_access(options(), "golden-web", str(tmp_path), "disk")
    assert guest_media.private_key_of(options(), "golden-web", str(tmp_path)) == str(tmp_path / "golden-web.key")
    assert guest_media.private_key_of(options(password="x"), "golden-web", str(tmp_path)) is None


def test_a_guest_that_verifies_gets_no_media_of_the_installer(tmp_path: pathlib.Path, context: Context) -> None:
    wanted = options(cd=CD, floppy={"label": "floppy", "files": [], "content": {"a": "b"}}, password="x")
    late = LateValues("10.0.2.2", 8123, None)
    made = guest_media.make_media(wanted, "golden-web", str(tmp_path), guest_media.Access(), late, context, "iso", "build")
    assert [medium.role for medium in made] == ["cd", "floppy"]
    assert b"url --url=http://10.0.2.2:8123/os" in pathlib.Path(made[0].path).read_bytes()
    assert guest_media.make_media(wanted, "golden-web-verify", str(tmp_path), guest_media.Access(), late, context, "ova", "verify") == []


def test_what_is_served_tells_where_it_is_served(tmp_path: pathlib.Path, context: Context) -> None:
    access = guest_media.Access(public_key="ssh-ed25519 AAAA")
    server = guest_media.start_http(options(http=HTTP), "golden-web", str(tmp_path), "127.0.0.1", "10.0.2.2", access, context)
    assert server is not None
    try:
        with urllib.request.urlopen(f"{server.url}/answers") as answer:
            assert answer.read().decode() == f"key ssh-ed25519 AAAA at {server.port}"
        assert guest_media.late_values(options(http=HTTP), server, "10.0.2.2", access) == LateValues("10.0.2.2", server.port, "ssh-ed25519 AAAA")
    finally:
        http_server.stop(server.mark, context)


def test_the_boot_command_knows_the_server() -> None:
    late = LateValues("10.0.2.2", 8123, None)
    (short, long) = (guest_media.typed(options(boot_command=[text]), late) for text in (VARIABLES["golden_http_url"], "http://10.0.2.2:8123"))
    assert short == long and len(long) > 20


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"cloud_init": {"user_data": "#!x", "user_data_file": "/x"}}, "exclude each other"),
        ({"cloud_init": {"user_data": "PK"}}, "cannot carry a key"),
        ({"cd": {**CD, "label": "cidata"}}, "two CDs"),
        ({"cd": {**CD, "content": {}}}, "nothing to put"),
        ({"floppy": {"label": "much too long a label", "files": [], "content": {"a": "b"}}}, "cannot be the label"),
        ({"host_key": "seed", "password": "x"}, "needs a seed"),
        ({"boot_command": ["<nokey>"]}, "nokey"),
        ({"boot_command": ["url=__golden_http_url__"]}, "golden_http_url is used, but no server"),
        ({"http": {**HTTP, "ports": [1, 2, 3]}}, "one port"),
    ],
)
def test_what_cannot_be_made_is_refused(given: dict[str, t.Any], reason: str) -> None:
    with pytest.raises(GoldenError, match=reason):
        guest_media.check_media(options(**given), "disk")


def test_values_go_into_nested_texts() -> None:
    late = LateValues("2001:db8::1", 80, "ssh-ed25519 AAAA")
    assert late.into({"a": ["__golden_http_url__", 1], "b": "__golden_public_key__"}) == {"a": ["http://[2001:db8::1]:80", 1], "b": "ssh-ed25519 AAAA"}
    with pytest.raises(BuilderError, match="golden_public_key is used, but there is a temporary key only"):
        LateValues().into(["__golden_public_key__"])
