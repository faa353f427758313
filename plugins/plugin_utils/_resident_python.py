# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What connection plugins need to use the resident Python of their guest."""

from __future__ import annotations

import io
import typing as t

from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.plugins.connection import ConnectionBase

from ansible_collections.golden.images.plugins.module_utils._resident_python.client import Finished, ResidentLostError, ResidentPython, Stream


class ResidentPythonConnection(ConnectionBase):
    """Base of such a connection, which is connected when these are called."""

    def guest_identity(self) -> str:
        """Tells this guest, and as whom it is entered, from all others of the run."""
        raise NotImplementedError

    def begin(self, argv: list[str]) -> Stream | None:
        """Start a program in the guest; ``None`` when its streams cannot be handed to another process."""
        raise NotImplementedError

    def in_resident_module(self, command: str, in_data: bytes | None) -> tuple[int, bytes, bytes] | None:
        """As :meth:`in_resident`, for modules only."""
        return self._told(lambda resident: resident.run_module(command, in_data))

    def _told(self, ask: t.Callable[[ResidentPython], Finished | None]) -> tuple[int, bytes, bytes] | None:
        resident = self._resident()
        try:
            finished = ask(resident) if resident else None
        except ResidentLostError as error:
            raise AnsibleConnectionFailure(str(error)) from error
        return (finished.returncode, finished.stdout, finished.stderr) if finished else None

    def _resident(self) -> ResidentPython | None:
        return ResidentPython(self.guest_identity(), self.begin) if self.get_option("resident_python") else None

    def in_resident(self, argv: list[str], command: str, in_data: bytes | None) -> tuple[int, bytes, bytes] | None:
        """Exit status and output of a command; ``None`` when the connection has to run it itself.

        :param argv: the command with its shell.
        """
        return self._told(lambda resident: resident.run(argv, command, in_data))

    def put_by_resident(self, stream: io.BufferedReader, out_path: str) -> bool:
        """Write a file in the guest; ``False`` when the connection has to do it itself.

        :raises AnsibleError: when the guest refuses.
        """
        finished = self._told(lambda resident: resident.put(out_path, stream))
        if finished and finished[0]:
            raise AnsibleError(f"{stream.name!s} could not be copied to {out_path}: {finished[2].decode(errors='replace')}")
        return finished is not None
