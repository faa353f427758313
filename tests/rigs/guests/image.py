# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The content of the stock guests of rigs whose machines are containers, and the program that boots them."""

from __future__ import annotations

import pathlib

from ..docker.rig import DockerRig, root_archive

GUEST_IMAGE = "rig/guest:1"
GUEST_PACKAGES = "python3,python3-apt,python3-yaml,ca-certificates,openssh-server,sudo"
BOOT = pathlib.Path(__file__).with_name("boot.py").read_text(encoding="utf-8")


def import_guest(rig: DockerRig, cache: pathlib.Path) -> None:
    """Have the content in the daemon."""
    if not rig.exists(GUEST_IMAGE):
        archive = root_archive(cache, "guest-bookworm.tar", GUEST_PACKAGES)
        rig.docker("import", str(archive), GUEST_IMAGE)
