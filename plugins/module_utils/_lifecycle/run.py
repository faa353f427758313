# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who runs: the identity of one ansible-playbook process, and the folders of its state."""

from __future__ import annotations

import dataclasses
import datetime
import functools
import hashlib
import os
import pathlib
import re
import socket

from .errors import GoldenError


def is_awx_job() -> bool:
    """Whether ansible-runner started this run: it gives Ansible a terminal at which nobody sits."""
    return "AWX_ISOLATED_DATA_DIR" in os.environ


def process_start(pid: int) -> str | None:
    """What tells this process from a later one with the same pid; ``None`` when it is gone."""
    try:
        raw = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return None
    fields = raw.rpartition(")")[2].split()
    return None if fields[0] in ("Z", "X") else fields[19]


@functools.cache
def _boot_id() -> str:
    try:
        return pathlib.Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


# What every Linux calls the namespace of its first process (PROC_PID_INIT_INO).
_FIRST_PID_NAMESPACE = 0xEFFFFFFC


@functools.cache
def _place() -> str:
    """This machine, or the container on it outside of which its pids say nothing; containers may share the machine's name."""
    namespace = os.stat("/proc/self/ns/pid").st_ino
    return socket.gethostname() if namespace == _FIRST_PID_NAMESPACE else f"{socket.gethostname()}/pid-{namespace}"


@dataclasses.dataclass(frozen=True)
class Owner:
    """A process on a machine, recognisable after pids were reused and machines rebooted."""

    host: str
    pid: int
    started: str
    boot: str

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}"

    @classmethod
    def of(cls, pid: int) -> Owner:
        """:raises GoldenError: when no such process runs."""
        started = process_start(pid)
        if started is None:
            raise GoldenError(f"process {pid} is not running")
        return cls(_place(), pid, started, _boot_id())

    def is_local(self) -> bool:
        """Whether its liveness can be judged from here."""
        return self.host == _place()

    def shares_kernel(self) -> bool:
        """Whether locks of the kernel are seen by both sides."""
        return bool(self.boot) and self.boot == _boot_id()

    def is_alive(self) -> bool:
        """Only meaningful where :meth:`is_local`."""
        return self.boot == _boot_id() and process_start(self.pid) == self.started

    def run_id(self) -> str:
        """The same for every worker of a run, different for every run; sorts by nothing, says nothing."""
        material = f"{self.host}/{self.boot}/{self.pid}/{self.started}"
        return hashlib.sha256(material.encode()).hexdigest()[:12]


_SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\Z")


def safe_name(name: str) -> str:
    """``name`` when it may become a part of a path.

    :raises GoldenError: when it could leave its folder.
    """
    if not _SAFE_NAME.match(name):
        raise GoldenError(f"{name!r} cannot be used as a file name")
    return name


@dataclasses.dataclass(frozen=True)
class StateFolder:
    """Paths below the state folder; creates nothing."""

    root: pathlib.Path

    @property
    def cache(self) -> pathlib.Path:
        """Bootstraps and downloads, by content."""
        return self.root / "cache"

    @property
    def guests(self) -> pathlib.Path:
        """Trees of local guests, one folder each."""
        return self.root / "guests"

    @property
    def runs(self) -> pathlib.Path:
        """One folder per run."""
        return self.root / "runs"

    def run(self, run_id: str) -> pathlib.Path:
        """What one run keeps: its journals and outcomes."""
        return self.runs / safe_name(run_id)

    def run_build(self, run_id: str, build: str) -> pathlib.Path:
        """What one run keeps of one build; mode 0700, for keys live here."""
        return self.run(run_id) / safe_name(build)

    def journal(self, run_id: str, build: str) -> pathlib.Path:
        """The write-ahead record of a build's resources."""
        return self.run_build(run_id, build) / "journal.jsonl"

    def presence(self, run_id: str) -> pathlib.Path:
        """Locked by a run while it goes on."""
        return self.run(run_id) / "present"

    def record(self, build: str) -> pathlib.Path:
        """What is known of the newest artifact of a build."""
        return self.root / "builds" / f"{safe_name(build)}.json"

    def lock(self, build: str) -> pathlib.Path:
        """Who is building it now."""
        return self.root / "locks" / f"{safe_name(build)}.lock"

    def captured(self, build: str, run_id: str) -> pathlib.Path:
        """Where a capture puts its files until they are verified and published."""
        return self.root / "captured" / safe_name(build) / safe_name(run_id)


def utc_now() -> datetime.datetime:
    """Aware, whole seconds."""
    return datetime.datetime.now(tz=datetime.UTC).replace(microsecond=0)


def iso(moment: datetime.datetime) -> str:
    """``2026-01-31T12:00:00Z``."""
    return moment.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
