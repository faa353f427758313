# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A folder of a user who builds AMIs, against the rig."""

from __future__ import annotations

import dataclasses
import pathlib
import typing as t

from tests.rigs.aws.catalogue import DEBIAN_OWNER
from tests.rigs.aws.containers import USER
from tests.rigs.aws.rig import REGION, AwsRig

from .. import workspaces

SOURCE = {"name": "debian-12-amd64-*", "owners": [DEBIAN_OWNER], "most_recent": True}
WAITS = {name: {"interval": 0.2} for name in ("launch_wait", "terminate_wait", "image_wait", "stop_wait", "copy_wait", "connection_wait", "console_wait")}


def builder(rig: AwsRig, **options: t.Any) -> dict[str, t.Any]:
    """A builder that launches what the rig has and polls as fast as the rig is."""
    fixed = {"type": "aws", "region": REGION, "source": SOURCE, "instance_type": "t3.micro", "user": USER, "caller_address_url": rig.address_url}
    return {**fixed, **WAITS, **options}


@dataclasses.dataclass
class Workspace(workspaces.Workspace):
    """The folder."""

    rig: AwsRig


def make_workspace(folder: pathlib.Path, rig: AwsRig, collection_path: pathlib.Path) -> Workspace:
    """A workspace with the account in its environment."""
    return Workspace(folder, {**workspaces.prepare(folder, collection_path), **rig.environment}, rig)
