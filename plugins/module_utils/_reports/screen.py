# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines at the bottom of a terminal that are drawn again and again, while ordinary output scrolls above them."""

from __future__ import annotations

import contextlib
import os
import threading
import typing as t

from .lines import columns_of

_ERASE_LINE = "\x1b[K"
_ERASE_BELOW = "\x1b[J"


class Screen:
    """The bottom of a terminal.

    What is written through :meth:`above` stays, what :meth:`draw` gets is replaced by the next call.

    :param descriptor: of the terminal. Written to directly: a buffer of Python's could be in use by another thread when Ansible forks.
    :param lock: held while anything is written, by everybody who writes.
    """

    def __init__(self, descriptor: int, lock: threading.RLock, encoding: str = "utf-8") -> None:
        self._descriptor = descriptor
        self._lock: t.Any = lock
        self._encoding = encoding
        self._lines: list[str] = []
        self._drawn: list[int] = []
        self._paused = False
        self._line_is_open = False

    def size(self) -> os.terminal_size:
        """Columns and rows."""
        with contextlib.suppress(OSError):
            size = os.get_terminal_size(self._descriptor)
            if size.columns and size.lines:
                return size
        return os.terminal_size((80, 24))

    def draw(self, lines: list[str]) -> None:
        """Show these lines, which are no wider than the terminal."""
        with self._lock:
            if lines != self._lines or len(self._drawn) != len(lines):
                self._lines = lines
                if not self._paused and not self._line_is_open:
                    self._write(self._up() + self._frame() + _ERASE_BELOW)

    def above(self, text: str, write: t.Callable[[str], object], flush: t.Callable[[], object]) -> None:
        """Have somebody else's text written above the lines."""
        with self._lock:
            if self._drawn:
                self._write(self._up() + _ERASE_BELOW)
                self._drawn = []
            write(text)
            flush()
            self._line_is_open = not text.endswith("\n")
            if not self._paused and not self._line_is_open and self._lines:
                self._write(self._frame())

    def clear(self) -> None:
        """Take the lines away."""
        self.draw([])

    @contextlib.contextmanager
    def paused(self) -> t.Iterator[None]:
        """While somebody is asked something."""
        with self._lock:
            lines = self._lines
            self.clear()
            self._paused = True
        try:
            yield
        finally:
            with self._lock:
                self._paused = self._line_is_open = False
                self._lines = []
                self.draw(lines)

    def _up(self) -> str:
        columns = self.size().columns
        # A terminal that became narrower has wrapped what is on it.
        rows = sum(max(1, -(-width // columns)) for width in self._drawn)
        return f"\r\x1b[{rows}A" if rows else "\r" if self._drawn else ""

    def _frame(self) -> str:
        self._drawn = [columns_of(_without_colours(line)) for line in self._lines]
        return "".join(f"{line}{_ERASE_LINE}\n" for line in self._lines)

    def _write(self, text: str) -> None:
        raw = text.encode(self._encoding, "replace")
        # A terminal that is gone is told to nobody: the run goes on without it.
        with contextlib.suppress(OSError):
            while raw:
                raw = raw[os.write(self._descriptor, raw) :]


def _without_colours(line: str) -> str:
    """Without the sequences ``ESC [ … m``."""
    first, *others = line.split("\x1b[")
    return first + "".join(part.partition("m")[2] for part in others)


class Above:
    """Stands for a stream of the process and writes above the lines of a screen."""

    def __init__(self, stream: t.TextIO, screen: Screen) -> None:
        self.stream = stream
        self._screen = screen

    def write(self, text: str) -> int:
        """As a stream does."""
        self._screen.above(text, self.stream.write, self.stream.flush)
        return len(text)

    def flush(self) -> None:
        """As a stream does."""
        self.stream.flush()

    def __getattr__(self, name: str) -> t.Any:
        return getattr(self.stream, name)
