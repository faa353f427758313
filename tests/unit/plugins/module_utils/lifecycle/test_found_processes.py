# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Processes are found by a word and ended; what they have open is told though they go on."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys

from ansible_collections.golden.images.plugins.module_utils._lifecycle import found_processes


def test_processes_are_found_by_a_word_of_their_command_and_ended(tmp_path: pathlib.Path) -> None:
    word = str(tmp_path / "spec.json")
    program = [sys.executable, "-c", "import time; print(flush=True); time.sleep(60)"]
    with subprocess.Popen([*program, word], stdout=subprocess.PIPE) as wanted, subprocess.Popen([*program, f"{word}x"], stdout=subprocess.PIPE) as other:
        for process in (wanted, other):
            assert process.stdout
            process.stdout.readline()
        found = found_processes.find_by_argument(word)
        assert found == [wanted.pid]
        found_processes.end([*found, other.pid, 2**22 - 1], word)
        assert wanted.wait() == -9
        assert other.poll() is None
        other.kill()


def test_a_file_that_a_process_closes_meanwhile_hides_none_of_the_others(tmp_path: pathlib.Path) -> None:
    with open(tmp_path / "first", "wb") as first, open(tmp_path / "second", "wb"):
        found = []
        for file in found_processes.open_files(os.getpid()):
            first.close()
            found.append(file)
    assert str(tmp_path / "second") in found
    assert list(found_processes.open_files(2**22 - 1)) == []
