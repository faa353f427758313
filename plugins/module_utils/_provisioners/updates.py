# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``updates``: upgrades the packages of the guest."""

from __future__ import annotations

from ._role_options import role_provisioner

PROVISIONER = role_provisioner(
    "updates",
    {
        "scope": {"type": "str", "choices": ["all", "security"]},
        "exclude": {"type": "list", "elements": "str"},
        "autoremove": {"type": "bool"},
        "clean": {"type": "bool"},
        "reboot": {"type": "bool"},
        "lock_timeout": {"type": "int"},
    },
)
