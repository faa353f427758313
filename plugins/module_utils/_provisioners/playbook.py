# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``playbook``: an existing playbook, run against the guest by an ansible-playbook of its own."""

from __future__ import annotations

from ._options import given, subject
from .contract import CompileContext, Entry, Input, Provisioner, Task

_OPTIONS = {
    "extra_vars": {"type": "dict"},
    "tags": {"type": "list", "elements": "str"},
    "skip_tags": {"type": "list", "elements": "str"},
    "extra_arguments": {"type": "list", "elements": "str"},
}


def _compile(entry: Entry, context: CompileContext) -> list[Task]:
    arguments = {"playbook": context.path(entry["playbook"]), **given(entry, *_OPTIONS)}
    extra = {**(entry.get("vars") or {}), **(entry.get("extra_vars") or {})} if isinstance(entry.get("extra_vars") or {}, dict) else None
    if extra:
        arguments["extra_vars"] = extra
    return [{"name": "Run the playbook", "golden.images.playbook": arguments}]


def _inputs(entry: Entry, context: CompileContext) -> list[Input]:
    return [Input("playbook", entry["playbook"])]


PROVISIONER = Provisioner(
    key="playbook",
    argument_spec={"playbook": {"type": "str", "required": True}, **_OPTIONS},
    compile=_compile,
    inputs=_inputs,
    describe=subject("playbook"),
)
