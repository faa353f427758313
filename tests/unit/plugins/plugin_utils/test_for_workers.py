# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is loaded before workers are forked."""

from __future__ import annotations

import gc
import pathlib
import subprocess
import sys
import types
import typing as t

import pytest
from ansible import context
from ansible.module_utils.common.collections import ImmutableDict

from ansible_collections.golden.images.plugins.inventory import builds
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import GoldenError
from ansible_collections.golden.images.plugins.module_utils._lifecycle.run import process_start
from ansible_collections.golden.images.plugins.plugin_utils import _for_workers


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> t.Iterator[list[str]]:
    """Builder types that were asked to load what they need; one has no backend."""
    asked: list[str] = []

    def load(backend: str) -> t.Any:
        if "builder_other" in backend:
            raise GoldenError("no builder backend")
        return types.SimpleNamespace(load=lambda: asked.append(backend))

    monkeypatch.setattr(_for_workers, "load_backend", load)
    yield asked
    gc.unfreeze()


def definition_of(*builds_of: tuple[str, str | None]) -> t.Any:
    return types.SimpleNamespace(builds=[types.SimpleNamespace(type=kind, connection=connection) for kind, connection in builds_of])


def test_actions_connections_and_builders(loaded: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    names: list[str] = []
    loader = types.SimpleNamespace(get=lambda name, class_only: names.append(name))
    monkeypatch.setattr(_for_workers, "action_loader", loader)
    monkeypatch.setattr(_for_workers, "connection_loader", loader)
    before = gc.get_freeze_count()
    _for_workers.load_for_workers(definition_of(("aws", "golden.images.ssh"), ("aws", None), ("acme.demo.builder_other", "ansible.builtin.local")))
    assert set(names) >= {f"golden.images.{name}" for name in ("plan", "phase", "record", "finish", "aws_guest", "aws_image", "ssh")} | {
        "ansible.builtin.local"
    }
    assert "golden.images.docker_guest" not in names
    assert [backend.rpartition("._builders.")[2] for backend in loaded] == ["aws.builder"]
    assert gc.get_freeze_count() > before


@pytest.mark.parametrize(("arguments", "times"), [({"start_at_task": None}, 1), ({"list": True}, 0)])
def test_only_where_plays_are_run(monkeypatch: pytest.MonkeyPatch, tmp_path: t.Any, arguments: dict[str, t.Any], times: int) -> None:
    asked: list[t.Any] = []
    monkeypatch.setattr(context, "CLIARGS", ImmutableDict(arguments))
    monkeypatch.setattr(builds, "load_for_workers", asked.append)
    monkeypatch.setattr(builds, "_fill", lambda *_arguments: None)
    monkeypatch.setattr(builds.InventoryModule, "_read", lambda *_arguments: "definition")
    builds.InventoryModule().parse(t.cast(t.Any, types.SimpleNamespace()), t.cast(t.Any, types.SimpleNamespace()), str(tmp_path / "x.golden.yml"))
    assert asked == ["definition"] * times


DEAF = """
import multiprocessing, signal, sys, time
sys.path[:0] = {roots!r}
from ansible_collections.golden.images.plugins.plugin_utils import _for_workers

def work(ready):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    ready.set()
    time.sleep(600)

_for_workers._PATIENCE = 0.2
_for_workers.end_workers_at_exit()
fork = multiprocessing.get_context("fork")
ready = fork.Event()
worker = fork.Process(target=work, args=(ready,))
worker.start()
ready.wait()
print(worker.pid, flush=True)
"""


def test_a_worker_that_lost_the_first_signal_ends_with_the_run() -> None:
    roots = [path for path in sys.path if pathlib.Path(path, "ansible_collections/golden/images").exists()]
    done = subprocess.run([sys.executable, "-c", DEAF.format(roots=roots)], capture_output=True, text=True, timeout=60, check=True)
    assert process_start(int(done.stdout)) is None
