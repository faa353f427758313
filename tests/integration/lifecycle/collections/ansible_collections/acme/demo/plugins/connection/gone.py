# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A connection to a guest that never answers."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.connection import ConnectionBase

from ansible_collections.golden.images.plugins.plugin_utils._guest_connection import lost_guest_fails

DOCUMENTATION = """
name: gone
short_description: A guest that never answers
description: For tests.
options:
  ours:
    description: Whether it behaves as connections of golden.images do.
    type: bool
    default: false
    vars: [{name: gone_ours}]
"""


class Connection(ConnectionBase):
    """Fails."""

    transport = "acme.demo.gone"

    def _connect(self) -> t.Any:
        return self

    def _refuse(self) -> t.NoReturn:
        raise AnsibleConnectionFailure("nobody is there")

    @lost_guest_fails
    def _lost(self) -> t.NoReturn:
        self._refuse()

    def exec_command(self, cmd: str, in_data: bytes | None = None, sudoable: bool = True) -> t.NoReturn:
        """Fails."""
        if self.get_option("ours"):
            self._lost()
        self._refuse()

    def put_file(self, in_path: str, out_path: str) -> None:
        """Never reached."""
        self._refuse()

    def fetch_file(self, in_path: str, out_path: str) -> None:
        """Never reached."""
        self._refuse()

    def close(self) -> None:
        """There is nothing to close."""
