# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Controller's face of the module ``golden.images.local_command``."""

from __future__ import annotations

import typing as t

from ansible_collections.golden.images.plugins.module_utils._lifecycle.operation import Result
from ansible_collections.golden.images.plugins.module_utils._post_processors.command import OPERATION
from ansible_collections.golden.images.plugins.plugin_utils._action import OperationAction


class ActionModule(OperationAction):
    """See the module's documentation."""

    operation = OPERATION

    def operate(self, task_vars: dict[str, t.Any]) -> Result:
        """Run it; what it printed is redacted by the operation itself.

        Blotting out values of the environment everywhere would spoil the artifact: "web" may be a part of a path.
        """
        params, _secrets = self._validated()
        return self.operation.run(params, self.context(task_vars))
