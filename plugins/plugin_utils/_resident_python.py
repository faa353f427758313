# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What connection plugins need to use the resident Python of their guest."""

from __future__ import annotations

import io

from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.plugins.connection import ConnectionBase

from ansible_collections.golden.images.plugins.module_utils._resident_python.client import ResidentLostError, ResidentPython, Stream


class ResidentPythonConnection(ConnectionBase):
    """Base of such a connection, which is connected when these are called."""

    def guest_identity(self) -> str:
        """Tells this guest, and as whom it is entered, from all others of the run."""
        raise NotImplementedError

    def begin(self, argv: list[str]) -> Stream | None:
        """Start a program in the guest; ``None`` when its streams cannot be handed to another process."""
        raise NotImplementedError

    def _resident(self) -> ResidentPython | None:
        return ResidentPython(self.guest_identity(), self.begin) if self.get_option("resident_python") else None

    def in_resident(self, argv: list[str], command: str, in_data: bytes | None) -> tuple[int, bytes, bytes] | None:
        """Exit status and output of a command; ``None`` when the connection has to run it itself.

        :param argv: the command with its shell.
        """
        resident = self._resident()
        try:
            finished = resident.run(argv, command, in_data) if resident else None
        except ResidentLostError as error:
            raise AnsibleConnectionFailure(str(error)) from error
        return (finished.returncode, finished.stdout, finished.stderr) if finished else None

    def put_by_resident(self, stream: io.BufferedReader, out_path: str) -> bool:
        """Write a file in the guest; ``False`` when the connection has to do it itself.

        :raises AnsibleError: when the guest refuses.
        """
        resident = self._resident()
        try:
            finished = resident.put(out_path, stream) if resident else None
        except ResidentLostError as error:
            raise AnsibleConnectionFailure(str(error)) from error
        if finished and finished.returncode:
            raise AnsibleError(f"{stream.name!s} could not be copied to {out_path}: {finished.stderr.decode(errors='replace')}")
        return finished is not None
