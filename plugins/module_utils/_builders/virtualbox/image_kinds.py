# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which files belong to images of VirtualBox, by their kinds: the ends of their names."""

from __future__ import annotations

import re

_OURS = re.compile(r"(?:ova|ovf|mf|(?:disk|cd|file)\d+\.[a-z0-9]+)\Z")


def is_ours(kind: str) -> bool:
    """Whether a capture makes files of this kind."""
    return bool(_OURS.match(kind))
