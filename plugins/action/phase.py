# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Says that a phase of a build begins."""

from __future__ import annotations

import pathlib
import typing as t

from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import GoldenError
from ansible_collections.golden.images.plugins.module_utils._lifecycle.operation import Result
from ansible_collections.golden.images.plugins.module_utils._lifecycle.progress import PHASES, mark_phase
from ansible_collections.golden.images.plugins.plugin_utils._action import ControllerAction


class ActionModule(ControllerAction):
    """``golden.images.phase``: keeps the timeline that the summary is made of."""

    def operate(self, task_vars: dict[str, t.Any]) -> Result:
        """Note the time."""
        phase = str(self._task.args.get("name"))
        if phase not in PHASES:
            raise GoldenError(f"{phase!r} is not a phase, these are: {', '.join(PHASES)}")
        build = self.context(task_vars).build
        if build and not self._task.check_mode:
            mark_phase(pathlib.Path(build["run_dir"]), phase)
        return {"changed": False}
