# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Controller's face."""

from __future__ import annotations

from ansible_collections.acme.scale.plugins.module_utils.builder_machine import IMAGE
from ansible_collections.golden.images.plugins.plugin_utils._action import OperationAction


class ActionModule(OperationAction):
    """See the operation."""

    operation = IMAGE
