# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``script``: a script of the controller, run in the guest."""

from __future__ import annotations

from ._options import SCRIPT_SPEC, given, subject
from .contract import CompileContext, Entry, Input, Provisioner, Task


def _compile(entry: Entry, context: CompileContext) -> list[Task]:
    return [{"name": "Run the script", "golden.images.script": {"path": context.path(entry["script"]), **given(entry, *SCRIPT_SPEC)}}]


def _inputs(entry: Entry, context: CompileContext) -> list[Input]:
    return [Input("file", entry["script"])]


PROVISIONER = Provisioner(
    key="script",
    argument_spec={"script": {"type": "str", "required": True}, **SCRIPT_SPEC},
    compile=_compile,
    inputs=_inputs,
    describe=subject("script"),
)
