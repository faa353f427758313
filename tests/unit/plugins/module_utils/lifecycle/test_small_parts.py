# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names, fingerprints, files, waiters, processes."""

from __future__ import annotations

import errno
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import typing as t

import pytest

from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import CommandError, GoldenError, MissingDependencyError, WaitTimeoutError
from ansible_collections.golden.images.plugins.module_utils._lifecycle.files import (
    append_line,
    read_json,
    read_json_lines,
    write_atomically,
    write_json_atomically,
)
from ansible_collections.golden.images.plugins.module_utils._lifecycle.fingerprint import content_of, digest, digest_file, digest_files, explain, fingerprint
from ansible_collections.golden.images.plugins.module_utils._lifecycle.naming import guest_name
from ansible_collections.golden.images.plugins.module_utils._lifecycle.process import require_program, run_command, tail
from ansible_collections.golden.images.plugins.module_utils._lifecycle.progress import mark_phase, phase_marks
from ansible_collections.golden.images.plugins.module_utils._lifecycle.run import Owner, process_start, safe_name
from ansible_collections.golden.images.plugins.module_utils._lifecycle.waiting import Waiter


@pytest.mark.parametrize("image", ["web", "Web_Server.v2", "x" * 80])
def test_guest_names_suit_every_platform(image: str) -> None:
    name = guest_name(image, "aws_eu", "0123456789ab")
    assert re.fullmatch(r"[a-z0-9-]{1,60}", name) and name == guest_name(image, "aws_eu", "0123456789ab")


def test_guest_names_differ_where_only_forbidden_characters_do() -> None:
    assert len({guest_name(image, "b", "r") for image in ("a_b", "a.b", "a-b", "A-b")}) == 4


@pytest.mark.parametrize("name", ["", "..", "a/b", "/etc", ".hidden", "a\nb", "-x"])
def test_names_cannot_leave_their_folder(name: str) -> None:
    with pytest.raises(GoldenError):
        safe_name(name)


def test_digests_do_not_depend_on_order() -> None:
    assert digest({"a": 1, "b": [1, 2]}) == digest({"b": [1, 2], "a": 1})
    assert digest([1, 2]) != digest([2, 1])
    assert fingerprint({"a": "1", "b": "2"}) == fingerprint({"b": "2", "a": "1"})


def test_a_file_counts_with_content_and_executable_bit(tmp_path: pathlib.Path) -> None:
    file = tmp_path / "f"
    file.write_text("one")
    first = digest_file(file)
    os.utime(file, (1, 1))
    assert digest_file(file) == first
    file.chmod(0o755)
    second = digest_file(file)
    file.write_text("two")
    assert len({first, second, digest_file(file), digest_file(tmp_path / "missing")}) == 4


def test_a_link_to_a_file_counts_with_the_content_too(tmp_path: pathlib.Path) -> None:
    target, link = tmp_path / "shared", tmp_path / "link"
    link.symlink_to(target)
    dangling, as_such = digest_file(link), digest_file(link, follow=False)
    assert dangling == as_such == digest(["link", str(target)])
    target.write_text("one")
    one = digest_file(link)
    target.write_text("two")
    two = digest_file(link)
    target.chmod(0o755)
    assert len({dangling, one, two, digest_file(link), digest_file(target)}) == 5
    assert digest_file(link, follow=False) == as_such


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, lambda path: os.symlink(path, path)])
def test_of_other_links_only_the_target_counts(tmp_path: pathlib.Path, make: t.Callable[[pathlib.Path], None]) -> None:
    make(tmp_path / "thing")
    (tmp_path / "link").symlink_to(tmp_path / "thing")
    assert digest_file(tmp_path / "link") == digest(["link", str(tmp_path / "thing")])


