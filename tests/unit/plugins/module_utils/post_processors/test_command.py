# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command post-processor."""

from __future__ import annotations

import contextlib
import os
import pathlib
import signal
import time

import pytest

from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import GoldenError
from ansible_collections.golden.images.plugins.module_utils._lifecycle.waiting import Waiter
from ansible_collections.golden.images.plugins.module_utils._post_processors import command


def test_inline_knows_the_artifact(process, context):
    lines: list[str] = []
    context.say = lines.append
    result = process(command.OPERATION, inline=["echo $GOLDEN_IMAGE $GOLDEN_RUN_ID", 'echo "$GOLDEN_ARTIFACT_FILES" | wc -l', "echo $1"], args=["x y"])
    assert result["stdout_lines"] == lines == ["web 0123456789ab", "2", "x y"]
    assert result["changed"]


def test_secrets_are_blotted_out_and_not_in_the_arguments(process):
    result = process(command.OPERATION, inline=["echo token=$TOKEN", "tr '\\0' ' ' < /proc/$$/cmdline"], environment={"TOKEN": "s3cr3t-value", "SHORT": "web"})
    assert "s3cr3t-value" not in str(result)
    assert result["stdout_lines"][0] == "token=********"
    assert "echo token" not in result["stdout_lines"][1]
    assert result["artifact"]["image"] == "web"


def test_exit_codes(process):
    assert process(command.OPERATION, inline=["exit 3"], valid_exit_codes=[0, 3])["rc"] == 3
    with pytest.raises(GoldenError, match="exit code 4: because"):
        process(command.OPERATION, inline=["echo because", "exit 4"])


def test_a_failing_line_ends_the_script(process):
    with pytest.raises(GoldenError, match="exit code 1"):
        process(command.OPERATION, inline=["false", "echo not reached"])


def test_script_and_interpreter(process, tmp_path):
    script = tmp_path / "a.py"
    script.write_text("import sys; print(sys.argv[1:])")
    result = process(command.OPERATION, script=str(script), interpreter="python3 -s", args=["1"], chdir=str(tmp_path))
    assert result["stdout"] == "['1']"
    script.write_text("#!/bin/sh\necho by itself in $PWD\n")
    script.chmod(0o755)
    assert process(command.OPERATION, script=str(script), chdir=str(tmp_path))["stdout"] == f"by itself in {tmp_path}"


def test_timeout_kills_the_group(process, tmp_path):
    marker = tmp_path / "pid"
    with pytest.raises(GoldenError, match="longer than 4 s"):
        process(command.OPERATION, inline=[f"sleep 6000 & echo $! > {marker}", "wait"], timeout=4)
    state = pathlib.Path(f"/proc/{marker.read_text().strip()}/stat")
    for _elapsed in Waiter("the sleeper to end", 30).ticks():
        with contextlib.suppress(OSError):
            if state.read_text().rpartition(")")[2].split()[0] != "Z":
                continue
        return
    pytest.fail("the program's child lives on")


@pytest.mark.parametrize("body", ["exec sleep 600", "while :; do echo more; done"], ids=["silent", "talking"])
def test_a_process_in_another_session_does_not_hold_it(process, tmp_path, body):
    marker = tmp_path / "pid"
    inline = [
        f"setsid sh -c 'echo $$ > {marker}; exec 2>&-; {body}' &",
        f"until test -s {marker}; do sleep 0.1; done",
        "echo the last words; printf 'and these'",
    ]
    began = time.monotonic()
    try:
        result = process(command.OPERATION, inline=inline, timeout=300)
    finally:
        os.kill(int(marker.read_text()), signal.SIGKILL)
    assert time.monotonic() - began < 60
    said = [line for line in result["stdout_lines"] if line.strip() != "more"]
    assert "the last words" in said[0] and "and these" in "".join(said)


def test_a_process_in_another_session_does_not_outwit_the_timeout(process, tmp_path):
    marker = tmp_path / "pid"
    began = time.monotonic()
    try:
        with pytest.raises(GoldenError, match="longer than 3 s"):
            process(command.OPERATION, inline=[f"setsid sh -c 'echo $$ > {marker}; exec sleep 600' &", "wait"], timeout=3)
        assert time.monotonic() - began < 60
    finally:
        os.kill(int(marker.read_text()), signal.SIGKILL)


def test_much_output_is_complete(process, context):
    lines: list[str] = []
    context.say = lines.append
    result = process(command.OPERATION, inline=["seq 100000", "printf 'no end'"])
    assert result["stdout_lines"] == lines == [*map(str, range(1, 100001)), "no end"]


def test_creates_and_check_mode(process, tmp_path, context):
    target = tmp_path / "made"
    context.check_mode = True
    assert process(command.OPERATION, argv=["touch", str(target)], creates=str(target))["changed"]
    assert not target.exists()
    context.check_mode = False
    assert process(command.OPERATION, argv=["touch", str(target)], creates=str(target))["changed"]
    assert not process(command.OPERATION, argv=["touch", str(target)], creates=str(target))["changed"]
    assert os.path.exists(target)


def test_a_program_that_is_not_there(process):
    with pytest.raises(GoldenError, match="could not be started"):
        process(command.OPERATION, argv=["/nonexistent/program"])
