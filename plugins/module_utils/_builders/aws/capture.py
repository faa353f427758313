# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes an image of a guest, under a name that nobody else uses before it is verified."""

from __future__ import annotations

import typing as t

from ..._lifecycle.errors import BuilderError
from ..._lifecycle.operation import Context, Params, Result
from ..._lifecycle.run import utc_now
from . import image_tags as tags
from .block_devices import device_mapping
from .errors import doing
from .image_changes import apply_all
from .image_lookup import named
from .image_making import NewImage, create_image, register_image
from .image_names import image_name, temporary_name, temporary_stem
from .image_records import captured_artifact, discarded_artifact
from .image_removal import deregister
from .image_resources import Unfinished
from .image_settings import imds_changes
from .image_waiting import await_image
from .registration import check_registrable, overrides, registration, uefi_data
from .session import Account
from .stopping import stop
from .surrogate import captured_surrogate
from .tagging import GUEST_TAG, filters

Json = dict[str, t.Any]

_ARTIFACTS = ("image", "snapshot")


def captured(params: Params, context: Context, account: Account) -> Result:
    """State ``captured``: what the guest is now becomes an image."""
    if params["capture"] == "discard":
        return {"changed": False, "artifact": discarded_artifact(account, context.build).to_dict()}
    instance = find_guest(account, params["guest"])
    final = image_name(params["image_name"], context.build, utc_now())
    new = new_image(params, context, account, final)
    if context.check_mode:
        return {"changed": True, "name": final}
    with Unfinished(context) as unfinished:
        stop(instance, params, context, account)
        make = captured_surrogate if params.get("surrogate") else captured_instance
        image = make(new, instance, params, context, unfinished)
        apply_all(imds_changes(account, image, params), context)
        artifact = captured_artifact(account, context.build, image, final)
        # From here on the lifecycle's record of the build answers for it: a later run goes on with it, or removes it.
        for resource in unfinished.all():
            if resource.kind in _ARTIFACTS:
                unfinished.released(resource)
    return {"changed": True, "name": final, "artifact": artifact.to_dict()}


def find_guest(account: Account, guest: str) -> Json:
    """The instance of a guest, by its name or its id.

    :raises BuilderError: when there is none that could be captured.
    """
    wanted: Json = {"instance-id": guest} if guest.startswith("i-") else {f"tag:{GUEST_TAG}": guest}
    wanted["instance-state-name"] = ["pending", "running", "stopping", "stopped"]
    with doing(f"look for the guest {guest}"):
        pages = account.client("ec2").get_paginator("describe_instances").paginate(Filters=filters(wanted))
        found: list[Json] = [instance for page in pages for reservation in page["Reservations"] for instance in reservation["Instances"]]
    if not found:
        raise BuilderError(f"there is no instance {guest} in {account.region}", hint="Launch the guest first")
    return found[0]


def new_image(params: Params, context: Context, account: Account, final: str) -> NewImage:
    """The image to make, under its final name only when that is free and nobody can take it for a verified one.

    :raises BuilderError: when the name is taken and not to be replaced.
    """
    direct = not params["provisional"] and not params["encrypt"] and params["keep_in_build_region"]
    holder = named(account, final)
    check_holder(holder, params["replace"], context.build, account)
    return NewImage(
        account,
        final if direct and holder is None else temporary_name(temporary_stem(context.build, params["guest"]), "captured"),
        tags.captured_tags(final, context.build, params["image_tags"]),
        tags.captured_tags(final, context.build, params["snapshot_tags"]),
    )


def check_holder(holder: Json | None, replace: bool, build: t.Mapping[str, t.Any], account: Account) -> None:
    """:raises BuilderError: when an image has the name that is wanted, and may not lose it."""
    if holder is None or replace:
        return
    known = tags.tags_of(holder)
    # What an earlier run of the build captured and did not verify goes when this one is captured.
    if build and known.get(tags.BUILD) == build["name"] and known.get(tags.STATE) == tags.CAPTURED:
        return
    raise BuilderError(
        f"there is already an image {holder['Name']} in {account.region}: {holder['ImageId']}",
        hint="Give another image_name or version, or set replace to true",
    )


def captured_instance(new: NewImage, instance: Json, params: Params, context: Context, unfinished: Unfinished) -> Json:
    """The image of an instance, available."""
    context.say(f"creating the image {new.name}")
    arguments: Json = {"InstanceId": instance["InstanceId"], "NoReboot": params["stop_mode"] == "none"}
    if params.get("image_description"):
        arguments["Description"] = params["image_description"]
    if params["image_block_devices"]:
        arguments["BlockDeviceMappings"] = [device_mapping(device) for device in params["image_block_devices"]]
    image = await_image(new.account, create_image(new, unfinished, **arguments), params, context)
    changes = overrides(params)
    if all(image.get(name) == value for name, value in changes.items()):
        return image
    return _registered_anew(new, image, changes, params, context, unfinished)


def _registered_anew(new: NewImage, image: Json, changes: Json, params: Params, context: Context, unfinished: Unfinished) -> Json:
    """The same snapshots as an image with a boot mode and the like of its own, which creating an image cannot give it."""
    account = new.account
    check_registrable(image, "boot_mode, tpm_support and uefi_data")
    again = NewImage(account, temporary_name(temporary_stem(context.build, params["guest"]), "registered"), new.tags, new.snapshot_tags)
    arguments = registration(image, {**uefi_data(account, image), **changes})
    registered = await_image(account, register_image(again, unfinished, **arguments), params, context)
    deregister(account, image["ImageId"])
    for resource in unfinished.all():
        if resource.details.get("id") == image["ImageId"]:
            unfinished.gone(resource)
    return registered
