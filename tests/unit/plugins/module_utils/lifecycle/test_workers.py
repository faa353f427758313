# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Killed workers are told from ended ones, and a run that waits for nothing from one that waits for something."""

from __future__ import annotations

import contextlib
import itertools
import os
import pathlib
import platform
import select
import signal
import subprocess
import sys
import textwrap
import typing as t

import pytest

from ansible_collections.golden.images.plugins.module_utils._lifecycle.waiting import Waiter
from ansible_collections.golden.images.plugins.module_utils._lifecycle.workers import Workers, children_of

OWNER = textwrap.dedent(
    """
    import os, subprocess, sys, time
    def fork(work):
        pid = os.fork()
        if pid == 0:
            work()
            os._exit(0)
        return pid
    {code}
    """
)
FORGETS = "fork(lambda: time.sleep(60)); time.sleep(60)"
NOTICES = "os.waitpid(fork(lambda: time.sleep(60)), 0); print('noticed', flush=True); time.sleep(60)"
ENDS = "fork(lambda: sys.stdin.read(1)); time.sleep(60)"
EXECUTES = "subprocess.Popen(['sleep', '60']); time.sleep(60)"
SEARCHES = "print(1, flush=True)\nwhile True: time.sleep(0.001)"
SLEEPS = "print(1, flush=True); time.sleep(60)"
WORKS = "fork(lambda: time.sleep(60)); print(1, flush=True)\nwhile True: time.sleep(0.001)"


@contextlib.contextmanager
def owner(code: str) -> t.Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen([sys.executable, "-c", OWNER.format(code=code)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        for pid in [*children_of(process.pid), process.pid]:
            os.kill(pid, signal.SIGKILL)
        process.communicate()


def only_child(process: subprocess.Popen[str]) -> int:
    Waiter("a child", 10, interval=0.01).until(lambda: children_of(process.pid))
    (child,) = children_of(process.pid)
    return child


def watched(process: subprocess.Popen[str]) -> tuple[Workers, select.poll]:
    poll = select.poll()
    # Every look is due.
    workers = Workers(process.pid, poll, clock=itertools.count(1.0).__next__)
    workers.look()
    return workers, poll


def end_of(workers: Workers, poll: select.poll) -> list[int | None]:
    return [workers.killed(descriptor) for descriptor, _event in poll.poll(10_000)]


def test_a_killed_worker_that_nobody_noticed() -> None:
    with owner(FORGETS) as process:
        child = only_child(process)
        workers, poll = watched(process)
        os.kill(child, signal.SIGKILL)
        assert end_of(workers, poll) == [child]
        workers.look()
        assert poll.poll(0) == []


@pytest.mark.skipif(tuple(map(int, platform.release().split(".")[:2])) < (6, 15), reason="older kernels forget how a process ended")
def test_a_killed_worker_that_its_parent_noticed_first() -> None:
    with owner(NOTICES) as process:
        child = only_child(process)
        workers, poll = watched(process)
        os.kill(child, signal.SIGKILL)
        assert process.stdout.readline() == "noticed\n"
        assert end_of(workers, poll) == [child]


def test_an_ended_worker() -> None:
    with owner(ENDS) as process:
        only_child(process)
        workers, poll = watched(process)
        process.stdin.write("x")
        process.stdin.flush()
        assert end_of(workers, poll) == [None]


def test_a_killed_program_that_is_no_worker() -> None:
    with owner(EXECUTES) as process:
        child = only_child(process)
        command = pathlib.Path(f"/proc/{child}/cmdline")
        Waiter("the program to run", 10, interval=0.01).until(lambda: command.read_bytes().startswith(b"sleep"))
        _workers, poll = watched(process)
        os.kill(child, signal.SIGKILL)
        assert poll.poll(200) == []


@pytest.mark.parametrize(("code", "idles"), [(SEARCHES, True), (SLEEPS, False), (WORKS, False)], ids=["searches", "sleeps", "works"])
def test_idleness(code: str, idles: bool) -> None:
    now = [0.0]
    with owner(code) as process:
        process.stdout.readline()
        workers = Workers(process.pid, select.poll(), clock=lambda: now[0])
        workers.look()
        now[0] = 50.0
        assert not workers.idles()
        now[0] = 70.0
        if idles:
            Waiter("it to be found idle", 20, interval=0.05).until(workers.idles)
        else:
            workers.look()
            assert not workers.idles()
