# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module ``aws_image_import``: a disk file becomes a snapshot, and that an image.

Snapshots are imported as they are, so any system can come this way, with any boot mode, and the image has its
name from the beginning.
"""

from __future__ import annotations

import hashlib
import pathlib
import typing as t

from ..._access.waits import wait_option, waiter_of
from ..._lifecycle.errors import BuilderError
from ..._lifecycle.files import sha256_file
from ..._lifecycle.operation import Context, Operation, Params, Result
from ..._lifecycle.run import utc_now
from . import image_tags as tags
from .block_devices import check_device, device_mapping
from .errors import doing
from .exporting import DISK_FORMATS
from .image_changes import apply_all
from .image_lookup import named
from .image_making import NewImage, register_image
from .image_names import image_name
from .image_removal import snapshot_ids
from .image_resources import Unfinished, resource_of, temporarily
from .image_settings import tag_changes
from .image_waiting import Progress, await_image, percent_of
from .placements import check_unprotected
from .replacing import remove_superseded, retire
from .session import AUTH_SPEC, Account
from .storage import check_bucket, object_facts, upload
from .tagging import as_list, specifications
from .waiters import patiently

Json = dict[str, t.Any]

#: Digest of the disk: an image that was made of the same is left alone.
DIGEST = "golden.disk"


def run(params: Params, context: Context) -> Result:
    """Entry point of ``aws_image_import``."""
    _check(params)
    account = Account.in_context(params, context)
    name = image_name(params["name"], context.build, utc_now())
    check_bucket(account, params["bucket"])
    digest = _digest(params, account)
    holder = named(account, name)
    if holder is not None and tags.tags_of(holder).get(DIGEST) == digest:
        return {"changed": False, **_facts(holder, account)}
    if holder is not None:
        if not params["replace"]:
            raise BuilderError(f"there is already an image {name} in {account.region}: {holder['ImageId']}", hint="Give another name, or set replace to true")
        check_unprotected(holder, account)
    if context.check_mode:
        return {"changed": True}
    return {"changed": True, **_facts(_imported(name, digest, holder, params, context, account), account)}


def _check(params: Params) -> None:
    if params.get("path") and not pathlib.Path(params["path"]).is_file():
        raise BuilderError(f"there is no file {params['path']}")
    check_device(_root_device(params), "volume")
    if params.get("kms_key_id") and not params["encrypt"]:
        raise BuilderError("kms_key_id encrypts nothing without encrypt", hint="Set encrypt to true")
    if params["tpm_support"] and params["boot_mode"] == "legacy-bios":
        raise BuilderError("tpm_support needs UEFI", hint="Set boot_mode to uefi or uefi-preferred")
    if params["architecture"] == "arm64" and params["boot_mode"] != "uefi":
        raise BuilderError("arm64 images boot by UEFI only", hint="Set boot_mode to uefi")
    tags.check_image_tags(params["tags"], "tags")
    _format(params)


def _format(params: Params) -> str:
    """:raises BuilderError: when neither the option nor the file's name says it."""
    name = str(params.get("path") or params.get("key"))
    found = params.get("format") or {"img": "raw", "bin": "raw"}.get(pathlib.PurePath(name).suffix[1:].lower(), pathlib.PurePath(name).suffix[1:].lower())
    if found not in DISK_FORMATS:
        raise BuilderError(f"{name} does not say what format it has", hint=f"Give format: {', '.join(DISK_FORMATS)}")
    return str(found)


def _digest(params: Params, account: Account) -> str:
    if params.get("path"):
        return sha256_file(params["path"])
    facts = object_facts(account, params["bucket"], params["key"])
    if facts is None:
        raise BuilderError(f"there is no object s3://{params['bucket']}/{params['key']}")
    return hashlib.sha256(f"{params['bucket']}/{params['key']}:{facts['etag']}:{facts['size']}".encode()).hexdigest()


def _imported(name: str, digest: str, holder: Json | None, params: Params, context: Context, account: Account) -> Json:
    """The image, available; one of the same name goes when everything for the new one is there."""
    marked = {**tags.captured_tags(name, context.build, params["tags"]), DIGEST: digest}
    finished = {key: value for key, value in marked.items() if key not in tags.TEMPORARY_MARKS} | {tags.STATE: tags.PUBLISHED}
    with Unfinished(context) as unfinished:
        snapshot_id = _snapshot(name, digest, marked, params, context, account, unfinished)
        if holder is not None:
            retire(account, holder, digest, context, unfinished)
        image_id = register_image(NewImage(account, name, marked, marked), unfinished, **registration(snapshot_id, params))
        image = await_image(account, image_id, params, context)
        apply_all(tag_changes(account, image, finished, finished), context)
        for resource in unfinished.all():
            unfinished.published(resource)
    remove_superseded(account, digest)
    return image


def _snapshot(name: str, digest: str, marked: tags.Tags, params: Params, context: Context, account: Account, unfinished: Unfinished) -> str:
    if params.get("key"):
        return _import(name, params["key"], marked, params, context, account, unfinished)
    path = pathlib.Path(params["path"])
    key = f"{params['prefix']}{digest[:16]}/{path.name}"
    stored = resource_of("s3_object", account, f"s3://{params['bucket']}/{key}", {}, bucket=params["bucket"], key=key)
    if params["keep_object"]:
        upload(account, path, params["bucket"], key, _encryption(params), context.say)
        return _import(name, key, marked, params, context, account, unfinished)
    with temporarily(unfinished, account, stored):
        upload(account, path, params["bucket"], key, _encryption(params), context.say)
        return _import(name, key, marked, params, context, account, unfinished)


