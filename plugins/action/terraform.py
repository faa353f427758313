# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Controller's face of the module ``golden.images.terraform``."""

from __future__ import annotations

from ansible_collections.golden.images.plugins.module_utils._post_processors.terraform import OPERATION
from ansible_collections.golden.images.plugins.plugin_utils._action import OperationAction


class ActionModule(OperationAction):
    """See the module's documentation."""

    operation = OPERATION
