# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run and all its processes take: those that detach themselves too."""

from __future__ import annotations

import contextlib
import ctypes
import os
import pathlib
import re
import resource

_PR_SET_CHILD_SUBREAPER = 36
_TICKS = os.sysconf("SC_CLK_TCK")
_PSS = re.compile(r"^Pss:\s+(\d+) kB", re.MULTILINE)

KINDS = (("ssh", "ssh"), ("broker_program", "broker"), ("_lifecycle.watcher", "watcher"), ("ansible-playbook", "ansible"))


def adopt() -> None:
    """Become the parent of descendants whose own is gone, so that none is lost sight of."""
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")


def descendants(pid: int) -> list[int]:
    """Of a process, without itself."""
    found = []
    with contextlib.suppress(OSError):
        for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
            for child in map(int, (task / "children").read_text().split()):
                found += [child, *descendants(child)]
    return found


def memory(pids: list[int]) -> dict[str, tuple[int, float]]:
    """Kind of process to how many there are, and their proportional set size in MiB: shared pages count once in all."""
    sums: dict[str, tuple[int, float]] = {}
    for pid in pids:
        with contextlib.suppress(OSError):
            found = _PSS.search(pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text())
            if found:
                kind = _kind(pid)
                count, size = sums.get(kind, (0, 0.0))
                sums[kind] = (count + 1, size + int(found[1]) / 1024)
    return sums


def _kind(pid: int) -> str:
    words = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    if os.path.basename(words[0]).startswith("ssh"):
        return "ssh"
    return next((kind for mark, kind in KINDS[1:] if any(mark in word for word in words)), "other")


def own_cpu_seconds(pid: int) -> float:
    """Of a process without its children; 0 when it is gone."""
    with contextlib.suppress(OSError):
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS
    return 0.0


def cpu_seconds(pids: list[int]) -> float:
    """Of these processes, of their children that are gone, and of this process's own that are gone."""
    ticks = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
            ticks += sum(map(int, fields[11:15]))
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return ticks / _TICKS + usage.ru_utime + usage.ru_stime


def reap() -> dict[int, int]:
    """Take note of children that have ended: pid to exit status."""
    ended = {}
    with contextlib.suppress(ChildProcessError):
        while (found := os.waitpid(-1, os.WNOHANG))[0]:
            ended[found[0]] = os.waitstatus_to_exitcode(found[1])
    return ended
