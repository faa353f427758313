# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module ``vsphere_image_info``."""

from __future__ import annotations

import fnmatch
import typing as t

from ..._lifecycle.operation import Context, Operation, Params, Result
from . import image_marks as marks
from .finding import datacenter
from .images import Image, all_images, facts_of, selected, user_of, users_of_disks
from .library import Library, LibraryItem
from .options import AUTH_SPEC
from .rest import Rest
from .session import VCenter
from .tags import attributes_of, tags_of

Json = dict[str, t.Any]

_OWN = ("image", "builder", "version", "build", "fingerprint", "source", "state")


def run(params: Params, context: Context) -> Result:
    """Entry point of ``vsphere_image_info``."""
    del context
    vcenter = VCenter.of(params)
    root = datacenter(vcenter, params["datacenter"]) if params.get("datacenter") else None
    images = [image for image in selected(all_images(vcenter, root), params["names"]) if _is_wanted(image.record, params)]
    users = users_of_disks(vcenter) if params["usage"] and images else {}
    found = []
    for image in sorted(images, key=lambda image: image.created, reverse=True):
        described = describe_image(vcenter, image)
        if params["tags"]:
            described["tags"] = tags_of(Rest.of(vcenter), image.object)
        if params["usage"]:
            described["used_by"] = user_of(vcenter, image, users)
        found.append(described)
    return {"changed": False, "images": found, "library_items": [item for library in params["libraries"] for item in _items(vcenter, library, params)]}


def _is_wanted(record: marks.Record, params: Params) -> bool:
    """Without any question, what was made by this collection."""
    wanted = {key: params[key] for key in ("build", "fingerprint", "state") if params.get(key)}
    if not wanted and not params["names"]:
        return bool(record)
    return all(record.get(key) == value for key, value in wanted.items())


def _items(vcenter: VCenter, library: str, params: Params) -> list[Json]:
    libraries = Library(Rest.of(vcenter))
    items = libraries.items(libraries.find(library))
    chosen = [item for item in items if not params["names"] or any(fnmatch.fnmatchcase(item.name, name) for name in params["names"])]
    return [describe_item(library, item, libraries.files(item)) for item in chosen if params["names"] or marks.read_record(item.description)]


def describe_image(vcenter: VCenter, image: Image) -> Json:
    """An image of the inventory in the modules' words."""
    return {
        "id": image.id,
        "name": image.name,
        "path": image.path,
        "type": "template" if image.is_template else "vm",
        "instance_uuid": image.instance,
        "description": marks.without_record(image.notes),
        "created": image.created,
        **_own(image.record),
        "attributes": attributes_of(vcenter, image.object),
        **facts_of(vcenter, image.object),
    }


def describe_item(library: str, item: LibraryItem, files: t.Sequence[t.Mapping[str, t.Any]]) -> Json:
    """A library item in the modules' words."""
    record = marks.read_record(item.description)
    return {
        "id": item.id,
        "library": library,
        "name": item.name,
        "type": item.type,
        "content_version": item.version,
        "description": marks.without_record(item.description),
        "created": record.get("created") or item.created,
        "modified": item.modified,
        **_own(record),
        "files": [{"name": file.get("name"), "size": file.get("size"), "version": file.get("version")} for file in files],
    }


def _own(record: marks.Record) -> dict[str, str]:
    return {key: record[key] for key in _OWN if record.get(key)}


OPERATION = Operation(
    argument_spec={
        "names": {"type": "list", "elements": "str", "default": []},
        "datacenter": {"type": "str"},
        "build": {"type": "str"},
        "fingerprint": {"type": "str"},
        "state": {"type": "str", "choices": [marks.CAPTURED, marks.PUBLISHED]},
        "libraries": {"type": "list", "elements": "str", "default": []},
        "tags": {"type": "bool", "default": False},
        "usage": {"type": "bool", "default": False},
        **AUTH_SPEC,
    },
    run=run,
)
