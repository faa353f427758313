# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that say who asks vCenter."""

from __future__ import annotations


class ModuleDocFragment:
    """For everything whose argument spec has ``AUTH_SPEC`` of the vSphere builder."""

    DOCUMENTATION = r"""
options:
  hostname:
    description: Name or address of vCenter (or of an ESXi host). When not given, E(VMWARE_HOST).
    type: str
  username:
    description: User, with its domain. When not given, E(VMWARE_USER).
    type: str
  password:
    description: Password of the user. When not given, E(VMWARE_PASSWORD).
    type: str
  port:
    description: Port. When not given, E(VMWARE_PORT), else 443.
    type: int
  validate_certs:
    description: Check vCenter's certificate. When not given, as E(VMWARE_VALIDATE_CERTS) says, else yes.
    type: bool
  ca_file:
    description: File with the certificates to check it with.
    type: path
  proxy_host:
    description: HTTP proxy to go through. When not given, E(VMWARE_PROXY_HOST).
    type: str
  proxy_port:
    description: Port of the proxy. When not given, E(VMWARE_PROXY_PORT), else 8080.
    type: int
  api_timeout:
    description: Seconds that one call may take.
    type: int
    default: 120
requirements:
  - pyvmomi (Python package)
  - requests (Python package)
"""
