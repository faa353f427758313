# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Gives an image its final name, which an older image may have.

EC2 cannot rename: the snapshots are registered once more under the new name, which takes seconds and copies nothing.
What is billed by the image (Windows, RHEL, the Marketplace) is lost by that, so EC2 makes a copy of those.
"""

from __future__ import annotations

import typing as t

from ..._access.waits import waiter_of
from ..._lifecycle.journal import Resource
from ..._lifecycle.naming import EXPIRY
from ..._lifecycle.operation import Context, Params
from ..._lifecycle.run import iso, utc_now
from ..._lifecycle.waiting import Waiter
from .copies import encryption_arguments
from .errors import AwsError, doing, insist
from .image_discarding import REPLACED_IMAGE
from .image_making import NameTakenError, NewImage, copy_image, register_image
from .image_removal import deregister, owned_snapshots, remove_snapshots, snapshot_ids
from .image_resources import Unfinished, resource_of
from .image_tags import ORIGIN, REPLACED, SUPERSEDED_BY, tags_of
from .image_waiting import await_images
from .placements import Placement
from .registration import is_registrable, registration, uefi_data
from .session import Account
from .ssm_parameters import parameter_of
from .tagging import EXPIRES_TAG, as_list

Json = dict[str, t.Any]

#: How long EC2 may go on believing that a name is taken.
_NAME_FREE = Waiter("the name to be free", timeout=60, interval=1, longest=5)
#: What a dry run says where the real call would work, but for the name, which is still taken.
_WOULD_WORK = ("DryRunOperation", "InvalidAMIName.Duplicate")


def retire(account: Account, image: Json, successor: str, context: Context, unfinished: Unfinished, parameter: str | None = None) -> None:
    """Deregister an image whose name is needed; its snapshots stay, and with them it comes back when ``unfinished`` is discarded.

    :param successor: what replaces it, see :data:`SUPERSEDED_BY`.
    :param parameter: name of a parameter of Systems Manager that may hold its id.
    """
    identifier = image["ImageId"]
    context.say(f"replacing {identifier} in {account.region}")
    known = {SUPERSEDED_BY: successor, REPLACED: identifier}
    if is_registrable(image):
        unfinished.creating(account, replaced_resource(account, image, parameter))
        # Should nobody come back to remove them, they are found as leftovers.
        known[EXPIRES_TAG] = iso(utc_now() + EXPIRY)
    else:
        context.warn(f"{image['Name']} ({identifier}) could not come back should the rest fail; its snapshots are {', '.join(snapshot_ids(image))}")
    if snapshot_ids(image):
        with doing(f"tag snapshots of {identifier}", f"image {identifier}"):
            account.client("ec2").create_tags(Resources=snapshot_ids(image), Tags=as_list(known))
    deregister(account, identifier, image["Name"])


def replaced_resource(account: Account, image: Json, parameter: str | None) -> Resource:
    """All that it takes to have an image again, but for its id."""
    identifier = image["ImageId"]
    with doing(f"read the launch permissions of {identifier}", f"image {identifier}"):
        answer = account.client("ec2").describe_image_attribute(ImageId=identifier, Attribute="launchPermission")
    details = {
        "id": identifier,
        "arguments": registration(image, uefi_data(account, image)),
        "image_tags": tags_of(image),
        "permissions": answer.get("LaunchPermissions") or [],
        "deprecation": image.get("DeprecationTime"),
        "parameter": parameter,
    }
    return resource_of(REPLACED_IMAGE, account, image["Name"], {}, **details)


def remove_superseded(account: Account, successor: str) -> None:
    """The last of what was replaced: its snapshots, also those of an attempt that could not finish."""
    for snapshot in owned_snapshots(account, {f"tag:{SUPERSEDED_BY}": successor}):
        remove_snapshots(account, [snapshot["SnapshotId"]], tags_of(snapshot).get(REPLACED))


def give_name(image: Json, new: NewImage, placement: Placement, params: Params, context: Context, unfinished: Unfinished) -> Json:
    """The image under its final name, available; what had the name before comes back when ``unfinished`` is discarded.

    :param image: the same content under another name.
    :param new: what it is to be.
    """
    account = new.account
    call, arguments = _naming(image, new, placement)
    if placement.holder is not None:
        _prove(call, arguments, new)
        retire(account, placement.holder, new.tags[ORIGIN], context, unfinished, parameter_of(params, context.build))
    identifier = _named(call, arguments, new, unfinished)
    waiter = waiter_of(params, "image_wait", f"the image {new.name} in {account.region}")
    return await_images([(account, identifier)], waiter, "image_wait", context.say)[0]


Call = t.Callable[..., str]


def _naming(image: Json, new: NewImage, placement: Placement) -> tuple[Call, Json]:
    """What makes the same image under another name."""
    if is_registrable(image):
        return register_image, registration(image, uefi_data(new.account, image))
    return copy_image, {"SourceImageId": image["ImageId"], "SourceRegion": new.account.region, **encryption_arguments(placement.target)}


def _prove(call: Call, arguments: Json, new: NewImage) -> None:
    """Nothing gives way to what may not be made."""
    try:
        with doing(f"be asked to make the image {new.name} in {new.account.region}"):
            getattr(new.account.client("ec2"), call.__name__)(Name=new.name, DryRun=True, **arguments)
    except AwsError as error:
        if error.code not in _WOULD_WORK:
            raise


def _named(call: Call, arguments: Json, new: NewImage, unfinished: Unfinished) -> str:
    return insist(lambda: call(new, unfinished, **arguments), lambda error: isinstance(error, NameTakenError), _NAME_FREE)
