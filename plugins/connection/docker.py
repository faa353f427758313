# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Connection to a container through the daemon's exec API."""

from __future__ import annotations

DOCUMENTATION = r"""
name: docker
short_description: Run tasks in a container through the Docker API
description:
  - Runs commands and transfers files through the exec API of a Docker daemon, or of Podman's socket.
    Needs neither the docker command nor the Python SDK.
  - A container that vanished is an ordinary failure of the task, not an unreachable host, so that C(rescue) and C(always) run.
  - The container needs C(/bin/sh), C(cat) and C(head).
extends_documentation_fragment:
  - golden.images.resident_python
version_added: 1.0.0
author: golden.images contributors (@golden-images)
options:
  remote_addr:
    description: Name or id of the container.
    type: str
    default: inventory_hostname
    vars:
      - name: inventory_hostname
      - name: ansible_host
  remote_user:
    description: User that commands run as, by name or number; without it the container's own.
    type: str
    vars:
      - name: ansible_user
      - name: ansible_docker_user
    keyword:
      - name: remote_user
  guest_environment:
    description: Added to the environment of every command; not part of the container, so it does not get into an image made of it.
    type: dict
    default: {}
    vars:
      - name: golden_docker_environment
  docker_host:
    description:
      - "The daemon: V(unix:///path) or V(tcp://host:port)."
      - Without it E(DOCKER_HOST), then the current context of the docker command, then V(unix:///var/run/docker.sock).
    type: str
    vars:
      - name: golden_docker_docker_host
  docker_context:
    description: Name of a context of the docker command.
    type: str
    vars:
      - name: golden_docker_docker_context
  tls:
    description: Whether to encrypt.
    type: bool
    vars:
      - name: golden_docker_tls
  tls_verify:
    description: Whether to check the daemon's certificate as well.
    type: bool
    vars:
      - name: golden_docker_tls_verify
  tls_ca_cert:
    description: Certificate authority of the daemon.
    type: path
    vars:
      - name: golden_docker_tls_ca_cert
  tls_client_cert:
    description: Certificate of the client.
    type: path
    vars:
      - name: golden_docker_tls_client_cert
  tls_client_key:
    description: Key of the client.
    type: path
    vars:
      - name: golden_docker_tls_client_key
  api_timeout:
    description: Seconds to wait for the daemon to answer.
    type: int
    default: 60
    vars:
      - name: golden_docker_api_timeout
  operation_timeout:
    description: Accepted for symmetry with the modules of the collection; commands may run as long as they like.
    type: int
    default: 3600
    vars:
      - name: golden_docker_operation_timeout
"""

import io
import os
import shlex
import typing as t

from ansible.errors import AnsibleConnectionFailure, AnsibleError, AnsibleFileNotFound
from ansible.module_utils.common.text.converters import to_bytes, to_text

from ansible_collections.golden.images.plugins.module_utils._builders.docker.endpoint import ENDPOINT_SPEC, resolve_endpoint
from ansible_collections.golden.images.plugins.module_utils._builders.docker.exec_client import ExecClient, ExecError, Finished
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import GoldenError
from ansible_collections.golden.images.plugins.module_utils._resident_python.client import Stream
from ansible_collections.golden.images.plugins.plugin_utils._guest_connection import lost_guest_fails
from ansible_collections.golden.images.plugins.plugin_utils._resident_python import ResidentPythonConnection


class Connection(ResidentPythonConnection):
    """See DOCUMENTATION."""

    transport = "golden.images.docker"
    has_pipelining = True
    has_tty = False

    def __init__(self, *args: t.Any, **kwargs: t.Any) -> None:
        super().__init__(*args, **kwargs)
        self._client: ExecClient | None = None

    @lost_guest_fails
    def _connect(self) -> Connection:
        super()._connect()
        if self._client is None:
            try:
                endpoint = resolve_endpoint({name: self.get_option(name) for name in ENDPOINT_SPEC})
            except GoldenError as error:
                raise AnsibleConnectionFailure(str(error)) from error
            self._client = ExecClient(endpoint, self.get_option("remote_addr"), self.get_option("remote_user"), self.get_option("guest_environment"))
            self._connected = True
        return self

    @lost_guest_fails
    def exec_command(self, cmd: str, in_data: bytes | None = None, sudoable: bool = True) -> tuple[int, bytes, bytes]:
        """Run a command line with the shell."""
        super().exec_command(cmd, in_data=in_data, sudoable=sudoable)
        argv = [self._play_context.executable or "/bin/sh", "-c", cmd]
        self._connect()
        finished = self.in_resident(argv, cmd, in_data)
        if finished:
            return finished
        ended = self._run(argv, in_data)
        return ended.returncode, ended.stdout, ended.stderr

    def _run(self, argv: list[str], in_data: bytes | None = None) -> Finished:
        data = to_bytes(in_data, nonstring="passthru") if in_data else None
        return self._stream(argv, io.BytesIO(data) if data else None, len(data or b""))

    def _stream(self, argv: list[str], stdin: t.BinaryIO | None = None, size: int = 0, stdout: t.BinaryIO | None = None) -> Finished:
        self._connect()
        client = t.cast(ExecClient, self._client)
        try:
            return client.run(argv, stdin=stdin, size=size, stdout=stdout)
        except ExecError as error:
            raise AnsibleConnectionFailure(f"container {self.get_option('remote_addr')}: {error}") from error

    @lost_guest_fails
    def put_file(self, in_path: str, out_path: str) -> None:
        """Write a file as the user that commands run as, wherever that user can: a tmpfs or volume is no exception."""
        super().put_file(in_path, out_path)
        if not os.path.exists(to_bytes(in_path, errors="surrogate_or_strict")):
            raise AnsibleFileNotFound(f"{in_path} does not exist")
        self._connect()
        # An empty file has no input to end; redirecting nothing makes it.
        with open(to_bytes(in_path, errors="surrogate_or_strict"), "rb") as stream:
            if self.put_by_resident(stream, out_path):
                return
            size = os.fstat(stream.fileno()).st_size
            command = f"cat > {shlex.quote(out_path)}" if size else f": > {shlex.quote(out_path)}"
            finished = self._stream(["/bin/sh", "-c", command], stream if size else None, size)
        self._require(finished, f"{in_path} could not be copied to {out_path}")

    @lost_guest_fails
    def fetch_file(self, in_path: str, out_path: str) -> None:
        """Read a file into a local one."""
        super().fetch_file(in_path, out_path)
        with open(to_bytes(out_path, errors="surrogate_or_strict"), "wb") as stream:
            finished = self._stream(["/bin/sh", "-c", f"cat < {shlex.quote(in_path)}"], stdout=stream)
        self._require(finished, f"{in_path} could not be fetched")

    def guest_identity(self) -> str:
        """See :class:`ResidentPythonConnection`."""
        client = t.cast(ExecClient, self._client)
        return repr((self.transport, client.identity()))

    def begin(self, argv: list[str]) -> Stream | None:
        """See :class:`ResidentPythonConnection`."""
        try:
            descriptor = t.cast(ExecClient, self._client).begin(argv)
        except ExecError as error:
            raise AnsibleConnectionFailure(f"container {self.get_option('remote_addr')}: {error}") from error
        return Stream(descriptor, descriptor, framed=True) if descriptor is not None else None

    def _require(self, finished: Finished, what: str) -> None:
        if finished.returncode:
            raise AnsibleError(f"{what}: {to_text(finished.stderr).strip() or f'exit status {finished.returncode}'}")

    def close(self) -> None:
        """Nothing stays open between commands."""
        super().close()
        self._connected = False
