# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Leftovers are discarded on a full disk too, and old runs are forgotten by several builds at once."""

from __future__ import annotations

import dataclasses
import errno
import os
import pathlib
import shutil
import sys
import types
import typing as t

import pytest

from ansible_collections.golden.images.plugins.module_utils._lifecycle import discarding, watcher
from ansible_collections.golden.images.plugins.module_utils._lifecycle.files import read_json
from ansible_collections.golden.images.plugins.module_utils._lifecycle.journal import Journal, Resource
from ansible_collections.golden.images.plugins.module_utils._lifecycle.lock import BuildLock
from ansible_collections.golden.images.plugins.module_utils._lifecycle.run import Owner, StateFolder

BACKEND = "discarding_test_backend"


class Files:
    """A backend whose resources are files."""

    def discard(self, resource: Resource, options: dict[str, t.Any]) -> bool:
        path = pathlib.Path(resource.name)
        existed = path.exists()
        path.unlink(missing_ok=True)
        return existed


@pytest.fixture(autouse=True)
def backend(monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType(BACKEND)
    vars(module)["BUILDER"] = Files()
    monkeypatch.setitem(sys.modules, BACKEND, module)


@pytest.fixture
def state(tmp_path: pathlib.Path) -> StateFolder:
    return StateFolder(tmp_path / "state")


def create(state: StateFolder, run_id: str, build: str, *paths: pathlib.Path) -> None:
    for path in paths:
        Journal(state.journal(run_id, build)).creating(Resource(BACKEND, "file", str(path)))
        path.touch()


def full(*arguments: t.Any, **options: t.Any) -> t.NoReturn:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_run_that_somebody_forgets_meanwhile_is_no_run(state: StateFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = dataclasses.replace(Owner.of(os.getpid()), started="1")
    discarding.begin_run(state, owner, ["/scratch"])
    create(state, owner.run_id(), "web.test")
    state.run_build(owner.run_id(), "web.test").mkdir()
    is_over = discarding.presence.is_over

    def forgotten(*arguments: t.Any) -> bool:
        over = is_over(*arguments)
        shutil.rmtree(state.run(owner.run_id()))
        return over

    monkeypatch.setattr(discarding.presence, "is_over", forgotten)
    assert discarding.builds_of(state, owner.run_id()) == ["web.test"]
    discarding.forget_old_runs(state, keep_newest=0)
    assert discarding.builds_of(state, owner.run_id()) == []
    assert discarding.read_run(state, owner.run_id()) is None


def test_what_a_run_noted_may_go_while_it_is_read(state: StateFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = Owner.of(os.getpid())
    discarding.begin_run(state, owner, ["/scratch"])
    known = read_json

    def forgotten(path: pathlib.Path) -> t.Any:
        data = known(path)
        shutil.rmtree(state.run(owner.run_id()))
        return data

    monkeypatch.setattr(discarding, "read_json", forgotten)
    run = discarding.read_run(state, owner.run_id())
    assert run is not None and run.temporary == ()


def test_on_a_full_disk_every_resource_goes(state: StateFolder, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    things = [tmp_path / "one", tmp_path / "two"]
    create(state, "a1", "web.test", *things)
    with monkeypatch.context() as disk:
        disk.setattr(Journal, "discarded", full)
        report = discarding.discard_build(state, "a1", "web.test", {})
    assert not any(thing.exists() for thing in things)
    assert len(report.removed) == len(report.failed) == 2
    assert "it is gone, but the journal of the build cannot be written: No space left" in report.failed[0]
    assert discarding.discard_build(state, "a1", "web.test", {}) == discarding.Discarded()
    assert discarding.unfinished(state, "a1", "web.test") == []


@pytest.mark.parametrize("broken", ["write_json_atomically", "remove_secrets", "remove_temporary", "discard_build", "print"])
def test_the_watcher_goes_on_with_the_next_build(state: StateFolder, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, broken: str) -> None:
    owner = Owner.of(os.getpid())
    discarding.begin_run(state, owner)
    watching = watcher.Watcher(state, owner)
    builds = {name: tmp_path / name for name in ("web.test", "db.test")}
    for build, thing in builds.items():
        watching.builds[build] = watcher._Registered(state, {})
        BuildLock(state.lock(build), build).take(owner)
        create(state, owner.run_id(), build, thing)
    working = getattr(watcher, broken, print)
    calls: list[t.Any] = []

    def first_fails(*arguments: t.Any, **options: t.Any) -> t.Any:
        calls.append(arguments)
        return full() if len(calls) == 1 else working(*arguments, **options)

    monkeypatch.setattr(watcher, broken, first_fails, raising=False)
    monkeypatch.setattr(watcher.time, "sleep", lambda seconds: None)
    watching.clean_up()
    assert calls
    assert not any(thing.exists() for thing in builds.values())
    assert not any(state.lock(build).exists() for build in builds)
