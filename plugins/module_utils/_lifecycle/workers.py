# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The worker processes of a run, as the kernel tells of them: finds out from outside when a run waits for one that died.

Strategies like host_pinned never look whether a worker still lives. What it was to report is waited for without end.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pathlib
import select
import signal
import struct
import time
import typing as t

_FATAL = frozenset({signal.SIGKILL, signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT, signal.SIGILL, signal.SIGFPE})
_STATE, _CHILDREN_FAULTS, _EXIT_CODE = 0, 8, 49

_PIDFD_GET_INFO = 0xC040FF0B
_PIDFD_INFO_EXIT = 1 << 3
_PIDFD_INFO_SIZE, _PIDFD_INFO_CODE = 64, 60

#: Seconds.
LOOK_EVERY = 0.1
_PATIENCE = 60.0
_WAKE_UPS = 5.0


def _stat(pid: int) -> list[str]:
    """Fields of a process after its name; empty when it is gone."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return []


def _command(pid: int) -> bytes:
    with contextlib.suppress(OSError):
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


def children_of(pid: int) -> set[int]:
    """Children of a process that it has not noticed the end of."""
    found: set[int] = set()
    with contextlib.suppress(OSError):
        for task in list(pathlib.Path(f"/proc/{pid}/task").iterdir()):
            with contextlib.suppress(OSError):
                found.update(int(child) for child in (task / "children").read_text(encoding="ascii").split())
    return found


def _wake_ups(pid: int) -> int:
    """How often its main thread went to sleep until now."""
    with contextlib.suppress(OSError):
        for line in pathlib.Path(f"/proc/{pid}/task/{pid}/status").read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("voluntary_ctxt_switches:"):
                return int(line.split()[1])
    return 0


def _death_signal(pid: int, descriptor: int) -> int | None:
    """What killed an ended process; ``None`` when nothing did, or when nobody can tell any more."""
    fields = _stat(pid)
    if fields and fields[_STATE] == "Z":
        return int(fields[_EXIT_CODE]) & 0x7F or None
    # Its parent was quicker. Kernels since 6.15 remember it for whoever has a descriptor.
    info = bytearray(_PIDFD_INFO_SIZE)
    struct.pack_into("Q", info, 0, _PIDFD_INFO_EXIT)
    try:
        fcntl.ioctl(descriptor, _PIDFD_GET_INFO, info)
    except OSError:
        return None
    known = struct.unpack_from("Q", info, 0)[0] & _PIDFD_INFO_EXIT
    return struct.unpack_from("i", info, _PIDFD_INFO_CODE)[0] & 0x7F or None if known else None


class Workers:
    """The workers of one ansible-playbook process.

    :param poll: gets a descriptor for each worker, ready when that worker has ended.
    """

    def __init__(self, owner: int, poll: select.poll, clock: t.Callable[[], float] = time.monotonic) -> None:
        self._owner = owner
        self._poll = poll
        self._clock = clock
        self._known: dict[int, int] = {}
        self._faults = ""
        self._next_look = 0.0
        self._idle_since: float | None = None
        self._wake_ups = 0

    def look(self) -> None:
        """Take in new workers; to be called often, and does not look more often than it needs to."""
        if self._clock() < self._next_look:
            return
        self._next_look = self._clock() + LOOK_EVERY
        present = children_of(self._owner)
        for pid in present - set(self._known.values()):
            # Other programs that it starts may be killed without anybody waiting for them.
            if _command(pid) == _command(self._owner):
                with contextlib.suppress(OSError):
                    descriptor = os.pidfd_open(pid)
                    self._known[descriptor] = pid
                    self._poll.register(descriptor, select.POLLIN)
        self._note_idleness(present)

    def _note_idleness(self, present: set[int]) -> None:
        fields = _stat(self._owner)
        # Grows with every child whose end is noticed.
        faults = fields[_CHILDREN_FAULTS] if fields else ""
        alive = any(state and state[_STATE] not in "ZX" for state in map(_stat, present))
        if alive or faults != self._faults or self._idle_since is None:
            self._faults, self._idle_since, self._wake_ups = faults, self._clock(), _wake_ups(self._owner)

    def idles(self) -> bool:
        """Whether it has long been looking for a result without a worker that could have one.

        One that waits for a person or for a server sleeps, and does not look again and again.
        """
        if self._idle_since is None:
            return False
        idle = self._clock() - self._idle_since
        return idle >= _PATIENCE and _wake_ups(self._owner) - self._wake_ups >= idle * _WAKE_UPS

    def killed(self, descriptor: int) -> int | None:
        """The worker whose descriptor is ready, when something killed it; its descriptor is closed."""
        pid = self._known.pop(descriptor, None)
        if pid is None:
            return None
        number = _death_signal(pid, descriptor)
        self._poll.unregister(descriptor)
        os.close(descriptor)
        return pid if number in _FATAL else None
