# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that say how a virtual machine is reached; documented by the fragment ``guest_connection``."""

from __future__ import annotations

import typing as t

from .waits import wait_option

Spec = dict[str, t.Any]

BASTION_SPEC: Spec = {
    "host": {"type": "str", "required": True},
    "port": {"type": "int", "default": 22},
    "user": {"type": "str"},
    "private_key_file": {"type": "path"},
    "known_hosts_file": {"type": "path"},
}

CONNECTION_SPEC: Spec = {
    "connection": {"type": "str", "choices": ["ssh", "psrp", "winrm", "none"], "default": "ssh"},
    "user": {"type": "str"},
    "password": {"type": "str", "no_log": True},
    "port": {"type": "int"},
    "private_key_file": {"type": "path"},
    "bastion": {"type": "dict", "options": BASTION_SPEC},
    "ssh_args": {"type": "str"},
    "host_key": {"type": "str", "choices": ["auto", "seed", "first_contact"], "default": "auto", "no_log": False},
    "windows_tls": {"type": "bool", "default": True},
    "windows_validate_certs": {"type": "bool", "default": False},
    "windows_auth": {"type": "str", "choices": ["ntlm", "basic", "credssp"], "default": "ntlm"},
    "connection_wait": wait_option(600, 2),
}
