# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``inline``: lines of a script in the definition, run in the guest."""

from __future__ import annotations

from ._options import SCRIPT_SPEC, first_line, given
from .contract import CompileContext, Entry, Provisioner, Task


def _compile(entry: Entry, context: CompileContext) -> list[Task]:
    return [{"name": "Run the lines", "golden.images.script": {"inline": entry["inline"], **given(entry, *SCRIPT_SPEC)}}]


PROVISIONER = Provisioner(
    key="inline",
    argument_spec={"inline": {"type": "raw", "required": True}, **SCRIPT_SPEC},
    compile=_compile,
    describe=first_line("inline"),
)
