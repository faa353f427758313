# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a running guest is reached: the variables of its host."""

from __future__ import annotations

import dataclasses
import hashlib
import pathlib
import shlex
import typing as t

from .._lifecycle.errors import BuilderError
from . import host_keys, keys, passwords

Json = dict[str, t.Any]
Options = t.Mapping[str, t.Any]

CONNECTIONS = {"ssh": "golden.images.ssh", "psrp": "golden.images.psrp", "winrm": "golden.images.winrm"}
_ADMINISTRATOR, _ROOT = "Administrator", "root"
_SSH_PORT, _WINDOWS_PORT, _WINDOWS_TLS_PORT = 22, 5985, 5986
_CONTROL_DIGITS = 12


@dataclasses.dataclass(frozen=True)
class Way:
    """The way to a guest.

    :ivar guest: its name; also what its host key is kept under, since an address may change and have been somebody else's a minute ago.
    :ivar directory: with its key, host key and password.
    :ivar port: where a connection is made to, on ``host``.
    :ivar private_key_file: ``None`` when a password, the agent or the settings of ssh let us in.
    :ivar proxy_command: of ssh, when the guest is reached through something else.
    :ivar trusts_first: whether who answers first is believed, where no host key is pinned.
    """

    guest: str
    directory: str
    host: str
    port: int
    user: str
    private_key_file: str | None = None
    proxy_command: str | None = None
    trusts_first: bool = False


def check_connection(options: Options) -> None:
    """:raises BuilderError: for options that contradict each other, and files that are not there."""
    connection = options["connection"]
    given = [name for name in ("user", "password", "port", "private_key_file", "bastion", "ssh_args") if options.get(name)]
    if connection == "none" and given:
        raise BuilderError(f"{' and '.join(given)} cannot be used with connection: none", hint="Remove them, or say how the guest is reached.")
    key = options.get("private_key_file")
    if key and not pathlib.Path(str(key)).is_file():
        raise BuilderError(f"private_key_file: {key} does not exist")
    if connection in ("psrp", "winrm") and key:
        raise BuilderError(f"private_key_file cannot be used with connection: {connection}")
    if connection in ("psrp", "winrm") and not options.get("password"):
        raise BuilderError(f"connection: {connection} needs the option password", hint="Give the password that the installer or the image sets.")
    if options.get("host_key") == "seed" and connection != "ssh":
        raise BuilderError("host_key is for ssh", hint="Remove it, or set connection to ssh.")
    check_ways(options)


def check_ways(options: Options) -> None:
    """:raises BuilderError: for options of one way to connect with another."""
    connection = options["connection"]
    found = [name for name in ("bastion", "ssh_args") if options.get(name)]
    if connection in ("psrp", "winrm") and found:
        raise BuilderError(f"{' and '.join(found)} cannot be used with connection: {connection}")
    if options.get("windows_auth") == "basic" and not options.get("windows_tls"):
        raise BuilderError("windows_auth: basic without windows_tls would send the password in the clear", hint="Use ntlm, or set windows_tls to true.")


def port_of(options: Options) -> int:
    """Port of the guest, inside it."""
    if options.get("port"):
        return int(options["port"])
    if options["connection"] == "ssh":
        return _SSH_PORT
    return _WINDOWS_TLS_PORT if options.get("windows_tls") else _WINDOWS_PORT


def user_of(options: Options, fallback: str = _ROOT) -> str:
    """User in the guest.

    :param fallback: where none is given and the guest is no Windows.
    """
    return str(options.get("user") or (fallback if options["connection"] == "ssh" else _ADMINISTRATOR))


def ssh_arguments(way: Way, options: Options) -> list[str]:
    """Arguments of ssh, scp and sftp; they hold no secret."""
    wanted = {
        "HostKeyAlias": way.guest,
        "UserKnownHostsFile": str(host_keys.known_hosts_path(way.directory, way.guest)),
        "GlobalKnownHostsFile": "/dev/null",
        "StrictHostKeyChecking": "accept-new" if way.trusts_first else "yes",
        "ForwardAgent": "no",
        "ServerAliveInterval": "10",
        "ServerAliveCountMax": "6",
    }
    if way.private_key_file:
        wanted["IdentitiesOnly"] = "yes"
    if way.proxy_command:
        wanted["ProxyCommand"] = way.proxy_command
    elif options.get("bastion"):
        wanted["ProxyCommand"] = bastion_command(options["bastion"])
    arguments = [argument for name, value in wanted.items() for argument in ("-o", f"{name}={value}")]
    return [*arguments, *shlex.split(options.get("ssh_args") or "")]


