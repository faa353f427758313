# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The local connection, which is lost when the file ``$FALL`` appears, for as many calls as it says. The machine was started when ``$BOOT`` says."""

from __future__ import annotations

import os
import pathlib
import typing as t

from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.connection.local import Connection as LocalConnection

from ansible_collections.golden.images.plugins.plugin_utils._guest_connection import lost_guest_fails

DOCUMENTATION = """
name: falling
short_description: Local, with interruptions
description: [For tests.]
author: [golden.images contributors]
extends_documentation_fragment: [connection_pipelining]
options:
  become_success_timeout:
    description: As for local.
    type: int
    default: 10
  become_strip_preamble:
    description: As for local.
    type: bool
    default: true
"""


class Connection(LocalConnection):
    """Fails while the file has a number above zero."""

    transport = "falling"

    @lost_guest_fails
    def exec_command(self, cmd: str, *args: t.Any, **kwargs: t.Any) -> t.Any:
        """Count down before, fall after."""
        self._fall()
        if "boot_id" in cmd and "BOOT" in os.environ:
            return 0, pathlib.Path(os.environ["BOOT"]).read_bytes(), b""
        result = super().exec_command(cmd, *args, **kwargs)
        self._fall()
        return result

    def reset(self) -> None:
        """Nothing is kept open."""

    def _fall(self) -> None:
        path = pathlib.Path(os.environ["FALL"])
        left = int(path.read_text(encoding="ascii")) if path.exists() else 0
        if left:
            path.write_text(str(left - 1), encoding="ascii")
            raise AnsibleConnectionFailure("the line is dead")
