# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who besides the account may launch an image, or make volumes of its snapshots."""

from __future__ import annotations

import re
import typing as t

from ..._lifecycle.errors import BuilderError
from .errors import doing, once_visible
from .image_changes import Change
from .image_removal import snapshot_ids
from .session import Account

Json = dict[str, t.Any]
Entry = tuple[str, str]

#: Option of ``launch_permissions`` to the API's word for it.
_LAUNCH_KEYS = {"users": "UserId", "groups": "Group", "organizations": "OrganizationArn", "organizational_units": "OrganizationalUnitArn"}
_SNAPSHOT_KEYS = {"users": "UserId", "groups": "Group"}

_FORMATS = {
    "users": (re.compile(r"\d{12}\Z"), "the 12 digits of an account"),
    "groups": (re.compile(r"all\Z"), "all"),
    "organizations": (
        re.compile(r"arn:[a-z-]+:organizations::\d{12}:organization/o-[a-z0-9]{10,32}\Z"),
        "an ARN such as arn:aws:organizations::123456789012:organization/o-…",
    ),
    "organizational_units": (
        re.compile(r"arn:[a-z-]+:organizations::\d{12}:ou/o-[a-z0-9]{10,32}/ou-[a-z0-9-]+\Z"),
        "an ARN such as arn:aws:organizations::123456789012:ou/o-…/ou-…",
    ),
}


def check_permissions(wanted: t.Mapping[str, t.Sequence[str]] | None, option: str) -> None:
    """:raises BuilderError: for what is no account, group or ARN."""
    for kind, values in (wanted or {}).items():
        pattern, meaning = _FORMATS[kind]
        for value in values or []:
            if not pattern.match(str(value)):
                raise BuilderError(f"{option}.{kind}: {value!r} is not {meaning}", hint="Quote account numbers, YAML would drop their leading zeros")


def is_shared(wanted: t.Mapping[str, t.Sequence[str]] | None) -> bool:
    """Whether anybody else is given anything."""
    return any((wanted or {}).values())


def launch_permission_changes(account: Account, image_id: str, wanted: t.Mapping[str, t.Sequence[str]]) -> list[Change]:
    """What makes the launch permissions of an image exactly those wanted."""
    client = account.client("ec2")
    with doing(f"read the launch permissions of {image_id}", f"image {image_id}"):
        answer = once_visible(lambda: client.describe_image_attribute(ImageId=image_id, Attribute="launchPermission"), f"the image {image_id} to be known")
    add, remove = _difference(_entries(answer.get("LaunchPermissions") or [], _LAUNCH_KEYS), wanted, _LAUNCH_KEYS)
    if not add and not remove:
        return []
    permission = {operation: [{key: value} for key, value in entries] for operation, entries in (("Add", add), ("Remove", remove)) if entries}

    def apply() -> None:
        with doing(f"set the launch permissions of {image_id} in {account.region}", f"image {image_id}"):
            client.modify_image_attribute(ImageId=image_id, LaunchPermission=permission)

    return [Change(f"share image {image_id} in {account.region}: {_text(add, remove)}", apply)]


def snapshot_permission_changes(account: Account, image: Json, wanted: t.Mapping[str, t.Sequence[str]]) -> list[Change]:
    """What makes the permissions of an image's snapshots exactly those wanted."""
    return [change for snapshot_id in snapshot_ids(image) for change in _snapshot_changes(account, snapshot_id, wanted)]


def _snapshot_changes(account: Account, snapshot_id: str, wanted: t.Mapping[str, t.Sequence[str]]) -> list[Change]:
    client = account.client("ec2")
    with doing(f"read the permissions of {snapshot_id}", f"snapshot {snapshot_id}"):
        answer = once_visible(
            lambda: client.describe_snapshot_attribute(SnapshotId=snapshot_id, Attribute="createVolumePermission"), f"the snapshot {snapshot_id} to be known"
        )
    add, remove = _difference(_entries(answer.get("CreateVolumePermissions") or [], _SNAPSHOT_KEYS), wanted, _SNAPSHOT_KEYS)

    def apply(operation: str, entries: t.Sequence[Entry]) -> None:
        users = [value for key, value in entries if key == "UserId"]
        groups = [value for key, value in entries if key == "Group"]
        arguments: Json = {**({"UserIds": users} if users else {}), **({"GroupNames": groups} if groups else {})}
        with doing(f"set the permissions of {snapshot_id} in {account.region}", f"snapshot {snapshot_id}"):
            client.modify_snapshot_attribute(SnapshotId=snapshot_id, Attribute="createVolumePermission", OperationType=operation, **arguments)

    def apply_both() -> None:
        for operation, entries in (("add", add), ("remove", remove)):
            if entries:
                apply(operation, entries)

    return [Change(f"share snapshot {snapshot_id} in {account.region}: {_text(add, remove)}", apply_both)] if add or remove else []


def _entries(described: t.Iterable[Json], keys: t.Mapping[str, str]) -> set[Entry]:
    return {(key, str(entry[key])) for entry in described for key in keys.values() if entry.get(key)}


def _difference(present: set[Entry], wanted: t.Mapping[str, t.Sequence[str]], keys: t.Mapping[str, str]) -> tuple[list[Entry], list[Entry]]:
    desired = {(keys[kind], str(value)) for kind, values in wanted.items() for value in values or []}
    return sorted(desired - present), sorted(present - desired)


def _text(add: t.Sequence[Entry], remove: t.Sequence[Entry]) -> str:
    return ", ".join([*(f"with {value}" for _key, value in add), *(f"no longer with {value}" for _key, value in remove)])
