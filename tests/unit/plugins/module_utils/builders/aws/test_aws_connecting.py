# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a guest is reached: the right address, a pinned host key, no secret among the variables."""

from __future__ import annotations

import pathlib
import shlex
import subprocess
import typing as t

import pytest

from ansible_collections.golden.images.plugins.module_utils._access import connecting
from ansible_collections.golden.images.plugins.module_utils._access.connecting import bastion_command, port_of
from ansible_collections.golden.images.plugins.module_utils._builders.aws.connecting import address_of, check_connection, way_to
from ansible_collections.golden.images.plugins.module_utils._builders.aws.key_pair import GuestKey
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import BuilderError

Options = t.Callable[..., dict[str, t.Any]]

INSTANCE = {
    "InstanceId": "i-1",
    "PublicIpAddress": "203.0.113.7",
    "PrivateIpAddress": "10.0.0.5",
    "PublicDnsName": "ec2-203-0-113-7.example",
    "PrivateDnsName": "ip-10-0-0-5.internal",
    "NetworkInterfaces": [{"Ipv6Addresses": [{"Ipv6Address": "2001:db8::5"}]}],
}
KEY = GuestKey("golden-web", "/run/golden-web.key")


def variables(guest: str, directory: str, key: GuestKey, instance: dict[str, t.Any], options: dict[str, t.Any]) -> dict[str, t.Any]:
    return connecting.variables(way_to(guest, directory, key, instance, options), options)


def login_command(guest: str, directory: str, key: GuestKey, instance: dict[str, t.Any], options: dict[str, t.Any]) -> str | None:
    return connecting.login_command(way_to(guest, directory, key, instance, options), options)


@pytest.mark.parametrize(
    ("wanted", "address"),
    [
        ("auto", "203.0.113.7"),
        ("public_ip", "203.0.113.7"),
        ("private_ip", "10.0.0.5"),
        ("public_dns", "ec2-203-0-113-7.example"),
        ("private_dns", "ip-10-0-0-5.internal"),
        ("ipv6", "2001:db8::5"),
        ("session_manager", "i-1"),
    ],
)
def test_the_address_is_of_the_wanted_kind(wanted: str, address: str) -> None:
    assert address_of(INSTANCE, {"address": wanted}) == address


def test_without_a_public_address_it_is_the_private_one() -> None:
    private = {"InstanceId": "i-1", "PrivateIpAddress": "10.0.0.5"}
    assert address_of(private, {"address": "auto"}) == "10.0.0.5"
    for wanted in ("public_ip", "public_dns", "ipv6"):
        with pytest.raises(BuilderError, match=f"i-1 has no {wanted.replace('_', ' ')}.*associate_public_ip_address"):
            address_of(private, {"address": wanted})


def ssh_settings(known: dict[str, t.Any]) -> dict[str, str]:
    """What OpenSSH makes of the arguments."""
    argv = ["ssh", "-G", "-F", "/dev/null", *shlex.split(known["ansible_ssh_common_args"]), str(known["ansible_host"])]
    lines = subprocess.run(argv, capture_output=True, text=True, check=True).stdout.splitlines()
    return {name: value for name, _space, value in (line.partition(" ") for line in lines)}


def test_ssh_accepts_the_pinned_key_alone(guest_options: Options) -> None:
    known = variables("golden-web", "/run", KEY, INSTANCE, guest_options())
    settings = ssh_settings(known)
    assert (settings["stricthostkeychecking"], settings["hostkeyalias"]) == ("true", "golden-web")
    assert (settings["userknownhostsfile"], settings["globalknownhostsfile"]) == ("/run/golden-web.known_hosts", "/dev/null")
    assert (settings["forwardagent"], settings["identitiesonly"]) == ("no", "yes")
    assert known["ansible_host_key_checking"] is True
    assert (known["ansible_user"], known["ansible_port"], known["ansible_ssh_private_key_file"]) == ("ec2-user", 22, KEY.private_key_file)


def test_first_contact_is_trusted_only_where_that_is_written(guest_options: Options) -> None:
    known = variables("golden-web", "/run", KEY, INSTANCE, guest_options(host_key="first_contact"))
    assert ssh_settings(known)["stricthostkeychecking"] == "accept-new"


def test_two_guests_share_no_connection(guest_options: Options) -> None:
    one, other = (variables(name, "/run", KEY, INSTANCE, guest_options())["ansible_control_path"] for name in ("golden-a", "golden-b"))
    assert one != other
    assert one.startswith("%(directory)s/")


