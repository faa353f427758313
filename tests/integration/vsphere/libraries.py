# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tasks about images."""

from __future__ import annotations

import typing as t

from tests.rigs.vsphere.rig import VSphereRig

from ..workspaces import Task

QUICK = {"interval": 0.1}
CAPTURED = "{{ captured.artifact }}"


def image(rig: VSphereRig, state: str, register: str, **options: t.Any) -> Task:
    """A task of vsphere_image."""
    waits = {"image_wait": QUICK, "stop_wait": QUICK, "transfer_wait": QUICK}
    return {"golden.images.vsphere_image": {"ca_file": str(rig.ca_file), "state": state, **waits, **options}, "register": register}


def module(rig: VSphereRig, what: str, register: str, **options: t.Any) -> Task:
    """A task of another module about images."""
    return {f"golden.images.vsphere_image_{what}": {"ca_file": str(rig.ca_file), **options}, "register": register}
