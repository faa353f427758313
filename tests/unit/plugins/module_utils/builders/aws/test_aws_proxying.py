# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program that ssh goes through: Session Manager's plugin, or a key let in for a minute."""

from __future__ import annotations

import http.server
import json
import os
import pathlib
import shlex
import socket
import subprocess
import threading
import typing as t

import pytest

from ansible_collections.golden.images.plugins.module_utils._builders.aws import proxy_program
from ansible_collections.golden.images.plugins.module_utils._builders.aws.proxy_program import check_plugin_version, connect_with_pushed_key, start_session
from ansible_collections.golden.images.plugins.module_utils._builders.aws.proxying import forget_proxy, proxy_command, wait_for_agent
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import BuilderError, MissingDependencyError, WaitTimeoutError

from .conftest import StubbedAccount

Options = t.Callable[..., dict[str, t.Any]]

SESSION = {"SessionId": "me-1", "TokenValue": "very-secret-token", "StreamUrl": "wss://ssmmessages.example/session"}
INSTANCE_ID = "i-0123456789abcdef0"
SPEC = {"instance_id": "i-1", "port": 22}


@pytest.fixture
def plugin(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> t.Callable[[str], None]:
    """Installs a plugin of a version."""

    def install(version: str) -> None:
        path = tmp_path / "bin" / "session-manager-plugin"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\necho {version}\n")
        path.chmod(0o755)
        monkeypatch.setenv("PATH", f"{path.parent}{os.pathsep}{os.environ['PATH']}")

    return install


def test_the_plugin_gets_the_token_by_its_environment(aws: StubbedAccount, plugin: t.Callable[[str], None]) -> None:
    plugin("1.2.553.0")
    request = {"Target": "i-1", "DocumentName": "AWS-StartSSHSession", "Parameters": {"portNumber": ["22"]}}
    aws.answer("ssm", "start_session", SESSION, request)
    started: list[t.Any] = []
    start_session(SPEC, aws.account, lambda *arguments: started.append(arguments))
    ((program, argv, environment),) = started
    assert program == "session-manager-plugin"
    assert argv[1:5] == ["AWS_SSM_START_SESSION_RESPONSE", "eu-west-1", "StartSession", ""]
    assert json.loads(argv[5]) == request
    assert argv[6] == "https://ssm.eu-west-1.amazonaws.com"
    assert json.loads(environment["AWS_SSM_START_SESSION_RESPONSE"]) == SESSION
    assert "very-secret-token" not in " ".join(argv)


def test_a_plugin_that_shows_the_token_is_refused(aws: StubbedAccount, plugin: t.Callable[[str], None]) -> None:
    plugin("1.2.497.0")
    with pytest.raises(BuilderError, match=r"1.2.497.0 is too old.*every user can see.*Install 1.2.497.1 or newer"):
        start_session(SPEC, aws.account)
    with pytest.raises(BuilderError, match="of unknown version"):
        check_plugin_version("\n")
    check_plugin_version("1.2.764.0\n")


def test_a_missing_plugin_is_one_sentence(aws: StubbedAccount, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(MissingDependencyError, match=r"needs the program session-manager-plugin, which is not installed.*Install the Session Manager plugin"):
        start_session(SPEC, aws.account)


def test_an_agent_that_is_not_connected_is_explained(aws: StubbedAccount, plugin: t.Callable[[str], None]) -> None:
    plugin("1.2.553.0")
    aws.refuse("ssm", "start_session", "TargetNotConnected", "i-1 is not connected.")
    with pytest.raises(BuilderError, match=r"start a session with i-1: i-1 is not connected .*agent in the guest"):
        start_session(SPEC, aws.account)


def test_the_agent_is_waited_for(aws: StubbedAccount, guest_options: Options) -> None:
    options = guest_options(session_manager_wait={"interval": 0.0})
    request = {"Filters": [{"Key": "InstanceIds", "Values": ["i-1"]}]}
    aws.answer("ssm", "describe_instance_information", {"InstanceInformationList": []}, request)
    aws.answer("ssm", "describe_instance_information", {"InstanceInformationList": [{"InstanceId": "i-1", "PingStatus": "Online"}]})
    wait_for_agent(aws.account, "i-1", options)
    aws.answer("ssm", "describe_instance_information", {"InstanceInformationList": [{"InstanceId": "i-1", "PingStatus": "ConnectionLost"}]})
    with pytest.raises(WaitTimeoutError, match=r"amazon-ssm-agent.*AmazonSSMManagedInstanceCore"):
        wait_for_agent(aws.account, "i-1", guest_options(session_manager_wait={"timeout": 0}))


def test_instance_connect_lets_the_key_in_and_passes_bytes_on(aws: StubbedAccount, tmp_path: pathlib.Path) -> None:
    public = tmp_path / "key.pub"
    public.write_text(f"ssh-ed25519 {'A' * 68} golden-web\n")
    request = {"InstanceId": INSTANCE_ID, "InstanceOSUser": "admin", "SSHPublicKey": public.read_text().strip()}
    aws.answer("ec2-instance-connect", "send_ssh_public_key", {"Success": True}, request)
    banner = b"SSH-2.0-guest\r\n"
    received: list[bytes] = []

    def serve(server: socket.socket) -> None:
        connection, _peer = server.accept()
        with connection:
            connection.sendall(banner)
            received.extend(iter(lambda: connection.recv(65536), b""))

    inside, feed = os.pipe()
    os.write(feed, b"SSH-2.0-client\r\n")
    os.close(feed)
    with socket.create_server(("127.0.0.1", 0)) as server, (tmp_path / "out").open("wb") as target:
        guest = threading.Thread(target=serve, args=[server], daemon=True)
        guest.start()
        spec = {"instance_id": INSTANCE_ID, "user": "admin", "public_key_file": str(public), "host": "127.0.0.1", "port": server.getsockname()[1]}
        connect_with_pushed_key(spec, aws.account, inside, target.fileno())
        guest.join(10)
    os.close(inside)
    assert b"".join(received) == b"SSH-2.0-client\r\n"
    assert (tmp_path / "out").read_bytes() == banner


def test_the_launcher_finds_the_collection_and_tells_what_went_wrong(tmp_path: pathlib.Path, guest_options: Options) -> None:
    folder = tmp_path / "my 100% folder"
    folder.mkdir()
    options = {**guest_options(address="session_manager", region="eu-west-1", access_key="AKID", secret_key="s3cret"), "user": "admin"}
    command = proxy_command(str(folder), "golden-web", "i-1", "i-1", 22, options)
    assert "100%%" in command
    argv = shlex.split(command.replace("%%", "%"))
    # Isolated: nothing of this process helps it to find anything.
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PATH")}
    ended = subprocess.run(argv, capture_output=True, text=True, check=False, env={**environment, "PATH": "/nowhere"}, cwd="/")
    assert ended.returncode == 1
    assert ended.stderr.startswith("golden.images: address: session_manager needs the program session-manager-plugin")
    assert ended.stdout == ""
    assert "s3cret" not in command
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    forget_proxy(str(folder), "golden-web")
    assert list(folder.iterdir()) == []


PLUGIN = """#!/bin/sh
[ "$1" = --version ] && { echo 1.2.764.0; exit; }
printf '%s\\n' "$@" > "$OUTPUT.arguments"
printf '%s' "$AWS_SSM_START_SESSION_RESPONSE" > "$OUTPUT.answer"
exec cat
"""


@pytest.fixture
def session_manager() -> t.Iterator[tuple[str, list[dict[str, t.Any]]]]:
    """A server that starts sessions; its address, and what it was asked."""
    asked: list[dict[str, t.Any]] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append({"call": self.headers["X-Amz-Target"], **json.loads(self.rfile.read(int(self.headers["Content-Length"])))})
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(SESSION).encode())

        def log_message(self, *arguments: t.Any) -> None:
            """Quiet."""

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()


def test_ssh_talks_to_the_plugin_through_the_launcher(
    tmp_path: pathlib.Path, guest_options: Options, session_manager: tuple[str, list[dict[str, t.Any]]]
) -> None:
    url, asked = session_manager
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "session-manager-plugin").write_text(PLUGIN)
    (tmp_path / "bin" / "session-manager-plugin").chmod(0o755)
    options = {**guest_options(address="session_manager", region="eu-west-1", access_key="AKID", secret_key="s3cret", endpoint_url=url), "user": "admin"}
    command = proxy_command(str(tmp_path), "golden-web", INSTANCE_ID, INSTANCE_ID, 2222, options)
    environment = {**os.environ, "PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}", "OUTPUT": str(tmp_path / "plugin")}
    ended = subprocess.run(shlex.split(command), input=b"SSH-2.0-client\r\n", capture_output=True, check=False, env=environment, cwd="/")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, b"SSH-2.0-client\r\n", b"")
    assert (asked[0]["call"], asked[0]["Target"], asked[0]["Parameters"]) == ("AmazonSSM.StartSession", INSTANCE_ID, {"portNumber": ["2222"]})
    assert json.loads((tmp_path / "plugin.answer").read_text()) == SESSION
    assert "very-secret-token" not in (tmp_path / "plugin.arguments").read_text()


def test_the_program_chooses_by_what_the_file_says(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen: list[str] = []
    monkeypatch.setattr(proxy_program, "start_session", lambda spec, account: chosen.append(f"session {account.region}"))
    monkeypatch.setattr(proxy_program, "connect_with_pushed_key", lambda spec, account: chosen.append(f"key {account.region}"))
    for mode in ("session_manager", "instance_connect"):
        path = tmp_path / "spec.json"
        path.write_text(json.dumps({"mode": mode, "account": {"region": "eu-west-1", "access_key": "a", "secret_key": "b"}, "run_dir": str(tmp_path)}))
        assert proxy_program.main(str(path)) == 0
    assert chosen == ["session eu-west-1", "key eu-west-1"]
