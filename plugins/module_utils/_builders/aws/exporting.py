# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module ``aws_image_export``: an image becomes a disk file in S3, and from there a file here."""

from __future__ import annotations

import pathlib
import typing as t

from ..._access.waits import wait_option, waiter_of
from ..._lifecycle.artifact import Artifact
from ..._lifecycle.errors import BuilderError
from ..._lifecycle.operation import Context, Operation, Params, Result
from . import image_tags as tags
from .errors import doing
from .image_lookup import describe
from .image_resources import Unfinished, resource_of
from .image_waiting import Progress, percent_of
from .session import AUTH_SPEC, Account
from .storage import check_bucket, download
from .tagging import specifications
from .waiters import patiently

Json = dict[str, t.Any]

DISK_FORMATS = ("vmdk", "vhd", "raw")


def run(params: Params, context: Context) -> Result:
    """Entry point of ``aws_image_export``."""
    account = Account.in_context(params, context)
    image_id = _image_id(params, account)
    path = _path(params, image_id)
    if path is None and params["delete_object"]:
        raise BuilderError("nothing would be left of the export", hint="Give directory, or set delete_object to false")
    if path is not None and path.exists() and not params["force"]:
        return {"changed": False, "path": str(path)}
    if describe(account, image_id) is None:
        raise BuilderError(f"there is no image {image_id} in {account.region}", resource=f"image {image_id}")
    check_bucket(account, params["bucket"])
    if context.check_mode:
        return {"changed": True}
    with Unfinished(context) as unfinished:
        return _exported(image_id, path, params, context, account, unfinished)


def _image_id(params: Params, account: Account) -> str:
    if params.get("image_id"):
        return str(params["image_id"])
    artifact = Artifact.from_dict(params["artifact"])
    images = artifact.metadata.get("images") or {}
    found = images.get(account.region)
    if not found:
        raise BuilderError(f"{artifact.id} has no image in {account.region}", hint=f"It is in {', '.join(sorted(images)) or 'no region'}")
    return str(found)


def _path(params: Params, image_id: str) -> pathlib.Path | None:
    return pathlib.Path(params["directory"]) / f"{params['file_stem'] or image_id}.{params['format']}" if params.get("directory") else None


def _exported(image_id: str, path: pathlib.Path | None, params: Params, context: Context, account: Account, unfinished: Unfinished) -> Result:
    task_id = _start(image_id, params, context, account, unfinished)
    key = f"{params['prefix']}{task_id}.{params['format']}"
    stored = resource_of("s3_object", account, f"s3://{params['bucket']}/{key}", {}, bucket=params["bucket"], key=key)
    unfinished.creating(account, stored)
    _await(task_id, params, context, account)
    result: Result = {"changed": True, "image_id": image_id, "bucket": params["bucket"], "key": key}
    if path is not None:
        file = download(account, params["bucket"], key, path, params["format"], context.say)
        result.update(path=file.path, size=file.size, sha256=file.sha256)
        if params.get("artifact"):
            artifact = Artifact.from_dict(params["artifact"])
            result["artifact"] = artifact.replace(files=(*artifact.files, file)).to_dict()
    if params["delete_object"]:
        unfinished.discard()
        del result["bucket"], result["key"]
    for resource in unfinished.all():
        unfinished.published(resource)
    return result


def _start(image_id: str, params: Params, context: Context, account: Account, unfinished: Unfinished) -> str:
    name = f"export of {image_id} as {params['format']}"
    marked = {tags.RESOURCE: name, **tags.marks(context.build)}
    unfinished.creating(account, resource_of("export_task", account, name, marked))
    arguments: Json = {"Description": params["description"]} if params.get("description") else {}
    if params.get("role_name"):
        arguments["RoleName"] = params["role_name"]
    context.say(f"exporting {image_id} to s3://{params['bucket']}/{params['prefix']}")
    hint = "The role vmimport has to be there, and may write to the bucket; images with software of others cannot be exported"
    with doing(f"export the image {image_id}", f"image {image_id}", hint):
        answer = account.client("ec2").export_image(
            ImageId=image_id,
            DiskImageFormat=params["format"].upper(),
            S3ExportLocation={"S3Bucket": params["bucket"], "S3Prefix": params["prefix"]},
            TagSpecifications=specifications(marked, "export-image-task"),
            **arguments,
        )
    unfinished.created(account, resource_of("export_task", account, name, marked, id=answer["ExportImageTaskId"]))
    return str(answer["ExportImageTaskId"])


def _await(task_id: str, params: Params, context: Context, account: Account) -> None:
    progress = Progress(context.say)

    def look() -> bool | None:
        with doing(f"look at the export {task_id}"):
            task = account.client("ec2").describe_export_image_tasks(ExportImageTaskIds=[task_id])["ExportImageTasks"][0]
        if task["Status"] not in ("active", "completed"):
            raise BuilderError(f"AWS could not export the image {task.get('ImageId')}: {task.get('StatusMessage') or task['Status']}")
        progress.tell(f"export {task_id}", percent_of([task.get("Progress")]), task.get("StatusMessage") or "")
        return True if task["Status"] == "completed" else None

    patiently(look, waiter_of(params, "export_wait", f"the export {task_id}"), "export_wait")


OPERATION = Operation(
    argument_spec={
        "image_id": {"type": "str"},
        "artifact": {"type": "dict"},
        "format": {"type": "str", "choices": list(DISK_FORMATS), "default": "vmdk"},
        "bucket": {"type": "str", "required": True},
        "prefix": {"type": "str", "default": "exports/"},
        "role_name": {"type": "str"},
        "description": {"type": "str"},
        "directory": {"type": "path"},
        "file_stem": {"type": "str"},
        "force": {"type": "bool", "default": False},
        "delete_object": {"type": "bool", "default": False},
        "export_wait": wait_option(14400, 15),
        **AUTH_SPEC,
    },
    run=run,
    constraints={"required_one_of": [["image_id", "artifact"]], "mutually_exclusive": [["image_id", "artifact"]]},
)
