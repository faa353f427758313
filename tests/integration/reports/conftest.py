# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The workspace of the lifecycle's tests, and a terminal to look at."""

from __future__ import annotations

import typing as t

import pytest

from ..lifecycle.conftest import DEADLINE, Workspace, until, workspace
from .terminal import Terminal

__all__ = ["DEADLINE", "Workspace", "until", "workspace"]


class Started(t.Protocol):
    """Starts a run of the workspace in a terminal."""

    def __call__(self, *arguments: str, columns: int = 100, rows: int = 20, **environment: str) -> Terminal: ...


@pytest.fixture
def in_terminal(workspace: Workspace) -> t.Iterator[Started]:
    """Terminals are closed, and their programs ended, after the test."""
    opened: list[Terminal] = []

    def start(*arguments: str, columns: int = 100, rows: int = 20, **environment: str) -> Terminal:
        command = ["ansible-playbook", "-i", "images.golden.yml", "golden.images.build_images", *arguments]
        clean = {name: value for name, value in workspace.environment.items() if name != "ANSIBLE_NOCOLOR"}
        opened.append(Terminal(command, workspace.folder, {**clean, "TERM": "xterm-256color", **environment}, columns, rows))
        return opened[-1]

    yield start
    for terminal in opened:
        terminal.close()
