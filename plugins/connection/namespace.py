# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Enters the namespaces of a guest of the local builder."""

from __future__ import annotations

DOCUMENTATION = r"""
name: namespace
short_description: Enter a guest of the local builder
version_added: 1.0.0
author: golden.images contributors (@golden-images)
description:
  - Runs commands and moves files in a guest that M(golden.images.local_guest) started, by C(nsenter).
  - A guest that has ended is an ordinary failure of the task instead of an unreachable host, so that the build can clean up after it.
notes:
  - Files are written and read inside the guest's namespaces, so that no link in the guest can lead to a file of the host.
extends_documentation_fragment:
  - golden.images.resident_python
options:
  folder:
    description: Folder of the guest on this machine.
    type: path
    vars:
      - name: ansible_namespace_folder
  remote_user:
    description: User in the guest.
    type: str
    default: root
    vars:
      - name: ansible_user
    env:
      - name: ANSIBLE_REMOTE_USER
    ini:
      - section: defaults
        key: remote_user
    keyword:
      - name: remote_user
"""

import os
import pathlib
import subprocess
import typing as t

from ansible.errors import AnsibleConnectionFailure, AnsibleError, AnsibleFileNotFound
from ansible.utils.display import Display

from ansible_collections.golden.images.plugins.module_utils._builders.local.entering import ENVIRONMENT, enter
from ansible_collections.golden.images.plugins.module_utils._builders.local.folder import GuestFolder
from ansible_collections.golden.images.plugins.module_utils._resident_python.client import Stream, stream_of
from ansible_collections.golden.images.plugins.plugin_utils._become_prompt import answer_become
from ansible_collections.golden.images.plugins.plugin_utils._guest_connection import lost_guest_fails
from ansible_collections.golden.images.plugins.plugin_utils._resident_python import ResidentPythonConnection

display = Display()

_LOOK_AROUND = 1.0


def _converse(process: subprocess.Popen[bytes], data: bytes | None) -> tuple[bytes, bytes]:
    """As ``communicate``, but does not wait for a command whose way out was cut: it would hold the pipes open for as long as it runs."""
    while True:
        try:
            return process.communicate(data, timeout=_LOOK_AROUND)
        except subprocess.TimeoutExpired:
            if process.poll() is not None and process.returncode < 0:
                raise AnsibleConnectionFailure(f"the program that entered it was killed by signal {-process.returncode}") from None


class Connection(ResidentPythonConnection):
    """See the documentation above."""

    transport = "golden.images.namespace"
    has_pipelining = True

    def __init__(self, *args: t.Any, **kwargs: t.Any) -> None:
        super().__init__(*args, **kwargs)
        self._known: dict[str, t.Any] = {}
        self._ids: tuple[int, int] | None = None

    @property
    def _folder(self) -> GuestFolder:
        folder = self.get_option("folder")
        if not folder:
            raise AnsibleConnectionFailure("no guest was launched for this host")
        return GuestFolder(pathlib.Path(folder))

    @lost_guest_fails
    def _connect(self) -> t.Self:
        super()._connect()
        if not self._connected:
            self._known = self._folder.read()
            self._pid()
            self._connected = True
            user = self.get_option("remote_user") or "root"
            self._ids = None if user == "root" else self._ids_of(user)
        return self

    def _pid(self) -> int:
        pid = self._folder.pid()
        if pid is None:
            raise AnsibleConnectionFailure("the process that keeps it alive has ended")
        return pid

    def _ids_of(self, user: str) -> tuple[int, int]:
        status, found, errors = self._run('id -u -- "$1" && id -g -- "$1"', [user])
        if status:
            raise AnsibleError(f"The guest has no user {user}: {errors.decode(errors='replace').strip()}")
        uid, gid = found.split()
        return int(uid), int(gid)

    def _popen(self, script: str, arguments: list[str]) -> subprocess.Popen[bytes]:
        argv = enter(self._pid(), ["/bin/sh", "-c", script, "sh", *arguments], network=self._known.get("network", "host"), ids=self._ids)
        environment = self._known.get("environment") or ENVIRONMENT
        return subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, cwd="/")

    def _run(self, script: str, arguments: list[str], data: bytes | None = None) -> tuple[int, bytes, bytes]:
        with self._popen(script, arguments) as process:
            out, errors = _converse(process, data)
        return self._status(process), out, errors

    def _status(self, process: subprocess.Popen[bytes]) -> int:
        if process.returncode:
            # A guest that ended takes its commands with it; their exit status says nothing.
            self._pid()
        return process.returncode

    @lost_guest_fails
    def exec_command(self, cmd: str, in_data: bytes | None = None, sudoable: bool = True) -> tuple[int, bytes, bytes]:
        """Run a shell command in the guest."""
        super().exec_command(cmd, in_data=in_data, sudoable=sudoable)
        display.vvv(f"NAMESPACE {cmd}", host=self._folder.path.name)
        asking = self.become if sudoable and self.become and self.become.expect_prompt() else None
        finished = None if asking else self.in_resident(["/bin/sh", "-c", cmd], cmd, in_data)
        if finished:
            return finished
        process = self._popen(cmd, [])
        with process:
            early = answer_become(asking, self._play_context, process) if asking else (b"", b"")
            out, errors = _converse(process, in_data)
        return self._status(process), early[0] + out, early[1] + errors

    @lost_guest_fails
    def put_file(self, in_path: str, out_path: str) -> None:
        """Copy a file of this machine into the guest."""
        super().put_file(in_path, out_path)
        if not os.path.exists(in_path):
            raise AnsibleFileNotFound(f"The file {in_path} does not exist")
        argv = ["/bin/sh", "-c", 'exec cat > "$1"', "sh", out_path]
        with open(in_path, "rb") as stream:
            if not self.put_by_resident(stream, out_path):
                self._transfer(argv, stdin=stream, what=f"{in_path} could not be copied to {out_path}")

    @lost_guest_fails
    def fetch_file(self, in_path: str, out_path: str) -> None:
        """Copy a file of the guest to this machine."""
        super().fetch_file(in_path, out_path)
        with open(out_path, "wb") as stream:
            self._transfer(["/bin/sh", "-c", 'exec cat < "$1"', "sh", in_path], stdout=stream, what=f"{in_path} could not be copied to {out_path}")

    def _transfer(self, argv: list[str], what: str, **streams: t.Any) -> None:
        command = enter(self._pid(), argv, network=self._known.get("network", "host"), ids=self._ids)
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, **streams}
        done = subprocess.run(command, stderr=subprocess.PIPE, env=self._known.get("environment") or ENVIRONMENT, cwd="/", check=False, **pipes)
        if done.returncode:
            self._pid()
            raise AnsibleError(f"{what}: {done.stderr.decode(errors='replace').strip()}")

    def guest_identity(self) -> str:
        """See :class:`ResidentPythonConnection`."""
        return repr((self.transport, str(self._folder.path), self._pid(), self._ids))

    def begin(self, argv: list[str]) -> Stream:
        """See :class:`ResidentPythonConnection`."""
        command = enter(self._pid(), argv, network=self._known.get("network", "host"), ids=self._ids)
        return stream_of(command, env=self._known.get("environment") or ENVIRONMENT, cwd="/")

    def reset(self) -> None:
        """Look at the guest anew."""
        self.close()
        self._connect()

    def close(self) -> None:
        """There is nothing to close."""
        self._connected = False
