# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the actions behind provisioners are made of."""

from __future__ import annotations

import os
import pathlib
import subprocess
import time
import typing as t

import pytest
import yaml

from ansible_collections.golden.images.plugins.action.provisioner_failed import _reason
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import CommandError, GoldenError
from ansible_collections.golden.images.plugins.module_utils._lifecycle.run import process_start
from ansible_collections.golden.images.plugins.plugin_utils._child import descendants, run_child
from ansible_collections.golden.images.plugins.plugin_utils._child_playbook import failure_of, plain_yaml, reached, refuse_unsafe, write_private
from ansible_collections.golden.images.plugins.plugin_utils._provisioning import exports, interpreter_of, judged, script_text

ENV = {"PATH": os.environ["PATH"]}


def ends(pid: int) -> bool:
    """Whether a process is gone; a signal takes a moment."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if process_start(pid) is None:
            return True
        time.sleep(0.01)
    return False


@pytest.mark.parametrize("value", ["it's", 'a "b" $HOME `id`', "two\nlines", "", "-n"])
def test_exports_survive_a_shell(value: str) -> None:
    """Whatever is in a value."""
    shell = subprocess.run(["/bin/sh", "-c", exports({"VALUE": value}) + 'printf %s "$VALUE"'], capture_output=True, text=True, check=True)
    assert shell.stdout == value


def test_names_that_would_be_commands_are_refused() -> None:
    """They go into a shell file as they are."""
    with pytest.raises(GoldenError, match="environment variable"):
        exports({"A;id": "x"})


@pytest.mark.parametrize(
    ("content", "interpreter"),
    [(b"#!/bin/bash -eu\nx", "/bin/bash -eu"), (b"#! /usr/bin/env python3\n", "/usr/bin/env python3"), (b"x", "default"), (b"\x7fELF\x02", "")],
)
def test_interpreters(content: bytes, interpreter: str) -> None:
    """From the first line."""
    assert interpreter_of(content, "default") == interpreter


def test_script_text() -> None:
    """Lines or text, and nothing else."""
    assert script_text(["a", "b"]) == "a\nb\n"
    assert script_text("a\nb\n") == script_text("a\nb") == "a\nb\n"
    with pytest.raises(GoldenError, match="int"):
        script_text(3)


def test_exit_status_is_judged() -> None:
    """``failed`` is said in both cases, or Ansible would decide by ``rc``."""
    assert judged(3, "", "", [0, 3])["failed"] is False
    over_ssh = judged(1, "it broke\r\n", "Shared connection to 192.0.2.1 closed.\r\n", [0])
    assert over_ssh["msg"].endswith(": it broke") and over_ssh["stderr"] == ""
    failed = judged(1, "out", "why", [0])
    assert failed["failed"] is True
    assert "why" in failed["msg"]


def test_child_output_and_lines() -> None:
    """Both streams, lines as they come."""
    lines: list[str] = []
    done = run_child(["/bin/sh", "-c", "echo a; printf b; echo c >&2; exit 3"], env=ENV, cwd="/", on_line=lines.append)
    assert (done.returncode, done.stdout, done.stderr) == (3, "a\nb", "c\n")
    assert lines == ["a"]


def test_child_in_the_background_holds_nothing_up() -> None:
    """And is gone afterwards."""
    done = run_child(["/bin/sh", "-c", "sleep 60 & echo $!"], env=ENV, cwd="/")
    assert ends(int(done.stdout))


@pytest.mark.parametrize("gently", [False, True])
def test_leaving_early_ends_descendants_in_other_sessions(gently: bool) -> None:
    """As a task's timeout does, by an exception."""
    seen: list[int] = []

    def leave(line: str) -> None:
        seen.extend(descendants(os.getpid()))
        raise TimeoutError(line)

    with pytest.raises(TimeoutError):
        run_child(["/bin/sh", "-c", "setsid sleep 60 & sleep 0.2; echo ready; sleep 60"], env=ENV, cwd="/", on_line=leave, gently=gently)
    assert len(seen) >= 2
    assert all(ends(pid) for pid in seen)


def test_child_that_cannot_start() -> None:
    """Is an error of ours."""
    with pytest.raises(CommandError, match="could not be started"):
        run_child(["/nonexistent"], env=ENV, cwd="/")


def test_rendered_values_are_not_rendered_again() -> None:
    """Text with braces is marked, other text stays plain."""
    text = plain_yaml({"a": "{{ x }}", "b": "plain", "c": [1, True, None]})
    assert "!unsafe '{{ x }}'" in text
    assert "b: plain" in text
    yaml.SafeLoader.add_constructor("!unsafe", lambda loader, node: node.value)
    assert yaml.safe_load(text) == {"a": "{{ x }}", "b": "plain", "c": [1, True, None]}


def test_private_files(tmp_path: pathlib.Path) -> None:
    """From the first moment."""
    path = pathlib.Path(write_private(tmp_path / "a" / "b", "x"))
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("arguments", [["-i", "x"], ["--extra-vars=a=b"], ["--limit", "all"], ["--vault-password-file", "x"], ["-vvx"], ["site.yml"]])
def test_unsafe_arguments(arguments: list[str]) -> None:
    """They would change the guest or show a secret."""
    with pytest.raises(GoldenError, match="not allowed"):
        refuse_unsafe(arguments)


def test_safe_arguments() -> None:
    """With their values."""
    refuse_unsafe(["-vv", "--forks", "3", "--forks=3", "--start-at-task", "Install -x", "--diff"])


OUTPUT = """
TASK [First] *******************************************************************
fatal: [web.local]: FAILED! => {"changed": false, "msg": "Task failed: Module failed: no package"}
...ignoring

TASK [Second] ******************************************************************
failed: [web.local -> localhost] (item=x) => {"msg": "x"}
fatal: [web.local]: UNREACHABLE! => {"msg": "no route", "unreachable": true}

PLAY RECAP *********************************************************************
web.local                  : ok=1    changed=0    unreachable=1    failed=0
"""


def test_output_of_a_playbook() -> None:
    """The last failure, and whether the host was in any play."""
    assert failure_of(OUTPUT) == "the task 'Second' failed: no route"
    assert failure_of(OUTPUT.split("...", maxsplit=1)[0]) == "the task 'First' failed: no package"
    assert failure_of("all is well") is None
    assert reached(OUTPUT, "web.local")
    assert not reached(OUTPUT, "db.local")


@pytest.mark.parametrize(
    ("task", "result", "reason"),
    [
        ({"name": "Do"}, {"msg": "Task failed: Action failed: bad"}, "the task 'Do' failed: bad"),
        ({"name": "Do"}, {"msg": "non-zero return code", "stderr": "why"}, "the task 'Do' failed: non-zero return code: why"),
        ({"name": "Do"}, {"msg": "One or more", "results": [{"msg": "fine"}, {"failed": True, "msg": "second"}]}, "the task 'Do' failed: second"),
        ({"name": "Do", "no_log": True}, {"msg": "secret"}, "the task 'Do' failed; its result is hidden by no_log"),
        ({"name": "Do"}, {"msg": "secret", "_ansible_no_log": True}, "the task 'Do' failed; its result is hidden by no_log"),
        ({"name": "Do"}, {}, "the task 'Do' failed: it gave no reason"),
    ],
)
def test_reasons(task: dict[str, t.Any], result: dict[str, t.Any], reason: str) -> None:
    """What a person reads first."""
    assert _reason(task, result) == reason