def _encryption(params: Params) -> dict[str, str]:
    given = {"ServerSideEncryption": params.get("object_encryption"), "SSEKMSKeyId": params.get("object_kms_key_id")}
    return {name: value for name, value in given.items() if value}


def _import(name: str, key: str, marked: tags.Tags, params: Params, context: Context, account: Account, unfinished: Unfinished) -> str:
    called = f"import of {name}"
    task_tags = {**tags.marks(context.build), tags.RESOURCE: called}
    unfinished.creating(account, resource_of("import_task", account, called, task_tags))
    arguments: Json = {"Encrypted": True} if params["encrypt"] else {}
    for option, argument in (("kms_key_id", "KmsKeyId"), ("role_name", "RoleName")):
        if params.get(option):
            arguments[argument] = params[option]
    client = account.client("ec2")
    context.say(f"importing s3://{params['bucket']}/{key}")
    with doing(f"import s3://{params['bucket']}/{key}", hint="The role vmimport has to be there, and may read the bucket"):
        answer = client.import_snapshot(
            Description=name,
            DiskContainer={"Description": name, "Format": _format(params).upper(), "UserBucket": {"S3Bucket": params["bucket"], "S3Key": key}},
            TagSpecifications=specifications(task_tags, "import-snapshot-task"),
            **arguments,
        )
    unfinished.created(account, resource_of("import_task", account, called, task_tags, id=answer["ImportTaskId"]))
    snapshot_id = _await(answer["ImportTaskId"], params, context, account)
    with doing(f"tag the snapshot {snapshot_id}", f"snapshot {snapshot_id}"):
        client.create_tags(Resources=[snapshot_id], Tags=as_list(marked))
    return snapshot_id


def _await(task_id: str, params: Params, context: Context, account: Account) -> str:
    progress = Progress(context.say)

    def look() -> str | None:
        with doing(f"look at the import {task_id}"):
            task = account.client("ec2").describe_import_snapshot_tasks(ImportTaskIds=[task_id])["ImportSnapshotTasks"][0]["SnapshotTaskDetail"]
        if task.get("Status") not in ("active", "pending", "completed", None):
            raise BuilderError(f"AWS could not import the disk: {task.get('StatusMessage') or task['Status']}")
        progress.tell(f"import {task_id}", percent_of([task.get("Progress")]), task.get("StatusMessage") or "")
        return str(task["SnapshotId"]) if task.get("Status") == "completed" else None

    return patiently(look, waiter_of(params, "import_wait", f"the import {task_id}"), "import_wait")


def registration(snapshot_id: str, params: t.Mapping[str, t.Any]) -> Json:
    """Arguments of ``RegisterImage``."""
    arguments = {
        "Description": params.get("description"),
        "Architecture": params["architecture"],
        "VirtualizationType": "hvm",
        "RootDeviceName": params["root_device_name"],
        "EnaSupport": params["ena_support"],
        "SriovNetSupport": "simple" if params["sriov_net_support"] else None,
        "BootMode": params["boot_mode"],
        "TpmSupport": "v2.0" if params["tpm_support"] else None,
        "UefiData": params.get("uefi_data"),
        "ImdsSupport": params.get("imds_support"),
        "BlockDeviceMappings": [device_mapping({**_root_device(params), "snapshot_id": snapshot_id})],
    }
    return {name: value for name, value in arguments.items() if value not in (None, "")}


def _root_device(params: t.Mapping[str, t.Any]) -> Json:
    kept = ("volume_size", "volume_type", "iops", "throughput")
    return {"device_name": params["root_device_name"], **{name: params.get(name) for name in kept}}


def _facts(image: Json, account: Account) -> Json:
    return {"image_id": image["ImageId"], "name": image["Name"], "region": account.region, "snapshots": snapshot_ids(image)}


OPERATION = Operation(
    argument_spec={
        "name": {"type": "str", "required": True},
        "path": {"type": "path"},
        "key": {"type": "str", "no_log": False},
        "bucket": {"type": "str", "required": True},
        "prefix": {"type": "str", "default": "imports/"},
        "keep_object": {"type": "bool", "default": False},
        "object_encryption": {"type": "str", "choices": ["AES256", "aws:kms"]},
        "object_kms_key_id": {"type": "str", "no_log": False},
        "format": {"type": "str", "choices": list(DISK_FORMATS)},
        "role_name": {"type": "str"},
        "description": {"type": "str"},
        "architecture": {"type": "str", "choices": ["x86_64", "arm64", "i386"], "default": "x86_64"},
        "boot_mode": {"type": "str", "choices": ["legacy-bios", "uefi", "uefi-preferred"], "default": "legacy-bios"},
        "uefi_data": {"type": "str"},
        "tpm_support": {"type": "bool", "default": False},
        "imds_support": {"type": "str", "choices": ["v2.0"]},
        "ena_support": {"type": "bool", "default": True},
        "sriov_net_support": {"type": "bool", "default": False},
        "root_device_name": {"type": "str", "default": "/dev/xvda"},
        "volume_size": {"type": "int"},
        "volume_type": {"type": "str", "choices": ["gp3", "gp2", "io1", "io2", "standard"], "default": "gp3"},
        "iops": {"type": "int"},
        "throughput": {"type": "int"},
        "encrypt": {"type": "bool", "default": False},
        "kms_key_id": {"type": "str", "no_log": False},
        "tags": {"type": "dict", "default": {}},
        "replace": {"type": "bool", "default": False},
        "import_wait": wait_option(14400, 15),
        "image_wait": wait_option(600, 2),
        **AUTH_SPEC,
    },
    run=run,
    constraints={
        "required_one_of": [["path", "key"]],
        "mutually_exclusive": [["path", "key"]],
        "required_by": {"object_kms_key_id": ["object_encryption"]},
    },
)
