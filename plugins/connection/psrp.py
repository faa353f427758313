# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""ansible-core's psrp connection for guests of a build."""

from __future__ import annotations

DOCUMENTATION = r"""
name: psrp
short_description: Reach a guest by PSRP (PowerShell Remoting Protocol)
version_added: 1.0.0
author: golden.images contributors (@golden-images)
description:
  - The connection P(ansible.builtin.psrp#connection), except that a guest that cannot be reached is an ordinary failure of the task
    instead of an unreachable host, so that the build can clean up after it.
extends_documentation_fragment:
  - golden.images.core_connections.psrp
"""

from ansible.plugins.connection.psrp import Connection as CoreConnection

from ansible_collections.golden.images.plugins.plugin_utils._guest_connection import lost_guest_fails


class Connection(CoreConnection):
    """See the documentation above."""

    transport = "golden.images.psrp"

    _connect = lost_guest_fails(CoreConnection._connect)
    exec_command = lost_guest_fails(CoreConnection.exec_command)
    put_file = lost_guest_fails(CoreConnection.put_file)
    fetch_file = lost_guest_fails(CoreConnection.fetch_file)
    reset = lost_guest_fails(CoreConnection.reset)
