# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sessions with platforms, which end with the work that they were opened for.

Not with the process: Ansible ends its workers as soon as it has their results.
"""

from __future__ import annotations

import typing as t

_OPEN: list[t.Callable[[], t.Any]] = []


def end_with_the_work(end: t.Callable[[], t.Any]) -> None:
    """Have something called when the work is done; it raises nothing, and is of no harm when it comes too late."""
    _OPEN.append(end)


def end_all() -> None:
    """End what is open, the newest first."""
    while _OPEN:
        _OPEN.pop()()
