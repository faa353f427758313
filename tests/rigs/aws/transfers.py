# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tasks that take a while: export to and import from S3, fast launch. A disk has no format here."""

from __future__ import annotations

import dataclasses
import time
import typing as t

from moto.core.responses import ActionResult
from moto.ec2.responses import EC2Response
from moto.s3.models import s3_backends

from .image_model import find_image, loose_snapshot, root_snapshot
from .patching import PLATFORM, identifier, refuse, replaces, tags_of

GIB = 1 << 30


@dataclasses.dataclass
class Task:
    """A task and what it does at its end."""

    kind: str
    id: str
    shown: dict[str, t.Any]
    ends_at: float
    finish: t.Callable[[dict[str, t.Any]], None] | None

    def look(self) -> dict[str, t.Any]:
        """What describing it shows now."""
        if self.finish is not None and time.monotonic() >= self.ends_at:
            self.finish(self.shown)
            self.finish = None
        return self.shown


def _tasks(call: t.Any) -> list[Task]:
    # In the backend, which moto's reset empties.
    return t.cast(list[Task], call.ec2_backend.__dict__.setdefault("rig_tasks", []))


def _looked_at(call: t.Any, kind: str, wanted: list[str]) -> list[dict[str, t.Any]]:
    return [task.look() for task in _tasks(call) if task.kind == kind and (not wanted or task.id in wanted)]


def _bucket(call: t.Any) -> t.Any:
    return s3_backends[call.current_account]["aws"]


def _disk(call: t.Any, container: dict[str, t.Any]) -> bytes:
    place = container.get("UserBucket") or {}
    found = _bucket(call).get_object(place.get("S3Bucket"), place.get("S3Key")) if place else None
    if found is None:
        refuse("InvalidParameter", f"The given S3 object is not found: {place}")
    return bytes(found.value)


def _begin(call: t.Any, kind: str, key: str, shown: dict[str, t.Any], finish: t.Callable[[dict[str, t.Any]], None], task_id: str) -> ActionResult:
    task = Task(kind, task_id, {key: task_id, **shown}, PLATFORM.behaviour.ends_at(), finish)
    task.shown["Tags"] = [{"Key": name, "Value": value} for name, value in tags_of(call, f"{kind}-task").items()]
    _tasks(call).append(task)
    return ActionResult(task.shown)


def _imported(call: t.Any, disk: bytes, task_id: str, encrypted: bool = False, key: str | None = None) -> t.Any:
    size = max(1, -(-len(disk) // GIB))
    snapshot = loose_snapshot(call.ec2_backend, size, f"Created by AWS-VMImport service for {task_id}", {}, encrypted, key)
    PLATFORM.containers.load(disk, snapshot.id)
    return snapshot


@replaces(EC2Response)
class Calls:
    """The calls."""

    def export_image(self: t.Any) -> ActionResult:
        image, place = find_image(self.ec2_backend, self._get_param("ImageId")), self._get_param("S3ExportLocation")
        kind, bucket, task_id = self._get_param("DiskImageFormat"), _bucket(self), identifier("export-ami-")
        bucket.get_bucket(place["S3Bucket"])
        self.error_on_dryrun()
        target = {"ImageId": image.id, "DiskImageFormat": kind, "S3ExportLocation": place}

        def finish(shown: dict[str, t.Any]) -> None:
            disk = PLATFORM.containers.disk(str(root_snapshot(image)))
            bucket.put_object(place["S3Bucket"], f"{place.get('S3Prefix', '')}{task_id}.{kind.lower()}", disk)
            shown.update(Status="completed", Progress="100", StatusMessage="")

        shown = {**target, "Status": "active", "StatusMessage": "converting", "Progress": "10"}
        return _begin(self, "export-image", "ExportImageTaskId", shown, finish, task_id)

    def describe_export_image_tasks(self: t.Any) -> ActionResult:
        return ActionResult({"ExportImageTasks": _looked_at(self, "export-image", self._get_param("ExportImageTaskIds"))})

    def import_snapshot(self: t.Any) -> ActionResult:
        container, task_id = self._get_param("DiskContainer"), identifier("import-snap-")
        disk = _disk(self, container)
        self.error_on_dryrun()
        detail = {"Status": "active", "Progress": "3", "Format": container.get("Format"), "DiskImageSize": float(len(disk))}

        def finish(_shown: dict[str, t.Any]) -> None:
            snapshot = _imported(self, disk, task_id, bool(self._get_param("Encrypted")), self._get_param("KmsKeyId"))
            detail.update(Status="completed", Progress="100", SnapshotId=snapshot.id)

        return _begin(self, "import-snapshot", "ImportTaskId", {"SnapshotTaskDetail": detail}, finish, task_id)

    def describe_import_snapshot_tasks(self: t.Any) -> ActionResult:
        return ActionResult({"ImportSnapshotTasks": _looked_at(self, "import-snapshot", self._get_param("ImportTaskIds"))})

    def cancel_import_task(self: t.Any) -> ActionResult:
        return _cancel(self, self._get_param("ImportTaskId"))

    def cancel_export_task(self: t.Any) -> ActionResult:
        return _cancel(self, self._get_param("ExportTaskId"))

    def enable_fast_launch(self: t.Any) -> ActionResult:
        image = find_image(self.ec2_backend, self._get_param("ImageId"))
        if image.platform != "windows":
            refuse("InvalidParameterValue", f"{image.id} is not an image of Windows")
        shown = {"ResourceType": "snapshot", "State": "enabling", "SnapshotConfiguration": self._get_param("SnapshotConfiguration")}
        return _begin(self, "fast-launch", "ImageId", shown, lambda shown: shown.update(State="enabled"), image.id)

    def describe_fast_launch_images(self: t.Any) -> ActionResult:
        return ActionResult({"FastLaunchImages": _looked_at(self, "fast-launch", self._get_param("ImageIds"))})


def _cancel(call: t.Any, task_id: str) -> ActionResult:
    for task in _tasks(call):
        if task.id == task_id:
            task.finish = None
            (task.shown.get("SnapshotTaskDetail") or task.shown)["Status"] = "deleted"
    return ActionResult({})
