# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines about builds in progress, and where they are drawn."""

from __future__ import annotations

import os
import threading

import pytest

from ansible_collections.golden.images.plugins.module_utils._reports import lines
from ansible_collections.golden.images.plugins.module_utils._reports.failures import failure_text
from ansible_collections.golden.images.plugins.module_utils._reports.screen import Above, Screen
from ansible_collections.golden.images.plugins.module_utils._reports.tracking import Builds, Tracked

USUAL = {"launch": 10.0, "configure": 100.0, "capture": 20.0, "verify": 30.0, "export": 5.0}
ALL = ("capture", "verify", "export")


def tracked(phase: str = "configure", since: float = 0.0, entered: float = 10.0, **changes: object) -> Tracked:
    build = Tracked("web.docker", dict(USUAL), ALL)
    build.begin(since)
    build.enter(phase, entered)
    for name, value in changes.items():
        setattr(build, name, value)
    return build


def test_what_remains_is_the_rest_of_the_phase_and_those_after_it():
    assert tracked().remaining(60.0) == 50 + 20 + 30 + 5
    assert tracked().remaining(500.0) == 20 + 30 + 5, "a phase that takes longer than usual is about to end"
    assert tracked("verify", stages=("verify", "export")).remaining(20.0) == 20 + 5


@pytest.mark.parametrize("changes", [{"stages": None}, {"usual": {}}, {"usual": {"configure": 1.0}}, {"outcome": "built"}, {"phase": "plan"}])
def test_no_estimate_without_knowledge(changes):
    assert tracked(**changes).remaining(20.0) is None


@pytest.mark.parametrize(
    ("seconds", "clock", "about"),
    [(7, "0:07", "about 5 s"), (3, "0:03", "a few seconds"), (42, "0:42", "about 40 s"), (754, "12:34", "about 13 min"), (3723, "1:02:03", "about 1 h 2 min")],
)
def test_times(seconds, clock, about):
    assert (lines.clock(seconds), lines.about(seconds)) == (clock, about)


@pytest.mark.parametrize(
    ("text", "columns", "fitted"),
    [
        ("short", 10, "short"),
        ("a long text", 6, "a lon…"),
        ("日本語の名前", 6, "日本…"),
        ("a\x1b[2Jb\nc", 20, "a [2Jb c"),
        ("text", 0, ""),
        ("e\u0301e\u0301", 2, "e\u0301e\u0301"),
    ],
)
def test_texts_fit_and_move_no_cursor(text, columns, fitted):
    assert lines.fitted(text, columns) == fitted


def builds(number: int, **changes: object) -> Builds:
    made = Builds()
    for index in range(number):
        made.add(f"image{index:03}.docker", dict(USUAL))
        made.all[f"image{index:03}.docker"].begin(float(index))
        made.all[f"image{index:03}.docker"].stages = ALL
        made.all[f"image{index:03}.docker"].enter("configure", float(index))
        made.all[f"image{index:03}.docker"].task = "nginx : Install a package with a very long name indeed"
    return made


@pytest.mark.parametrize("columns", [1, 2, 10, 40, 59, 60, 80, 200])
@pytest.mark.parametrize("rows", [2, 3, 10, 24, 300])
def test_a_frame_fits_into_the_terminal(columns, rows):
    frame = lines.Frame(builds(100)).lines(400.0, columns, rows)
    assert len(frame) <= rows
    assert all(lines.columns_of(line) < columns for line in frame)


def test_a_frame_with_many_builds_shows_those_that_began_first():
    frame = lines.Frame(builds(100)).lines(400.0, 120, 10)
    assert [line.split()[0] for line in frame[:8]] == [f"image{index:03}.docker" for index in range(8)]
    assert "92 more" in frame[8]
    assert frame[9].startswith("  100 running")
    assert len(frame) == 10


def test_a_line_says_phase_time_estimate_and_task():
    made = builds(1)
    made.add("other.docker", {})
    made.add("failed.docker", {})
    made.all["failed.docker"].end("kept", 1.0)
    line, footer = lines.Frame(made).lines(50.0, 120, 10)
    assert line == "  image000.docker  configure    0:50  ━━━━━━──────────────  about 2 min left    nginx : Install a package with a very …"
    assert footer == "  1 running · 1 waiting · 1 failed  0:50"
    assert lines.Frame(made, ascii_only=True).lines(50.0, 120, 10)[0].isascii()
    assert "longer than usual" in lines.Frame(made).lines(200.0, 120, 10)[0]
    assert "━" not in lines.Frame(made).lines(50.0, 50, 10)[0]


