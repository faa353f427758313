# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that say how a guest is reached."""

from __future__ import annotations


class ModuleDocFragment:
    """For everything whose argument spec has ``CONNECTION_SPEC``."""

    DOCUMENTATION = r"""
options:
  connection:
    description: How tasks get into the guest; V(psrp) and V(winrm) are for Windows.
    type: str
    choices: [ssh, psrp, winrm]
    default: ssh
  address:
    description:
      - Which address of the guest is used. V(auto) is the public one, and the private one of a guest without.
      - V(session_manager) needs no address and no open port, but the program C(session-manager-plugin) on the controller.
    type: str
    choices: [auto, public_ip, private_ip, public_dns, private_dns, ipv6, session_manager]
    default: auto
  user:
    description: User in the guest, C(ec2-user) or C(Administrator) when not given.
    type: str
  port:
    description: Port, 22, 5985 or 5986 when not given.
    type: int
  bastion:
    description: SSH server to go through.
    type: dict
    suboptions:
      host:
        description: Its address.
        type: str
        required: true
      port:
        description: Its port.
        type: int
        default: 22
      user:
        description: User there.
        type: str
      private_key_file:
        description: Key for it; as the SSH settings of this user say when not given.
        type: path
      known_hosts_file:
        description: File with its host key; this user's when not given.
        type: path
  ssh_args:
    description: Further arguments of C(ssh).
    type: str
  host_key:
    description:
      - How the guest's host key is known before the first connection.
      - V(user_data) makes it here and gives it to cloud-init. V(console) reads it from the console, which takes minutes on hardware older than Nitro.
      - V(auto) is V(user_data) where the user data leaves room for that, else V(console).
      - V(first_contact) trusts whoever answers first.
    type: str
    choices: [auto, user_data, console, first_contact]
    default: auto
  windows_password:
    description: Password of the user; when not given, the one that Windows made is decrypted.
    type: str
  windows_tls:
    description: Use HTTPS, which the image or its user data have to set up.
    type: bool
    default: true
  windows_validate_certs:
    description: Check the guest's certificate, which is self-signed as a rule.
    type: bool
    default: false
  windows_auth:
    description: How the user proves who it is.
    type: str
    choices: [ntlm, basic, credssp]
    default: ntlm
  connection_wait:
    description: How long the guest may take to let tasks in.
    type: dict
    suboptions:
      timeout:
        description: Seconds in all.
        type: float
        default: 600
      interval:
        description: Seconds between two tries.
        type: float
        default: 2
  console_wait:
    description: How long the host keys may take to appear on the console.
    type: dict
    suboptions:
      timeout:
        description: Seconds in all.
        type: float
        default: 600
      interval:
        description: Seconds between two looks.
        type: float
        default: 5
  password_wait:
    description: How long Windows may take to make its password.
    type: dict
    suboptions:
      timeout:
        description: Seconds in all.
        type: float
        default: 1200
      interval:
        description: Seconds between two looks.
        type: float
        default: 5
  session_manager_wait:
    description: How long the agent in the guest may take to connect to Session Manager.
    type: dict
    suboptions:
      timeout:
        description: Seconds in all.
        type: float
        default: 300
      interval:
        description: Seconds between two looks.
        type: float
        default: 5
"""
