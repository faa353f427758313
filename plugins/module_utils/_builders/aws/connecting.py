# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a running guest is reached: the variables of its host."""

from __future__ import annotations

import hashlib
import shlex
import typing as t

from ..._lifecycle.errors import BuilderError
from .host_keys import known_hosts_path
from .key_pair import GuestKey
from .proxying import needs_proxy, proxy_command

Json = dict[str, t.Any]
Options = t.Mapping[str, t.Any]

CONNECTIONS = {"ssh": "golden.images.ssh", "psrp": "golden.images.psrp", "winrm": "golden.images.winrm"}
_USERS = {"ssh": "ec2-user", "psrp": "Administrator", "winrm": "Administrator"}


def check_connection(options: Options) -> None:
    """:raises BuilderError: for options of one way to connect with another."""
    connection = options.get("connection")
    if connection == "ssh":
        found = [name for name in ("windows_password",) if options.get(name)]
    else:
        found = [name for name in ("bastion", "ssh_args") if options.get(name)]
        if options.get("address") == "session_manager":
            raise BuilderError("Session Manager carries ssh alone here", hint=f"Set connection to ssh, or address to something else for {connection}")
        if options.get("windows_auth") == "basic" and not options.get("windows_tls"):
            raise BuilderError("windows_auth: basic without windows_tls would send the password in the clear", hint="Use ntlm, or set windows_tls to true")
    if found:
        raise BuilderError(f"{' and '.join(found)} cannot be used with connection: {connection}")
    if options.get("bastion") and needs_proxy(options):
        raise BuilderError("a bastion cannot be combined with session_manager or instance_connect", hint="Each is a way to the guest: use one of them")
    if options.get("instance_connect") and options.get("address") == "session_manager":
        raise BuilderError("instance_connect and address: session_manager are two ways to the guest", hint="Use one of them")


def port_of(options: Options) -> int:
    """Port of the guest that is connected to."""
    if options.get("port"):
        return int(options["port"])
    if options.get("connection") == "ssh":
        return 22
    return 5986 if options.get("windows_tls") else 5985


def user_of(options: Options) -> str:
    """User in the guest."""
    return str(options.get("user") or _USERS[options["connection"]])


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


def ssh_arguments(guest: str, directory: str, key: GuestKey, instance: Json, options: Options) -> list[str]:
    """Arguments of ssh, scp and sftp; they hold no secret."""
    trust = "accept-new" if options.get("host_key") == "first_contact" else "yes"
    wanted = {
        # The guest's name: its address may change, and have been somebody else's a minute ago.
        "HostKeyAlias": guest,
        "UserKnownHostsFile": str(known_hosts_path(directory, guest)),
        "GlobalKnownHostsFile": "/dev/null",
        "StrictHostKeyChecking": trust,
        "ForwardAgent": "no",
        "ServerAliveInterval": "10",
        "ServerAliveCountMax": "6",
    }
    if key.private_key_file:
        wanted["IdentitiesOnly"] = "yes"
    if needs_proxy(options):
        command = proxy_command(
            directory, guest, instance["InstanceId"], address_of(instance, options), port_of(options), {**options, "user": user_of(options)}
        )
        wanted["ProxyCommand"] = command
    elif options.get("bastion"):
        wanted["ProxyCommand"] = bastion_command(options["bastion"])
    arguments = [argument for name, value in wanted.items() for argument in ("-o", f"{name}={value}")]
    return [*arguments, *shlex.split(options.get("ssh_args") or "")]


def bastion_command(bastion: Options) -> str:
    """ssh's ``ProxyCommand`` through another machine, whose host key this user's or the given file knows."""
    argv = ["ssh", "-W", "[%h]:%p", "-o", "BatchMode=yes", "-o", "ForwardAgent=no", "-p", str(bastion.get("port") or 22)]
    if bastion.get("private_key_file"):
        argv += ["-i", str(bastion["private_key_file"]), "-o", "IdentitiesOnly=yes"]
    if bastion.get("known_hosts_file"):
        argv += ["-o", f"UserKnownHostsFile={bastion['known_hosts_file']}", "-o", "StrictHostKeyChecking=yes"]
    user = f"{bastion['user']}@" if bastion.get("user") else ""
    return shlex.join([*argv, f"{user}{bastion['host']}"])


def variables(guest: str, directory: str, key: GuestKey, instance: Json, options: Options) -> Json:
    """Variables of the guest's host, without a password."""
    known: Json = {"ansible_host": address_of(instance, options), "ansible_port": port_of(options), "ansible_user": user_of(options)}
    connection = options["connection"]
    if connection == "ssh":
        known.update(
            ansible_ssh_common_args=shlex.join(ssh_arguments(guest, directory, key, instance, options)),
            ansible_host_key_checking=True,
            ansible_pipelining=True,
            # By default it is made of the address, which the next guest may have.
            ansible_control_path=f"%(directory)s/golden-{hashlib.sha256(guest.encode()).hexdigest()[:12]}",
        )
        if key.private_key_file:
            known["ansible_ssh_private_key_file"] = key.private_key_file
        return known
    validation = "validate" if options["windows_validate_certs"] else "ignore"
    scheme = "https" if options["windows_tls"] else "http"
    if connection == "psrp":
        known.update(ansible_psrp_protocol=scheme, ansible_psrp_auth=options["windows_auth"], ansible_psrp_cert_validation=validation)
    else:
        known.update(ansible_winrm_scheme=scheme, ansible_winrm_transport=options["windows_auth"], ansible_winrm_server_cert_validation=validation)
    return known


def login_command(guest: str, directory: str, key: GuestKey, instance: Json, options: Options) -> str | None:
    """With what a person opens a shell in a kept guest."""
    if options["connection"] != "ssh":
        return None
    arguments = ssh_arguments(guest, directory, key, instance, options)
    identity = ["-i", key.private_key_file] if key.private_key_file else []
    return shlex.join(["ssh", *identity, "-p", str(port_of(options)), *arguments, f"{user_of(options)}@{address_of(instance, options)}"])
