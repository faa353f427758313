# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Post-processor ``docker_tag``: gives the image further names."""

from __future__ import annotations

from .._builders.docker.daemon import Daemon
from .._builders.docker.endpoint import ENDPOINT_SPEC
from .._lifecycle.operation import Context, Operation, Params, Result
from ._artifact_files import ARTIFACT_SPEC, artifact_of
from ._docker import add_tags, checked_names, daemon_of_builder, image_of, with_names

defaults = daemon_of_builder


def run(params: Params, context: Context) -> Result:
    """Tag it; the names are added to the artifact's ``docker_tags``."""
    artifact = artifact_of(params)
    names = checked_names(params["repository"], params["tags"])
    daemon = Daemon.of(params)
    moved = add_tags(image_of(artifact, daemon, "docker_tag"), names, params["force"], daemon, context)
    return {"changed": bool(moved), "names": names, "artifact": with_names(artifact, names).to_dict()}


OPERATION = Operation(
    argument_spec={
        **ARTIFACT_SPEC,
        "repository": {"type": "str", "required": True},
        "tags": {"type": "list", "elements": "str", "default": ["latest"]},
        "force": {"type": "bool", "default": True},
        **ENDPOINT_SPEC,
    },
    run=run,
)
