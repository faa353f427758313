# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A platform as the controller sees it: an API that says of every machine that it is not there yet, until it is told to, and an ssh server."""

from __future__ import annotations

import contextlib
import getpass
import http.server
import os
import pathlib
import re
import socket
import subprocess
import sys
import threading
import time
import typing as t
import urllib.parse

_ANSWER = """<?xml version="1.0" encoding="UTF-8"?>
<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>1</requestId><reservationSet><item><instancesSet><item>
<instanceId>i-0</instanceId><instanceState><code>0</code><name>{state}</name></instanceState></item></instancesSet></item></reservationSet>
</DescribeInstancesResponse>"""
_SSHD = """
ListenAddress 127.0.0.1
Port {port}
HostKey {folder}/host_key
PidFile {folder}/sshd.pid
AuthorizedKeysFile {folder}/key.pub
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
MaxStartups 2000
MaxSessions 100
"""


class Api:
    """Machines are ``pending`` while the gate is shut."""

    def __init__(self) -> None:
        self.waiting: set[str] = set()
        self.calls = 0
        self.is_open = False
        api = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                sent = urllib.parse.parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                answer = _ANSWER.format(state=api.state_of(sent["Filter.1.Value.1"][0])).encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/xml")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_arguments: t.Any) -> None:
                """Nobody reads it."""

        class Server(http.server.ThreadingHTTPServer):
            request_queue_size = 1024

            def handle_error(self, request: t.Any, client_address: t.Any) -> None:
                # A run that is ended hangs up.
                if not isinstance(sys.exception(), ConnectionError):
                    super().handle_error(request, client_address)

        self._server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def state_of(self, name: str) -> str:
        """Of one machine, from now on known to be waited for."""
        self.calls += 1
        self.waiting.add(name)
        return "running" if self.is_open else "pending"

    def close(self) -> None:
        """No more answers."""
        self._server.shutdown()
        self._server.server_close()


class SshServer:
    """The guests' end; its processes are no part of the run."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        folder.mkdir(mode=0o700)
        for name in ("key", "host_key"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        (folder / "sshd_config").write_text(_SSHD.format(port=self.port, folder=folder), encoding="utf-8")
        public = (folder / "host_key.pub").read_text(encoding="utf-8")
        self.known_hosts = folder / "known_hosts"
        self.known_hosts.write_text(f"guest {' '.join(public.split()[:2])}\n", encoding="utf-8")
        if os.geteuid() == 0:
            pathlib.Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        self._process = subprocess.Popen(["/usr/sbin/sshd", "-D", "-e", "-f", folder / "sshd_config"], stderr=(folder / "sshd.log").open("wb"))
        self._await()

    def _await(self) -> None:
        end = time.monotonic() + 20
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1) as connection:
                if re.match(rb"SSH-", connection.recv(64)):
                    return
            if time.monotonic() > end or self._process.poll() is not None:
                raise SystemExit((self.folder / "sshd.log").read_text(encoding="utf-8"))
            time.sleep(0.05)

    @property
    def options(self) -> dict[str, t.Any]:
        """Of the builder."""
        return {"port": self.port, "user": getpass.getuser(), "key": str(self.folder / "key"), "known_hosts": str(self.known_hosts)}

    def close(self) -> None:
        """No more guests."""
        self._process.terminate()
        self._process.wait()
