# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``local``: a command on the controller."""

from __future__ import annotations

from ._options import first_line, given
from .contract import CompileContext, Entry, Provisioner, Task

_OPTIONS = {
    "interpreter": {"type": "str"},
    "args": {"type": "list", "elements": "str"},
    "valid_exit_codes": {"type": "list", "elements": "int", "default": [0]},
    "chdir": {"type": "str"},
    "creates": {"type": "str"},
}


def _compile(entry: Entry, context: CompileContext) -> list[Task]:
    arguments = {"inline": entry["local"], **given(entry, *_OPTIONS)}
    for name in ("chdir", "creates"):
        arguments.update({name: context.path(arguments[name])} if name in arguments else {})
    arguments.setdefault("chdir", str(context.definition_dir))
    return [{"name": "Run the command on the controller", "golden.images.controller_command": arguments}]


PROVISIONER = Provisioner(
    key="local",
    argument_spec={"local": {"type": "raw", "required": True}, **_OPTIONS},
    compile=_compile,
    describe=first_line("local"),
)
