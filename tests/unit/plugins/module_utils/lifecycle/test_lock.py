# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run at a time builds a build, and a dead one holds nothing."""

from __future__ import annotations

import dataclasses
import os
import pathlib
import subprocess
import sys

import pytest

from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import BusyError
from ansible_collections.golden.images.plugins.module_utils._lifecycle.lock import BuildLock
from ansible_collections.golden.images.plugins.module_utils._lifecycle.run import Owner
from ansible_collections.golden.images.plugins.module_utils._lifecycle.waiting import Waiter


@pytest.fixture
def lock(tmp_path: pathlib.Path) -> BuildLock:
    return BuildLock(tmp_path / "locks" / "web.local.lock", "web.local")


@pytest.fixture
def me() -> Owner:
    return Owner.of(os.getpid())


@pytest.fixture
def other():
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield Owner.of(process.pid), process
        process.kill()


def test_a_free_lock_is_taken_and_released(lock: BuildLock, me: Owner) -> None:
    assert lock.take(me) is None
    assert lock.holder() == me
    lock.release(me)
    assert lock.holder() is None


def test_its_owner_may_take_it_again(lock: BuildLock, me: Owner) -> None:
    lock.take(me)
    assert lock.take(me) is None


def test_a_living_owner_keeps_it(lock: BuildLock, me: Owner, other) -> None:
    owner, _process = other
    lock.take(owner)
    assert lock.take(me) == owner
    lock.release(me)
    assert lock.holder() == owner


def test_a_dead_owner_holds_nothing(lock: BuildLock, me: Owner, other) -> None:
    owner, process = other
    lock.take(owner)
    process.kill()
    process.wait()
    assert lock.take(me) is None


def test_a_reused_pid_is_somebody_else(lock: BuildLock, me: Owner) -> None:
    lock.take(dataclasses.replace(me, started="1"))
    assert lock.holder() is None


def test_an_owner_on_another_machine_is_trusted_to_live(lock: BuildLock, me: Owner) -> None:
    elsewhere = dataclasses.replace(me, host="elsewhere.example", boot="another")
    lock.take(elsewhere)
    assert lock.take(me) == elsewhere


def test_waiting_ends_with_a_clear_message(lock: BuildLock, me: Owner, other) -> None:
    owner, _process = other
    lock.take(owner)
    said: list[str] = []
    with pytest.raises(BusyError, match=f"process {owner.pid} .* still building it after 0.2 s"):
        lock.wait(me, Waiter("the other run", 0.2, interval=0.05), said.append)
    assert len(said) == 1 and "being built by another run" in said[0]


def test_waiting_goes_on_when_the_other_run_ends(lock: BuildLock, me: Owner, other) -> None:
    owner, process = other
    lock.take(owner)

    def end_it(text: str) -> None:
        process.kill()
        process.wait()

    lock.wait(me, Waiter("the other run", 10, interval=0.01), end_it)
    assert lock.holder() == me
