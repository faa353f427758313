# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The callback golden.images.progress, in terminals and elsewhere."""

from __future__ import annotations

import contextlib
import re
import typing as t

import pytest

if t.TYPE_CHECKING:
    from .conftest import Started, Workspace

INSTEAD = {"ANSIBLE_STDOUT_CALLBACK": "golden.images.progress"}
BESIDE = {"ANSIBLE_CALLBACKS_ENABLED": "golden.images.progress"}
IMAGE: dict[str, t.Any] = {"provisioners": [{"tasks": "configure.yml"}]}
FAIL = """
- name: Fail somewhere
  ansible.builtin.shell: echo to the output; echo first line >&2; echo second line >&2; exit 3
- name: Never reached
  ansible.builtin.debug:
"""
TALK = """
- name: Talk
  ansible.builtin.debug: {msg: "said in {{ golden_image }}"}
"""
RUNNING = re.compile(r"\d+ running")


def without_control(text: str) -> bool:
    """Whether a text has nothing but lines in it."""
    return all(char.isprintable() or char == "\n" for char in text)


@pytest.mark.smoke
def test_a_live_line_per_build(workspace: Workspace, in_terminal: Started) -> None:
    workspace.define({"web": IMAGE, "database": IMAGE})
    workspace.run("-f", "2").ok()
    workspace.hold("launch-web", "launch-database")
    terminal = in_terminal("-f", "2", "-e", "content=second", **INSTEAD)
    lines = terminal.shows("web.folder       launch", "database.folder  launch", "2 running")
    assert len(lines) == 3, lines
    first = next(line for line in lines if "web.folder" in line)
    assert re.fullmatch(r"  web\.folder       launch    +\d+:\d\d  [━─]{20}  .* left.*", first), first
    workspace.release("launch-web")
    terminal.shows("web.folder: built in", "database.folder  launch", "1 running · 1 built")
    workspace.release("launch-database")
    assert terminal.ended() == 0
    text = terminal.everything
    assert "2 builds: 2 built" in text
    assert not RUNNING.search(text), text
    assert without_control(text)
    assert "PLAY [" not in text
    assert text.count("web.folder: built in") == 1


def test_many_builds_in_a_small_terminal_that_changes_its_size(workspace: Workspace, in_terminal: Started) -> None:
    images = {f"image{number:02}": IMAGE for number in range(12)}
    workspace.define(images)
    waiting = [f"launch-{name}" for name in list(images)[:10]]
    workspace.hold(*waiting)
    terminal = in_terminal("-f", "10", columns=60, rows=8, **INSTEAD)
    lines = terminal.shows("10 running · 2 waiting", "… and 5 more")
    assert len(lines) == 7
    terminal.resize(30, 6)
    lines = terminal.shows("… and 7 more", "10 running · 2 waiting")
    assert len(lines) == 5, lines
    terminal.resize(100, 24)
    terminal.shows("image09.folder")
    workspace.until("all to be launched", lambda: all((workspace.folder / "hold" / f"{gate}.reached").exists() for gate in waiting))
    workspace.release(*waiting)
    assert terminal.ended() == 0
    text = terminal.everything
    assert "12 builds: 12 built" in text
    assert "more" not in terminal.lines[-1]


def test_failures_are_shown_in_full_above_the_lines(workspace: Workspace, in_terminal: Started) -> None:
    workspace.write("fail.yml", FAIL)
    workspace.define({"bad": {"provisioners": [{"tasks": "fail.yml"}]}, "web": IMAGE})
    workspace.hold("launch-web")
    terminal = in_terminal("-f", "2", **INSTEAD)
    terminal.shows("bad.folder: FAILED in the phase configure", "web.folder  launch")
    workspace.release("launch-web")
    assert terminal.ended() == 2
    wanted = ["bad.folder: a task failed in the phase configure", "task: Fail somewhere", "fail.yml:2", "exit status: 3"]
    wanted += ["    to the output\n", "    first line\n    second line\n", "2 builds: 1 failed, 1 built"]
    text = terminal.everything
    assert [part for part in wanted if part not in text] == [] or "2 builds: 1 built, 1 failed" in text, text
    assert text.count("task: Fail somewhere") == 1
    assert not RUNNING.search(text), text


def test_beside_the_default_output(workspace: Workspace, in_terminal: Started) -> None:
    workspace.write("talk.yml", TALK)
    workspace.define({"web": {"provisioners": [{"tasks": "talk.yml"}, *IMAGE["provisioners"]]}})
    workspace.hold("capture-web")
    terminal = in_terminal(**BESIDE)
    lines = terminal.shows("web.folder  capture", "1 running")
    assert lines[-1].startswith("  1 running")
    workspace.release("capture-web")
    assert terminal.ended() == 0
    text = terminal.everything
    assert "TASK [Talk]" in text.replace("golden.images.build : ", "")
    assert "said in web" in text
    assert "PLAY RECAP" in text
    assert not RUNNING.search(text), text


