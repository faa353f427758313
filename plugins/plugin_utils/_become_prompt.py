# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers the password prompt of a become plugin on a process with pipes."""

from __future__ import annotations

import os
import selectors
import subprocess
import time
import typing as t

from ansible.errors import AnsibleError
from ansible.playbook.play_context import PlayContext
from ansible.plugins.become import BecomeBase

_TIMEOUT = 30.0


def answer_become(become: BecomeBase, play_context: PlayContext, process: subprocess.Popen[bytes]) -> tuple[bytes, bytes]:
    """Wait for the prompt and write the password.

    :returns: what came on standard output and error after the password was taken.
    :raises AnsibleError: when neither prompt nor success comes.
    """
    seen = {"stdout": b"", "stderr": b""}
    deadline = time.monotonic() + _TIMEOUT
    with selectors.DefaultSelector() as selector:
        for name in seen:
            stream = getattr(process, name)
            selector.register(stream, selectors.EVENT_READ, name)
        while not become.check_success(seen["stdout"]) and not become.check_password_prompt(seen["stdout"] + seen["stderr"]):
            ready = selector.select(max(0.0, deadline - time.monotonic()))
            if not ready or not _read(selector, ready, seen):
                raise AnsibleError(f"No password prompt or success of {become.name} came: {seen['stderr'].decode(errors='replace').strip()}")
    if become.check_success(seen["stdout"]):
        return seen["stdout"], b""
    password = become.get_option("become_pass", playcontext=play_context) or ""
    stdin = t.cast("t.IO[bytes]", process.stdin)
    stdin.write(password.encode() + b"\n")
    stdin.flush()
    return b"", b""


def _read(selector: selectors.DefaultSelector, ready: list[tuple[selectors.SelectorKey, int]], seen: dict[str, bytes]) -> bool:
    """Take in what came; false when both streams have ended."""
    for key, _events in ready:
        data = os.read(t.cast("t.IO[bytes]", key.fileobj).fileno(), 4096)
        if data:
            seen[key.data] += data
        else:
            selector.unregister(key.fileobj)
    return bool(selector.get_map())
