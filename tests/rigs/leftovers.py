# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is on a platform, compared before and after a test."""

from __future__ import annotations

#: What kinds of things there are, each with the ids of those that are there.
Kinds = dict[str, set[str]]


def left(before: Kinds, after: Kinds) -> Kinds:
    """What is there now and was not before."""
    return {kind: after[kind] - before.get(kind, set()) for kind in after if after[kind] - before.get(kind, set())}
