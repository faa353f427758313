# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Orders to a running QEMU."""

from __future__ import annotations

import json
import pathlib
import socket
import types
import typing as t


class QmpError(Exception):
    """QEMU refuses, or is not there."""


class Qmp:
    """A conversation, as a context manager."""

    def __init__(self, path: pathlib.Path, timeout: float = 20) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(timeout)
        try:
            self._socket.connect(str(path))
            self._stream = self._socket.makefile("rw", encoding="utf-8")
            self._stream.readline()
            self.order("qmp_capabilities")
        except OSError as error:
            self._socket.close()
            raise QmpError(f"QEMU does not answer: {error}") from error

    def __enter__(self) -> Qmp:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: types.TracebackType | None) -> None:
        self._stream.close()
        self._socket.close()

    def order(self, command: str, **arguments: t.Any) -> t.Any:
        """Give an order and return the answer.

        :raises QmpError: when it is refused.
        """
        self._stream.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self._stream.flush()
        while line := self._stream.readline():
            answer = json.loads(line)
            if "error" in answer:
                raise QmpError(answer["error"]["desc"])
            if "return" in answer:
                return answer["return"]
        # It ends at once when it is told to quit.
        return None

    def monitor(self, line: str) -> str:
        """An order that only the monitor for people has."""
        return str(self.order("human-monitor-command", **{"command-line": line})).strip()
