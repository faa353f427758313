# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers that a rig starts, and ends with everything they started."""

from __future__ import annotations

import contextlib
import os
import pathlib
import signal
import subprocess
import time
import typing as t


class RigError(Exception):
    """The rig cannot be had here."""


def wait_until(look: t.Callable[[], bool], what: str, timeout: float = 60) -> None:
    """Poll until ``look`` is true."""
    deadline = time.monotonic() + timeout
    while not look():
        if time.monotonic() > deadline:
            raise RigError(f"gave up waiting for {what} after {timeout:g} s")
        time.sleep(0.05)


def start(argv: list[str], log: pathlib.Path, env: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
    """Start a server in a session of its own; what it writes goes to ``log``."""
    with open(log, "ab") as stream:
        return subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=stream, stderr=stream, start_new_session=True, env={**os.environ, **(env or {})})


def end(process: subprocess.Popen[bytes], timeout: float = 30) -> None:
    """Ask a server to end, and kill it when it does not."""
    process.terminate()
    try:
        process.wait(timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def mentioning(text: str) -> list[int]:
    """Processes with ``text`` on their command line: what a killed server left, such as container shims."""
    found = []
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if text.encode() in (folder / "cmdline").read_bytes() and int(folder.name) != os.getpid():
                found.append(int(folder.name))
    return found


def kill_all(pids: t.Iterable[int]) -> None:
    """Kill processes by pid; gone ones are fine."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
