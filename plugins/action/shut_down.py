# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Has a command shut the guest down; the connection may go down with it."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.action import ActionBase

#: From here on a status is a signal's or the connection's.
_SIGNALS = 128


class ActionModule(ActionBase):
    """``golden.images.shut_down``."""

    TRANSFERS_FILES = False
    _supports_check_mode = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Entry point of Ansible."""
        super().run(tmp, task_vars)
        del tmp
        _checked, arguments = self.validate_argument_spec({"command": {"type": "str", "required": True}})
        try:
            ended = self._low_level_execute_command(arguments["command"])
        except AnsibleConnectionFailure:
            return {"changed": True, "rc": None}
        status = ended["rc"]
        if 0 < status < _SIGNALS:
            told = (ended["stderr"] or ended["stdout"]).strip()
            reason = f": {told[-1000:]}" if told else ""
            return {"failed": True, "rc": status, "msg": f"The command that is to shut the guest down ended with {status}{reason}"}
        return {"changed": True, "rc": status}
