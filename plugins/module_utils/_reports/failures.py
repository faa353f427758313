# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A failed task in full, for people."""

from __future__ import annotations

import textwrap
import typing as t

_OUTPUTS = ("stdout", "stderr", "module_stdout", "module_stderr")
_FACTS = (("rc", "exit status"), ("cmd", "command"), ("hint", "hint"))
_PREFIX = "Task failed: "


def failure_text(task: str, where: str, result: t.Mapping[str, t.Any]) -> str:
    """What failed, where and why; everything that the program wrote.

    :param where: file and line of the task.
    :param result: of the task; results of a loop show the items that failed.
    """
    lines = [f"task: {task}", *([f"from: {where}"] if where else [])]
    items = [item for item in result.get("results") or () if isinstance(item, dict) and (item.get("failed") or item.get("unreachable"))]
    for item in items:
        label = item.get("_ansible_item_label", item.get("item"))
        lines += [f"item: {label}", *_reasons(item)]
    return textwrap.indent("\n".join(lines if items else [*lines, *_reasons(result)]), "  ")


def _reasons(result: t.Mapping[str, t.Any]) -> list[str]:
    message = str(result.get("msg") or result.get("censored") or "").strip().removeprefix(_PREFIX)
    lines = message.splitlines() or ([] if any(result.get(name) for name in _OUTPUTS) else ["no reason was given"])
    for key, name in _FACTS:
        value = result.get(key)
        if value not in (None, "") and str(value) not in message:
            lines.append(f"{name}: {' '.join(map(str, value)) if isinstance(value, (list, tuple)) else value}")
    for name in _OUTPUTS:
        written = str(result.get(name) or "").strip("\n")
        if written and written not in message:
            lines += [f"{name}:", *(f"  {line}" for line in written.splitlines())]
    return lines
