# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""ansible-core's ssh connection for guests of a build."""

from __future__ import annotations

DOCUMENTATION = r"""
name: ssh
short_description: Reach a guest by OpenSSH
version_added: 1.0.0
author: golden.images contributors (@golden-images)
description:
  - The connection P(ansible.builtin.ssh#connection), except that a guest that cannot be reached is an ordinary failure of the task
    instead of an unreachable host, so that the build can clean up after it.
extends_documentation_fragment:
  - golden.images.core_connections.ssh
  - golden.images.resident_python
"""

import shlex

from ansible.plugins.connection.ssh import Connection as CoreConnection

from ansible_collections.golden.images.plugins.module_utils._resident_python.client import Stream, stream_of
from ansible_collections.golden.images.plugins.plugin_utils._guest_connection import lost_guest_fails
from ansible_collections.golden.images.plugins.plugin_utils._resident_python import ResidentPythonConnection


class Connection(ResidentPythonConnection, CoreConnection):
    """See the documentation above."""

    transport = "golden.images.ssh"

    _connect = lost_guest_fails(CoreConnection._connect)
    put_file = lost_guest_fails(CoreConnection.put_file)
    fetch_file = lost_guest_fails(CoreConnection.fetch_file)
    reset = lost_guest_fails(CoreConnection.reset)

    @lost_guest_fails
    def exec_command(self, cmd: str, in_data: bytes | None = None, sudoable: bool = True) -> tuple[int, bytes, bytes]:
        """Run a command line in the guest; a module in its resident Python, when nobody has to be asked for a password."""
        asks = self.get_option("password") or (sudoable and self.become and self.become.expect_prompt())
        finished = None if asks else self.in_resident_module(cmd, in_data)
        return finished or super().exec_command(cmd, in_data=in_data, sudoable=sudoable)

    def guest_identity(self) -> str:
        """See :class:`ResidentPythonConnection`."""
        return repr((self.transport, *(self.get_option(name) for name in ("host", "port", "remote_user", "private_key_file"))))

    def begin(self, argv: list[str]) -> Stream:
        """See :class:`ResidentPythonConnection`."""
        self.host = self.get_option("host")
        return stream_of(self._build_command(self.get_option("ssh_executable"), "ssh", "-T", self.host, shlex.join(argv)))
