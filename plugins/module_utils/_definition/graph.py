# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The order of builds that are made from one another."""

from __future__ import annotations

import typing as t


class CycleError(Exception):
    """Some nodes wait for each other.

    :param path: the nodes in the order they wait, the first one again at the end.
    """

    def __init__(self, path: list[str]) -> None:
        super().__init__(" -> ".join(path))
        self.path = path


def parents_first(parents: t.Mapping[str, t.Sequence[str]]) -> list[str]:
    """All nodes by the length of what they wait for, in the order given where that leaves a choice.

    Whoever starts them in this order, a few at a time, starts no node that waits while one that could work does not.

    :param parents: node to the nodes that come before it, all of which are keys too.
    :raises CycleError: when there is no such order.
    """
    depths: dict[str, int] = {}
    for node in parents:
        _measure(node, parents, depths, [])
    return sorted(parents, key=depths.__getitem__)


def _measure(node: str, parents: t.Mapping[str, t.Sequence[str]], depths: dict[str, int], waiting: list[str]) -> int:
    if node in waiting:
        raise CycleError([*waiting[waiting.index(node) :], node])
    if node not in depths:
        depths[node] = max((1 + _measure(parent, parents, depths, [*waiting, node]) for parent in parents[node]), default=0)
    return depths[node]
