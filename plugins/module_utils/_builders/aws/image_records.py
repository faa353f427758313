# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Artifacts made of images, and what the lifecycle asks of them."""

from __future__ import annotations

import datetime
import typing as t

from ..._lifecycle.artifact import Artifact
from ..._lifecycle.journal import Resource
from ..._lifecycle.run import iso, utc_now
from . import image_tags as tags
from .image_lookup import describe, made_from, origin_of, search
from .image_removal import is_used, owned_snapshots, remove_image, snapshot_ids
from .image_resources import resource_of
from .session import Account
from .tagging import EXPIRES_TAG

Json = dict[str, t.Any]

#: The artifact of a build that was to leave nothing.
DISCARDED = "discarded"


def image_facts(image: t.Mapping[str, t.Any]) -> Json:
    """What people ask of an image."""
    facts = {
        "architecture": image.get("Architecture"),
        "boot_mode": image.get("BootMode"),
        "tpm_support": image.get("TpmSupport"),
        "imds_support": image.get("ImdsSupport"),
        "ena_support": image.get("EnaSupport"),
        "sriov_net_support": image.get("SriovNetSupport"),
        "platform": image.get("PlatformDetails") or image.get("Platform"),
        "root_device_name": image.get("RootDeviceName"),
        "virtualization_type": image.get("VirtualizationType"),
        "block_devices": [_device(mapping) for mapping in image.get("BlockDeviceMappings") or []],
    }
    return {key: value for key, value in facts.items() if value is not None}


def _device(mapping: t.Mapping[str, t.Any]) -> Json:
    volume = mapping.get("Ebs") or {}
    device = {
        "device_name": mapping.get("DeviceName"),
        "virtual_name": mapping.get("VirtualName"),
        "snapshot_id": volume.get("SnapshotId"),
        "volume_size": volume.get("VolumeSize"),
        "volume_type": volume.get("VolumeType"),
        "encrypted": volume.get("Encrypted"),
    }
    return {key: value for key, value in device.items() if value is not None}


def captured_artifact(account: Account, build: t.Mapping[str, t.Any], image: Json, name: str) -> Artifact:
    """The artifact of an image that was just captured.

    :param name: the name it is to have in the end.
    """
    metadata = {**_where(account, image), "name": name, "origin": origin_of(account.region, image["ImageId"]), **image_facts(image)}
    return _artifact(account, build, image["ImageId"], metadata)


def discarded_artifact(account: Account, build: t.Mapping[str, t.Any]) -> Artifact:
    """The artifact of a build that only tried whether it works."""
    return _artifact(account, build, DISCARDED, {"connection": account.to_options(), "region": account.region, "images": {}, "snapshots": {}})


def _where(account: Account, image: Json) -> Json:
    return {
        "connection": account.to_options(),
        "region": account.region,
        "images": {account.region: image["ImageId"]},
        "snapshots": {account.region: snapshot_ids(image)},
    }


def _artifact(account: Account, build: t.Mapping[str, t.Any], identifier: str, metadata: Json) -> Artifact:
    return Artifact(
        id=identifier,
        type="aws",
        build=str(build.get("name") or identifier),
        image=str(build.get("image", "")),
        builder=str(build.get("builder", "")),
        version=str(build.get("version", "")),
        fingerprint=str(build.get("fingerprint", "")),
        location=account.region,
        created=iso(utc_now()),
        source=dict(build.get("source") or {}),
        metadata=metadata,
    )


def images_of(artifact: Artifact) -> dict[str, str]:
    """Region to image id."""
    return dict(artifact.metadata.get("images") or {})


def is_present(artifact: Artifact, account: Account) -> bool:
    """Whether all its images can be launched from.

    A captured image may have given way to the published one while the record of that was lost: publishing, repeated, finds it.
    """
    if artifact.id == DISCARDED:
        return False
    return all(_is_available(artifact, image_id, account.in_region(region)) for region, image_id in images_of(artifact).items())


def _is_available(artifact: Artifact, image_id: str, account: Account) -> bool:
    image = describe(account, image_id)
    if image is not None:
        return image.get("State") == "available"
    origin = artifact.metadata.get("origin")
    if not origin or origin != origin_of(account.region, image_id):
        return False
    return any(tags.tags_of(image).get(tags.STATE) == tags.PUBLISHED for image in made_from(account, origin))


def remove(artifact: Artifact, account: Account) -> None:
    """Remove an artifact that was captured and never published; idempotent."""
    for region, image_id in images_of(artifact).items():
        there = account.in_region(region)
        image = describe(there, image_id)
        if image is not None:
            remove_image(there, image)


def find(build: str, fingerprint: str, account: Account) -> Artifact | None:
    """The newest published image of a build with this fingerprint, for machines that have no record of it."""
    if not fingerprint:
        return None
    wanted = {f"tag:{tags.FINGERPRINT}": fingerprint, f"tag:{tags.STATE}": tags.PUBLISHED, f"tag:{tags.BUILD}": build, "state": "available"}
    found = search(account, wanted)
    return _found_artifact(account, max(found, key=lambda image: str(image.get("CreationDate", "")))) if found else None


def _found_artifact(account: Account, image: Json) -> Artifact:
    """An artifact as its image's tags tell of it."""
    known = tags.tags_of(image)
    origin = known.get(tags.ORIGIN) or origin_of(account.region, image["ImageId"])
    build = {"name": known[tags.BUILD], "image": known.get(tags.IMAGE), "builder": known.get(tags.BUILDER), "version": known.get(tags.VERSION)}
    source = {"id": known.get(tags.SOURCE, ""), "description": known.get(tags.SOURCE, "")}
    metadata = {**_where(account, image), "name": image["Name"], "origin": origin, **image_facts(image)}
    artifact = _artifact(account, {**build, "fingerprint": known.get(tags.FINGERPRINT), "source": source}, image["ImageId"], metadata)
    return artifact.replace(created=known.get(tags.CREATED) or str(image.get("CreationDate", "")))


def leftovers(account: Account, now: datetime.datetime, regions: t.Iterable[str] = ()) -> list[Resource]:
    """Images and snapshots with the collection's marks whose expiry has passed.

    :param regions: where, beside the account's region, builds put images.
    """
    found: list[Resource] = []
    for there in (account.in_region(region) for region in dict.fromkeys([account.region, *regions])):
        for image in search(there, {"tag-key": EXPIRES_TAG}):
            known = tags.tags_of(image)
            if tags.is_expired(known, now):
                found.append(resource_of("image", there, image["Name"], known, id=image["ImageId"]))
        for snapshot in owned_snapshots(there, {"tag-key": EXPIRES_TAG}):
            known, identifier = tags.tags_of(snapshot), snapshot["SnapshotId"]
            if tags.is_expired(known, now) and not is_used(there, identifier):
                found.append(resource_of("snapshot", there, identifier, known, id=identifier))
    return found
