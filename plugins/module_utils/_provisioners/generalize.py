# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``generalize``: removes what makes a machine this one machine."""

from __future__ import annotations

from ._role_options import role_provisioner

PROVISIONER = role_provisioner(
    "generalize",
    {
        "keep": {"type": "list", "elements": "str"},
        "remove": {"type": "list", "elements": "str"},
    },
)
