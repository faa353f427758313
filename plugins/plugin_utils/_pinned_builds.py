# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What builds need of the strategy ``host_pinned``, and Ansible has no setting for.

Builds are hosts of one play, but to a role each of them is a play of its own, as it is where roles are used otherwise. Under ``host_pinned`` Ansible runs
a task with ``run_once`` for every host, and gives what each of them registers, and each failure, to all; and it ends the whole run at a task with ``pause``
or ``add_host``. And a build that Ansible gives up, for ``meta: end_host`` or an unreachable machine, says nothing to those that wait for it.
"""

from __future__ import annotations

import contextlib
import os
import pathlib
import time
import typing as t

from ansible.executor.play_iterator import IteratingStates
from ansible.plugins.loader import action_loader, strategy_loader

from ansible_collections.golden.images.plugins.module_utils._definition.model import BUILDS_GROUP
from ansible_collections.golden.images.plugins.module_utils._lifecycle.progress import has_ended
from ansible_collections.golden.images.plugins.module_utils._lifecycle.run import Owner, StateFolder
from ansible_collections.golden.images.plugins.plugin_utils._for_workers import end_workers_at_exit

_MARK = "golden_pins_builds"
_ONCE_FOR_ALL = ("ansible.builtin.pause", "ansible.builtin.add_host")
_GIVEN_UP = "given_up"
_EVERY = 1.0


def pin_builds() -> None:
    """From now on, in this process; plays with another strategy and hosts that are no builds are left as they are."""
    pinned: t.Any = strategy_loader.get("host_pinned", class_only=True)
    if getattr(pinned, _MARK, False):
        return
    run, queue_task, process_results = pinned.run, pinned._queue_task, pinned._process_pending_results

    def run_separately(self: t.Any, iterator: t.Any, play_context: t.Any) -> t.Any:
        self.golden_ends = _Ends(self, iterator)
        with _for_every_host():
            return run(self, iterator, play_context)

    def queue_separately(self: t.Any, host: t.Any, task: t.Any, task_vars: t.Any, play_context: t.Any) -> t.Any:
        if _is_build(host):
            task.run_once = False
        return queue_task(self, host, task, task_vars, play_context)

    def process_and_note(self: t.Any, *arguments: t.Any, **options: t.Any) -> t.Any:
        results = process_results(self, *arguments, **options)
        self.golden_ends.note()
        return results

    end_workers_at_exit()
    pinned.run, pinned._queue_task, pinned._process_pending_results = run_separately, queue_separately, process_and_note
    setattr(pinned, _MARK, True)


def is_given_up(run_build: pathlib.Path) -> bool:
    """Whether Ansible has given a build of this run up, so that it has no outcome before the others have ended.

    :param run_build: its folder of the run.
    """
    return (run_build / _GIVEN_UP).exists()


def _is_build(host: t.Any) -> bool:
    return any(group.name == BUILDS_GROUP for group in host.get_groups())


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


class _Ends:
    """Looks now and then for builds of a play that are over."""

    def __init__(self, strategy: t.Any, iterator: t.Any) -> None:
        self._strategy = strategy
        self._iterator = iterator
        self._known: set[str] = set()
        self._next = 0.0

    def note(self) -> None:
        """Leave a mark for each one that is over since the last look."""
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + _EVERY
        over = {name for name, state in self._iterator.host_states.items() if state.run_state == IteratingStates.COMPLETE}
        for name in (over | set(self._strategy._tqm._unreachable_hosts)) - self._known:
            self._known.add(name)
            self._mark(name)

    def _mark(self, name: str) -> None:
        host = self._strategy._inventory.get_host(name)
        if host is None or not _is_build(host):
            return
        variables = self._strategy._variable_manager.get_vars(play=self._iterator._play, host=host)
        folder = StateFolder(pathlib.Path(str(variables["golden_state_dir"]))).run_build(Owner.of(os.getpid()).run_id(), name)
        if folder.is_dir() and not has_ended(folder):
            (folder / _GIVEN_UP).touch(mode=0o600)
