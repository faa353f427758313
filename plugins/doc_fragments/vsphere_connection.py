# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that say how a guest of vSphere is reached."""

from __future__ import annotations


class ModuleDocFragment:
    """For everything whose argument spec has ``CONNECTION_SPEC`` of the vSphere builder: the names of the guest's login are not those of vCenter's."""

    DOCUMENTATION = r"""
options:
  connection:
    description:
      - How tasks get into the guest; V(psrp) and V(winrm) are for Windows.
      - V(none) is for installers that do all the work and power the machine off, which is waited for. Of other sources the guest is only started.
    type: str
    choices: [ssh, psrp, winrm, none]
    default: ssh
  guest_user:
    description: User in the guest, C(root) or C(Administrator) when not given. A seed for cloud-init makes it where it does not exist.
    type: str
  guest_password:
    description: Password of the user in the guest. Needed for Windows; with V(ssh) a temporary key is used when neither this nor O(private_key_file) is given.
    type: str
  guest_port:
    description: Port in the guest, 22, 5985 or 5986 when not given.
    type: int
  private_key_file:
    description: Private key that the guest knows, in place of a temporary one. Where its public part lies beside it (C(.pub)), a seed gives that to the guest.
    type: path
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
      - How the guest's host key is known before the first connection. V(seed) makes it here and gives it to cloud-init.
      - V(first_contact) trusts whoever answers first. V(auto) is V(seed) where there is one.
    type: str
    choices: [auto, seed, first_contact]
    default: auto
  windows_tls:
    description: Use HTTPS, which the image or its installer has to set up.
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
"""
