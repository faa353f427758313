# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Child processes that end with the run that started them."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import os
import shutil
import signal
import subprocess
import typing as t

from .errors import CommandError, MissingDependencyError

_PR_SET_PDEATHSIG = 1
_TAIL_LINES = 15
_STOP_TIMEOUT = 15.0


def die_with_parent(death_signal: int = signal.SIGKILL) -> None:
    """Ask the kernel to end this process when its parent thread ends, however that ends (Linux; elsewhere nothing)."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)


def tail(text: str, lines: int = _TAIL_LINES) -> str:
    """The last lines of a program's output, for messages; of a line that the program wrote over, what it wrote last."""
    shown = (line.rstrip("\r").rpartition("\r")[2] for line in text.split("\n"))
    return "\n".join([line for line in shown if line.strip()][-lines:]).strip()


def require_program(name: str, package: str | None = None) -> str:
    """Path of a program.

    :raises MissingDependencyError: saying what to install.
    """
    path = shutil.which(name, path=os.environ.get("PATH", "") + os.pathsep + "/usr/sbin:/sbin")
    if path is None:
        raise MissingDependencyError(f"the program {name} is not installed", hint=f"Install it, on Debian: apt install {package or name}")
    return path


def run_command(
    argv: list[str],
    *,
    env: t.Mapping[str, str] | None = None,
    data: bytes | None = None,
    timeout: float | None = None,
    cwd: str | None = None,
    hint: str | None = None,
    stop_signal: signal.Signals = signal.SIGKILL,
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end, in its own process group, and return its decoded output.

    The whole group is killed on timeout or when this function is left by an exception, and the
    program itself when the caller's process dies. Never put a secret into ``argv``.

    :param env: added to the environment.
    :param data: fed to standard input, which is empty otherwise.
    :param timeout: seconds.
    :param stop_signal: for programs that have to undo something first: it is sent in place of the kill, which follows when they take longer than some seconds.
    :raises CommandError: when it cannot be started, fails or takes too long.
    """
    try:
        # pylint: disable-next=ansible-bad-function
        process = subprocess.Popen(
            argv,
            stdin=subprocess.PIPE if data is not None else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **env} if env else None,
            cwd=cwd,
            start_new_session=True,
            preexec_fn=functools.partial(die_with_parent, stop_signal),
        )
    except OSError as error:
        raise CommandError(f"{argv[0]} could not be started: {error.strerror}", argv=argv, returncode=127, hint=hint) from error
    try:
        raw_out, raw_err = process.communicate(data, timeout=timeout)
    except BaseException as error:
        _stop(process, stop_signal)
        if isinstance(error, subprocess.TimeoutExpired):
            raise CommandError(f"{argv[0]} took longer than {timeout:g} s", argv=argv, returncode=-signal.SIGKILL, hint=hint) from error
        raise
    stdout, stderr = raw_out.decode(errors="replace"), raw_err.decode(errors="replace")
    if process.returncode:
        reason = tail(stderr) or tail(stdout) or f"exit status {process.returncode}"
        raise CommandError(f"{argv[0]} failed: {reason}", argv=argv, returncode=process.returncode, stdout=stdout, stderr=stderr, hint=hint)
    return subprocess.CompletedProcess(argv, process.returncode, stdout, stderr)


def _stop(process: subprocess.Popen[bytes], stop_signal: signal.Signals) -> None:
    for name in dict.fromkeys((stop_signal, signal.SIGKILL)):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, name)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=_STOP_TIMEOUT if name != signal.SIGKILL else None)
            return
