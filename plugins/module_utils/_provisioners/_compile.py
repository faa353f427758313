# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts the common keys around the tasks of an entry.

The shape is chosen for what Ansible does with it: keywords of a block reach into roles included
below it, ``when`` on the including task is asked once and not again for every task of the role,
a failing handler reaches ``rescue`` only when the handlers are flushed inside the block.
"""

from __future__ import annotations

import typing as t

from .contract import CompileContext, Entry, Task, describe, entry_type, is_template, provisioner

_BLOCK_KEYWORDS = ("vars", "become", "become_user", "environment")
_REMAINING = "{{ [1, (golden_deadline | int) - (now(utc=True).timestamp() | int)] | max }}"


def compile_entry(entry: Entry, position: int, context: CompileContext) -> Task:
    """One block that does the entry, all its attempts included."""
    return _Compilation(entry, position, context).attempt(1)


class _Compilation:
    def __init__(self, entry: Entry, position: int, context: CompileContext) -> None:
        self._entry = entry
        self._position = position
        self._context = context
        self._attempts = int(entry.get("retries") or 0) + 1
        self._label = f"{context.what} {position} ({describe(entry)})"

    def attempt(self, number: int) -> Task:
        """The block of one attempt; the next one is in its rescue."""
        failed = self._failed(number)
        last = number == self._attempts
        return {
            "name": self._label if number == 1 else f"{self._label}, attempt {number}",
            "block": [*self._before(), self._work(), {"name": f"{self._label}: run handlers", "ansible.builtin.meta": "flush_handlers"}],
            "rescue": [failed] if last else [failed, self.attempt(number + 1)],
        }

    def _before(self) -> list[Task]:
        steps: list[Task] = []
        if self._given("pause_before"):
            steps.append(self._guarded({"name": f"{self._label}: pause before", "golden.images.wait": {"seconds": self._entry["pause_before"]}}, "vars"))
        if self._given("timeout"):
            deadline = {"golden_deadline": "{{ (now(utc=True).timestamp() | int) + (golden_timeout | int) }}"}
            steps.append(
                {
                    "name": f"{self._label}: note the deadline",
                    "ansible.builtin.set_fact": deadline,
                    "vars": {**(self._entry.get("vars") or {}), "golden_timeout": self._entry["timeout"]},
                }
            )
        return steps

    def _work(self) -> Task:
        kind = provisioner(entry_type(self._entry))
        block: Task = {"name": self._label, "block": [self._guarded(task) for task in kind.compile(self._entry, self._context)]}
        block.update({name: self._entry[name] for name in _BLOCK_KEYWORDS if self._given(name)})
        if self._given("become_user") and not self._given("become"):
            block["become"] = True
        if self._given("timeout"):
            block["timeout"] = _REMAINING
        return block

    def _failed(self, number: int) -> Task:
        arguments: dict[str, t.Any] = {"provisioner": _plain(self._label), "attempt": number, "attempts": self._attempts}
        if self._given("ignore_errors"):
            arguments["ignore"] = self._entry["ignore_errors"]
        task: Task = {"name": f"{self._label}: say what failed", "golden.images.provisioner_failed": arguments}
        if self._given("vars"):
            task["vars"] = self._entry["vars"]
        return task

    def _guarded(self, task: Task, *further: str) -> Task:
        names = [name for name in ("when", *further) if self._given(name)]
        return {**task, **{name: self._entry[name] for name in names}}

    def _given(self, name: str) -> bool:
        return self._entry.get(name) is not None


def _plain(label: str) -> str:
    """A label as data: a message about a failure must not fail because of Jinja in a name."""
    return label.replace("{", "(").replace("}", ")") if is_template(label) else label
