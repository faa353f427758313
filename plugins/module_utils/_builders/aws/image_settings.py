# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an image can be given when it is there: description, deprecation, protection, tags, fast launch."""

from __future__ import annotations

import datetime
import typing as t

from ..._access.waits import waiter_of
from ..._lifecycle.errors import BuilderError
from ..._lifecycle.operation import Context, Params
from ..._lifecycle.planning import parse_age
from . import image_tags as tags
from .errors import doing
from .image_changes import Change
from .image_removal import snapshot_ids
from .permissions import launch_permission_changes, snapshot_permission_changes
from .session import Account
from .tagging import as_list
from .waiters import patiently

Json = dict[str, t.Any]

_PROTECTION = {"disabled": "disabled", "enabled": "enabled-without-cooldown", "with_cooldown": "enabled-with-cooldown"}
#: EC2 rounds a deprecation to the minute.
_SAME_MOMENT = datetime.timedelta(seconds=60)


def settings_changes(account: Account, image: Json, params: Params, created: str) -> list[Change]:
    """All that differs from what the options want, but for tags and fast launch.

    :param image: as EC2 describes it now.
    :param created: when the artifact was captured: a deprecation counts from there.
    """
    return [
        *imds_changes(account, image, params),
        *_description_changes(account, image, params),
        *_product_code_changes(account, image, params),
        *launch_permission_changes(account, image["ImageId"], params["launch_permissions"]),
        *snapshot_permission_changes(account, image, params["snapshot_permissions"]),
        *_deprecation_changes(account, image, params, created),
        *_protection_changes(account, image, params),
    ]


def _call(account: Account, image: Json, what: str, call: str, **arguments: t.Any) -> Change:
    identifier = image["ImageId"]
    text = f"{what} of image {identifier} in {account.region}"

    def apply() -> None:
        with doing(text, f"image {identifier}"):
            getattr(account.client("ec2"), call)(ImageId=identifier, **arguments)

    return Change(text, apply)


def imds_changes(account: Account, image: Json, params: t.Mapping[str, t.Any]) -> list[Change]:
    """Have instances of the image require tokens of who asks the metadata service; there is no way back."""
    wanted = params.get("imds_support")
    if not wanted or image.get("ImdsSupport") == wanted:
        return []
    return [_call(account, image, "require IMDSv2 of instances", "modify_image_attribute", ImdsSupport={"Value": wanted})]


def _description_changes(account: Account, image: Json, params: Params) -> list[Change]:
    wanted = params.get("image_description")
    if wanted is None or (image.get("Description") or "") == wanted:
        return []
    return [_call(account, image, "set the description", "modify_image_attribute", Description={"Value": wanted})]


def _product_code_changes(account: Account, image: Json, params: Params) -> list[Change]:
    known = {code.get("ProductCodeId") for code in image.get("ProductCodes") or []}
    wanted = [code for code in params["product_codes"] if code not in known]
    if not wanted:
        return []
    return [_call(account, image, "add product codes", "modify_image_attribute", Attribute="productCodes", OperationType="add", ProductCodes=wanted)]


def deprecation_of(params: t.Mapping[str, t.Any], created: str) -> datetime.datetime | None:
    """When the image is to be deprecated.

    :raises GoldenError: when that cannot be read.
    """
    if params.get("deprecate_at"):
        try:
            moment = datetime.datetime.fromisoformat(str(params["deprecate_at"]).replace("Z", "+00:00"))
        except ValueError as error:
            raise BuilderError(f"deprecate_at: {params['deprecate_at']!r} is not a moment", hint="For instance 2027-01-31T12:00:00Z") from error
        return moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)
    if params.get("deprecate_after"):
        return datetime.datetime.fromisoformat(created.replace("Z", "+00:00")) + parse_age(params["deprecate_after"])
    return None


def _deprecation_changes(account: Account, image: Json, params: Params, created: str) -> list[Change]:
    wanted = deprecation_of(params, created)
    if wanted is None:
        return []
    known = image.get("DeprecationTime")
    if known and abs(datetime.datetime.fromisoformat(str(known).replace("Z", "+00:00")) - wanted) <= _SAME_MOMENT:
        return []
    return [_call(account, image, f"set {wanted:%Y-%m-%d %H:%M} UTC as the deprecation", "enable_image_deprecation", DeprecateAt=wanted)]


def _protection_changes(account: Account, image: Json, params: Params) -> list[Change]:
    wanted = _PROTECTION[params["deregistration_protection"]]
    known = image.get("DeregistrationProtection") or "disabled"
    # After it was allowed again, a cooldown says "disabled after …".
    if known == wanted or (wanted == "disabled" and known.startswith("disabled")):
        return []
    if wanted == "disabled":
        return [_call(account, image, "allow the deregistration", "disable_image_deregistration_protection")]
    with_cooldown = wanted == _PROTECTION["with_cooldown"]
    return [_call(account, image, "forbid the deregistration", "enable_image_deregistration_protection", WithCooldown=with_cooldown)]


