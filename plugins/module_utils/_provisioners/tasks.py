# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``tasks``: a task file."""

from __future__ import annotations

from ._options import given, subject
from .contract import CompileContext, Entry, Input, Provisioner, Task


def _compile(entry: Entry, context: CompileContext) -> list[Task]:
    return [{"name": "Run the tasks", "ansible.builtin.include_tasks": {"file": context.path(entry["tasks"])}, **given(entry, "vars")}]


def _inputs(entry: Entry, context: CompileContext) -> list[Input]:
    return [Input("tasks", entry["tasks"])]


PROVISIONER = Provisioner(
    key="tasks",
    argument_spec={"tasks": {"type": "str", "required": True}},
    compile=_compile,
    inputs=_inputs,
    describe=subject("tasks"),
)
