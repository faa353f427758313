# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiters as options: one for each thing that is waited for, each with its own timeout and interval."""

from __future__ import annotations

import typing as t

from .._lifecycle.waiting import Waiter

Spec = dict[str, t.Any]


def wait_option(timeout: float, interval: float) -> Spec:
    """An option ``{timeout, interval}``, both in seconds."""
    return {
        "type": "dict",
        "apply_defaults": True,
        "options": {
            "timeout": {"type": "float", "default": timeout},
            "interval": {"type": "float", "default": interval},
        },
    }


def waiter_of(options: t.Mapping[str, t.Any], name: str, what: str) -> Waiter:
    """The waiter that an option of :func:`wait_option` describes; it looks at even intervals, for API calls are rationed.

    :param what: what is awaited, for messages.
    """
    given = options[name]
    return Waiter(what, timeout=given["timeout"], interval=given["interval"], growth=1.0, longest=given["interval"])


def longer(name: str) -> str:
    """What to do when such a wait was too short."""
    return f"If it only needs longer, raise {name}.timeout"
