# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Controller face of the module vsphere_image_import."""

from __future__ import annotations

from ansible_collections.golden.images.plugins.module_utils._builders.vsphere.image_import import OPERATION
from ansible_collections.golden.images.plugins.plugin_utils._action import OperationAction


class ActionModule(OperationAction):
    """See the module's documentation."""

    operation = OPERATION
