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
import dataclasses
import errno
import functools
import importlib
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

from . import presence
from .discarding import Discarded, discard_build, end_commands, kept_until, read_run, remove_secrets, remove_temporary, unfinished
from .files import locked, read_json, write_json_atomically
from .lock import BuildLock
from .progress import Outcome, has_ended, is_summarised, timeline
from .run import Owner, StateFolder
from .waiting import Waiter
from .workers import LOOK_EVERY, Workers

_ATTEMPTS = 5
_MAX_MESSAGE = 4 * 1024 * 1024
# Seconds from a worker's death: the linear strategy sees it itself, and a run that does not end when it is told to is killed.
_END_RUN = ((1.0, signal.SIGTERM), (15.0, signal.SIGKILL))
# By name, for reports know the lifecycle, and not the other way round.
_REPORTS = f"{__name__.rpartition('._lifecycle.')[0]}._reports.writing"
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
        connection.sendall(json.dumps({"state": str(state.root), "build": build, "options": options}, default=str).encode())
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


def collection_roots() -> str:
    """Where a program of this collection finds it, as ``PATH`` lists folders."""
    import ansible_collections

    roots = (os.path.dirname(path) for path in ansible_collections.__path__)
    # Core has a root of its own whose other folders would shadow modules of the standard library.
    return os.pathsep.join(root for root in roots if os.path.basename(root) != "_internal")


def _start(state: StateFolder, owner: Owner) -> None:
    program = f"import sys; sys.path += sys.argv[1].split(':'); from {__name__} import main; main()"
    with open(state.run(owner.run_id()) / "watcher.log", "ab") as log:
        # pylint: disable-next=ansible-bad-function
        subprocess.Popen(
            [sys.executable, "-c", program, collection_roots(), str(state.root), str(owner.pid), owner.run_id()],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            start_new_session=True,
        )


def _reason(killed: list[int]) -> str:
    what = f"the worker process {killed[0]} of ansible-playbook was killed" if killed else "a worker process of ansible-playbook is gone without a result"
    return (
        f"{what}, so that this run would wait for it for ever and is ended. The kernel does that when memory is short:"
        " see dmesg, give the machine more memory or build fewer images side by side (--forks), and run it again."
    )


def _log(facts: dict[str, t.Any]) -> None:
    """A line in watcher.log, which may lie on a full disk."""
    with contextlib.suppress(OSError):
        # pylint: disable-next=ansible-bad-function
        print(json.dumps(facts), flush=True)


@contextlib.contextmanager
def _going_on(doing: str) -> t.Iterator[None]:
    """Go on after what the state folder's disk refuses, and say so in the log."""
    try:
        yield
    except OSError as error:
        _log({"failed": doing, "error": str(error)})


class _Ending:
    """Ends the run step by step.

    :param process: its pidfd.
    """

    def __init__(self, process: int) -> None:
        self._process = process
        self._steps: list[tuple[float, t.Callable[[], None]]] = []

    def begin(self, tell: t.Callable[[], None]) -> None:
        """From now on; ``tell`` comes before the first signal."""
        now = time.monotonic()
        signals = [(now + delay, functools.partial(self._send, number)) for delay, number in _END_RUN]
        self._steps = [(signals[0][0], tell), *signals]

    def go_on(self) -> None:
        """Do what is due."""
        while self._steps and time.monotonic() >= self._steps[0][0]:
            self._steps.pop(0)[1]()

    def _send(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._process, number)


@dataclasses.dataclass(frozen=True)
class _Registered:
    """A build of the run."""

    state: StateFolder
    options: dict[str, t.Any]


