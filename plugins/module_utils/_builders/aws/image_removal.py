# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Removes images with their snapshots, but for snapshots that other images need."""

from __future__ import annotations

import typing as t

from ..._lifecycle.errors import BuilderError
from ..._lifecycle.waiting import Waiter
from .errors import AwsError, doing, missing
from .image_lookup import search
from .image_tags import RUN, tags_of
from .session import Account
from .tagging import filters

Json = dict[str, t.Any]

#: EC2 goes on believing for a while that a snapshot belongs to an image that is gone.
_SETTLE = Waiter("EC2 to see that the image is gone", timeout=120, interval=1, longest=5)
_IN_USE = "InvalidSnapshot.InUse"


def snapshot_ids(image: t.Mapping[str, t.Any]) -> list[str]:
    """Snapshots of an image, as far as EC2 tells yet."""
    volumes = [mapping.get("Ebs") or {} for mapping in image.get("BlockDeviceMappings") or []]
    return [volume["SnapshotId"] for volume in volumes if volume.get("SnapshotId")]


def owned_snapshots(account: Account, wanted: t.Mapping[str, t.Any]) -> list[Json]:
    """Snapshots of the account itself in its region."""
    with doing(f"look for snapshots in {account.region}"):
        pages = account.client("ec2").get_paginator("describe_snapshots").paginate(OwnerIds=["self"], Filters=filters(wanted))
        return [snapshot for page in pages for snapshot in page["Snapshots"]]


def snapshots_made_for(account: Account, image_id: str) -> list[Json]:
    """Snapshots that EC2 made for an image; it names them only in their descriptions while the image is pending."""
    return owned_snapshots(account, {"description": [f"*for {image_id}*", f"*DestinationAmi {image_id}*"]})


def is_used(account: Account, snapshot_id: str, but_for: str | None = None) -> bool:
    """Whether an image needs a snapshot.

    :param but_for: id of an image that does not count.
    """
    users = search(account, {"block-device-mapping.snapshot-id": snapshot_id})
    return any(snapshot_id in snapshot_ids(image) for image in users if image["ImageId"] != but_for)


def deregister(account: Account, image_id: str, name: str = "") -> bool:
    """Take an image out of service; its snapshots stay.

    :returns: whether it was there.
    :raises BuilderError: when it is protected.
    """
    hint = "If it is protected, allow it first: aws ec2 disable-image-deregistration-protection; a cooldown takes 24 hours"
    try:
        with doing(f"deregister the image {name or image_id} in {account.region}", f"image {image_id}", hint):
            account.client("ec2").deregister_image(ImageId=image_id)
    except AwsError as error:
        if missing(error) or error.code == "InvalidAMIID.Unavailable":
            return False
        raise
    return True


def remove_image(account: Account, image: t.Mapping[str, t.Any]) -> None:
    """An image and those of its snapshots that no other image needs; idempotent."""
    image_id = str(image["ImageId"])
    wanted = set(snapshot_ids(image))
    run = tags_of(image).get(RUN)
    if run or image.get("State") == "pending":
        wanted.update(snapshot["SnapshotId"] for snapshot in snapshots_made_for(account, image_id))
    deregister(account, image_id, str(image.get("Name") or ""))
    remove_snapshots(account, sorted(wanted), image_id)


def remove_snapshots(account: Account, snapshots: t.Iterable[str], of_image: str | None = None) -> None:
    """Delete snapshots that no image needs.

    :param of_image: an image that was deregistered just now.
    """
    for snapshot_id in snapshots:
        _delete(account, snapshot_id, lambda identifier: is_used(account, identifier, of_image))


def delete_snapshot(account: Account, snapshot_id: str) -> bool:
    """:returns: whether it was there."""
    return _delete(account, snapshot_id, lambda _identifier: False)


def _delete(account: Account, snapshot_id: str, is_needed: t.Callable[[str], bool]) -> bool:
    for _elapsed in _SETTLE.ticks():
        if is_needed(snapshot_id):
            return False
        try:
            with doing(f"delete the snapshot {snapshot_id} in {account.region}", f"snapshot {snapshot_id}"):
                account.client("ec2").delete_snapshot(SnapshotId=snapshot_id)
        except AwsError as error:
            if missing(error):
                return False
            if error.code != _IN_USE:
                raise
        else:
            return True
    raise BuilderError(f"the snapshot {snapshot_id} in {account.region} is still in use", hint="Find the image or volume that needs it, and remove that first")
