# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The watcher outlives the run and removes what it left, however it ended."""

from __future__ import annotations

import json
import pathlib
import signal
import subprocess
import sys
import textwrap

import pytest

from ansible_collections.golden.images.plugins.module_utils._lifecycle.discarding import keep, note_temporary, unfinished
from ansible_collections.golden.images.plugins.module_utils._lifecycle.files import read_json
from ansible_collections.golden.images.plugins.module_utils._lifecycle.found_processes import find_by_argument
from ansible_collections.golden.images.plugins.module_utils._lifecycle.lock import BuildLock
from ansible_collections.golden.images.plugins.module_utils._lifecycle.run import Owner, StateFolder, utc_now
from ansible_collections.golden.images.plugins.module_utils._lifecycle.waiting import Waiter

RUN = textwrap.dedent(
    """
    import json, os, pathlib, sys
    from ansible_collections.golden.images.plugins.module_utils._lifecycle.run import Owner, StateFolder
    from ansible_collections.golden.images.plugins.module_utils._lifecycle.journal import Journal, Resource
    from ansible_collections.golden.images.plugins.module_utils._lifecycle.discarding import begin_run
    from ansible_collections.golden.images.plugins.module_utils._lifecycle.lock import BuildLock
    from ansible_collections.golden.images.plugins.module_utils._lifecycle.watcher import register
    state, thing, folder = StateFolder(pathlib.Path(sys.argv[1])), pathlib.Path(sys.argv[2]), sys.argv[3]
    sys.path.insert(0, folder)
    me = Owner.of(os.getpid())
    begin_run(state, me)
    BuildLock(state.lock("web.test"), "web.test").take(me)
    register(state, me, "web.test", {"password": "s3cret-value"})
    register(state, me, "db.test", {})
    journal = Journal(state.journal(me.run_id(), "web.test"))
    resource = Resource("watcher_test_backend", "file", str(thing))
    journal.creating(resource)
    thing.touch()
    journal.created(resource)
    (state.run_build(me.run_id(), "web.test") / "key").write_text("private")
    print(json.dumps({"run": me.run_id()}), flush=True)
    if input() == "tidy":
        thing.unlink()
        journal.discarded(resource)
    """
)

BACKEND = """
import pathlib
class B:
    def discard(self, resource, options):
        path = pathlib.Path(resource.name)
        path.with_suffix(".options").write_text(str(options.get("password")))
        existed = path.exists()
        path.unlink(missing_ok=True)
        return existed
BUILDER = B()
"""


class RunUnderTest:
    def __init__(self, tmp_path: pathlib.Path, root: str) -> None:
        self.state = StateFolder(tmp_path / "state")
        self.thing = tmp_path / "thing"
        backends = pathlib.Path(root)
        self.process = subprocess.Popen(
            [sys.executable, "-c", RUN, str(self.state.root), str(self.thing), str(backends)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        line = self.process.stdout.readline()
        self.run_id = json.loads(line)["run"]
        self.folder = self.state.run_build(self.run_id, "web.test")

    def await_watcher(self) -> None:
        Waiter("the watcher to finish", 20, interval=0.02).until(lambda: not (self.folder / "key").exists())
        Waiter("the lock to be free", 20, interval=0.02).until(lambda: not self.state.lock("web.test").exists())
        Waiter("the watcher to end", 20, interval=0.02).until(lambda: not find_by_argument(self.run_id))


@pytest.fixture
def run(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch):
    backends = tmp_path / "ansible_roots"
    backends.mkdir()
    (backends / "watcher_test_backend.py").write_text(BACKEND)
    import os

    import ansible_collections

    roots = [os.path.dirname(path) for path in ansible_collections.__path__]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([*roots, str(backends)]))
    started = RunUnderTest(tmp_path, str(backends))
    yield started
    started.process.kill()
    started.process.wait()
    started.await_watcher()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_killed_run_leaves_nothing(run: RunUnderTest, number: signal.Signals) -> None:
    run.process.send_signal(number)
    run.process.wait()
    run.await_watcher()
    assert not run.thing.exists()
    assert unfinished(run.state, run.run_id, "web.test") == []
    outcome = read_json(run.folder / "outcome.json")
    assert outcome["outcome"] == "interrupted"
    assert outcome["discarded"] == [f"file {run.thing}"]
    assert outcome["left_behind"] == []


def test_secrets_reach_the_backend_and_no_file(run: RunUnderTest) -> None:
    run.process.kill()
    run.process.wait()
    run.await_watcher()
    assert run.thing.with_suffix(".options").read_text() == "s3cret-value"
    for path in run.state.root.rglob("*"):
        if path.is_file():
            assert "s3cret-value" not in path.read_text(errors="replace"), path


def test_an_ordinary_end_finds_nothing_to_do(run: RunUnderTest) -> None:
    run.process.communicate("tidy\n")
    run.await_watcher()
    assert read_json(run.folder / "outcome.json")["discarded"] == []


def test_what_is_kept_stays(run: RunUnderTest) -> None:
    import datetime

    keep(run.state, run.run_id, "web.test", utc_now() + datetime.timedelta(hours=1))
    run.process.kill()
    run.process.wait()
    log = run.state.run(run.run_id) / "watcher.log"
    Waiter("the watcher to see to the other build", 20, interval=0.02).until(lambda: "db.test" in log.read_text())
    assert run.thing.exists()
    (run.folder / "key").unlink()
    BuildLock(run.state.lock("web.test"), "web.test").release(Owner.of(__import__("os").getpid()))
    run.state.lock("web.test").unlink()


def test_temporary_folders_go_with_the_run_and_links_lead_nowhere(run: RunUnderTest, tmp_path: pathlib.Path) -> None:
    mine, precious, link = tmp_path / "mine", tmp_path / "precious", tmp_path / "link"
    for path in (mine, link, tmp_path / "never made"):
        note_temporary(run.state, run.run_id, str(path))
    for folder in (mine, precious):
        folder.mkdir()
        (folder / "file").touch()
    link.symlink_to(precious)
    run.process.kill()
    run.process.wait()
    run.await_watcher()
    Waiter("the folder to go", 20, interval=0.02).until(lambda: not mine.exists())
    assert (precious / "file").exists()
