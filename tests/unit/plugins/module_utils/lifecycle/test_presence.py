# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run in another container is seen to go on, and to have ended."""

from __future__ import annotations

import dataclasses
import os
import pathlib
import subprocess
import sys
import time
import typing as t

import pytest

from ansible_collections.golden.images.plugins.module_utils._lifecycle import presence
from ansible_collections.golden.images.plugins.module_utils._lifecycle.lock import BuildLock
from ansible_collections.golden.images.plugins.module_utils._lifecycle.run import Owner, StateFolder

ANNOUNCE = """
import pathlib, sys
from ansible_collections.golden.images.plugins.module_utils._lifecycle import presence, run
presence.announce(run.StateFolder(pathlib.Path(sys.argv[1])), sys.argv[2])
print("present", flush=True)
input()
"""


@pytest.fixture
def state(tmp_path: pathlib.Path) -> StateFolder:
    return StateFolder(tmp_path)


@pytest.fixture
def container() -> Owner:
    """A run that has the pid of a process here, and is another one."""
    return dataclasses.replace(Owner.of(os.getpid()), host="this/pid-4026532999", started="1")


@pytest.fixture
def going_on(state: StateFolder, container: Owner) -> t.Iterator[subprocess.Popen[bytes]]:
    """A process of the run in the other container."""
    argv = [sys.executable, "-c", ANNOUNCE, str(state.root), container.run_id()]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"present\n"
        yield process
        process.kill()


def test_a_run_in_another_container_goes_on_while_it_is_present(state: StateFolder, container: Owner, going_on: subprocess.Popen[bytes]) -> None:
    lock = BuildLock(state.lock("web.test"), "web.test")
    assert lock.take(container) is None
    assert not presence.is_over(state, container)
    assert lock.take(Owner.of(os.getpid())) == container
    going_on.kill()
    going_on.wait()
    assert presence.is_over(state, container)
    assert lock.take(Owner.of(os.getpid())) is None


def test_a_run_that_was_never_present_is_over(state: StateFolder, container: Owner) -> None:
    assert presence.is_over(state, container)


@pytest.mark.parametrize("boot", ["another", ""])
def test_a_run_on_another_machine_goes_on_while_it_gives_signs_of_life(state: StateFolder, container: Owner, boot: str) -> None:
    elsewhere = dataclasses.replace(container, boot=boot)
    # Its file may not be visible here yet.
    assert not presence.is_over(state, elsewhere)
    presence.announce(state, elsewhere.run_id())
    assert not presence.is_over(state, elsewhere)
    path = state.presence(elsewhere.run_id())
    long_ago = path.stat().st_mtime - presence.PATIENCE - 1
    os.utime(path, (long_ago, long_ago))
    assert presence.is_over(state, elsewhere)


def test_signs_of_life_are_given_now_and_then(state: StateFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    presence.announce(state, "a1b2")
    path = state.presence("a1b2")
    os.utime(path, (0, 0))
    presence.renew()
    assert path.stat().st_mtime == 0
    later = time.monotonic() + presence.RENEW_EVERY
    monkeypatch.setattr(presence.time, "monotonic", lambda: later)
    presence.renew()
    assert path.stat().st_mtime > 0


def test_a_run_here_is_judged_by_its_process(state: StateFolder) -> None:
    me = Owner.of(os.getpid())
    assert not presence.is_over(state, me)
    assert presence.is_over(state, dataclasses.replace(me, started="1"))
