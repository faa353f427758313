# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Says which provisioner failed, where and why, and whether that ends the build."""

from __future__ import annotations

import typing as t

from ansible_collections.golden.images.plugins.module_utils._lifecycle.operation import Result
from ansible_collections.golden.images.plugins.plugin_utils._action import warn
from ansible_collections.golden.images.plugins.plugin_utils._provisioning import ProvisionerAction, explained


class ActionModule(ProvisionerAction):
    """``golden.images.provisioner_failed``: the rescue of a compiled provisioner."""

    argument_spec = {
        "provisioner": {"type": "str", "required": True},
        "attempt": {"type": "int", "default": 1},
        "attempts": {"type": "int", "default": 1},
        "ignore": {"type": "bool", "default": False},
    }

    def operate(self, task_vars: dict[str, t.Any]) -> Result:
        """Fail, or warn when there is another attempt or the failure is ignored."""
        arguments = self.arguments()
        reason = _reason(task_vars.get("ansible_failed_task") or {}, task_vars.get("ansible_failed_result") or {})
        which = arguments["provisioner"]
        if arguments["attempts"] > 1:
            which += f", attempt {arguments['attempt']} of {arguments['attempts']}"
        message = f"{which}: {reason}"
        again = arguments["attempt"] < arguments["attempts"]
        if again or arguments["ignore"]:
            run_dir = (task_vars.get("golden_build") or {}).get("run_dir")
            warn(self.build_name(task_vars), run_dir, f"{message.rstrip('.')}. {'Trying it again.' if again else 'It is ignored, as ignore_errors says.'}")
            return {"changed": False, "msg": message}
        return {"changed": False, "failed": True, "msg": message}


def _reason(task: t.Mapping[str, t.Any], result: t.Mapping[str, t.Any]) -> str:
    name = task.get("name") or task.get("action") or "a task"
    if task.get("no_log") or result.get("_ansible_no_log"):
        return f"the task '{name}' failed; its result is hidden by no_log"
    return f"the task '{name}' failed: {explained(result)}"
