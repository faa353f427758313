# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A process beside the run that outlives it, and discards what it left however it ended.

Ansible runs nothing of a play after SIGTERM or SIGKILL, and nothing on the host after Ctrl-C. The
watcher sits in a session of its own, waits for the end of the ansible-playbook process, and then
walks the journals of the builds that registered. Builder options, which may hold secrets, reach it
over an abstract socket and stay in its memory.
"""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import select
import signal
import socket
import struct
import subprocess
import sys
import time
import typing as t

from .discarding import Discarded, discard_build, end_commands, kept_until, remove_secrets, unfinished
from .files import locked, read_json, write_json_atomically
from .lock import BuildLock
from .run import Owner, StateFolder
from .waiting import Waiter

_ATTEMPTS = 5
_MAX_MESSAGE = 4 * 1024 * 1024
_LOOK_AT_WORKERS = 2000
_STATE, _EXIT_CODE = 0, 49
_PEER_CREDENTIALS = struct.Struct("3i")


def _address(run_id: str) -> str:
    return f"\0golden-images-{os.getuid()}-{run_id}"


def register(state: StateFolder, owner: Owner, build: str, options: dict[str, t.Any]) -> None:
    """Have the run's watcher look after a build, starting the watcher when it is not there yet.

    :raises WaitTimeoutError: when a watcher cannot be started.
    """
    run_folder = state.run(owner.run_id())
    with locked(run_folder / "watcher.lock"):
        connection = _connect(owner)
        if connection is None:
            _start(state, owner)
            waiter = Waiter("the watcher of this run to start", timeout=20, interval=0.02)
            connection = waiter.until(lambda: _connect(owner), hint=f"See {run_folder}/watcher.log.")
    with connection:
        connection.sendall(json.dumps({"build": build, "options": options}, default=str).encode())
        connection.shutdown(socket.SHUT_WR)
        connection.recv(1)


def _connect(owner: Owner) -> socket.socket | None:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(10)
    try:
        connection.connect(_address(owner.run_id()))
    except (ConnectionRefusedError, FileNotFoundError):
        connection.close()
        return None
    return connection


def _collection_roots() -> str:
    import ansible_collections

    roots = (os.path.dirname(path) for path in ansible_collections.__path__)
    # Core has a root of its own whose other folders would shadow modules of the standard library.
    return os.pathsep.join(root for root in roots if os.path.basename(root) != "_internal")


def _start(state: StateFolder, owner: Owner) -> None:
    program = f"import sys; sys.path += sys.argv[1].split(':'); from {__name__} import main; main()"
    with open(state.run(owner.run_id()) / "watcher.log", "ab") as log:
        # pylint: disable-next=ansible-bad-function
        subprocess.Popen(
            [sys.executable, "-c", program, _collection_roots(), str(state.root), str(owner.pid), owner.run_id()],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            start_new_session=True,
        )


def killed_children(pid: int) -> set[int]:
    """Children of a process that something killed, the kernel when memory is short, and that it has not noticed."""
    killed = set()
    for path in pathlib.Path("/proc").glob(f"{pid}/task/*/children"):
        with contextlib.suppress(OSError):
            for child in path.read_text(encoding="ascii").split():
                fields = pathlib.Path(f"/proc/{child}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
                if fields[_STATE] == "Z" and int(fields[_EXIT_CODE]) & 0x7F == signal.SIGKILL:
                    killed.add(int(child))
    return killed


class Watcher:
    """Waits for the end of one run.

    :param owner: the ansible-playbook process.
    """

    def __init__(self, state: StateFolder, owner: Owner) -> None:
        self.state = state
        self.owner = owner
        self.run_id = owner.run_id()
        self.builds: dict[str, dict[str, t.Any]] = {}

    def watch(self) -> None:
        """Serve registrations until the run ends, then clean up."""
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(_address(self.run_id))
        listener.listen(64)
        process = os.pidfd_open(self.owner.pid)
        # The pid could have been reused between the start of the watcher and the line above.
        if self.owner.is_alive():
            poll = select.poll()
            poll.register(listener, select.POLLIN)
            poll.register(process, select.POLLIN)
            suspected: set[int] = set()
            while process not in (ready := [descriptor for descriptor, _event in poll.poll(_LOOK_AT_WORKERS)]):
                if listener.fileno() in ready:
                    self._accept(listener)
                    continue
                killed = killed_children(self.owner.pid)
                if killed & suspected:
                    # Strategies like host_pinned would wait for its result for ever.
                    # pylint: disable-next=ansible-bad-function
                    print(json.dumps({"killed": sorted(killed & suspected)}), flush=True)
                    os.kill(self.owner.pid, signal.SIGTERM)
                suspected = killed
        listener.close()
        self.clean_up()

    def _accept(self, listener: socket.socket) -> None:
        connection, _peer = listener.accept()
        with connection, contextlib.suppress(OSError, ValueError):
            connection.settimeout(10)
            credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER_CREDENTIALS.size)
            if _PEER_CREDENTIALS.unpack(credentials)[1] != os.getuid():
                return
            received = b""
            while (chunk := connection.recv(65536)) and len(received) < _MAX_MESSAGE:
                received += chunk
            registration = json.loads(received)
            self.builds[registration["build"]] = registration["options"]
            connection.sendall(b"+")

    def clean_up(self) -> None:
        """Discard what registered builds left; an ordinary end leaves nothing to do."""
        for build, options in self.builds.items():
            folder = self.state.run_build(self.run_id, build)
            if kept_until(self.state, self.run_id, build):
                continue
            interrupted = not (folder / "outcome.json").exists()
            if interrupted:
                end_commands(self.run_id, build)
            report = self._discard(build, options)
            if report.removed or report.failed or interrupted:
                self._note(build, report)
            remove_secrets(folder)
            BuildLock(self.state.lock(build), build).release(self.owner)

    def _discard(self, build: str, options: dict[str, t.Any]) -> Discarded:
        report = Discarded()
        for attempt in range(_ATTEMPTS):
            if not unfinished(self.state, self.run_id, build):
                break
            if attempt:
                time.sleep(2**attempt)
            latest = discard_build(self.state, self.run_id, build, options)
            report = Discarded(report.removed + latest.removed, latest.failed)
        return report

    def _note(self, build: str, report: Discarded) -> None:
        path = self.state.run_build(self.run_id, build) / "outcome.json"
        known = read_json(path) or {"build": build, "outcome": "interrupted"}
        known["discarded"] = [*known.get("discarded", []), *report.removed]
        known["left_behind"] = report.failed
        write_json_atomically(path, known, 0o600)
        # pylint: disable-next=ansible-bad-function
        print(json.dumps({"build": build, "removed": report.removed, "failed": report.failed}), flush=True)


def main() -> None:
    """``watcher <collection roots> <state folder> <pid> <run id>``; ends with the run."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    root, pid, run_id = sys.argv[2:5]
    owner = Owner.of(int(pid))
    if owner.run_id() == run_id:
        Watcher(StateFolder(pathlib.Path(root)), owner).watch()
