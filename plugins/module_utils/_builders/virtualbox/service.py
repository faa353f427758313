# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The service behind VBoxManage, as a process: what it still writes, and the end of one that a build had for itself."""

from __future__ import annotations

import contextlib
import os
import pathlib
import shutil
import tempfile
import time

from ..._lifecycle.found_processes import end, open_files
from ..._lifecycle.waiting import Waiter

_NAMES = ("VBoxSVC", "VBoxXPCOMIPCD")
_QUIET = 1.5
_CLOSED = Waiter("VirtualBox to be through with the files of a guest", timeout=300.0, interval=0.1, growth=1.3, longest=2.0)


def end_own_service(socket_id: str) -> None:
    """End VBoxSVC and its helper, which would stay for some seconds, and remove their socket.

    :param socket_id: as they have it in their environment; the user's own have another.
    """
    for pid in own_services(socket_id):
        word = _first_word(pid)
        if word:
            end([pid], word)
    for folder in pathlib.Path(tempfile.gettempdir()).glob(f".vbox-{socket_id}-*"):
        shutil.rmtree(folder, ignore_errors=True)


def await_closed(folder: pathlib.Path) -> None:
    """Wait until VirtualBox has no file below a folder open; what it copies for a call that was killed it goes on with.

    :raises WaitTimeoutError: when it goes on for very long.
    """
    if not _has_open(folder):
        return
    last = [time.monotonic()]

    def is_quiet() -> bool:
        # Between two parts of a copy it has none open for a moment.
        if _has_open(folder):
            last[0] = time.monotonic()
        return time.monotonic() - last[0] > _QUIET

    _CLOSED.until(is_quiet, hint=f"Wait until VBoxSVC has no file of {folder} open, then discard again.")


def _has_open(folder: pathlib.Path) -> bool:
    pids = [int(process.name) for process in pathlib.Path("/proc").glob("[0-9]*")]
    services = [pid for pid in pids if pathlib.Path(_first_word(pid)).name in _NAMES]
    return any(pathlib.Path(file).is_relative_to(folder) for pid in services for file in open_files(pid))


def own_services(socket_id: str) -> list[int]:
    """Processes of this user that serve it."""
    mark = f"VBOX_IPC_SOCKETID={socket_id}".encode()
    found = []
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            is_ours = folder.stat().st_uid == os.geteuid() and mark in (folder / "environ").read_bytes().split(b"\0")
            if is_ours and pathlib.Path(_first_word(int(folder.name))).name in _NAMES:
                found.append(int(folder.name))
    return found


def _first_word(pid: int) -> str:
    with contextlib.suppress(OSError):
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0].decode(errors="replace")
    return ""