def test_nobody_waits_for_what_a_pipe_may_say(tmp_path: pathlib.Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert digest_file(tmp_path / "pipe") not in ("absent", digest_file("/dev/null"))


def test_names_that_are_no_utf_8_can_be_digested_shown_and_recorded(tmp_path: pathlib.Path) -> None:
    name = os.fsdecode(b"caf\xe9.txt")
    (tmp_path / name).write_text("one")
    (tmp_path / "café.txt").symlink_to(name)
    inputs = digest_files("role web", tmp_path, sorted(tmp_path.iterdir()))
    assert sorted(inputs) == ["role web: caf\\xe9.txt", "role web: café.txt"]
    assert fingerprint(inputs)
    assert digest(content_of(str(tmp_path), {"type": "path"}))
    write_json_atomically(tmp_path / "record.json", {"inputs": inputs, "path": name})
    assert read_json(tmp_path / "record.json") == {"inputs": inputs, "path": name}


def test_a_line_after_a_torn_one_is_whole(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "folder" / "lines.jsonl"
    for number in range(2):
        append_line(path, json.dumps({"number": number}))
    assert path.read_bytes() == b'{"number": 0}\n{"number": 1}\n'
    with path.open("a") as stream:
        stream.write('{"number')
    append_line(path, json.dumps({"number": 2}), durable=True)
    assert read_json_lines(path) == [{"number": number} for number in range(3)]
    assert read_json_lines(path / "below a file") == read_json_lines(tmp_path / "absent") == []


def test_a_line_that_is_written_in_part_is_an_error(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    with monkeypatch.context() as full:
        full.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:5]))
        with pytest.raises(OSError, match="only a part of a line was written") as caught:
            mark_phase(tmp_path, "plan", 1.0)
    assert caught.value.errno == errno.ENOSPC
    mark_phase(tmp_path, "launch", 2.0)
    assert phase_marks(tmp_path) == [("launch", 2.0)]


def test_changes_are_named() -> None:
    assert explain({"a": "1", "b": "1", "c": "1"}, {"a": "1", "b": "2", "d": "1"}) == ["b changed", "d is new", "c is gone"]


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "f"
    write_atomically(file, "old")

    def full(source: str, target: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space"):
        write_atomically(file, "new")
    assert file.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["f"]


def test_a_waiter_looks_once_more_at_its_deadline() -> None:
    now = [0.0]
    looks = []

    def sleep(seconds: float) -> None:
        now[0] += seconds

    for elapsed in Waiter("it", timeout=1, interval=0.3, growth=2).ticks(clock=lambda: now[0], sleep=sleep):
        looks.append(round(elapsed, 2))
    assert looks == [0, 0.3, 0.9, 1.0]


def test_a_waiter_says_what_it_waited_for() -> None:
    with pytest.raises(WaitTimeoutError, match="gave up waiting for the moon after 0 s"):
        Waiter("the moon", timeout=0).until(lambda: None)


def test_an_owner_dies_with_its_process() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        owner = Owner.of(process.pid)
        assert owner.is_alive()
        process.kill()
        process.wait()
    assert not owner.is_alive()
    with pytest.raises(GoldenError):
        Owner.of(process.pid)


def test_a_tail_is_what_a_terminal_shows_in_the_end() -> None:
    assert tail("first\n\rReading 0%\r\rReading 50%\r\rReading Done\r\r\n\nE: no package\r\n", 2) == "Reading Done\nE: no package"


def test_commands_fail_with_what_they_said() -> None:
    with pytest.raises(CommandError, match="sh failed: it broke") as caught:
        run_command(["sh", "-c", "echo it broke >&2; exit 3"])
    assert caught.value.returncode == 3


def test_commands_are_killed_with_all_their_children(tmp_path: pathlib.Path) -> None:
    pidfile = tmp_path / "pid"
    with pytest.raises(CommandError, match="took longer than 3 s"):
        run_command(["sh", "-c", f"sleep 1000 & echo $! >{pidfile}; wait"], timeout=3)
    child = int(pidfile.read_text())
    Waiter("the child to be gone", 30, interval=0.01).until(lambda: process_start(child) is None)


def test_commands_die_with_the_process_that_ran_them(tmp_path: pathlib.Path) -> None:
    pidfile = tmp_path / "pid"
    module = run_command.__module__
    script = f"echo $$ >{pidfile}.tmp; mv {pidfile}.tmp {pidfile}; exec sleep 1000"
    program = f"from {module} import run_command; run_command(['sh', '-c', {script!r}])"
    with subprocess.Popen([sys.executable, "-c", program], env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}) as process:
        Waiter("the command to start", 20, interval=0.01).until(pidfile.exists)
        process.kill()
    child = int(pidfile.read_text())
    Waiter("the command to be gone", 30, interval=0.01).until(lambda: process_start(child) is None)


def test_a_missing_program_says_what_to_install() -> None:
    with pytest.raises(MissingDependencyError, match="apt install golden-nonsense"):
        require_program("golden-nonsense")


def test_a_program_may_undo_something_first(tmp_path):
    undone = tmp_path / "undone"
    script = f"trap 'touch {undone}; exit 1' INT; while :; do sleep 0.05; done"
    with pytest.raises(CommandError, match="took longer than 3 s"):
        run_command(["sh", "-c", script], timeout=3, stop_signal=signal.SIGINT)
    assert undone.exists()
