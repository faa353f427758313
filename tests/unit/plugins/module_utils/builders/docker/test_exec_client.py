# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The exec API spoken against a daemon of a few lines, which can misbehave."""

from __future__ import annotations

import io
import json
import pathlib
import socket
import struct
import tempfile
import threading
import typing as t

import pytest

from ansible_collections.golden.images.plugins.module_utils._builders.docker.endpoint import Endpoint
from ansible_collections.golden.images.plugins.module_utils._builders.docker.exec_client import ExecClient, ExecError


def frame(stream: int, payload: bytes) -> bytes:
    return struct.pack(">BxxxL", stream, len(payload)) + payload


class FakeDaemon:
    """Answers the three requests of an exec; ``answer`` gets what the command read and says what it wrote."""

    def __init__(self, path: str, answer: t.Callable[[bytes], bytes], state: dict[str, t.Any], status: int = 201) -> None:
        self.requests: list[dict[str, t.Any]] = []
        self._answer, self._state, self._status = answer, state, status
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(path)
        self._listener.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            client, _address = self._listener.accept()
            threading.Thread(target=self._talk, args=(client,), daemon=True).start()

    def _talk(self, client: socket.socket) -> None:
        stream = client.makefile("rb")
        while line := stream.readline():
            path = line.split()[1].decode()
            length = 0
            while (header := stream.readline().strip()) != b"":
                if header.lower().startswith(b"content-length:"):
                    length = int(header.split(b":")[1])
            body = stream.read(length)
            if path.endswith("/start"):
                # Head and first output in one packet: nothing of it may be lost.
                client.sendall(b"HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\n\r\n" + frame(1, b"early;"))
                read = stream.read() if self.requests[0]["AttachStdin"] else b""
                output = self._answer(read)
                for start in range(0, len(output), 7):
                    client.sendall(output[start : start + 7])
                client.shutdown(socket.SHUT_RDWR)
                return
            if path.endswith("/exec"):
                self.requests.append(json.loads(body))
                self._reply(client, {"Id": "e1"} if self._status < 300 else {"message": "container is not running"}, self._status)
            else:
                self._reply(client, self._state, 200)

    def _reply(self, client: socket.socket, data: dict[str, t.Any], status: int) -> None:
        raw = json.dumps(data).encode()
        client.sendall(b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n" % (status, len(raw)) + raw)


@pytest.fixture
def place() -> t.Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        yield str(pathlib.Path(folder) / "d")


def client_of(place: str) -> ExecClient:
    return ExecClient(Endpoint(f"unix://{place}", api_timeout=5), "c", "me", {"A": "1"})


def test_output_error_and_status_come_back(place: str) -> None:
    daemon = FakeDaemon(place, lambda read: frame(1, b"out") + frame(2, b"err") + frame(1, read), {"ExitCode": 3, "Running": False})
    finished = client_of(place).run(["x"], stdin=io.BytesIO(b"input" * 10000), size=50000)
    assert finished.returncode == 3
    assert finished.stdout == b"early;out" + b"input" * 10000
    assert finished.stderr == b"err"
    assert daemon.requests[0]["User"] == "me"
    assert daemon.requests[0]["Env"] == ["A=1"]


def test_output_can_go_to_a_file(place: str) -> None:
    FakeDaemon(place, lambda read: frame(1, b"data") + frame(2, b"err"), {"ExitCode": 0})
    sink = io.BytesIO()
    finished = client_of(place).run(["x"], stdout=sink)
    assert (sink.getvalue(), finished.stdout, finished.stderr) == (b"early;data", b"", b"err")


@pytest.mark.parametrize(
    "state", [{"ExitCode": None, "Running": True}, {"ExitCode": None, "Running": False}, {"ExitCode": 137, "Running": False, "State": {"Running": False}}]
)
def test_a_command_without_an_exit_status_was_killed_with_its_container(place: str, state: dict[str, t.Any]) -> None:
    FakeDaemon(place, lambda read: b"", state)
    with pytest.raises(ExecError, match="stopped"):
        client_of(place).run(["x"])


def test_a_killed_command_in_a_container_that_goes_on_has_an_exit_status(place: str) -> None:
    FakeDaemon(place, lambda read: b"", {"ExitCode": 137, "Running": False, "State": {"Running": True}})
    assert client_of(place).run(["x"]).returncode == 137


def test_the_daemons_reason_is_told(place: str) -> None:
    FakeDaemon(place, lambda read: b"", {}, status=409)
    with pytest.raises(ExecError, match="container is not running"):
        client_of(place).run(["x"])


def test_no_daemon_is_an_exec_error(place: str) -> None:
    with pytest.raises(ExecError, match="cannot be reached"):
        client_of(place).run(["x"])
