# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Artifacts made of images, and what the lifecycle asks of them."""

from __future__ import annotations

import datetime
import os
import typing as t

from ..._lifecycle.artifact import Artifact
from ..._lifecycle.errors import BuilderError
from ..._lifecycle.journal import Resource
from ..._lifecycle.operation import Context
from ..._lifecycle.run import iso, utc_now
from . import image_marks as marks
from .finding import datacenter
from .image_discarding import image_resource
from .images import Image, all_images, by_id, facts_of
from .library import Library
from .machines import destroy
from .rest import Rest, is_missing
from .session import VCenter

Json = dict[str, t.Any]
Options = t.Mapping[str, t.Any]

#: What is left in the inventory of a finished image, by ``image_type``.
TEMPLATE, VM, NONE = "template", "vm", "none"


def captured_artifact(vcenter: VCenter, build: t.Mapping[str, t.Any], image: Image, name: str, image_type: str) -> Artifact:
    """The artifact of an image that was just captured.

    :param name: the name it is to have in the end.
    """
    return _artifact(vcenter, build, image, name, image_type, image.record.get("created") or iso(utc_now()))


def _artifact(vcenter: VCenter, build: t.Mapping[str, t.Any], image: Image, name: str, image_type: str, created: str) -> Artifact:
    metadata = {
        "connection": vcenter.to_options(),
        "vcenter": str(vcenter.content.about.instanceUuid or ""),
        "name": name,
        "image_type": image_type,
        "instance_uuid": image.instance,
        **facts_of(vcenter, image.object),
        **place_facts(image),
    }
    return Artifact(
        id=image.id,
        type="vsphere",
        build=str(build.get("name") or image.id),
        image=str(build.get("image") or ""),
        builder=str(build.get("builder") or ""),
        version=str(build.get("version") or ""),
        fingerprint=str(build.get("fingerprint") or ""),
        location=f"{vcenter.hostname}{image.folder}",
        created=created,
        source=dict(build.get("source") or {}),
        metadata=metadata,
    )


def place_facts(image: Image) -> Json:
    """Where an image is, as metadata."""
    return {"path": image.path, "is_template": image.is_template}


def machine_of(artifact: Artifact) -> str | None:
    """What vCenter calls the machine or template of an artifact; ``None`` when it was to leave none."""
    return None if artifact.metadata.get("removed") else artifact.id


def source_of(artifact: Artifact) -> Json:
    """``source`` options that launch a guest from an artifact.

    :raises BuilderError: for one that is in no inventory and no library.
    """
    machine = machine_of(artifact)
    if machine is not None:
        return {"template": machine} if artifact.metadata.get("is_template") else {"vm": {"name": machine}}
    item = artifact.metadata.get("library_item")
    if item:
        return {"library": {"library": item["library"], "item": item["item"]}}
    packages = [file.path for file in artifact.files if file.kind in ("ova", "ovf")]
    if packages:
        return {"ova": {"path": packages[0]}}
    raise BuilderError(f"{artifact.build} left nothing that a guest could be launched from")


def is_present(artifact: Artifact, vcenter: VCenter) -> bool:
    """Whether all that it consists of is there: the machine or template, the library item, and files that nothing could make again."""
    machine = machine_of(artifact)
    if machine is None and not all(os.path.isfile(file.path) for file in artifact.files):
        return False
    if machine is not None:
        image = by_id(vcenter, machine)
        if image is None or not image.record or image.is_template != bool(artifact.metadata.get("is_template")):
            return False
    item = artifact.metadata.get("library_item")
    return item is None or _has_item(vcenter, item)


def _has_item(vcenter: VCenter, known: t.Mapping[str, str]) -> bool:
    try:
        return Library(Rest.of(vcenter)).by_id(known["id"]).name == known["item"]
    except BuilderError as error:
        if is_missing(error):
            return False
        raise


def remove(artifact: Artifact, vcenter: VCenter) -> None:
    """Remove an artifact that was captured and never published; idempotent."""
    machine = machine_of(artifact)
    image = by_id(vcenter, machine) if machine else None
    if image is not None and image.record.get(marks.STATE) == marks.CAPTURED:
        destroy(vcenter, image.object, image.name)


def find(build: str, fingerprint: str, vcenter: VCenter, options: Options, context: Context) -> Artifact | None:
    """The newest published image of a build with this fingerprint, for machines that have no record of it.

    Only where the image stays in the inventory: an item of a library and a file tell too little to go on with.
    """
    del context
    if not fingerprint or options.get("image_type") == NONE or options.get("export"):
        return None
    root = datacenter(vcenter, options["datacenter"]) if options.get("datacenter") else None
    wanted = {marks.STATE: marks.PUBLISHED, "build": build, "fingerprint": fingerprint}
    found = [image for image in all_images(vcenter, root) if all(image.record.get(key) == value for key, value in wanted.items())]
    return found_artifact(vcenter, max(found, key=lambda image: image.created)) if found else None


def found_artifact(vcenter: VCenter, image: Image) -> Artifact:
    """An artifact as its image's notes tell of it."""
    known = image.record
    source = {"id": known.get("source", ""), "description": known.get("source", "")}
    build = {"name": known.get("build"), **{key: known.get(key) for key in ("image", "builder", "version", "fingerprint")}, "source": source}
    return _artifact(vcenter, build, image, image.name, TEMPLATE if image.is_template else VM, image.created)


def leftovers(vcenter: VCenter, now: datetime.datetime) -> list[Resource]:
    """Images that were captured, never published, and whose expiry has passed."""
    left = [image for image in all_images(vcenter) if image.record.get(marks.STATE) == marks.CAPTURED and marks.is_expired(image.record, now)]
    return [image_resource(vcenter, image, image.name) for image in left]


def next_steps(artifact: Artifact) -> list[str]:
    """Commands with which a person can use the published artifact."""
    steps = []
    if machine_of(artifact) is not None:
        steps.append(f"govc vm.clone -vm '{artifact.metadata['path']}' NAME")
    item = artifact.metadata.get("library_item")
    if item:
        steps.append(f"govc library.deploy '/{item['library']}/{item['item']}' NAME")
    steps += [f"govc import.{file.kind} -name NAME {file.path}" for file in artifact.files if file.kind in ("ova", "ovf")]
    return steps