def test_colours_take_no_columns():
    frame = lines.Frame(builds(1), paint=lambda kind, text: f"\x1b[1m{text}\x1b[0m").lines(50.0, 80, 10)
    assert all(line.count("\x1b[1m") == line.count("\x1b[0m") > 0 for line in frame)
    assert lines.columns_of(frame[0].replace("\x1b[1m", "").replace("\x1b[0m", "")) == 79


def test_plain_lines():
    build = tracked()
    assert lines.began(build, 10.0) == "web.docker: configure (about 3 min left)"
    build.task = "Install"
    assert lines.goes_on(build, 310.0) == "web.docker: still configure after 5 min 0 s, task 'Install'"
    build.end("failed", 70.0)
    assert lines.ended(build) == "web.docker: FAILED in the phase configure after 1 min 10 s"
    build.outcome = "unchanged"
    assert lines.ended(build) == "web.docker: up to date"
    build.outcome = "built"
    assert lines.ended(build) == "web.docker: built in 1 min 10 s"
    build.outcome = "verified"
    assert lines.ended(build) == "web.docker: verified in 1 min 10 s"


def test_a_heartbeat_comes_once_per_interval_and_build():
    made = builds(2)
    assert [build.name for build in made.silent(300.5, 300)] == ["image000.docker"]
    assert [build.name for build in made.silent(301.0, 300)] == ["image001.docker"]
    assert list(made.silent(302.0, 300)) == []


@pytest.fixture
def screen():
    """A screen, and what reached the terminal."""
    reading, writing = os.pipe()
    made = Screen(writing, threading.RLock())

    def written() -> str:
        os.set_blocking(reading, False)
        try:
            return os.read(reading, 65536).decode()
        except BlockingIOError:
            return ""

    yield made, written
    os.close(reading)
    os.close(writing)


def test_a_screen_draws_over_what_it_drew(screen):
    made, written = screen
    made.draw(["one", "two"])
    assert written() == "one\x1b[K\ntwo\x1b[K\n\x1b[J"
    made.draw(["one", "two"])
    assert written() == ""
    made.draw(["three"])
    assert written() == "\r\x1b[2Athree\x1b[K\n\x1b[J"
    made.clear()
    assert written() == "\r\x1b[1A\x1b[J"


def test_other_output_scrolls_above_and_an_open_line_is_left_alone(screen):
    made, written = screen
    made.draw(["one"])
    written()
    out: list[str] = []
    made.above("hello\n", out.append, lambda: out.append("flushed"))
    assert out == ["hello\n", "flushed"]
    assert written() == "\r\x1b[1A\x1b[Jone\x1b[K\n"
    made.above("name? ", out.append, lambda: None)
    assert written() == "\r\x1b[1A\x1b[J"
    made.draw(["two"])
    assert written() == ""
    made.above("me\n", out.append, lambda: None)
    assert written() == "two\x1b[K\n"


def test_a_question_pauses_the_lines(screen):
    made, written = screen
    made.draw(["one"])
    with made.paused():
        written()
        made.draw(["two"])
        assert written() == ""
    assert "one" in written()


def test_lines_that_a_narrower_terminal_wrapped_are_erased(screen, monkeypatch):
    made, written = screen
    made.draw(["x" * 70, "\x1b[31m" + "y" * 30 + "\x1b[0m"])
    written()
    monkeypatch.setattr(made, "size", lambda: os.terminal_size((40, 24)))
    made.clear()
    assert written() == "\r\x1b[3A\x1b[J"


def test_a_stream_goes_above_and_is_otherwise_itself(screen, tmp_path):
    made, _written = screen
    with (tmp_path / "out").open("w", encoding="utf-8") as stream:
        above = Above(stream, made)
        assert above.write("text\n") == 5
        assert above.encoding == "utf-8"
    assert (tmp_path / "out").read_text() == "text\n"


def test_failures_are_told_in_full():
    result = {"msg": "Task failed: non-zero return code", "rc": 3, "cmd": ["make", "it"], "stdout": "a\nb\n", "stderr": "", "hint": "Try again."}
    assert failure_text("Make it", "tasks.yml:3", result) == (
        "  task: Make it\n  from: tasks.yml:3\n  non-zero return code\n  exit status: 3\n  command: make it\n  hint: Try again.\n  stdout:\n    a\n    b"
    )
    items = {"msg": "One or more items failed", "results": [{"item": 1, "msg": "fine"}, {"item": 2, "failed": True, "msg": "broken"}]}
    assert failure_text("Loop", "", items) == "  task: Loop\n  item: 2\n  broken"
    assert "no reason was given" in failure_text("Odd", "", {})
    assert failure_text("Secret", "", {"censored": "hidden"}) == "  task: Secret\n  hidden"
