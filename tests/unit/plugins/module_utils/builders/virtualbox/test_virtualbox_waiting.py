# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting for guests and installers, and what is told when they fail."""

from __future__ import annotations

import pathlib
import socket
import threading
import typing as t

import pytest

from ansible_collections.golden.images.plugins.module_utils._builders.virtualbox import answering, installing
from ansible_collections.golden.images.plugins.module_utils._builders.virtualbox.typing_keys import type_keys
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import BuilderError, WaitTimeoutError
from ansible_collections.golden.images.plugins.module_utils._lifecycle.operation import Context
from ansible_collections.golden.images.plugins.module_utils._media import boot_command

from .conftest import FakeVirtualBox

Options = t.Callable[..., dict[str, t.Any]]

SHORT = {"timeout": 0, "interval": 0.01}


@pytest.fixture
def service() -> t.Iterator[t.Callable[[bytes], int]]:
    """Starts a service that greets, or closes at once; its port."""
    servers: list[socket.socket] = []

    def serve(server: socket.socket, greeting: bytes) -> None:
        while True:
            try:
                stream, _address = server.accept()
            except OSError:
                return
            with stream:
                stream.sendall(greeting)

    def start(greeting: bytes) -> int:
        server = socket.create_server(("127.0.0.1", 0))
        servers.append(server)
        threading.Thread(target=serve, args=(server, greeting), daemon=True).start()
        return int(server.getsockname()[1])

    yield start
    for server in servers:
        server.shutdown(socket.SHUT_RDWR)
        server.close()


def test_a_nat_that_accepts_is_no_guest_that_answers(service: t.Callable[[bytes], int], guest_options: Options) -> None:
    ssh = guest_options()
    assert answering.answers("127.0.0.1", service(b"SSH-2.0-OpenSSH_9.2\r\n"), ssh)
    assert not answering.answers("127.0.0.1", service(b""), ssh)
    http = guest_options(connection="winrm", windows_tls=False)
    assert answering.answers("127.0.0.1", service(b"HTTP/1.1 405 Method Not Allowed\r\n\r\n"), http)
    assert not answering.answers("127.0.0.1", service(b"SSH-2.0"), guest_options(connection="psrp"))


def test_a_guest_that_never_answers(virtualbox: FakeVirtualBox, guest_options: Options, service: t.Callable[[bytes], int], tmp_path: pathlib.Path) -> None:
    logs = tmp_path / "Logs"
    logs.mkdir()
    (logs / "VBox.log").write_text("00:00:01 first\n00:00:02 NAT: no DHCP request\n", encoding="utf-8")
    virtualbox.answer("showvminfo", out=f'VMState="running"\nLogFldr="{logs}"\n')
    virtualbox.answer("controlvm", "web", "screenshotpng", code=1, err="VBoxManage: error: no screen\n")
    with pytest.raises(WaitTimeoutError) as caught:
        answering.await_answer(virtualbox.vbox, "web", "127.0.0.1", service(b""), guest_options(connection_wait=SHORT), str(tmp_path), Context())
    assert "VirtualBox says that its machine is running" in str(caught.value)
    assert "--type separate" in str(caught.value) and "NAT: no DHCP request" in str(caught.value) and "connection_wait.timeout" in str(caught.value)


def test_a_picture_of_the_screen_is_named(virtualbox: FakeVirtualBox, tmp_path: pathlib.Path) -> None:
    (tmp_path / "web.png").touch()
    assert f"A picture of its screen is in {tmp_path}/web.png." in answering.how_to_look(virtualbox.vbox, "web", str(tmp_path))


def test_a_machine_that_ends_is_not_waited_for(
    virtualbox: FakeVirtualBox, guest_options: Options, service: t.Callable[[bytes], int], tmp_path: pathlib.Path
) -> None:
    virtualbox.answer("showvminfo", out='VMState="aborted"\n')
    with pytest.raises(BuilderError, match="the machine web is aborted instead of running"):
        answering.await_answer(virtualbox.vbox, "web", "127.0.0.1", service(b""), guest_options(), str(tmp_path), Context())


def _installed(virtualbox: FakeVirtualBox, options: dict[str, t.Any], port: int, folder: pathlib.Path) -> bool:
    return installing.await_installation(virtualbox.vbox, "web", ("127.0.0.1", port), None, options, str(folder), Context())


def test_installers_end_in_two_ways(virtualbox: FakeVirtualBox, guest_options: Options, service: t.Callable[[bytes], int], tmp_path: pathlib.Path) -> None:
    silent, up = service(b""), service(b"SSH-2.0-x\r\n")
    options = guest_options(installation_wait={"interval": 0.01})
    virtualbox.answer("showvminfo", once=True, out='VMState="running"\n')
    virtualbox.answer("showvminfo", once=True, out='VMState="poweroff"\n')
    assert not _installed(virtualbox, options, silent, tmp_path)
    virtualbox.answer("showvminfo", out='VMState="running"\n')
    assert _installed(virtualbox, options, up, tmp_path)
    with pytest.raises(WaitTimeoutError, match="its machine is running"):
        _installed(virtualbox, {**options, "installation_end": "power_off", "installation_wait": SHORT}, up, tmp_path)


def test_installers_that_end_otherwise(virtualbox: FakeVirtualBox, guest_options: Options, service: t.Callable[[bytes], int], tmp_path: pathlib.Path) -> None:
    virtualbox.answer("showvminfo", once=True, out='VMState="poweroff"\n')
    with pytest.raises(BuilderError, match="powered the machine off instead of rebooting"):
        _installed(virtualbox, guest_options(installation_end="reboot"), service(b""), tmp_path)
    virtualbox.answer("showvminfo", out='VMState="gurumeditation"\n')
    with pytest.raises(BuilderError, match="is gurumeditation while it is installed"):
        _installed(virtualbox, guest_options(), service(b""), tmp_path)


def test_keys_are_sent_as_scancodes(virtualbox: FakeVirtualBox, guest_options: Options) -> None:
    options = guest_options(boot_wait=0, boot_key_interval=0)
    type_keys(virtualbox.vbox, "web", list(boot_command.parse(["c", "<enter>"])), options, Context())
    assert virtualbox.calls == [["controlvm", "web", "keyboardputscancode", "2e", "ae", "1c", "9c"]]
    type_keys(virtualbox.vbox, "web", [], options, Context())
    assert len(virtualbox.calls) == 1


def test_keys_that_nobody_takes(virtualbox: FakeVirtualBox, guest_options: Options) -> None:
    virtualbox.answer("controlvm", code=1, err="VBoxManage: error: Machine 'web' is not currently running.\n")
    virtualbox.answer("showvminfo", out='VMState="aborted"\n')
    with pytest.raises(BuilderError, match="could not be typed, the machine is aborted"):
        type_keys(virtualbox.vbox, "web", list(boot_command.parse(["c"])), guest_options(boot_wait=0), Context())
