# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds and ends processes of this user by a word of their command line, however little else is known of them; what a process has open."""

from __future__ import annotations

import contextlib
import os
import pathlib
import select
import signal
import typing as t

from .errors import BuilderError

_PATIENCE_MS = 10_000


def find_by_argument(argument: str) -> list[int]:
    """Processes of this user whose command line has ``argument`` as one of its words."""
    found = []
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (folder / "cmdline").read_bytes().split(b"\0")
            if argument.encode() in words and folder.stat().st_uid == os.geteuid():
                found.append(int(folder.name))
    return sorted(found)


def open_files(pid: int) -> t.Iterator[str]:
    """What a process has open: paths, and words of the kernel such as ``socket:[1234]``; nothing of one that is gone or another user's."""
    with contextlib.suppress(OSError):
        for entry in pathlib.Path(f"/proc/{pid}/fd").iterdir():
            # It goes on meanwhile: one that it closes says nothing of the others.
            with contextlib.suppress(OSError):
                yield os.readlink(entry)


def end(pids: list[int], argument: str) -> None:
    """Kill processes found by ``argument`` and wait until they are gone.

    :raises BuilderError: when one stays.
    """
    for pid in pids:
        _end(pid, argument)


def _end(pid: int, argument: str) -> None:
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        # The pid may have been reused since it was found; from here on it cannot be.
        if pid not in find_by_argument(argument):
            return
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(handle, signal.SIGKILL)
        poll = select.poll()
        poll.register(handle, select.POLLIN)
        if not poll.poll(_PATIENCE_MS):
            raise BuilderError(
                "a process does not end",
                resource=f"process {pid}",
                hint="It waits for a device or a file system of this machine; see its state in /proc.",
            )
    finally:
        os.close(handle)
