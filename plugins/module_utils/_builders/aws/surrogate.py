# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes an image whose root volume is one that was attached to the guest and filled there.

``register`` snapshots the volumes and registers them: any boot mode, any architecture. ``swap`` puts the volume
in the place of the guest's own root and has EC2 create the image, which keeps what the source image is billed by.
"""

from __future__ import annotations

import typing as t

from ..._access.waits import waiter_of
from ..._lifecycle.errors import BuilderError
from ..._lifecycle.operation import Context, Params
from . import image_tags as tags
from .block_devices import device_mapping
from .errors import doing
from .image_discarding import KINDS
from .image_making import NewImage, create_image, register_image
from .image_resources import Unfinished, resource_of
from .image_waiting import await_image, await_snapshots
from .registration import overrides
from .session import Account
from .tagging import specifications
from .waiters import patiently

Json = dict[str, t.Any]


def surrogate_devices(surrogate: t.Mapping[str, t.Any] | None) -> list[Json]:
    """Volumes that the guest is to be launched with, as entries of ``launch_block_devices``."""
    if not surrogate:
        return []
    kept = ("device_name", "volume_size", "volume_type", "iops", "throughput", "snapshot_id")
    return [{**{name: surrogate.get(name) for name in kept}, "delete_on_termination": True}]


def captured_surrogate(new: NewImage, instance: Json, params: Params, context: Context, unfinished: Unfinished) -> Json:
    """The image, available."""
    volumes = {mapping["DeviceName"]: mapping["Ebs"]["VolumeId"] for mapping in instance.get("BlockDeviceMappings") or [] if "Ebs" in mapping}
    device = params["surrogate"]["device_name"]
    if device not in volumes:
        raise BuilderError(
            f"no volume is attached to {instance['InstanceId']} as {device}",
            hint=f"Attached are {', '.join(sorted(volumes)) or 'none'}; launch the guest with the option surrogate",
        )
    if params["surrogate"]["method"] == "swap":
        return _swapped(new, instance, volumes, params, context, unfinished)
    return _registered(new, instance, volumes, params, context, unfinished)


def _registered(new: NewImage, instance: Json, volumes: dict[str, str], params: Params, context: Context, unfinished: Unfinished) -> Json:
    left_out = {instance.get("RootDeviceName"), *params["surrogate"]["omit_devices"]}
    wanted = {device: volume for device, volume in volumes.items() if device not in left_out}
    context.say(f"taking snapshots of {', '.join(sorted(wanted))}")
    snapshots = {device: _snapshot(new, device, volume, params, unfinished) for device, volume in wanted.items()}
    waiter = waiter_of(params, "snapshot_wait", f"snapshots of {', '.join(sorted(wanted))}")
    await_snapshots(new.account, list(snapshots.values()), waiter, "snapshot_wait", context.say)
    arguments = surrogate_registration(instance, snapshots, params)
    context.say(f"registering the image {new.name}")
    return await_image(new.account, register_image(new, unfinished, **arguments), params, context)


def surrogate_registration(instance: Json, snapshots: t.Mapping[str, str], params: t.Mapping[str, t.Any]) -> Json:
    """Arguments of ``RegisterImage``.

    :param snapshots: device of the guest to snapshot.
    """
    surrogate = params["surrogate"]
    root_name = surrogate.get("root_device_name") or instance["RootDeviceName"]
    root = device_mapping({**surrogate, "device_name": root_name, "snapshot_id": snapshots[surrogate["device_name"]], "delete_on_termination": True})
    mappings = {root_name: root}
    for device, snapshot in snapshots.items():
        if device != surrogate["device_name"]:
            mappings[device] = {"DeviceName": device, "Ebs": {"SnapshotId": snapshot, "DeleteOnTermination": True}}
    mappings.update({device["device_name"]: device_mapping(device) for device in params["image_block_devices"]})
    ena = params.get("ena_support")
    arguments = {
        "RootDeviceName": root_name,
        "VirtualizationType": "hvm",
        "Architecture": surrogate.get("architecture") or instance.get("Architecture"),
        "EnaSupport": instance.get("EnaSupport") if ena is None else ena,
        "SriovNetSupport": "simple" if params.get("sriov_net_support") else None,
        "BootMode": instance.get("BootMode"),
        "ImdsSupport": params.get("imds_support"),
        "Description": params.get("image_description"),
        **overrides(params),
    }
    return {**{name: value for name, value in arguments.items() if value not in (None, "")}, "BlockDeviceMappings": list(mappings.values())}


def _snapshot(new: NewImage, device: str, volume: str, params: Params, unfinished: Unfinished) -> str:
    name = f"{new.name}:{device}"
    marked = {**new.snapshot_tags, tags.RESOURCE: name}
    resource = resource_of("snapshot", new.account, name, marked)
    unfinished.creating(new.account, resource)
    with doing(f"take a snapshot of {volume}", f"volume {volume}"):
        description = params.get("image_description") or f"{device} of {new.name}"
        answer = new.account.client("ec2").create_snapshot(VolumeId=volume, Description=description, TagSpecifications=specifications(marked, "snapshot"))
    unfinished.created(new.account, resource_of("snapshot", new.account, name, marked, id=answer["SnapshotId"]))
    return str(answer["SnapshotId"])


def _swapped(new: NewImage, instance: Json, volumes: dict[str, str], params: Params, context: Context, unfinished: Unfinished) -> Json:
    account, identifier = new.account, instance["InstanceId"]
    root_device, device = instance["RootDeviceName"], params["surrogate"]["device_name"]
    root, replacement = volumes[root_device], volumes[device]
    old, moved = (resource_of("volume", account, volume, new.tags, id=volume) for volume in (root, replacement))
    context.say(f"putting {device} in the place of the root volume")
    for resource, place in ((old, root_device), (moved, device)):
        # Detached, neither goes with its instance any more.
        unfinished.creating(account, resource)
        _detach(account, resource.details["id"], identifier, place, params)
    _attach(account, replacement, identifier, root_device, params)
    arguments: Json = {"InstanceId": identifier, "NoReboot": True}
    if params.get("image_description"):
        arguments["Description"] = params["image_description"]
    omitted = [{"DeviceName": name, "NoDevice": ""} for name in params["surrogate"]["omit_devices"] if name in volumes]
    mappings = [*omitted, *(device_mapping(entry) for entry in params["image_block_devices"])]
    if mappings:
        arguments["BlockDeviceMappings"] = mappings
    image = await_image(account, create_image(new, unfinished, **arguments), params, context)
    KINDS["volume"](account, old)
    unfinished.gone(old)
    return image


def _detach(account: Account, volume: str, instance: str, device: str, params: Params) -> None:
    with doing(f"detach the volume {volume}", f"volume {volume}"):
        account.client("ec2").detach_volume(VolumeId=volume, InstanceId=instance, Device=device)
    _await_volume(account, volume, "available", params)


def _attach(account: Account, volume: str, instance: str, device: str, params: Params) -> None:
    client = account.client("ec2")
    with doing(f"attach the volume {volume} as {device}", f"volume {volume}"):
        client.attach_volume(VolumeId=volume, InstanceId=instance, Device=device)
    _await_volume(account, volume, "in-use", params)
    with doing(f"have the volume {volume} go with its instance", f"volume {volume}"):
        client.modify_instance_attribute(InstanceId=instance, BlockDeviceMappings=[{"DeviceName": device, "Ebs": {"DeleteOnTermination": True}}])


def _await_volume(account: Account, volume: str, state: str, params: Params) -> None:
    def look() -> bool | None:
        with doing(f"look at the volume {volume}", f"volume {volume}"):
            found = account.client("ec2").describe_volumes(VolumeIds=[volume])["Volumes"][0]
        attached = [attachment["State"] for attachment in found.get("Attachments") or []]
        return (found["State"] == state and all(each == "attached" for each in attached)) or None

    patiently(look, waiter_of(params, "volume_wait", f"the volume {volume} to be {state}"), "volume_wait")
