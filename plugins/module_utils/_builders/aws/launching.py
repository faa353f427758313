# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Launches a guest: everything it needs is made, journalled and marked first, then the instance."""

from __future__ import annotations

import typing as t

from ..._access import host_keys
from ..._access.connecting import port_of
from ..._access.keys import generate, key_path
from ..._lifecycle.errors import BuilderError
from ..._lifecycle.operation import Context, Params
from . import capacity, instance, spot
from .block_devices import kept_devices
from .errors import doing
from .instance_profile import provide_profile
from .instance_types import fitting_types
from .key_pair import GuestKey, is_temporary, provide_key
from .launch_request import Provided, request
from .networking import candidate_subnets
from .security_group import create_group, given_groups, ingress_cidrs
from .session import Account
from .source import find_image
from .surrogate import surrogate_devices
from .tagging import text_tags
from .user_data import launch_user_data, pins_by_user_data

Json = dict[str, t.Any]


def key_of(params: Params, guest: str, directory: str) -> GuestKey:
    """The key of a guest that is there already.

    :raises BuilderError: when this machine does not have it.
    """
    if params["key_name"]:
        return GuestKey(params["key_name"], params["private_key_file"])
    path = key_path(directory, guest)
    if not path.is_file():
        raise BuilderError(f"the guest {guest} exists, but its private key {path} does not", hint="Remove the guest (state: absent), and launch it again")
    return GuestKey(guest if is_temporary(params) else None, str(path))


def launch(params: Params, directory: str, account: Account, context: Context) -> tuple[GuestKey, Json]:
    """The guest's key and its running instance.

    :raises BuilderError: when AWS has no room for it, or refuses; what was made so far is in the journal.
    """
    guest = params["name"]
    tags = {**text_tags(params["guest_tags"]), **text_tags(params["labels"])}
    # All that only asks comes first.
    image = find_image(params["source"], account)
    subnets = candidate_subnets(params, account)
    places = capacity.places(list(fitting_types(image, params, account)), subnets, account)
    vpc_id = subnets[0]["VpcId"]
    groups = given_groups(params, vpc_id, account)
    cidrs = ingress_cidrs(params, subnets[0])
    key = provide_key(params, guest, directory, tags, account, context)
    if not groups:
        groups = [create_group(guest, port_of(params), cidrs, vpc_id, tags, account, context)]
    provided = Provided(
        guest=guest,
        image=image,
        tags=tags,
        key_name=key.name,
        group_ids=tuple(groups),
        profile=provide_profile(params, guest, tags, account, context),
        user_data=_user_data(params, guest, directory),
    )
    wanted = request(params, provided, _devices(params))
    instance_id = _launch(params, wanted, provided, places, account, context)
    context.say(f"launched {instance_id}")
    running = instance.wait_until_running(account, instance_id, params)
    _leave_alone(running, kept_devices(_devices(params)), account)
    return key, running


def _devices(params: Params) -> list[t.Mapping[str, t.Any]]:
    """Volumes to build with; an image is verified with those of its own."""
    if params["purpose"] == "verify":
        return []
    return [*params["launch_block_devices"], *surrogate_devices(params["surrogate"])]


def _user_data(params: Params, guest: str, directory: str) -> bytes:
    host_keys.forget(directory, guest)
    if not pins_by_user_data(params):
        return launch_user_data(params, None)
    host_key = generate("ed25519", guest)
    host_keys.pin(directory, guest, [host_key.public])
    return launch_user_data(params, host_key)


def _launch(params: Params, wanted: Json, provided: Provided, places: t.Sequence[capacity.Place], account: Account, context: Context) -> str:
    guest, groups = provided.guest, provided.group_ids
    resource = account.resource(instance.KIND, guest)
    context.journal.creating(resource)
    launched_id = None
    if params["spot"]:
        launched_id = spot.launch_spot(wanted, groups, places, guest, provided.tags, params, account, context)
    if launched_id is None:
        launched_id = capacity.launch(wanted, groups, places, guest, params, account, context)["InstanceId"]
    context.journal.created(account.resource(instance.KIND, guest, id=launched_id))
    return str(launched_id)


def _leave_alone(running: Json, devices: t.Sequence[str], account: Account) -> None:
    """Take the marks off volumes that the definition wants to outlive the guest."""
    attached = {entry["DeviceName"]: entry["Ebs"]["VolumeId"] for entry in running.get("BlockDeviceMappings") or () if "Ebs" in entry}
    kept = [attached[device] for device in devices if device in attached]
    if kept:
        with doing(f"take the marks off {', '.join(kept)}"):
            account.client("ec2").delete_tags(Resources=kept, Tags=[{"Key": key} for key in ("golden.guest", "golden.expires")])