def bastion_command(bastion: Options) -> str:
    """ssh's ``ProxyCommand`` through another machine, whose host key this user's or the given file knows."""
    argv = ["ssh", "-W", "[%h]:%p", "-o", "BatchMode=yes", "-o", "ForwardAgent=no", "-p", str(bastion.get("port") or _SSH_PORT)]
    if bastion.get("private_key_file"):
        argv += ["-i", str(bastion["private_key_file"]), "-o", "IdentitiesOnly=yes"]
    if bastion.get("known_hosts_file"):
        argv += ["-o", f"UserKnownHostsFile={bastion['known_hosts_file']}", "-o", "StrictHostKeyChecking=yes"]
    user = f"{bastion['user']}@" if bastion.get("user") else ""
    return shlex.join([*argv, f"{user}{bastion['host']}"])


def variables(way: Way, options: Options) -> Json:
    """Variables of the guest's host, without a password."""
    known: Json = {"ansible_host": way.host, "ansible_port": way.port, "ansible_user": way.user}
    connection = options["connection"]
    if connection == "ssh":
        known.update(
            ansible_ssh_common_args=shlex.join(ssh_arguments(way, options)),
            ansible_host_key_checking=True,
            ansible_pipelining=True,
            # By default it is made of the address, which the next guest may have.
            ansible_control_path=f"%(directory)s/golden-{hashlib.sha256(way.guest.encode()).hexdigest()[:_CONTROL_DIGITS]}",
        )
        if way.private_key_file:
            known["ansible_ssh_private_key_file"] = way.private_key_file
        return known
    validation = "validate" if options["windows_validate_certs"] else "ignore"
    scheme = "https" if options["windows_tls"] else "http"
    if connection == "psrp":
        known.update(ansible_psrp_protocol=scheme, ansible_psrp_auth=options["windows_auth"], ansible_psrp_cert_validation=validation)
    else:
        known.update(ansible_winrm_scheme=scheme, ansible_winrm_transport=options["windows_auth"], ansible_winrm_server_cert_validation=validation)
    return known


def login_command(way: Way, options: Options) -> str | None:
    """With what a person opens a shell in a kept guest."""
    if options["connection"] != "ssh":
        return None
    identity = ["-i", way.private_key_file] if way.private_key_file else []
    return shlex.join(["ssh", *identity, "-p", str(way.port), *ssh_arguments(way, options), f"{way.user}@{way.host}"])


def guest_facts(way: Way | None, options: Options, **more: t.Any) -> Json:
    """What launching a guest tells the lifecycle.

    :param way: ``None`` when ``connection`` is ``none``.
    :param more: further keys of the result.
    """
    if way is None:
        return {"connection": None, "vars": {}, "wait": False, **more}
    password_file = passwords.write_password(way.directory, way.guest, options["password"]) if options.get("password") else None
    wait = options["connection_wait"]
    return {
        "name": way.guest,
        "connection": CONNECTIONS[options["connection"]],
        "vars": variables(way, options),
        "password_file": str(password_file) if password_file else None,
        "wait": True,
        "wait_timeout": wait["timeout"],
        "wait_interval": wait["interval"],
        **more,
    }


def build_key(directory: str, guest: str, purpose: str) -> Json:
    """The temporary key as a variable of the host, to be removed from the image; empty when there is none.

    A guest that verifies an image is told nothing: it looks for the key of the guest that was captured.
    """
    if purpose == "verify" or not keys.key_path(directory, guest).is_file():
        return {}
    return {"golden_build_public_key": keys.public_line(directory, guest)}


def forget_files(directory: str, guest: str) -> None:
    """Delete what lies in ``directory`` of a guest."""
    keys.forget_key_files(directory, guest)
    host_keys.forget(directory, guest)
    passwords.forget_password(directory, guest)
