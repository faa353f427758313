# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module ``aws_image``."""

from __future__ import annotations

import typing as t

from ..._lifecycle.operation import Context, Operation, Params, Result
from .capture import captured
from .image_checks import check_image_options
from .image_lookup import describe, named
from .image_options import CAPTURE_SPEC, PRUNE_SPEC, PUBLISH_SPEC
from .image_removal import deregister, remove_image
from .placements import target_regions
from .prune import pruned
from .publish import published
from .session import AUTH_SPEC, Account

Json = dict[str, t.Any]


def absent(params: Params, context: Context, account: Account) -> Result:
    """State ``absent``: the images are gone in every region they go to, and their snapshots with them."""
    removed = []
    for region in dict.fromkeys([account.region, *target_regions(params, account.region)]):
        there = account.in_region(region)
        for name in params["names"]:
            image = describe(there, name) if name.startswith("ami-") else named(there, name)
            if image is None:
                continue
            removed.append({"image_id": image["ImageId"], "name": image.get("Name", ""), "region": region})
            if context.check_mode:
                continue
            if params["delete_snapshots"]:
                remove_image(there, image)
            else:
                deregister(there, image["ImageId"], str(image.get("Name", "")))
    result: Result = {"changed": bool(removed), "images": removed}
    if context.diff:
        result["diff"] = {"prepared": "\n".join(f"remove {entry['image_id']} {entry['name']} in {entry['region']}" for entry in removed)}
    return result


_STATES: dict[str, t.Callable[[Params, Context, Account], Result]] = {
    "captured": captured,
    "published": published,
    "pruned": pruned,
    "absent": absent,
}


def run(params: Params, context: Context) -> Result:
    """Entry point of ``aws_image``."""
    check_image_options(params)
    return _STATES[params["state"]](params, context, Account.in_context(params, context))


OPERATION = Operation(
    argument_spec={
        "state": {"type": "str", "choices": list(_STATES), "default": "captured"},
        "guest": {"type": "str"},
        "provisional": {"type": "bool", "default": True},
        "artifact": {"type": "dict"},
        "names": {"type": "list", "elements": "str", "default": []},
        "select_tags": {"type": "dict", "default": {}},
        "delete_snapshots": {"type": "bool", "default": True},
        **CAPTURE_SPEC,
        **PUBLISH_SPEC,
        **PRUNE_SPEC,
        **AUTH_SPEC,
    },
    run=run,
    constraints={
        "required_if": [
            ["state", "captured", ["guest"]],
            ["state", "published", ["artifact"]],
            ["state", "pruned", ["retention"]],
            ["state", "absent", ["names"]],
        ],
        "mutually_exclusive": [["deprecate_at", "deprecate_after"]],
    },
)