class Watcher:
    """Waits for the end of one run.

    :param state: state folder of the build that asked for it first; those of other definitions may have others.
    :param owner: the ansible-playbook process.
    """

    def __init__(self, state: StateFolder, owner: Owner) -> None:
        self.states = [state]
        self.owner = owner
        self.run_id = owner.run_id()
        self.builds: dict[str, _Registered] = {}
        self.reason = ""

    def watch(self) -> None:
        """Serve registrations until the run ends, then clean up."""
        presence.announce(self.states[0], self.run_id)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            listener.bind(_address(self.run_id))
        except OSError as error:
            # Builds with different state folders may start one each.
            if error.errno != errno.EADDRINUSE:
                raise
            return
        listener.listen(64)
        process = os.pidfd_open(self.owner.pid)
        # The pid could have been reused between the start of the watcher and the line above.
        if self.owner.is_alive():
            poll = select.poll()
            poll.register(listener, select.POLLIN)
            poll.register(process, select.POLLIN)
            workers, ending = Workers(self.owner.pid, poll), _Ending(process)
            while process not in (ready := [descriptor for descriptor, _event in poll.poll(LOOK_EVERY * 1000)]):
                if listener.fileno() in ready:
                    self._accept(listener)
                presence.renew()
                workers.look()
                killed = [worker for worker in map(workers.killed, ready) if worker]
                if not self.reason and (killed or workers.idles()):
                    self.reason = _reason(killed)
                    ending.begin(lambda: self._tell(self.reason))
                ending.go_on()
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
            self._register(StateFolder(pathlib.Path(registration["state"])), registration["build"], registration["options"])
            connection.sendall(b"+")

    def _register(self, state: StateFolder, build: str, options: dict[str, t.Any]) -> None:
        if state not in self.states:
            presence.announce(state, self.run_id)
            self.states.append(state)
        self.builds[build] = _Registered(state, options)

    def _folder(self, build: str) -> pathlib.Path:
        return self.builds[build].state.run_build(self.run_id, build)

    def _tell(self, reason: str) -> None:
        """Say it where the run says things; a person may be waiting there."""
        going_on = [build for build in sorted(self.builds) if Outcome.load(self._folder(build)) is None]
        phases = {build: timeline(self._folder(build))[1] for build in going_on}
        in_progress = ", ".join(f"{build} in the phase {phase}" for build, phase in phases.items()) or "none"
        text = f"\n[ERROR]: {reason} Builds in progress: {in_progress}. What they left unfinished is removed now.\n"
        _log({"reason": reason, "in_progress": phases})
        with contextlib.suppress(OSError):
            stream = os.open(f"/proc/{self.owner.pid}/fd/2", os.O_WRONLY | os.O_APPEND | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
            with contextlib.closing(os.fdopen(stream, "wb", buffering=0)) as errors:
                errors.write(text.encode())

    def clean_up(self) -> None:
        """Discard what registered builds left; an ordinary end leaves nothing to do.

        Builds are tried in rounds, so that they share the patience with a platform that is away.
        """
        pending = {build: Discarded() for build, known in self.builds.items() if not kept_until(known.state, self.run_id, build)}
        for build in pending:
            if not self._has_outcome(build):
                end_commands(self.run_id, build)
        for attempt in range(_ATTEMPTS):
            if attempt and pending:
                time.sleep(2**attempt)
            for build in list(pending):
                latest, over = self._discard(build)
                pending[build] = Discarded(pending[build].removed + latest.removed, latest.failed)
                if over:
                    self._close(build, pending.pop(build))
        for build, report in pending.items():
            self._close(build, report)
        for state in self.states:
            with _going_on(f"removing the temporary folders noted in {state.root}"):
                run = read_run(state, self.run_id)
                if run is not None:
                    remove_temporary(state, run)
        self._write_reports()

    def _discard(self, build: str) -> tuple[Discarded, bool]:
        """What an attempt did, and whether nothing is left to do."""
        known = self.builds[build]
        try:
            latest = discard_build(known.state, self.run_id, build, known.options)
            return latest, not unfinished(known.state, self.run_id, build)
        except OSError as error:
            return Discarded(failed=[f"what the journal of the build names: {error}"]), False

    def _write_reports(self) -> None:
        """Those of a run that was ended before its last build could write them."""
        if self.builds and not any(is_summarised(state, self.run_id) for state in self.states):
            importlib.import_module(_REPORTS).write_reports(self.states, self.run_id)

    def _has_outcome(self, build: str) -> bool:
        return has_ended(self._folder(build))

    def _close(self, build: str, report: Discarded) -> None:
        """One step that fails, on a full disk for instance, stops neither the others nor the next build."""
        with _going_on(f"noting the outcome of {build}"):
            if report.removed or report.failed or not self._has_outcome(build):
                self._note(build, report)
        with _going_on(f"removing the secrets of {build}"):
            remove_secrets(self._folder(build))
        with _going_on(f"releasing the lock of {build}"):
            BuildLock(self.builds[build].state.lock(build), build).release(self.owner)

    def _note(self, build: str, report: Discarded) -> None:
        _log({"build": build, "removed": report.removed, "failed": report.failed})
        path = self._folder(build) / "outcome.json"
        known = read_json(path) or {"build": build, "outcome": "interrupted", "text": self.reason}
        known["discarded"] = [*known.get("discarded", []), *report.removed]
        known["left_behind"] = report.failed
        write_json_atomically(path, known, 0o600)


def main() -> None:
    """``watcher <collection roots> <state folder> <pid> <run id>``; ends with the run."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    root, pid, run_id = sys.argv[2:5]
    owner = Owner.of(int(pid))
    if owner.run_id() == run_id:
        Watcher(StateFolder(pathlib.Path(root)), owner).watch()
