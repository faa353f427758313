# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``reboot``: restarts the guest and waits for it."""

from __future__ import annotations

from ._role_options import role_provisioner

PROVISIONER = role_provisioner(
    "reboot",
    {
        "timeout": {"type": "int"},
        "pre_delay": {"type": "int"},
        "post_delay": {"type": "int"},
        "command": {"type": "str"},
        "test_command": {"type": "str"},
        "if_required": {"type": "bool"},
    },
)
