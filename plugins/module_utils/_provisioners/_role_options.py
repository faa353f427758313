# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Provisioner types that are a role of this collection with some options."""

from __future__ import annotations

import typing as t

from .contract import CompileContext, Entry, Input, Provisioner, Task, options_of


def role_provisioner(name: str, options: dict[str, t.Any]) -> Provisioner:
    """The type ``name``: the role ``golden.images.<name>``, whose variables are ``<name>_<option>``."""
    role = f"golden.images.{name}"

    def compile_it(entry: Entry, context: CompileContext) -> list[Task]:
        variables = {f"{name}_{option}": value for option, value in options_of(entry).items()}
        task: Task = {"name": f"Run {name}", "ansible.builtin.include_role": {"name": role}}
        return [{**task, "vars": {**(entry.get("vars") or {}), **variables}}]

    def inputs(entry: Entry, context: CompileContext) -> list[Input]:
        return [Input("role", role)]

    return Provisioner(key=name, argument_spec={name: {"type": "dict", "options": options}}, compile=compile_it, inputs=inputs, nested=True)
