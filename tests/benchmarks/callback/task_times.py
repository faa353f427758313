# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes when each task began and ended into a file, one JSON object a line."""

from __future__ import annotations

import json
import os
import time
import typing as t

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = r"""
name: task_times
type: notification
short_description: Writes the time of each task into a file
description: One JSON object a line with the task, its host, and when it ended; the file is named by the environment variable TASK_TIMES.
"""


class CallbackModule(CallbackBase):
    """Enabled by name; does nothing without TASK_TIMES."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "task_times"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        path = os.environ.get("TASK_TIMES")
        # Open as long as the process runs.
        self._stream = open(path, "a", encoding="utf-8", buffering=1) if path else None  # noqa: SIM115
        self._write("loaded", {})

    def _write(self, event: str, fields: dict[str, t.Any]) -> None:
        if self._stream is not None:
            self._stream.write(json.dumps({"event": event, "at": time.time(), **fields}) + "\n")

    def _ended(self, result: t.Any) -> None:
        task = result.task if hasattr(result, "task") else result._task
        host = result.host if hasattr(result, "host") else result._host
        role = task._role.get_name() if task._role else ""
        self._write("ended", {"host": host.get_name(), "task": task.get_name(), "role": role, "action": task.action})

    def v2_playbook_on_play_start(self, play: t.Any) -> None:
        """Called by Ansible."""
        self._write("play", {"play": play.get_name()})

    def v2_runner_on_ok(self, result: t.Any) -> None:
        """Called by Ansible."""
        self._ended(result)

    def v2_runner_on_skipped(self, result: t.Any) -> None:
        """Called by Ansible."""
        self._ended(result)

    def v2_runner_on_failed(self, result: t.Any, ignore_errors: bool = False) -> None:
        """Called by Ansible."""
        del ignore_errors
        self._ended(result)

    def v2_playbook_on_include(self, included_file: t.Any) -> None:
        """Called by Ansible."""
        task = included_file._task
        self._write("ended", {"host": included_file._hosts[0].get_name(), "task": task.get_name(), "role": "", "action": task.action})

    def v2_playbook_on_stats(self, stats: t.Any) -> None:
        """Called by Ansible."""
        del stats
        self._write("stats", {})
