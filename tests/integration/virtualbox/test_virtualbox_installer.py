# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A system is installed from a CD onto a blank disk by typed keys and answers from the build's web server, then started and provisioned."""

from __future__ import annotations

import pathlib

import pytest

from tests.rigs.docker.fixtures import CACHE, or_skip
from tests.rigs.virtualbox.installer_disc import installer_disc
from tests.rigs.virtualbox.rig import VirtualBoxRig

from .workspace import PLAIN, Workspace, builder

# Without hardware for virtual machines, on a machine that may be slow.
pytestmark = [pytest.mark.usefixtures("untouched_vbox"), pytest.mark.timeout(2400)]


@pytest.fixture(scope="module")
def disc(vbox_rig: VirtualBoxRig) -> pathlib.Path:
    """The CD."""
    made: list[pathlib.Path] = []
    or_skip("VirtualBox", lambda: made.append(installer_disc(CACHE)))
    return made[0]


def test_an_installation_without_a_question_becomes_an_appliance(disc: pathlib.Path, workspace: Workspace, vbox_rig: VirtualBoxRig) -> None:
    installed = builder(
        vbox_rig,
        source={"iso": {"path": str(disc)}},
        user="root",
        disk_size=1536,
        http={"content": {"answers": "hostname=installed\nauthorized_key={{ golden_public_key }}\n"}},
        boot_wait=6,
        boot_command=["<wait4>c<wait>", "install answers={{ golden_http_url }}/answers<enter>"],
        boot_key_interval=0.05,
        installation_end="power_off",
    )
    workspace.define({"installed": {**PLAIN, "provisioners": [{"inline": "echo on $(hostname) > /srv/made"}]}}, vbox=installed)
    output = workspace.run("-v", timeout=1200).ok().output
    assert "the installer powered the machine off" in output, output
    appliance = workspace.appliance("installed.vbox")
    assert workspace.in_appliance(appliance, "/srv/made") == "on installed\n"
    medium = vbox_rig.vboxmanage("import", appliance, "--dry-run")
    assert "CD-ROM" not in medium, medium
