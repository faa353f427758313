# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module ``aws_image_info``."""

from __future__ import annotations

import typing as t

from ..._lifecycle.operation import Context, Operation, Params, Result
from . import image_tags as tags
from .image_lookup import search
from .image_records import image_facts
from .image_usage import users_of_images
from .session import AUTH_SPEC, Account

Json = dict[str, t.Any]


def run(params: Params, context: Context) -> Result:
    """Entry point of ``aws_image_info``."""
    account = Account.in_context(params, context)
    found: list[Json] = []
    for region in dict.fromkeys(params["regions"] or [account.region]):
        there = account.in_region(region)
        images = search(there, _wanted(params), params["owners"])
        users = users_of_images(there) if params["usage"] and images else {}
        newest_first = sorted(images, key=lambda image: str(image.get("CreationDate", "")), reverse=True)
        for image in newest_first:
            described = describe_image(image, region)
            if params["usage"]:
                described["used_by"] = users.get(image["ImageId"])
            found.append(described)
    return {"changed": False, "images": found}


def _wanted(params: Params) -> Json:
    """Filters; without any question, what was made by this collection."""
    wanted: Json = dict(params["filters"])
    if params["image_ids"]:
        wanted["image-id"] = params["image_ids"]
    if params["names"]:
        wanted["name"] = params["names"]
    if params.get("fingerprint"):
        wanted[f"tag:{tags.FINGERPRINT}"] = params["fingerprint"]
    if params.get("state"):
        wanted[f"tag:{tags.STATE}"] = params["state"]
    return wanted or {"tag-key": tags.STATE}


def describe_image(image: Json, region: str) -> Json:
    """An image in the modules' words."""
    known = {
        "image_id": image["ImageId"],
        "region": region,
        "name": image.get("Name", ""),
        "description": image.get("Description", ""),
        "state": image.get("State"),
        "created": str(image.get("CreationDate", "")),
        "owner": image.get("OwnerId"),
        "public": bool(image.get("Public")),
        "deprecation": image.get("DeprecationTime"),
        "deregistration_protection": image.get("DeregistrationProtection"),
        "last_launched": image.get("LastLaunchedTime"),
        "tags": tags.tags_of(image),
        **image_facts(image),
    }
    return {name: value for name, value in known.items() if value is not None}


OPERATION = Operation(
    argument_spec={
        "image_ids": {"type": "list", "elements": "str", "default": []},
        "names": {"type": "list", "elements": "str", "default": []},
        "filters": {"type": "dict", "default": {}},
        "owners": {"type": "list", "elements": "str", "default": ["self"]},
        "fingerprint": {"type": "str"},
        "state": {"type": "str", "choices": [tags.CAPTURED, tags.PUBLISHED]},
        "regions": {"type": "list", "elements": "str", "default": []},
        "usage": {"type": "bool", "default": False},
        **AUTH_SPEC,
    },
    run=run,
)
