# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waits, each host for itself; ``ansible.builtin.pause`` waits once for all of them."""

from __future__ import annotations

import time
import typing as t

from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import GoldenError
from ansible_collections.golden.images.plugins.module_utils._lifecycle.operation import Result
from ansible_collections.golden.images.plugins.plugin_utils._provisioning import ProvisionerAction


class ActionModule(ProvisionerAction):
    """``golden.images.wait``."""

    argument_spec = {"seconds": {"type": "float", "required": True}}

    def operate(self, task_vars: dict[str, t.Any]) -> Result:
        """Let the time pass."""
        seconds = self.arguments()["seconds"]
        if seconds < 0:
            raise GoldenError(f"cannot wait {seconds:g} s")
        if not self._task.check_mode:
            time.sleep(seconds)
        return {"changed": False, "seconds": seconds}
