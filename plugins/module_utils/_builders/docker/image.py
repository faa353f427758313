# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules ``docker_image`` and ``docker_image_info``."""

from __future__ import annotations

import typing as t

from ..._lifecycle.operation import Context, Operation, Params, Result
from .capture import captured, image_facts, layered
from .daemon import Daemon, Json
from .endpoint import ENDPOINT_SPEC
from .options import CAPTURE_SPEC, PUBLISH_SPEC
from .publish import IMAGE_LABEL, absent, published

_STATES: dict[str, t.Callable[[Params, Context, Daemon], Result]] = {
    "captured": captured,
    "layered": layered,
    "published": published,
    "absent": absent,
}


def run(params: Params, context: Context) -> Result:
    """Entry point of ``docker_image``."""
    return _STATES[params["state"]](params, context, Daemon.of(params))


def run_info(params: Params, context: Context) -> Result:
    """Entry point of ``docker_image_info``."""
    daemon = Daemon.of(params)
    if params.get("names"):
        found = [image for image in (daemon.find_image(name) for name in params["names"]) if image]
    else:
        wanted = f"golden.fingerprint={params['fingerprint']}" if params.get("fingerprint") else IMAGE_LABEL
        with daemon.doing("list images"):
            listed = daemon.quick.images(filters={"label": [wanted]})
        found = [image for image in (daemon.find_image(entry["Id"]) for entry in listed) if image]
    return {"changed": False, "images": [describe(image) for image in found]}


def describe(image: Json) -> Json:
    """An image in the modules' words."""
    return {
        "id": image["Id"],
        "tags": sorted(image.get("RepoTags") or []),
        "digests": sorted(image.get("RepoDigests") or []),
        "created": image.get("Created"),
        "labels": dict((image.get("Config") or {}).get("Labels") or {}),
        **image_facts(image),
    }


OPERATION = Operation(
    argument_spec={
        "state": {"type": "str", "choices": list(_STATES), "default": "captured"},
        "guest": {"type": "str"},
        "artifact": {"type": "dict"},
        "names": {"type": "list", "elements": "str"},
        "labels": {"type": "dict", "default": {}},
        "directory": {"type": "path"},
        "file_stem": {"type": "str"},
        **CAPTURE_SPEC,
        **PUBLISH_SPEC,
        **ENDPOINT_SPEC,
    },
    run=run,
    constraints={
        "required_if": [
            ["state", "captured", ["guest"]],
            ["state", "layered", ["guest"]],
            ["state", "published", ["artifact"]],
            ["state", "absent", ["names"]],
        ]
    },
)

INFO_OPERATION = Operation(
    argument_spec={"names": {"type": "list", "elements": "str"}, "fingerprint": {"type": "str"}, **ENDPOINT_SPEC},
    run=run_info,
    constraints={"mutually_exclusive": [["names", "fingerprint"]]},
)
