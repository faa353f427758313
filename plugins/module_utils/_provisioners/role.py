# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``role``: any role on the roles path or in a collection."""

from __future__ import annotations

from ._options import given, subject
from ._roles import include_name
from .contract import CompileContext, Entry, Input, Provisioner, Task

_INCLUDE_OPTIONS = ("tasks_from", "vars_from", "defaults_from", "handlers_from")


def _compile(entry: Entry, context: CompileContext) -> list[Task]:
    name = include_name(entry["role"], context)
    task: Task = {"name": "Run the role", "ansible.builtin.include_role": {"name": name, **given(entry, *_INCLUDE_OPTIONS)}}
    # On the including task they are parameters of the role, which win over what the role itself includes or sets.
    return [{**task, **given(entry, "vars")}]


def _inputs(entry: Entry, context: CompileContext) -> list[Input]:
    return [Input("role", entry["role"])]


PROVISIONER = Provisioner(
    key="role",
    argument_spec={"role": {"type": "str", "required": True}, **{name: {"type": "str"} for name in _INCLUDE_OPTIONS}},
    compile=_compile,
    inputs=_inputs,
    describe=subject("role"),
)
