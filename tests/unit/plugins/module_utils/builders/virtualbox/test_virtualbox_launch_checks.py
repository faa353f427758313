# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of a guest that are refused before anything is made."""

from __future__ import annotations

import pathlib
import typing as t

import pytest

from ansible_collections.golden.images.plugins.module_utils._builders.virtualbox import additions, launch_checks
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import BuilderError, GoldenError
from ansible_collections.golden.images.plugins.module_utils._lifecycle.operation import Context

from .conftest import FakeVirtualBox

Options = t.Callable[..., dict[str, t.Any]]

DISK = {"disk": {"path": "/x.qcow2"}}
ISO = {"iso": {"path": "/x.iso"}}
OS_TYPES = """Supported guest OS types:

ID / Description: Debian_64 -- Debian (64-bit)
Family:           Linux (Linux)

ID / Description: Debian12_64 -- Debian 12 Bookworm (64-bit)
Family:           Linux (Linux)
"""


def test_little_is_needed(guest_options: Options) -> None:
    for source in (DISK, ISO, {"ova": {"path": "/x.ova"}}, {"vm": {"name": "base", "linked": False}}, {"image_of": "base.vbox"}):
        launch_checks.check_launch(guest_options(), source)


@pytest.mark.parametrize(
    ("source", "options", "reason"),
    [
        ({"disk": {"urls": ["/x"]}}, {}, "is no http or https URL"),
        ({"ova": {"urls": ["https://x/a.ovf"]}}, {}, "cannot be downloaded alone"),
        ({"vm": {"name": "base", "linked": True}}, {"disk_size": 4096}, "linked clone"),
        ({"vm": {"name": "base", "linked": False}}, {"isolated": True}, "isolated VirtualBox knows no source.vm"),
        (DISK, {"installation_end": "reboot"}, "installation_end is for source.iso"),
        (ISO, {"installation_end": "reboot", "connection": "none"}, "nobody can tell"),
        (DISK, {"guest_additions": {"path": "/x.iso"}}, "mode is disable"),
        (DISK, {"guest_additions": {"mode": "upload"}, "connection": "psrp", "password": "x"}, "nothing is uploaded with connection: psrp"),
        (DISK, {"connection": "winrm"}, "needs the option password"),
        (DISK, {"boot_command": ["<nokey>"]}, "nokey"),
    ],
)
def test_what_cannot_be(guest_options: Options, source: dict[str, t.Any], options: dict[str, t.Any], reason: str) -> None:
    with pytest.raises(GoldenError, match=reason):
        launch_checks.check_launch(guest_options(**options), source)


def test_kinds_of_systems_are_looked_up(virtualbox: FakeVirtualBox, guest_options: Options) -> None:
    virtualbox.answer("--version", out="7.1.4r165100\n")
    virtualbox.answer("list", "ostypes", out=OS_TYPES)
    launch_checks.check_place(guest_options(guest_os_type="Debian_64"), virtualbox.vbox)
    with pytest.raises(BuilderError, match=r"knows no debian-12.*Similar ones: Debian12_64, Debian_64"):
        launch_checks.check_place(guest_options(guest_os_type="debian-12"), virtualbox.vbox)


def test_an_old_virtualbox(virtualbox: FakeVirtualBox, guest_options: Options) -> None:
    virtualbox.answer("--version", out="6.1.50r161033\n")
    with pytest.raises(BuilderError, match=r"VirtualBox 6\.1\.50 is too old"):
        launch_checks.check_place(guest_options(), virtualbox.vbox)


def test_room_for_the_disk(tmp_path: pathlib.Path) -> None:
    launch_checks.check_space(tmp_path / "not" / "there" / "yet", 0)
    with pytest.raises(BuilderError, match=r"MiB free at .*, and the disk of the guest needs"):
        launch_checks.check_space(tmp_path / "web", 1 << 60)


def test_the_guest_additions_are_found_and_checked(virtualbox: FakeVirtualBox, guest_options: Options, tmp_path: pathlib.Path) -> None:
    disc = tmp_path / "additions.iso"
    disc.write_bytes(b"disc")
    virtualbox.answer("list", "systemproperties", out=f"Default Guest Additions ISO:     {disc}\nLogging Level:                   all\n")
    assert additions.obtain_additions(guest_options(), virtualbox.vbox, Context()) is None
    attached = guest_options(guest_additions={"mode": "attach"})
    assert additions.obtain_additions(attached, virtualbox.vbox, Context()) == disc
    assert additions.uploads(attached, disc) == []
    uploaded = guest_options(guest_additions={"mode": "upload", "upload_path": "/tmp/a.iso"})
    assert additions.uploads(uploaded, disc) == [{"src": str(disc), "dest": "/tmp/a.iso"}]
    wrong = guest_options(guest_additions={"mode": "attach", "checksum": f"sha256:{'0' * 64}"})
    with pytest.raises(BuilderError, match=f"{disc} has the sha256"):
        additions.obtain_additions(wrong, virtualbox.vbox, Context())


def test_guest_additions_that_are_not_here(virtualbox: FakeVirtualBox, guest_options: Options, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(additions, "_PLACES", ())
    with pytest.raises(BuilderError, match="did not come with this VirtualBox"):
        additions.obtain_additions(guest_options(guest_additions={"mode": "attach"}), virtualbox.vbox, Context())
