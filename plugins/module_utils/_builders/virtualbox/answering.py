# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waits until a guest answers, and tells what its machine does when it does not."""

from __future__ import annotations

import contextlib
import pathlib
import socket
import ssl
import typing as t

from ..._access.waits import longer, waiter_of
from ..._lifecycle.errors import BuilderError, WaitTimeoutError
from ..._lifecycle.operation import Context
from ..._lifecycle.process import tail
from .machine import RUNNING
from .vboxmanage import VBoxError, VBoxManage

Options = t.Mapping[str, t.Any]

_PATIENCE = 5.0
_LOG_LINES = 3
_REQUEST = b"GET /wsman HTTP/1.1\r\nHost: guest\r\nConnection: close\r\n\r\n"


def answers(host: str, port: int, options: Options) -> bool:
    """Whether the service of the guest that is connected to is up; a NAT accepts connections long before it is."""
    try:
        with socket.create_connection((host, port), timeout=_PATIENCE) as stream:
            stream.settimeout(_PATIENCE)
            if options["connection"] == "ssh":
                return stream.recv(4) == b"SSH-"
            if options["windows_tls"]:
                return _shakes_hands(stream)
            stream.sendall(_REQUEST)
            return stream.recv(5) == b"HTTP/"
    except OSError:
        return False


def _shakes_hands(stream: socket.socket) -> bool:
    """Certificates of new guests are of their own making; the connection plugin checks them when it is told to."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with context.wrap_socket(stream):
        return True


def await_answer(vbox: VBoxManage, machine: str, host: str, port: int, options: Options, directory: str, context: Context) -> None:
    """Wait until the guest can be connected to.

    :param options: with ``connection_wait``.
    :param directory: for a picture of its screen.
    :raises WaitTimeoutError: with what is known of the guest.
    :raises BuilderError: when its machine ends instead.
    """
    waiter = waiter_of(options, "connection_wait", f"the guest {machine} to answer at {host} port {port}")
    context.say(f"waits for the guest to answer at {host} port {port}")
    for _elapsed in waiter.ticks():
        if answers(host, port, options):
            return
        check_running(vbox, machine)
    hint = f"{how_to_look(vbox, machine, directory)} {longer('connection_wait')}"
    raise WaitTimeoutError(
        f"gave up waiting for {waiter.what} after {waiter.timeout:g} s; VirtualBox says that its machine is {vbox.state(machine)}", hint=hint
    )


def check_running(vbox: VBoxManage, machine: str) -> None:
    """:raises BuilderError: when the machine does not run any more."""
    state = vbox.state(machine)
    if state == "gurumeditation" or state not in RUNNING:
        raise BuilderError(f"the machine {machine} is {state} instead of running", hint=_log(vbox, machine), resource=f"virtual machine {machine}")


def how_to_look(vbox: VBoxManage, machine: str, directory: str) -> str:
    """What a person can do to see more."""
    picture = screenshot(vbox, machine, directory)
    looked = [f"A picture of its screen is in {picture}."] if picture else []
    return " ".join([*looked, f"Look at its window with VBoxManage startvm {machine} --type separate, or with headless: false.", _log(vbox, machine)]).strip()


def screenshot(vbox: VBoxManage, machine: str, directory: str) -> str | None:
    """A picture of the screen, ``None`` when there is none to be had."""
    path = pathlib.Path(directory).absolute() / f"{machine}.png"
    with contextlib.suppress(VBoxError):
        vbox.run("controlvm", machine, "screenshotpng", str(path))
        return str(path) if path.is_file() else None
    return None


def _log(vbox: VBoxManage, machine: str) -> str:
    """What VirtualBox wrote last of it."""
    with contextlib.suppress(VBoxError, OSError, KeyError):
        text = (pathlib.Path(vbox.info(machine)["LogFldr"]) / "VBox.log").read_text(encoding="utf-8", errors="replace")
        return f"The end of its log: {tail(text, _LOG_LINES)}"
    return ""