def test_somebody_is_asked_while_lines_are_shown(workspace: Workspace, in_terminal: Started) -> None:
    workspace.write("fail.yml", FAIL)
    workspace.define({"bad": {"provisioners": [{"tasks": "fail.yml"}], "on_error": "ask"}, "web": IMAGE})
    workspace.hold("launch-web")
    terminal = in_terminal("-f", "2", rows=40, **INSTEAD)
    lines = terminal.shows("[c]lean up or [k]eep?")
    assert "[c]lean up or [k]eep?" in lines[-1], "no line is drawn below the question"
    # Ansible throws away what was typed before it began to read, which is after it asked.
    for _attempt in range(20):
        terminal.type("k\r")
        with contextlib.suppress(AssertionError):
            workspace.until("the answer to be taken", lambda: any("FAILED, kept" in line for line in terminal.lines), 5)
            break
    terminal.shows("bad.folder: FAILED, kept", "web.folder  launch")
    workspace.release("launch-web")
    assert terminal.ended() == 2
    assert any(name.startswith("golden-bad") or "bad" in name for name in workspace.there())


def test_nobody_is_asked_in_a_job_of_awx_though_it_has_a_terminal(workspace: Workspace, in_terminal: Started) -> None:
    workspace.write("fail.yml", FAIL)
    workspace.define({"bad": {"provisioners": [{"tasks": "fail.yml"}], "on_error": "ask"}})
    terminal = in_terminal(AWX_ISOLATED_DATA_DIR="/nowhere")
    assert terminal.ended() == 2
    assert "nobody can be asked here" in " ".join(terminal.everything.split())
    assert workspace.there() == set()


@pytest.mark.parametrize("environment", [{}, {"GOLDEN_PROGRESS_STYLE": "live"}])
def test_plain_lines_without_a_terminal(workspace: Workspace, environment: dict[str, str]) -> None:
    workspace.write("fail.yml", FAIL)
    workspace.define({"bad": {"provisioners": [{"tasks": "fail.yml"}]}, "web": IMAGE})
    if environment:
        # Somebody who insists gets what the terminal would get.
        assert "\x1b[K" in workspace.run(**INSTEAD, **environment).stdout
        return
    output = workspace.run(**INSTEAD).output
    assert without_control(output)
    for phase in ("launch", "configure", "capture", "verify", "export"):
        assert re.search(rf"^\[\d\d:\d\d\] web\.folder: {phase}$", output, re.MULTILINE), output
    assert "    first line\n    second line\n" in output
    assert re.search(r"^\[\d\d:\d\d\] bad\.folder: FAILED in the phase configure after", output, re.MULTILINE)
    assert "TASK [" not in output
    assert "2 builds: " in output
    again = workspace.run("-e", "golden_force=true", "--limit", "web.*", **INSTEAD).ok().output
    assert re.search(r"web\.folder: launch \(.* left\)$", again, re.MULTILINE), again


def test_what_is_said_goes_with_the_verbosity(workspace: Workspace) -> None:
    workspace.write("talk.yml", TALK)
    workspace.define({"web": {"provisioners": [{"tasks": "talk.yml"}]}})
    quiet = workspace.run(**INSTEAD).ok().output
    assert "said in web" not in quiet
    verbose = workspace.run("-v", "-e", "golden_force=true", **INSTEAD).ok().output
    assert "said in web" in verbose
    assert "PLAY [Build images]" in verbose
    assert "PLAY RECAP" in verbose
    beside = workspace.run("-e", "golden_force=true", **BESIDE).ok().output
    assert beside.count("said in web") == 1
    assert "web.folder: configure" in beside


@pytest.mark.parametrize("environment", [{"AWX_ISOLATED_DATA_DIR": "/nowhere"}, {"CI": "true"}, {"TERM": "dumb"}, {"GOLDEN_PROGRESS_STYLE": "plain"}])
def test_plain_lines_where_a_terminal_is_nobodys_screen(workspace: Workspace, in_terminal: Started, environment: dict[str, str]) -> None:
    workspace.define({"web": IMAGE})
    terminal = in_terminal(**INSTEAD, **environment)
    assert terminal.ended() == 0
    assert "web.folder: configure" in terminal.everything
    assert b"\x1b[K" not in terminal.raw
    assert b"\x1b[J" not in terminal.raw


@pytest.mark.parametrize("variable", ["NO_COLOR", "ANSIBLE_NOCOLOR", None])
def test_colours_are_off_when_asked(workspace: Workspace, in_terminal: Started, variable: str | None) -> None:
    workspace.define({"web": IMAGE})
    workspace.hold("launch-web")
    terminal = in_terminal(**INSTEAD, **({variable: "1"} if variable else {}))
    terminal.shows("web.folder  launch")
    workspace.release("launch-web")
    assert terminal.ended() == 0
    assert bool(re.search(rb"\x1b\[[0-9;]*m", terminal.raw)) is (variable is None)


def test_other_playbooks_have_their_output(workspace: Workspace) -> None:
    workspace.define({"web": IMAGE})
    result = workspace.run(playbook="golden.images.discard", **INSTEAD).ok()
    assert "PLAY RECAP" in result.stdout
    planned = workspace.run(playbook="golden.images.validate", **INSTEAD).ok()
    assert "would build" in planned.stdout
