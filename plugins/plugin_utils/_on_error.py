# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What to do with the resources of a failed build."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsiblePromptNoninteractive

from ansible_collections.golden.images.plugins.module_utils._lifecycle.journal import Resource
from ansible_collections.golden.images.plugins.module_utils._lifecycle.run import is_awx_job
from ansible_collections.golden.images.plugins.plugin_utils._action import display
from ansible_collections.golden.images.plugins.plugin_utils._build_view import BuildView

Choice = t.Literal["cleanup", "keep"]

_ASK_SECONDS = 900


def decide_on_error(view: BuildView, left: list[Resource], text: str) -> Choice:
    """``on_error`` of the image, or ``golden_on_error``; asks where somebody can answer."""
    policy = str(view.value("golden_on_error", view.settings.get("on_error") or "cleanup"))
    if policy == "ask":
        return _ask(view.name, left, text)
    return "keep" if policy == "keep" else "cleanup"


def _ask(name: str, left: list[Resource], text: str) -> Choice:
    there = ", ".join(map(str, left))
    try:
        if is_awx_job():
            raise AnsiblePromptNoninteractive
        answer = display.prompt_until(
            f"\n{name} failed: {text}\nStill there: {there}\n[c]lean up or [k]eep? ",
            seconds=_ASK_SECONDS,
        )
    except AnsiblePromptNoninteractive:
        # The run knows whether somebody is there; its workers have no terminal of their own.
        display.warning(f"{name}: on_error is ask, but nobody can be asked here; cleaning up")
        return "cleanup"
    return "keep" if answer.strip().lower().startswith(b"k") else "cleanup"
