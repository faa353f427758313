# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is asked of EC2 for one guest, as ``RunInstances`` and launch templates take it."""

from __future__ import annotations

import dataclasses
import typing as t

from .block_devices import launch_mappings
from .tagging import GUEST_TAG, Tags, specifications, text_tags

Json = dict[str, t.Any]
Options = t.Mapping[str, t.Any]


@dataclasses.dataclass(frozen=True)
class Provided:
    """What was found and made for the guest before its launch.

    :ivar image: the source image as EC2 describes it.
    :ivar tags: of everything that belongs to the guest.
    """

    guest: str
    image: Json
    tags: Tags
    key_name: str | None = None
    group_ids: tuple[str, ...] = ()
    profile: Json | None = None
    user_data: bytes = b""


def request(options: Options, provided: Provided, devices: t.Sequence[t.Mapping[str, t.Any]]) -> Json:
    """Everything but instance type, subnet and count; ``UserData`` is bytes still.

    :param devices: entries of ``launch_block_devices``.
    """
    wanted: Json = {
        "ImageId": provided.image["ImageId"],
        "KeyName": provided.key_name,
        "UserData": provided.user_data or None,
        "IamInstanceProfile": provided.profile,
        "BlockDeviceMappings": launch_mappings(provided.image, devices),
        "EbsOptimized": options.get("ebs_optimized"),
        "InstanceInitiatedShutdownBehavior": shutdown_behavior(options),
        "MetadataOptions": metadata_options(options["metadata_options"]),
        "Placement": _placement(options.get("placement")),
        "LicenseSpecifications": [{"LicenseConfigurationArn": arn} for arn in options["license_configuration_arns"]],
        "CapacityReservationSpecification": _capacity_reservation(options.get("capacity_reservation")),
        "EnclaveOptions": {"Enabled": True} if options.get("enclave") else None,
        "CreditSpecification": _credits(options.get("unlimited_credits")),
        "TagSpecifications": launch_tags(options, provided),
    }
    return {name: value for name, value in wanted.items() if value not in (None, [], {})}


def launch_tags(options: Options, provided: Provided) -> list[Json]:
    """Marks of the instance, its volumes and its network interface."""
    common = {**provided.tags, GUEST_TAG: provided.guest}
    instance = {"Name": provided.guest, **common}
    volumes = {"Name": provided.guest, **common, **text_tags(options["volume_tags"])}
    return [*specifications(instance, "instance"), *specifications(volumes, "volume"), *specifications(common, "network-interface")]


def network_interface(options: Options, group_ids: t.Sequence[str], subnet_id: str | None) -> Json:
    """The guest's only interface; a template leaves the subnet to the fleet."""
    wanted: Json = {
        "DeviceIndex": 0,
        "DeleteOnTermination": True,
        "Groups": list(group_ids),
        "SubnetId": subnet_id,
        "AssociatePublicIpAddress": options.get("associate_public_ip_address"),
        "Ipv6AddressCount": 1 if options.get("address") == "ipv6" else None,
    }
    return {name: value for name, value in wanted.items() if value is not None}


def shutdown_behavior(options: Options) -> str:
    """A guest that shuts itself down is gone, except on Windows, where generalizing (sysprep) ends with that."""
    return options.get("shutdown_behavior") or ("terminate" if options.get("connection") == "ssh" else "stop")


def metadata_options(options: Options) -> Json:
    """``MetadataOptions``."""
    if not options["http_endpoint"]:
        return {"HttpEndpoint": "disabled"}
    return {
        "HttpEndpoint": "enabled",
        "HttpTokens": options["http_tokens"],
        "HttpPutResponseHopLimit": options["http_put_response_hop_limit"],
        "HttpProtocolIpv6": "enabled" if options["http_protocol_ipv6"] else "disabled",
        "InstanceMetadataTags": "enabled" if options["instance_metadata_tags"] else "disabled",
    }


def _placement(options: Options | None) -> Json:
    names = {
        "tenancy": "Tenancy",
        "host_id": "HostId",
        "host_resource_group_arn": "HostResourceGroupArn",
        "group_name": "GroupName",
        "partition_number": "PartitionNumber",
        "affinity": "Affinity",
    }
    return {names[key]: value for key, value in (options or {}).items() if key in names and value is not None}


def _capacity_reservation(options: Options | None) -> Json:
    if not options:
        return {}
    target = {"CapacityReservationId": options.get("id"), "CapacityReservationResourceGroupArn": options.get("resource_group_arn")}
    target = {name: value for name, value in target.items() if value}
    return {"CapacityReservationTarget": target} if target else {"CapacityReservationPreference": options["preference"]}


def _credits(unlimited: bool | None) -> Json:
    if unlimited is None:
        return {}
    return {"CpuCredits": "unlimited" if unlimited else "standard"}