def test_a_key_of_the_agent_is_left_to_the_agent(guest_options: Options) -> None:
    known = variables("golden-web", "/run", GuestKey("mine", None), INSTANCE, guest_options(key_name="mine"))
    assert "ansible_ssh_private_key_file" not in known
    assert ssh_settings(known)["identitiesonly"] == "no"


def test_a_bastion_is_passed_and_its_host_key_checked(guest_options: Options) -> None:
    bastion = {"host": "bastion.example", "port": 2222, "user": "jump", "private_key_file": "/my keys/b", "known_hosts_file": "/known hosts"}
    command = ssh_settings(variables("golden-web", "/run", KEY, INSTANCE, guest_options(bastion=bastion)))["proxycommand"]
    assert shlex.split(command)[-1] == "jump@bastion.example"
    argv = shlex.split(command)
    assert argv[argv.index("-i") + 1] == "/my keys/b"
    assert "UserKnownHostsFile=/known hosts" in shlex.split(command)
    assert "-W" in command
    assert "StrictHostKeyChecking" not in bastion_command({"host": "bastion.example"})


def test_own_arguments_come_last(guest_options: Options) -> None:
    known = variables("golden-web", "/run", KEY, INSTANCE, guest_options(ssh_args="-o Ciphers=aes256-gcm@openssh.com"))
    assert ssh_settings(known)["ciphers"] == "aes256-gcm@openssh.com"


def test_windows_over_https_and_http(guest_options: Options) -> None:
    psrp = variables("golden-web", "/run", KEY, INSTANCE, guest_options(connection="psrp", windows_password="secret", windows_validate_certs=True))
    assert psrp == {
        "ansible_host": "203.0.113.7",
        "ansible_port": 5986,
        "ansible_user": "Administrator",
        "ansible_psrp_protocol": "https",
        "ansible_psrp_auth": "ntlm",
        "ansible_psrp_cert_validation": "validate",
    }
    winrm = variables("golden-web", "/run", KEY, INSTANCE, guest_options(connection="winrm", windows_tls=False))
    assert (winrm["ansible_port"], winrm["ansible_winrm_scheme"], winrm["ansible_winrm_transport"]) == (5985, "http", "ntlm")
    assert winrm["ansible_winrm_server_cert_validation"] == "ignore"
    assert "secret" not in str(psrp)


def test_a_person_can_log_in_to_a_kept_guest(guest_options: Options) -> None:
    command = login_command("golden-web", "/run", KEY, INSTANCE, guest_options(user="admin", port=2022))
    argv = shlex.split(command or "")
    assert (argv[0], argv[1:3], argv[-1]) == ("ssh", ["-i", "/run/golden-web.key"], "admin@203.0.113.7")
    assert "2022" in argv
    assert login_command("golden-web", "/run", KEY, INSTANCE, guest_options(connection="psrp")) is None


def test_session_manager_needs_no_address_and_no_secret_among_the_arguments(guest_options: Options, tmp_path: pathlib.Path) -> None:
    options = guest_options(address="session_manager", access_key="AKIDEXAMPLE", secret_key="top-secret")
    known = variables("golden-web", str(tmp_path), KEY, {"InstanceId": "i-1"}, options)
    assert known["ansible_host"] == "i-1"
    assert "top-secret" not in str(known)
    assert str(tmp_path / "golden-web.proxy.py") in ssh_settings(known)["proxycommand"]
    assert (tmp_path / "golden-web.proxy.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"windows_password": "x"}, "windows_password cannot be used with connection: ssh"),
        ({"connection": "winrm", "bastion": {"host": "b"}}, "bastion cannot be used with connection: winrm"),
        ({"connection": "psrp", "ssh_args": "-v"}, "ssh_args cannot be used"),
        ({"connection": "psrp", "address": "session_manager"}, "Session Manager carries ssh alone"),
        ({"connection": "psrp", "windows_tls": False, "windows_auth": "basic"}, "in the clear"),
        ({"bastion": {"host": "b"}, "address": "session_manager"}, "a bastion cannot be combined"),
        ({"bastion": {"host": "b"}, "instance_connect": True}, "a bastion cannot be combined"),
        ({"address": "session_manager", "instance_connect": True}, "two ways"),
    ],
)
def test_what_cannot_be_meant_is_refused(options: dict[str, t.Any], reason: str, guest_options: Options) -> None:
    with pytest.raises(BuilderError, match=reason):
        check_connection(guest_options(**options))


def test_ports() -> None:
    assert port_of({"connection": "ssh", "port": 2222}) == 2222
    assert port_of({"connection": "psrp", "windows_tls": True}) == 5986
