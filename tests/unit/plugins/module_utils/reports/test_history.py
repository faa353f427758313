# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is remembered of earlier runs."""

from __future__ import annotations

import concurrent.futures

import pytest

from ansible_collections.golden.images.plugins.module_utils._lifecycle.progress import Outcome
from ansible_collections.golden.images.plugins.module_utils._lifecycle.run import StateFolder
from ansible_collections.golden.images.plugins.module_utils._reports.history import last_made, read_history, remember, usual_seconds

ARTIFACT = {
    "id": "ami-1", "type": "aws", "build": "web.aws", "image": "web", "builder": "aws", "version": "1.0", "fingerprint": "f", "location": "eu-west-1",
    "created": "2026-01-01T00:00:00Z", "files": [{"path": "/out/web.ova", "kind": "ova", "size": 10, "sha256": "aa"}],
}  # fmt: skip


@pytest.fixture
def state(tmp_path):
    return StateFolder(tmp_path)


def built(seconds: float, **changes: object) -> Outcome:
    return Outcome("web.aws", "built", phases={"plan": 0.1, "configure": seconds, "export": 1.0}, artifact=ARTIFACT, **changes)


def test_the_usual_time_is_the_median_of_the_newest(state):
    assert usual_seconds(read_history(state, "web.aws")) == {}
    for number, seconds in enumerate([1000, 10, 12, 11, 99, 13]):
        remember(state, f"run{number}", built(seconds))
    assert usual_seconds(read_history(state, "web.aws"))["configure"] == 12


def test_a_failed_build_tells_of_the_phases_before_its_failure(state):
    remember(state, "run1", Outcome("web.aws", "failed", phases={"plan": 0.1, "launch": 5.0, "configure": 3.0}, phase="configure"))
    assert usual_seconds(read_history(state, "web.aws")) == {"plan": 0.1, "launch": 5.0}
    assert last_made(read_history(state, "web.aws"), "other") is None


@pytest.mark.parametrize("outcome", [Outcome("web.aws", "unchanged", phases={"plan": 1.0}), Outcome("web.aws", "failed", phases={"plan": 1.0}, phase="plan")])
def test_a_build_that_did_nothing_leaves_no_trace(state, outcome):
    remember(state, "run1", outcome)
    assert not (state.root / "history").exists()


def test_the_last_image_is_known_with_its_files(state):
    remember(state, "run1", built(1))
    remember(state, "run2", built(1, outputs=[{**ARTIFACT, "files": [{"path": "/out/web.box", "kind": "box", "size": 7, "sha256": "bb"}]}]))
    history = read_history(state, "web.aws")
    assert last_made(history, before="run2").run == "run1"
    assert last_made(history, before="run3").files == {"ova": 10, "box": 7}


def test_the_same_run_is_there_once_and_old_runs_go(state):
    for number in range(30):
        remember(state, f"run{number}", built(1))
    remember(state, "run29", built(2))
    history = read_history(state, "web.aws")
    assert (len(history), history[-1].phases["configure"], history[0].run) == (20, 2, "run10")


def test_runs_that_end_together_lose_nothing(state):
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: remember(state, f"run{number}", built(1)), range(16)))
    assert {made.run for made in read_history(state, "web.aws")} == {f"run{number}" for number in range(16)}


@pytest.mark.parametrize("text", ["", "{", "[1]", '{"a": 1}', '[{"run": "x"}]', "[null]"])
def test_what_cannot_be_read_is_no_history(state, text):
    (state.root / "history").mkdir()
    (state.root / "history" / "web.aws.json").write_text(text)
    assert read_history(state, "web.aws") == []
    remember(state, "run1", built(1))
    assert len(read_history(state, "web.aws")) == 1
