# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A difference between what is and what is wanted, that can be told of or done away with."""

from __future__ import annotations

import dataclasses
import typing as t

from ..._lifecycle.operation import Context


@dataclasses.dataclass(frozen=True)
class Change:
    """One call.

    :ivar text: for people: ``share ami-1 in eu-west-1 with account 123456789012``.
    :ivar apply: makes the call.
    """

    text: str
    apply: t.Callable[[], object]


def apply_all(changes: t.Sequence[Change], context: Context) -> list[str]:
    """Make the calls, in order, and tell of each; their texts."""
    for change in changes:
        context.say(change.text)
        change.apply()
    return [change.text for change in changes]
