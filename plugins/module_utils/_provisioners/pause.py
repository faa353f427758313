# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``pause``: nothing, for some seconds."""

from __future__ import annotations

from .contract import CompileContext, Entry, Provisioner, Task


def _compile(entry: Entry, context: CompileContext) -> list[Task]:
    return [{"name": "Pause", "golden.images.wait": {"seconds": entry["pause"]}}]


PROVISIONER = Provisioner(
    key="pause",
    argument_spec={"pause": {"type": "float", "required": True}},
    compile=_compile,
    describe=lambda entry: f"{entry['pause']} s",
)
