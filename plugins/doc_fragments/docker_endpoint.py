# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that say where the Docker daemon is."""

from __future__ import annotations


class ModuleDocFragment:
    """For everything whose argument spec has ``ENDPOINT_SPEC``."""

    DOCUMENTATION = r"""
options:
  docker_host:
    description: Address of the daemon, V(unix:///path) or V(tcp://host:port). When not given, as the Docker CLI decides.
    type: str
  docker_context:
    description: Name of a context of the Docker CLI.
    type: str
  tls:
    description: Use TLS.
    type: bool
  tls_verify:
    description: Use TLS and check the certificate of the daemon.
    type: bool
  tls_ca_cert:
    description: File with the certificates to check the daemon's with.
    type: path
  tls_client_cert:
    description: File with the certificate of the client.
    type: path
  tls_client_key:
    description: File with the key of the client.
    type: path
  api_timeout:
    description: Seconds for a call that answers at once.
    type: int
    default: 60
  operation_timeout:
    description: Seconds for a call that moves whole images.
    type: int
    default: 3600
"""
