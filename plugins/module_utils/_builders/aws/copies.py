# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies an image to where it is not yet: all copies at the same time, one per region, encrypted on the way."""

from __future__ import annotations

import typing as t

from ..._access.waits import waiter_of
from ..._lifecycle.errors import GoldenError
from ..._lifecycle.operation import Context, Params
from .image_lookup import describe
from .image_making import NewImage, copy_image
from .image_names import temporary_name
from .image_resources import Unfinished
from .image_waiting import await_images
from .placements import Placement, Target
from .session import Account

Json = dict[str, t.Any]


def copy_missing(
    placements: t.Sequence[Placement],
    source: tuple[Account, Json],
    new_in: t.Callable[[Account, str], NewImage],
    names: tuple[str, str],
    params: Params,
    context: Context,
    unfinished: Unfinished,
) -> list[Json]:
    """The image in every target, available, in the order of ``placements``.

    :param source: the image to copy, with the account in its region.
    :param new_in: what a copy of some name is like in a region.
    :param names: the final name, and what temporary names begin with.
    :raises BuilderError: when a copy fails; what was copied goes too, unless ``keep_copies`` says otherwise.
    """
    final, stem = names
    waited: list[tuple[Account, str]] = []
    try:
        for placement in placements:
            if placement.ready is not None:
                waited.append((placement.account, placement.ready["ImageId"]))
                continue
            # A name that somebody has is only taken over when the copy is complete.
            new = new_in(placement.account, temporary_name(stem, "copied") if placement.holder else final)
            context.say(f"copying the image to {placement.account.region}")
            waited.append((placement.account, copy_image(new, unfinished, **copy_arguments(placement, source, params))))
        return await_images(waited, waiter_of(params, "copy_wait", "copies of the image"), "copy_wait", context.say)
    except GoldenError:
        if params["keep_copies"]:
            _keep(unfinished)
        raise


def copy_arguments(placement: Placement, source: tuple[Account, Json], params: Params) -> Json:
    """Arguments of ``CopyImage``, name and tags apart."""
    account, image = source
    arguments: Json = {"SourceImageId": image["ImageId"], "SourceRegion": account.region, **encryption_arguments(placement.target)}
    if image.get("Description"):
        arguments["Description"] = image["Description"]
    if params.get("copy_duration_minutes") and account.region != placement.account.region:
        arguments["SnapshotCopyCompletionDurationMinutes"] = params["copy_duration_minutes"]
    return arguments


def encryption_arguments(target: Target) -> Json:
    """How a copy is encrypted; without any of it a copy of something encrypted has the region's default key."""
    return {**({"Encrypted": True} if target.encrypt else {}), **({"KmsKeyId": target.kms_key} if target.kms_key else {})}


def _keep(unfinished: Unfinished) -> None:
    """Leave copies that did not fail; publishing again finds them."""
    for account, resource in unfinished.made():
        image = describe(account, resource.details["id"]) if resource.details.get("id") else None
        if image is not None and image.get("State") in ("pending", "available"):
            unfinished.published(resource)
