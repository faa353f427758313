# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Connection to a guest that a command enters, through mitogen."""

from __future__ import annotations

DOCUMENTATION = r"""
name: mitogen
short_description: Run tasks through mitogen in a guest that a command enters
description:
  - Starts one Python in the guest and runs every module in it, with the strategy P(golden.images.mitogen#strategy) only.
  - A guest that vanished is an ordinary failure of the task, not an unreachable host, so that C(rescue) and C(always) run.
version_added: 1.0.0
author: golden.images contributors (@golden-images)
options:
  remote_addr:
    description: Name of the guest.
    type: str
    default: inventory_hostname
    vars:
      - name: inventory_hostname
      - name: ansible_host
  remote_user:
    description: User that O(enter) leads to.
    type: str
    vars:
      - name: ansible_user
    keyword:
      - name: remote_user
  enter:
    description: Command line, as a list, that runs what is appended to it in the guest, with its standard input and output.
    type: list
    elements: str
    required: true
    vars:
      - name: golden_enter
"""

import typing as t

from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.plugins.connection import ConnectionBase

from ansible_collections.golden.images.plugins.plugin_utils._guest_connection import lost_guest_fails

try:
    import ansible_mitogen.process
    import mitogen.core
    from ansible_mitogen import connection as ansible_mitogen_connection
except ImportError:
    ansible_mitogen_connection = None

_Base: t.Any = ConnectionBase if ansible_mitogen_connection is None else ansible_mitogen_connection.Connection


class Connection(_Base):
    """See DOCUMENTATION."""

    transport = "golden.images.mitogen"

    @lost_guest_fails
    def _connect(self) -> None:
        if ansible_mitogen_connection is None:
            raise AnsibleError("The connection golden.images.mitogen needs the Python package mitogen: pip install mitogen")
        if ansible_mitogen.process.get_worker_model() is None:
            raise AnsibleError("The connection golden.images.mitogen works with the strategy golden.images.mitogen only")
        try:
            super()._connect()
        except mitogen.core.Error as error:
            raise AnsibleConnectionFailure(str(error)) from error

    def _stack_from_spec(self, spec: t.Any, stack: tuple[t.Any, ...] = (), seen_names: tuple[str, ...] = ()) -> tuple[t.Any, ...]:
        ansible_mitogen_connection.CONNECTION_METHOD[self.transport] = self._method
        return t.cast(tuple[t.Any, ...], super()._stack_from_spec(spec, stack, seen_names))

    def _method(self, spec: t.Any) -> dict[str, t.Any]:
        """Mitogen's own way to start a local Python, with what enters the guest in front of it."""
        return {"method": "local", "kwargs": {"python_path": [*map(str, self.get_option("enter")), *spec.python_path(rediscover_python=True)]}}
