# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The three calls that make an image: of an instance, of snapshots, of another image."""

from __future__ import annotations

import dataclasses
import typing as t

from ..._lifecycle.errors import BuilderError
from .errors import AwsError, doing
from .image_lookup import named
from .image_resources import Unfinished, resource_of
from .image_tags import belongs_to, owner_of, tags_of
from .session import Account
from .tagging import specifications

Json = dict[str, t.Any]
Tags = t.Mapping[str, str]


class NameTakenError(BuilderError):
    """Another image has the name."""


_DUPLICATE = "InvalidAMIName.Duplicate"
_SERVER_ERROR = 500


@dataclasses.dataclass(frozen=True)
class NewImage:
    """An image to be made.

    :ivar account: in the region where it is made.
    :ivar tags: of the image.
    :ivar snapshot_tags: of snapshots that are made with it.
    """

    account: Account
    name: str
    tags: Tags
    snapshot_tags: Tags


def create_image(new: NewImage, unfinished: Unfinished, **arguments: t.Any) -> str:
    """Of an instance. :returns: its id; it is pending."""
    specified = [*specifications(new.tags, "image"), *specifications(new.snapshot_tags, "snapshot")]
    call = new.account.client("ec2").create_image
    return _make(new, unfinished, "create the image", lambda: str(call(Name=new.name, TagSpecifications=specified, **arguments)["ImageId"]))


def register_image(new: NewImage, unfinished: Unfinished, **arguments: t.Any) -> str:
    """Of snapshots. :returns: its id; it is pending for a moment."""
    call = new.account.client("ec2").register_image
    specified = specifications(new.tags, "image")
    return _make(new, unfinished, "register the image", lambda: str(call(Name=new.name, TagSpecifications=specified, **arguments)["ImageId"]))


def copy_image(new: NewImage, unfinished: Unfinished, **arguments: t.Any) -> str:
    """Of another image, there or elsewhere. :returns: its id; it is pending."""
    specified = [*specifications(new.tags, "image"), *specifications(new.snapshot_tags, "snapshot")]
    call = new.account.client("ec2").copy_image
    return _make(new, unfinished, "copy the image", lambda: str(call(Name=new.name, TagSpecifications=specified, **arguments)["ImageId"]))


def _make(new: NewImage, unfinished: Unfinished, what: str, call: t.Callable[[], str]) -> str:
    resource = resource_of("image", new.account, new.name, new.tags)
    unfinished.creating(new.account, resource)
    try:
        with doing(f"{what} {new.name} in {new.account.region}", f"image {new.name}"):
            image_id = call()
    except AwsError as error:
        own = _made_before(new) if error.code == _DUPLICATE else None
        if own is None:
            if was_refused(error):
                unfinished.gone(resource)
            raise _explained(error, new) from error
        image_id = own
    unfinished.created(new.account, dataclasses.replace(resource, details={**resource.details, "id": image_id}))
    return image_id


def was_refused(error: AwsError) -> bool:
    """Whether AWS answered, and nothing was made; after a lost answer or an error of its own nobody knows."""
    metadata = getattr(error.__cause__, "response", {}).get("ResponseMetadata", {})
    return bool(metadata) and int(metadata.get("HTTPStatusCode", _SERVER_ERROR)) < _SERVER_ERROR


def _made_before(new: NewImage) -> str | None:
    """The answer to a call was lost, and the call repeated: then the name is taken by the image itself."""
    image = named(new.account, new.name)
    return str(image["ImageId"]) if image and belongs_to(tags_of(image), owner_of(new.tags)) else None


def _explained(error: AwsError, new: NewImage) -> BuilderError:
    if error.code != _DUPLICATE:
        return error
    return NameTakenError(
        f"there is already an image {new.name} in {new.account.region}",
        hint="Give another image_name or version, or set replace to true",
    )
