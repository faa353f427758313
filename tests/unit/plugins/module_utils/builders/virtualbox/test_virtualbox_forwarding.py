# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ports that turn out to be somebody else's."""

from __future__ import annotations

import os
import socket
import typing as t

import pytest

from ansible_collections.golden.images.plugins.module_utils._builders.virtualbox import forwarding
from ansible_collections.golden.images.plugins.module_utils._builders.virtualbox.vboxmanage import VBoxError
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import BuilderError
from ansible_collections.golden.images.plugins.module_utils._lifecycle.operation import Context

from .conftest import FakeVirtualBox

Options = t.Callable[..., dict[str, t.Any]]


@pytest.fixture
def taken() -> t.Iterator[int]:
    """A port that this process listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def _rules(virtualbox: FakeVirtualBox) -> list[list[str]]:
    return [call for call in virtualbox.calls if any(word.startswith(("--natpf", "natpf")) for word in call)]


def _listen(sockets: list[socket.socket], virtualbox: FakeVirtualBox) -> None:
    """What a machine does that starts: listen where its last rule says."""
    port = int(_rules(virtualbox)[-1][-1].split(",")[3])
    try:
        sockets.append(socket.create_server(("127.0.0.1", port)))
    except OSError as error:
        raise VBoxError("no", text="Address already in use") from error


def _answers(virtualbox: FakeVirtualBox, word: str) -> None:
    virtualbox.answer("showvminfo", out=f'UUID="{word}"\nnic1="nat"\n')


def test_the_forward_is_proven(virtualbox: FakeVirtualBox, guest_options: Options) -> None:
    # Stands for the machine: a word of this process's command line.
    _answers(virtualbox, "pytest")
    sockets: list[socket.socket] = []
    port = forwarding.start_with_forward(virtualbox.vbox, "web-x", 1, 22, guest_options(), lambda: _listen(sockets, virtualbox), Context())
    assert sockets[0].getsockname()[1] == port
    assert _rules(virtualbox)[-1] == ["modifyvm", "web-x", "--natpf1", f"golden,tcp,127.0.0.1,{port},,22"]
    sockets[0].close()


def test_a_port_that_somebody_took_meanwhile_is_replaced_while_the_machine_runs(
    virtualbox: FakeVirtualBox, guest_options: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    _answers(virtualbox, "0-0-0")
    monkeypatch.setattr(forwarding, "_is_forwarded", lambda machine, vbox, port: bool(machine) and len(_rules(virtualbox)) > 1)
    port = forwarding.start_with_forward(virtualbox.vbox, "web-x", 2, 22, guest_options(), lambda: None, Context())
    first, *others = _rules(virtualbox)
    assert others == [["controlvm", "web-x", "natpf2", "delete", "golden"], ["controlvm", "web-x", "natpf2", f"golden,tcp,127.0.0.1,{port},,22"]]
    assert first[-1] != others[-1][-1]


def test_a_start_that_fails_for_the_port_is_tried_with_another(virtualbox: FakeVirtualBox, guest_options: Options, monkeypatch: pytest.MonkeyPatch) -> None:
    _answers(virtualbox, "0-0-0")
    monkeypatch.setattr(forwarding, "_is_forwarded", lambda *args: True)
    failures = [VBoxError("no", text="could not set up host forwarding rule"), None]

    def start() -> None:
        failure = failures.pop(0)
        if failure:
            raise failure

    forwarding.start_with_forward(virtualbox.vbox, "web-x", 1, 22, guest_options(), start, Context())
    assert [rule[:3] for rule in _rules(virtualbox)] == [["modifyvm", "web-x", "--natpf1"]] * 2


def test_a_listener_of_somebody_else_is_told_from_the_machine(virtualbox: FakeVirtualBox, taken: int, monkeypatch: pytest.MonkeyPatch) -> None:
    _answers(virtualbox, "868321f4-ed52-4819-b2d7-d50c3842d96f")
    monkeypatch.setattr(forwarding, "_LISTENING", forwarding.Waiter("x", timeout=0.0))
    assert not forwarding._is_forwarded("golden-nobody", virtualbox.vbox, taken)
    with open(f"/proc/{os.getpid()}/cmdline", encoding="utf-8") as stream:
        own_word = stream.read().split("\0")[0]
    assert forwarding._is_forwarded(own_word, virtualbox.vbox, taken)


def test_a_fixed_port_that_is_taken(guest_options: Options, taken: int) -> None:
    with pytest.raises(BuilderError, match=f"host_ports: port {taken} is taken"):
        forwarding._free_port(guest_options(host_ports=[taken]), ())


def test_a_range_of_ports(guest_options: Options, taken: int) -> None:
    found = {forwarding._free_port(guest_options(host_ports=[taken, taken + 3]), ()) for _number in range(8)}
    assert found <= {taken + 1, taken + 2, taken + 3}


def test_not_for_ever(guest_options: Options) -> None:
    with pytest.raises(BuilderError, match="stayed free long enough"):
        forwarding._free_port(guest_options(), list(range(8)))
