# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps builds that are hosts of one play apart: to a role, each of them is a play of its own, as it is where roles are used otherwise.

Ansible has no setting for that. Under ``host_pinned`` it runs a task with ``run_once`` for every host, but gives what each of them registers, and each
failure, to all; and it ends the whole run at a task with ``pause`` or ``add_host``.
"""

from __future__ import annotations

import contextlib
import typing as t

from ansible.plugins.loader import action_loader, strategy_loader

from ansible_collections.golden.images.plugins.module_utils._definition.model import BUILDS_GROUP

_MARK = "golden_separates_builds"
_ONCE_FOR_ALL = ("ansible.builtin.pause", "ansible.builtin.add_host")


def separate_builds() -> None:
    """From now on, in this process; plays with another strategy and hosts that are no builds are left as they are."""
    pinned: t.Any = strategy_loader.get("ansible.builtin.host_pinned", class_only=True)
    if getattr(pinned, _MARK, False):
        return
    run, queue_task = pinned.run, pinned._queue_task

    def run_separately(self: t.Any, iterator: t.Any, play_context: t.Any) -> t.Any:
        with _for_every_host():
            return run(self, iterator, play_context)

    def queue_separately(self: t.Any, host: t.Any, task: t.Any, task_vars: t.Any, play_context: t.Any) -> t.Any:
        if any(group.name == BUILDS_GROUP for group in host.get_groups()):
            task.run_once = False
        return queue_task(self, host, task, task_vars, play_context)

    pinned.run, pinned._queue_task = run_separately, queue_separately
    setattr(pinned, _MARK, True)


@contextlib.contextmanager
def _for_every_host() -> t.Iterator[None]:
    actions: list[t.Any] = [action_loader.get(name, class_only=True) for name in _ONCE_FOR_ALL]
    before = [action.BYPASS_HOST_LOOP for action in actions]
    for action in actions:
        action.BYPASS_HOST_LOOP = False
    try:
        yield
    finally:
        for action, bypasses in zip(actions, before, strict=True):
            action.BYPASS_HOST_LOOP = bypasses