def tag_changes(account: Account, image: Json, image_tags: t.Mapping[str, str], snapshot_tags: t.Mapping[str, str]) -> list[Change]:
    """Have an image and its snapshots carry tags, and no longer the marks of something temporary."""
    changes = _tags_of_one(account, image["ImageId"], tags.tags_of(image), image_tags)
    with doing(f"read the tags of snapshots in {account.region}"):
        described = account.client("ec2").describe_snapshots(SnapshotIds=snapshot_ids(image))["Snapshots"] if snapshot_ids(image) else []
    for snapshot in described:
        changes.extend(_tags_of_one(account, snapshot["SnapshotId"], tags.tags_of(snapshot), snapshot_tags))
    return changes


def _tags_of_one(account: Account, identifier: str, known: t.Mapping[str, str], wanted: t.Mapping[str, str]) -> list[Change]:
    client = account.client("ec2")
    missing = {key: value for key, value in wanted.items() if known.get(key) != value}
    surplus = [key for key in tags.TEMPORARY_MARKS if key in known]

    def apply() -> None:
        with doing(f"tag {identifier} in {account.region}", identifier):
            if missing:
                client.create_tags(Resources=[identifier], Tags=as_list(missing))
            if surplus:
                client.delete_tags(Resources=[identifier], Tags=[{"Key": key} for key in surplus])

    return [Change(f"tag {identifier} in {account.region}", apply)] if missing or surplus else []


def check_fast_launch(wanted: t.Mapping[str, t.Any] | None, image: Json) -> None:
    """:raises BuilderError: when fast launch is wanted of an image that is not of Windows."""
    if wanted and image.get("Platform") != "windows":
        raise BuilderError(f"fast_launch is for Windows, and {image['ImageId']} is not", hint="Remove fast_launch")


def fast_launch_changes(account: Account, image: Json, params: Params, context: Context) -> list[Change]:
    """Have snapshots of Windows that is set up already be kept in stock."""
    wanted = params.get("fast_launch")
    if not wanted:
        return []
    check_fast_launch(wanted, image)
    identifier = image["ImageId"]
    if _fast_launch_state(account, identifier).get("State") == "enabled":
        return []
    arguments: Json = {
        "ResourceType": "snapshot",
        "SnapshotConfiguration": {"TargetResourceCount": wanted["target_resource_count"]},
        "MaxParallelLaunches": wanted["max_parallel_launches"],
        **_launch_template(wanted, account.region),
    }

    def apply() -> None:
        if not _fast_launch_state(account, identifier).get("State", "").startswith("enabling"):
            with doing(f"enable fast launch of {identifier} in {account.region}", f"image {identifier}"):
                account.client("ec2").enable_fast_launch(ImageId=identifier, **arguments)
        _await_fast_launch(account, identifier, params)

    return [Change(f"enable fast launch of image {identifier} in {account.region}", apply)]


def _launch_template(wanted: t.Mapping[str, t.Any], region: str) -> Json:
    given = wanted["region_launch_templates"].get(region)
    chosen = dict(given) if given else {"id": wanted.get("launch_template_id"), "name": wanted.get("launch_template_name")}
    version = chosen.get("version") or wanted["launch_template_version"]
    if chosen.get("id"):
        return {"LaunchTemplate": {"LaunchTemplateId": chosen["id"], "Version": version}}
    if chosen.get("name"):
        return {"LaunchTemplate": {"LaunchTemplateName": chosen["name"], "Version": version}}
    return {}


def _fast_launch_state(account: Account, image_id: str) -> Json:
    with doing(f"look at fast launch of {image_id}", f"image {image_id}"):
        found = account.client("ec2").describe_fast_launch_images(ImageIds=[image_id])["FastLaunchImages"]
    return t.cast(Json, found[0]) if found else {}


def _await_fast_launch(account: Account, image_id: str, params: Params) -> None:
    def look() -> bool | None:
        state = _fast_launch_state(account, image_id)
        if "failed" in str(state.get("State", "")):
            reason = state.get("StateTransitionReason") or "no reason was given"
            raise BuilderError(f"fast launch of {image_id} in {account.region} could not be enabled: {reason}", resource=f"image {image_id}")
        return True if state.get("State") == "enabled" else None

    patiently(look, waiter_of(params, "fast_launch_wait", f"fast launch of {image_id} in {account.region}"), "fast_launch_wait")
