# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A terminal in memory that a program runs in."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pathlib
import pty
import shutil
import signal
import struct
import subprocess
import termios
import threading
import typing as t

import pyte

from ..lifecycle.conftest import until

DEADLINE = 120.0


class Terminal:
    """What a person would see, and the bytes behind it."""

    def __init__(self, command: list[str], folder: pathlib.Path, environment: t.Mapping[str, str], columns: int, rows: int) -> None:
        self.raw = b""
        self._screen = pyte.HistoryScreen(columns, rows, history=10_000)
        self._stream = pyte.ByteStream(self._screen)
        self._lock = threading.Lock()
        self._ours, theirs = pty.openpty()
        self._resize(columns, rows)
        program = shutil.which(command[0], path=environment["PATH"])
        self.process = subprocess.Popen(
            [str(program), *command[1:]],
            cwd=folder,
            env=dict(environment),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            # The terminal of the session, so that questions are answered in it.
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(theirs)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        with contextlib.suppress(OSError):
            while data := os.read(self._ours, 65536):
                with self._lock:
                    self.raw += data
                    self._stream.feed(data)

    def _resize(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._ours, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def resize(self, columns: int, rows: int) -> None:
        """Somebody drags the window's corner."""
        with self._lock:
            self._resize(columns, rows)
            self._screen.resize(rows, columns)

    def type(self, text: str) -> None:
        """Somebody presses keys."""
        os.write(self._ours, text.encode())

    @property
    def lines(self) -> list[str]:
        """What is on the screen, without empty lines."""
        with self._lock:
            return [line.rstrip() for line in self._screen.display if line.strip()]

    @property
    def everything(self) -> str:
        """What is on the screen, and what has scrolled away."""
        with self._lock:
            columns = self._screen.columns
            gone = ["".join(line[column].data for column in range(columns)).rstrip() for line in self._screen.history.top]
            return "\n".join([*gone, *(line.rstrip() for line in self._screen.display)]).rstrip()

    def shows(self, *texts: str) -> list[str]:
        """The screen, once all these texts are on it."""

        def look() -> list[str] | None:
            lines = self.lines
            assert self.process.poll() is None, self.everything
            return lines if all(any(text in line for line in lines) for text in texts) else None

        return list(until(f"{texts} on the terminal", look, DEADLINE))

    def ended(self) -> int:
        """The exit status, once everything was read."""
        status = self.process.wait(DEADLINE)
        self._reader.join(DEADLINE)
        return status

    def close(self) -> None:
        """End what still runs."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(DEADLINE)
        self._reader.join(DEADLINE)
        os.close(self._ours)
