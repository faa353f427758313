# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds end to end: from a cloud image's disk to an appliance that VirtualBox imports, with what was put in."""

from __future__ import annotations

import pathlib
import typing as t

import pytest

from tests.rigs.leftovers import Kinds, left
from tests.rigs.virtualbox.rig import VirtualBoxRig, in_disk

from .workspace import PLAIN, Workspace, builder

pytestmark = pytest.mark.usefixtures("untouched_vbox")

ADDITIONS = "no additions, but some file\n"
IMAGE: dict[str, t.Any] = {
    **PLAIN,
    "gather_facts": True,
    "provisioners": [{"role": "page", "vars": {"page_text": "built"}}],
    "verify": [{"inline": "grep -x 'built on Debian' /srv/published"}],
}


@pytest.fixture(scope="module")
def defined(workspace: Workspace, vbox_rig: VirtualBoxRig) -> None:
    """The definition."""
    disc = workspace.folder / "additions.iso"
    disc.write_text(ADDITIONS)
    options = {"format": ["ova"], "ovf_version": "2.0", "disk_controller": "virtio", "guest_additions": {"mode": "upload", "path": str(disc)}}
    workspace.define({"web": IMAGE}, vbox=builder(vbox_rig, **options))


@pytest.fixture(scope="module")
def checked(defined: None, workspace: Workspace, vbox_rig: VirtualBoxRig) -> tuple[str, Kinds, list[pathlib.Path]]:
    """What a check of the image that is not there yet wrote, and what it left in VirtualBox and in the folder of results."""
    before = vbox_rig.everything()
    output = workspace.run("--check").ok().output
    return output, left(before, vbox_rig.everything()), list(workspace.folder.glob("output/**/*"))


@pytest.fixture(scope="module")
def built(checked: object, workspace: Workspace) -> str:
    """A build of the image, and what the playbook wrote."""
    return workspace.run("-v", timeout=900).ok().output


def test_a_check_predicts_the_build_and_makes_nothing(checked: tuple[str, Kinds, list[pathlib.Path]]) -> None:
    output, left_behind, results = checked
    assert "not been built here yet" in output, output
    assert (left_behind, results) == ({}, [])


def test_a_disk_with_a_seed_becomes_an_appliance_with_what_was_provisioned(built: str, workspace: Workspace) -> None:
    assert "1 built" in built
    # By its power button, and not by force.
    assert "powered off" not in built
    with workspace.imported(workspace.appliance("web.vbox")) as disk:
        assert in_disk(disk, "/srv/published") == "built on Debian\n"
        assert in_disk(disk, "/home/debian/VBoxGuestAdditions.iso") == ADDITIONS


def test_a_second_run_changes_nothing(built: str, workspace: Workspace) -> None:
    appliance = workspace.appliance("web.vbox")
    before = appliance.stat()
    output = workspace.run().ok().output
    assert "1 up to date" in output and "changed=0" in output
    assert appliance.stat() == before


def test_the_appliance_is_verified_again_on_a_machine_that_goes(built: str, workspace: Workspace, vbox_rig: VirtualBoxRig) -> None:
    appliance, before = workspace.appliance("web.vbox"), vbox_rig.everything()
    stat = appliance.stat()
    assert "1 build: 1 verified" in workspace.run(playbook="golden.images.verify", timeout=900).ok().output
    assert (appliance.stat().st_mtime_ns, appliance.stat().st_size) == (stat.st_mtime_ns, stat.st_size)
    assert vbox_rig.everything() == before
