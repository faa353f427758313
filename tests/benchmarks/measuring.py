# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a command and says what it took."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import pathlib
import subprocess
import threading
import time
import uuid

_MARK = "GOLDEN_BENCHMARK_RUN"
_INTERVAL = 0.2
_PAGE = os.sysconf("SC_PAGE_SIZE")
_MIB = 1024 * 1024


class RunError(Exception):
    """A measured command failed; such a time says nothing."""


@dataclasses.dataclass(frozen=True)
class Measurement:
    """What one run took.

    :ivar seconds: from start to end.
    :ivar cpu_seconds: of the command and the children it waited for; what the daemon did for it is not in there.
    :ivar peak_mib: largest sum, over all processes of the run, of the memory each had resident; shared pages count for each.
    :ivar largest_mib: resident memory of the largest process.
    """

    started: float
    seconds: float
    cpu_seconds: float
    peak_mib: float
    largest_mib: float


class _Sampler(threading.Thread):
    """Looks at the memory of all processes of a run: its descendants, and those that detached themselves but inherited its mark."""

    def __init__(self, pid: int, mark: str) -> None:
        super().__init__(daemon=True)
        self.peak = 0
        self._pid = pid
        self._mark = f"{_MARK}={mark}".encode()
        self._others: set[tuple[int, str]] = set()
        self._ours: set[tuple[int, str]] = set()
        self._stopped = threading.Event()

    def run(self) -> None:
        while not self._stopped.wait(_INTERVAL):
            self.peak = max(self.peak, self._sum())

    def stop(self) -> None:
        """End sampling."""
        self._stopped.set()
        self.join()

    def _sum(self) -> int:
        pages = 0
        for folder in pathlib.Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError, IndexError):
                fields = (folder / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
                if self._is_ours(folder, fields[19]):
                    pages += int(fields[21])
        return pages * _PAGE

    def _is_ours(self, folder: pathlib.Path, start: str) -> bool:
        key = (int(folder.name), start)
        if key not in self._ours and key not in self._others:
            (self._ours if self._mark in (folder / "environ").read_bytes() else self._others).add(key)
        return key in self._ours


def measure(argv: list[str], cwd: pathlib.Path, env: dict[str, str], log: pathlib.Path) -> Measurement:
    """Run a command to its end.

    :raises RunError: when its exit status is not 0.
    """
    mark = uuid.uuid4().hex
    with open(log, "wb") as stream:
        started = time.time()
        begin = time.monotonic()
        process = subprocess.Popen(argv, cwd=cwd, env={**env, _MARK: mark}, stdin=subprocess.DEVNULL, stdout=stream, stderr=stream)
        sampler = _Sampler(process.pid, mark)
        sampler.start()
        _pid, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        sampler.stop()
    if process.returncode:
        raise RunError(f"{' '.join(argv)} ended with {process.returncode}:\n{log.read_text(encoding='utf-8', errors='replace')[-3000:]}")
    return Measurement(
        started=started,
        seconds=round(seconds, 3),
        cpu_seconds=round(usage.ru_utime + usage.ru_stime, 3),
        peak_mib=round(sampler.peak / _MIB, 1),
        largest_mib=round(usage.ru_maxrss / 1024, 1),
    )
