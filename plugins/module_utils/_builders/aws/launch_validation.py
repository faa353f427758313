# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Refuses options of a guest that AWS would refuse, or that would do something else than they say; asks nobody."""

from __future__ import annotations

import re
import typing as t

from ..._access.connecting import port_of
from ..._lifecycle.errors import BuilderError
from .block_devices import check_devices
from .connecting import check_connection
from .host_keys import check_host_key
from .image_tags import check_image_tags
from .instance_profile import check_instance_profile
from .key_pair import check_key
from .launch_request import shutdown_behavior
from .proxying import check_plugin
from .security_group import check_security_group
from .session import check_account
from .source import check_source
from .spot import check_spot
from .user_data import check_user_data

Options = t.Mapping[str, t.Any]

_BURSTABLE = re.compile(r"t\d+[a-z]*\.")
_MOST_HOPS = 64


def check_launch(options: Options, source: Options) -> None:
    """:raises BuilderError: for the first thing that cannot be."""
    if not options.get("instance_types"):
        raise BuilderError("instance_types is not given", hint="For instance instance_types: [t3.small, t3a.small]; they are tried in this order")
    check_account(options)
    if "image_of" not in source:
        check_source(source)
    check_connection(options)
    if options.get("address") == "session_manager":
        check_plugin()
    for check in (check_security_group, check_key, check_instance_profile, check_user_data, check_host_key, check_spot, _check_network, _check_placement):
        check(options)
    _check_metadata(options["metadata_options"], options)
    _check_features(options)
    check_devices(options["launch_block_devices"], "launch_block_devices")
    for name in ("guest_tags", "volume_tags"):
        check_image_tags(options[name], name)
    if not 0 < port_of(options) < 65536:
        raise BuilderError(f"port is {port_of(options)}, it has to be 1 to 65535")


def _check_network(options: Options) -> None:
    if options.get("vpc_id") and options.get("vpc_filter"):
        raise BuilderError("vpc_id and vpc_filter exclude each other", hint="Give one of them")
    if options.get("subnet_ids") and options.get("subnet_filter"):
        raise BuilderError("subnet_ids and subnet_filter exclude each other", hint="Give one of them")
    if options.get("subnet_ids") and (options.get("vpc_id") or options.get("vpc_filter")):
        raise BuilderError("subnet_ids already say the VPC", hint="Remove vpc_id and vpc_filter")
    if options.get("associate_public_ip_address") is False and options.get("address") in ("public_ip", "public_dns"):
        raise BuilderError(
            f"without a public address the guest cannot be reached by {options['address']}", hint="Remove associate_public_ip_address, or set address"
        )


def _check_placement(options: Options) -> None:
    placement = options.get("placement") or {}
    if placement.get("host_id") and placement.get("host_resource_group_arn"):
        raise BuilderError("placement: host_id and host_resource_group_arn exclude each other", hint="Give one of them")
    if (placement.get("host_id") or placement.get("host_resource_group_arn")) and placement.get("tenancy") not in (None, "host"):
        raise BuilderError(f"placement: a host needs tenancy: host, not {placement['tenancy']}")
    if placement.get("partition_number") is not None and not placement.get("group_name"):
        raise BuilderError("placement: partition_number needs group_name")
    reservation = {key: value for key, value in (options.get("capacity_reservation") or {}).items() if value}
    if options.get("capacity_reservation") is not None and len(reservation) != 1:
        raise BuilderError("capacity_reservation takes one of preference, id and resource_group_arn")


def _check_metadata(metadata: Options, options: Options) -> None:
    if not 1 <= metadata["http_put_response_hop_limit"] <= _MOST_HOPS:
        raise BuilderError(f"metadata_options: http_put_response_hop_limit is {metadata['http_put_response_hop_limit']}, AWS takes 1 to {_MOST_HOPS}")
    if not metadata["http_endpoint"] and metadata["instance_metadata_tags"]:
        raise BuilderError("metadata_options: without http_endpoint there are no instance_metadata_tags", hint="Remove one of the two")
    if not metadata["http_endpoint"] and options.get("host_key") == "user_data":
        raise BuilderError("without http_endpoint the guest cannot read user data, and so not its host key", hint="Set host_key to console")


def _check_features(options: Options) -> None:
    burstable = [kind for kind in options["instance_types"] if _BURSTABLE.match(kind)]
    if options.get("unlimited_credits") is not None and len(burstable) != len(options["instance_types"]):
        raise BuilderError("unlimited_credits is for burstable instance types (t2, t3, t3a, t4g)", hint="Remove it, or the other instance_types")
    if options.get("enclave") and burstable:
        raise BuilderError(f"{', '.join(burstable)} cannot have an enclave", hint="Use a Nitro type with at least four vCPUs, such as m6i.xlarge")
    if options.get("surrogate") and any(device["device_name"] == options["surrogate"]["device_name"] for device in options["launch_block_devices"]):
        raise BuilderError(
            f"{options['surrogate']['device_name']} is both in launch_block_devices and the surrogate", hint="The surrogate's volume is attached by itself"
        )
    if options.get("stop_mode") == "await" and shutdown_behavior(options) == "terminate":
        raise BuilderError("a guest that shuts itself down would be terminated", hint="With stop_mode: await set shutdown_behavior to stop")
