# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What VirtualBox has open is waited for; what others have open is not."""

from __future__ import annotations

import pathlib
import subprocess
import typing as t

import pytest

from ansible_collections.golden.images.plugins.module_utils._builders.virtualbox import service
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import WaitTimeoutError
from ansible_collections.golden.images.plugins.module_utils._lifecycle.waiting import Waiter


@pytest.fixture
def writer(tmp_path: pathlib.Path) -> t.Iterator[t.Callable[[str], None]]:
    """Starts a program under a name that has a file in the folder ``guest`` open; returns when it goes by that name."""
    started: list[subprocess.Popen[bytes]] = []
    (tmp_path / "guest").mkdir()

    def start(name: str) -> None:
        program = f"/usr/lib/virtualbox/{name}"
        with open(tmp_path / "guest/disk.vdi", "wb") as stream:
            started.append(subprocess.Popen([program, "60"], executable="/bin/sleep", stdout=stream))
        command = pathlib.Path(f"/proc/{started[-1].pid}/cmdline")
        # It is empty at first: Popen returns when the kernel has let go of the old program, not when it has set up the new one.
        Waiter(f"{name} to run", 30, interval=0.01).until(lambda: command.read_bytes().startswith(program.encode()))

    yield start
    for process in started:
        process.kill()
        process.wait()


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "_CLOSED", Waiter("VirtualBox", timeout=0.0))


def test_a_file_that_virtualbox_writes_is_waited_for(writer: t.Callable[[str], None], tmp_path: pathlib.Path) -> None:
    writer("VBoxSVC")
    service.await_closed(tmp_path / "other")
    with pytest.raises(WaitTimeoutError, match=r"gave up waiting for VirtualBox .*has no file of .*/guest open"):
        service.await_closed(tmp_path / "guest")


def test_a_file_that_somebody_else_reads_is_not(writer: t.Callable[[str], None], tmp_path: pathlib.Path) -> None:
    writer("tail")
    service.await_closed(tmp_path / "guest")
