# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module ``vsphere_image``."""

from __future__ import annotations

import typing as t

from ..._lifecycle.errors import BuilderError
from ..._lifecycle.operation import Context, Operation, Params, Result
from .capture import captured
from .finding import datacenter
from .image_checks import check_image_options
from .image_options import CAPTURE_SPEC, PRUNE_SPEC, PUBLISH_SPEC
from .images import Image, all_images
from .library import Library
from .machines import destroy
from .options import AUTH_SPEC, PLACE_SPEC
from .prune import pruned
from .publish import published
from .rest import Rest
from .sdk import Managed
from .session import VCenter


def absent(params: Params, context: Context, vcenter: VCenter) -> Result:
    """State ``absent``: templates, images that are virtual machines, and library items are gone."""
    root = datacenter(vcenter, params["datacenter"]) if params.get("datacenter") else None
    removed = []
    # Without libraries it is about the inventory, with them about those alone.
    for image in [] if params["libraries"] else _named(vcenter, root, params["names"]):
        removed.append({"id": image.id, "name": image.name, "path": image.path})
        if not context.check_mode:
            destroy(vcenter, image.object, image.name)
    for library in params["libraries"]:
        libraries = Library(Rest.of(vcenter))
        library_id = libraries.find(library)
        for item in (found for found in (libraries.item(library_id, name) for name in params["names"]) if found is not None):
            removed.append({"id": item.id, "name": item.name, "path": f"{library}/{item.name}"})
            if not context.check_mode:
                libraries.remove(item)
    result: Result = {"changed": bool(removed), "images": removed}
    if context.diff:
        result["diff"] = {"prepared": "\n".join(f"remove {entry['path']}" for entry in removed)}
    return result


def _named(vcenter: VCenter, root: Managed, names: t.Sequence[str]) -> list[Image]:
    """Patterns would take what nobody thought of."""
    found = []
    for name in names:
        hits = [image for image in all_images(vcenter, root) if name in (image.id, image.name, image.path)]
        if len(hits) > 1:
            raise BuilderError(
                f"{len(hits)} images are called {name}: {', '.join(image.path for image in hits)}", hint="Give the path of the one that is meant"
            )
        found += hits
    return found


_STATES: dict[str, t.Callable[[Params, Context, VCenter], Result]] = {
    "captured": captured,
    "published": published,
    "pruned": pruned,
    "absent": absent,
}


def run(params: Params, context: Context) -> Result:
    """Entry point of ``vsphere_image``."""
    check_image_options(params)
    return _STATES[params["state"]](params, context, VCenter.of(params))


OPERATION = Operation(
    argument_spec={
        "state": {"type": "str", "choices": list(_STATES), "default": "captured"},
        "guest": {"type": "str"},
        "artifact": {"type": "dict"},
        "names": {"type": "list", "elements": "str", "default": []},
        "build": {"type": "str"},
        "libraries": {"type": "list", "elements": "str", "default": []},
        **CAPTURE_SPEC,
        **PUBLISH_SPEC,
        **PRUNE_SPEC,
        **{name: PLACE_SPEC[name] for name in ("datacenter", "cluster", "host", "resource_pool")},
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
    },
)
