# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Removes what making, copying, exporting and importing images left unfinished."""

from __future__ import annotations

import typing as t

from ..._lifecycle.journal import Resource
from ..._lifecycle.waiting import Waiter
from . import image_tags as tags
from .errors import AwsError, code_of, doing, insist, missing, once_visible
from .image_lookup import describe, named
from .image_removal import delete_snapshot, owned_snapshots, remove_image, snapshot_ids
from .session import Account
from .ssm_parameters import parameter_changes, parameter_value
from .tagging import EXPIRES_TAG, filters, specifications

Json = dict[str, t.Any]

#: How long something may take to be seen whose create call was sent, and nobody knows with what result.
_APPEARANCE = Waiter("it to appear", timeout=6, interval=1.5, growth=1.0)


def _appeared(look: t.Callable[[], Json | None]) -> Json | None:
    for _elapsed in _APPEARANCE.ticks():
        found = look()
        if found is not None:
            return found
    return None


def discard_image(account: Account, resource: Resource) -> bool:
    """An image by its id, or by its name when it carries the marks of the build that wanted to make it."""
    details = resource.details
    image = describe(account, details["id"]) if details.get("id") else _appeared(lambda: _own_image(account, details))
    if image is None:
        return False
    remove_image(account, image)
    return True


def _own_image(account: Account, details: t.Mapping[str, t.Any]) -> Json | None:
    image = named(account, details["called"])
    return image if image and tags.belongs_to(tags.tags_of(image), details.get("owner") or {}) else None


def discard_snapshot(account: Account, resource: Resource) -> bool:
    """A snapshot by its id, or by its tags."""
    details = resource.details
    identifier = details.get("id")
    if not identifier:
        found = _appeared(lambda: _own_snapshot(account, details))
        identifier = found["SnapshotId"] if found else None
    return bool(identifier) and delete_snapshot(account, str(identifier))


def _own_snapshot(account: Account, details: t.Mapping[str, t.Any]) -> Json | None:
    return next(iter(owned_snapshots(account, {f"tag:{tags.RESOURCE}": details["called"], **_owner_filters(details)})), None)


def _owner_filters(details: t.Mapping[str, t.Any]) -> dict[str, str]:
    return {f"tag:{key}": value for key, value in (details.get("owner") or {}).items()}


def discard_volume(account: Account, resource: Resource) -> bool:
    """A volume that was taken off its instance, or put in another place of it."""
    volume_id = resource.details["id"]
    client = account.client("ec2")

    def delete() -> None:
        with doing(f"delete the volume {volume_id}", f"volume {volume_id}"):
            volume = client.describe_volumes(VolumeIds=[volume_id])["Volumes"][0]
            for attachment in volume.get("Attachments") or []:
                if attachment["State"] == "attached":
                    client.detach_volume(VolumeId=volume_id, InstanceId=attachment["InstanceId"], Device=attachment["Device"], Force=True)
            client.delete_volume(VolumeId=volume_id)

    waiter = Waiter(f"the volume {volume_id} to be free", timeout=120, interval=1, longest=5)
    try:
        insist(delete, lambda error: code_of(error) in ("VolumeInUse", "IncorrectState"), waiter)
    except AwsError as error:
        if not missing(error):
            raise
        return False
    return True


def discard_object(account: Account, resource: Resource) -> bool:
    """An object in S3."""
    bucket, key = resource.details["bucket"], resource.details["key"]
    client = account.client("s3")
    try:
        with doing(f"look at s3://{bucket}/{key}"):
            client.head_object(Bucket=bucket, Key=key)
    except AwsError as error:
        if missing(error):
            return False
        raise
    with doing(f"delete s3://{bucket}/{key}", f"object s3://{bucket}/{key}"):
        client.delete_object(Bucket=bucket, Key=key)
    return True


def discard_export_task(account: Account, resource: Resource) -> bool:
    """An export that may still run."""
    task = _task(account, resource, "describe_export_image_tasks", "ExportImageTasks", "ExportImageTaskIds")
    if task is None or task.get("Status") != "active":
        return False
    with doing(f"cancel the export {task['ExportImageTaskId']}"):
        account.client("ec2").cancel_export_task(ExportTaskId=task["ExportImageTaskId"])
    return True


def discard_import_task(account: Account, resource: Resource) -> bool:
    """An import that may still run, or the snapshot that it made."""
    task = _task(account, resource, "describe_import_snapshot_tasks", "ImportSnapshotTasks", "ImportTaskIds")
    if task is None:
        return False
    detail = task.get("SnapshotTaskDetail") or {}
    if detail.get("SnapshotId"):
        return delete_snapshot(account, detail["SnapshotId"])
    if detail.get("Status") not in ("active", "pending"):
        return False
    with doing(f"cancel the import {task['ImportTaskId']}"):
        account.client("ec2").cancel_import_task(ImportTaskId=task["ImportTaskId"])
    return True


def _task(account: Account, resource: Resource, call: str, key: str, ids: str) -> Json | None:
    details = resource.details
    if details.get("id"):
        return _one_task(account, call, key, {ids: [details["id"]]})
    wanted = {f"tag:{tags.RESOURCE}": details["called"], **_owner_filters(details)}
    return _appeared(lambda: _one_task(account, call, key, {"Filters": filters(wanted)}))


def _one_task(account: Account, call: str, key: str, arguments: Json) -> Json | None:
    try:
        with doing("look for its tasks"):
            answer = getattr(account.client("ec2"), call)(**arguments)
    except AwsError as error:
        if missing(error):
            return None
        raise
    return next(iter(answer[key]), None)


def reinstate(account: Account, resource: Resource) -> bool:
    """An image that had to give up its name to one that was not finished; it gets another id."""
    details = resource.details
    if named(account, details["called"]) is not None:
        return False
    client = account.client("ec2")
    with doing(f"register the image {details['called']} in {account.region} again", f"image {details['id']}"):
        image_id = client.register_image(Name=details["called"], TagSpecifications=specifications(details["image_tags"], "image"), **details["arguments"])[
            "ImageId"
        ]
    surplus = [{"Key": key} for key in (EXPIRES_TAG, tags.SUPERSEDED_BY, tags.REPLACED)]
    snapshots = snapshot_ids(details["arguments"])
    if snapshots:
        with doing(f"free the snapshots of {details['called']}", f"image {image_id}"):
            client.delete_tags(Resources=snapshots, Tags=surplus)
    if details["permissions"]:
        permission = {"Add": details["permissions"]}
        with doing(f"set the launch permissions of {image_id}", f"image {image_id}"):
            once_visible(lambda: client.modify_image_attribute(ImageId=image_id, LaunchPermission=permission), f"the image {image_id} to be known")
    if details["deprecation"]:
        with doing(f"deprecate the image {image_id}", f"image {image_id}"):
            client.enable_image_deprecation(ImageId=image_id, DeprecateAt=details["deprecation"])
    if details["parameter"] and parameter_value(account, details["parameter"]) == details["id"]:
        for change in parameter_changes(account, details["parameter"], image_id):
            change.apply()
    return True


#: Kind of what :func:`reinstate` brings back.
REPLACED_IMAGE = "replaced_image"

#: How each kind of resource goes; the account is in the region of the resource.
KINDS: dict[str, t.Callable[[Account, Resource], bool]] = {
    "image": discard_image,
    REPLACED_IMAGE: reinstate,
    "snapshot": discard_snapshot,
    "volume": discard_volume,
    "s3_object": discard_object,
    "export_task": discard_export_task,
    "import_task": discard_import_task,
}
