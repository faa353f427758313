# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a run goes on whose processes cannot be seen from here, since it is in another container or on another machine.

Every run has a file in the state folder that both share. While the run goes on the kernel has a lock on it, which is seen by all who
share that kernel; for the others the watcher, which lives as long as the run, touches the file again and again.
The lock is shared: a worker that begins a build has it until the watcher has it too.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time

from .run import Owner, StateFolder

#: Seconds between two signs of life.
RENEW_EVERY = 30.0
#: Seconds without one after which a run on another machine counts as ended.
PATIENCE = 300.0

_held: dict[int, float] = {}


def announce(state: StateFolder, run_id: str) -> None:
    """Hold the lock until this process ends."""
    path = state.presence(run_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    os.utime(descriptor)
    # Kept open on purpose.
    _held[descriptor] = time.monotonic()


def renew() -> None:
    """Give a sign of life when it is time for one; to be called often."""
    now = time.monotonic()
    for descriptor, last in _held.items():
        if now - last >= RENEW_EVERY:
            # A file system that is away for a moment is no reason to leave the run alone.
            with contextlib.suppress(OSError):
                os.utime(descriptor)
            _held[descriptor] = now


def is_over(state: StateFolder, owner: Owner) -> bool:
    """Whether the run of ``owner`` is known to have ended."""
    if owner.is_local():
        return not owner.is_alive()
    if owner.shares_kernel():
        return not _is_held(state, owner.run_id())
    return _silence(state, owner.run_id()) > PATIENCE


def _is_held(state: StateFolder, run_id: str) -> bool:
    try:
        descriptor = os.open(state.presence(run_id), os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        # It never began a build.
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _silence(state: StateFolder, run_id: str) -> float:
    """Seconds since the last sign of life by the clock of the file system, as machines may differ in theirs; 0 where its file is not seen yet."""
    clock = state.runs / "clock"
    try:
        last = state.presence(run_id).stat().st_mtime
    except FileNotFoundError:
        return 0.0
    clock.touch()
    return clock.stat().st_mtime - last
