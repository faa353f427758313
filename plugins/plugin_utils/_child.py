# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Child processes of a worker: their output as it comes, and none of them outlives the run."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import pathlib
import selectors
import signal
import subprocess
import typing as t

from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import CommandError
from ansible_collections.golden.images.plugins.module_utils._lifecycle.process import die_with_parent
from ansible_collections.golden.images.plugins.module_utils._lifecycle.run import process_start

_LOOK_AROUND = 0.5
_GRACE = 5.0
_CHUNK = 65536

OnLine = t.Callable[[str], None]


@dataclasses.dataclass(frozen=True)
class Finished:
    """A child that ended by itself."""

    returncode: int
    stdout: str
    stderr: str


def _quiet(line: str) -> None:
    """Nobody reads along."""


def run_child(argv: list[str], *, env: t.Mapping[str, str], cwd: str, on_line: OnLine = _quiet, gently: bool = False) -> Finished:
    """Run a command in a session of its own and follow its output to the end.

    Whatever ends this function early (a task's timeout, an error) ends the child and all its
    descendants, in other sessions too. It ends as well when the worker dies, or when the run
    dies and leaves the worker behind.

    :param on_line: gets every line of standard output.
    :param gently: interrupt the child and let it end its own children before killing it.
    :raises CommandError: when it cannot be started or the run is over.
    """
    first = signal.SIGINT if gently else signal.SIGKILL

    def prepare() -> None:
        # A worker may ignore it, and a program inherits that.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        die_with_parent(first)

    try:
        process = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=dict(env), cwd=cwd, start_new_session=True, preexec_fn=prepare
        )
    except OSError as error:
        raise CommandError(f"{argv[0]} could not be started: {error.strerror}", argv=argv, returncode=127) from error
    try:
        return _follow(process, on_line)
    finally:
        _end(process, first)


def _follow(process: subprocess.Popen[bytes], on_line: OnLine) -> Finished:
    run = os.getppid()
    output: dict[str, bytearray] = {"stdout": bytearray(), "stderr": bytearray()}
    shown = 0
    with selectors.DefaultSelector() as selector:
        for name, stream in (("stdout", process.stdout), ("stderr", process.stderr)):
            if stream is not None:
                selector.register(stream, selectors.EVENT_READ, name)
        while selector.get_map() or process.poll() is None:
            # A process that the child left in the background may hold the pipes open for ever.
            over = process.poll() is not None
            ready = selector.select(0 if over else _LOOK_AROUND)
            if over and not ready:
                break
            if os.getppid() != run:
                raise CommandError("the run that started it is over", argv=[str(process.args)], returncode=-signal.SIGKILL)
            for key, _events in ready:
                chunk = os.read(key.fd, _CHUNK)
                if not chunk:
                    selector.unregister(key.fileobj)
                output[key.data] += chunk
            shown = _show(output["stdout"], shown, on_line)
    texts = {name: bytes(data).decode(errors="replace") for name, data in output.items()}
    return Finished(process.returncode, texts["stdout"], texts["stderr"])


def _show(output: bytearray, shown: int, on_line: OnLine) -> int:
    end = output.rfind(b"\n") + 1
    for line in bytes(output[shown:end]).decode(errors="replace").splitlines():
        on_line(line)
    return max(shown, end)


def descendants(pid: int) -> list[int]:
    """Living processes below ``pid``, parents first."""
    children: dict[int, list[int]] = {}
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, IndexError, ValueError):
            parent = int((folder / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(folder.name))
    found = list(children.get(pid, []))
    for child in found:
        found.extend(children.get(child, []))
    return found


def _end(process: subprocess.Popen[bytes], first: int) -> None:
    """End the process, its group and its descendants, which may be in sessions of their own."""
    if process.poll() is None:
        below = [(pid, process_start(pid)) for pid in descendants(process.pid)]
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, first)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE)
        for pid, started in below:
            # The pid may be another's by now.
            if started is not None and process_start(pid) == started:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for stream in (process.stdout, process.stderr):
        if stream is not None:
            stream.close()
