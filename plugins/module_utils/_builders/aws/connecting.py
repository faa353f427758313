# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a running guest is reached: the variables of its host."""

from __future__ import annotations

import typing as t

from ..._access import connecting
from ..._access.connecting import Way, check_ways, port_of
from ..._lifecycle.errors import BuilderError
from .key_pair import GuestKey
from .proxying import needs_proxy, proxy_command

Json = dict[str, t.Any]
Options = t.Mapping[str, t.Any]

_USER = "ec2-user"


def check_connection(options: Options) -> None:
    """:raises BuilderError: for options of one way to connect with another."""
    connection = options.get("connection")
    check_ways(options)
    if connection == "ssh" and options.get("windows_password"):
        raise BuilderError("windows_password cannot be used with connection: ssh")
    if connection != "ssh" and options.get("address") == "session_manager":
        raise BuilderError("Session Manager carries ssh alone here", hint=f"Set connection to ssh, or address to something else for {connection}")
    if options.get("bastion") and needs_proxy(options):
        raise BuilderError("a bastion cannot be combined with session_manager or instance_connect", hint="Each is a way to the guest: use one of them")
    if options.get("instance_connect") and options.get("address") == "session_manager":
        raise BuilderError("instance_connect and address: session_manager are two ways to the guest", hint="Use one of them")


def user_of(options: Options) -> str:
    """User in the guest."""
    return connecting.user_of(options, _USER)


def address_of(instance: Json, options: Options) -> str:
    """:raises BuilderError: when the instance has no address of the wanted kind."""
    wanted = options.get("address") or "auto"
    known = {
        "public_ip": instance.get("PublicIpAddress"),
        "private_ip": instance.get("PrivateIpAddress"),
        "public_dns": instance.get("PublicDnsName"),
        "private_dns": instance.get("PrivateDnsName"),
        "ipv6": _ipv6(instance),
        "session_manager": instance["InstanceId"],
    }
    address = known["public_ip"] or known["private_ip"] if wanted == "auto" else known[wanted]
    if not address:
        raise BuilderError(
            f"the instance {instance['InstanceId']} has no {wanted.replace('_', ' ')}",
            hint="Check associate_public_ip_address and the settings of the subnet and the VPC, or use another address",
            resource=f"instance {instance['InstanceId']}",
        )
    return str(address)


def _ipv6(instance: Json) -> str | None:
    if instance.get("Ipv6Address"):
        return str(instance["Ipv6Address"])
    found = [entry["Ipv6Address"] for interface in instance.get("NetworkInterfaces") or () for entry in interface.get("Ipv6Addresses") or ()]
    return found[0] if found else None


def way_to(guest: str, directory: str, key: GuestKey, instance: Json, options: Options) -> Way:
    """The way to a running guest.

    :raises BuilderError: when it has no address of the wanted kind.
    """
    host, port, user = address_of(instance, options), port_of(options), user_of(options)
    proxy = proxy_command(directory, guest, instance["InstanceId"], host, port, {**options, "user": user}) if needs_proxy(options) else None
    return Way(guest, directory, host, port, user, key.private_key_file, proxy, trusts_first=options.get("host_key") == "first_contact")
