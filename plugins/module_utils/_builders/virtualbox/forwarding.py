# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way in through VirtualBox's NAT: a port of the loopback address that is free, and proven to be the guest's."""

from __future__ import annotations

import contextlib
import pathlib
import random
import socket
import typing as t

from ..._lifecycle.errors import BuilderError
from ..._lifecycle.found_processes import open_files
from ..._lifecycle.operation import Context
from ..._lifecycle.waiting import Waiter
from . import marks
from .networking import LOOPBACK
from .parsing import forwards
from .vboxmanage import VBoxError, VBoxManage

Options = t.Mapping[str, t.Any]

RULE = "golden"
_MOST_TRIED = 8
_LISTEN = "0A"
#: VirtualBox listens when startvm returns, or a moment later.
_LISTENING = Waiter("the port forward", timeout=5.0, interval=0.05)
_TAKEN_WORDS = ("host forwarding", "hostfwd", "Address already in use", "port-forward")


def add_forward(vbox: VBoxManage, machine: str, number: int, guest_port: int, options: Options) -> int:
    """Give a machine that is off its forward; the port that was chosen, which may turn out to be taken."""
    remove_forward(vbox, machine, number)
    port = _free_port(options, ())
    vbox.run("modifyvm", machine, f"--natpf{number}", _rule(port, guest_port), what=f"forward a port to {machine}")
    marks.note(vbox, machine, marks.FORWARDS, [[number, RULE]])
    return port


def remove_forward(vbox: VBoxManage, machine: str, number: int) -> None:
    """Take the forward away from a machine that is off."""
    if any(forward.name == RULE for forward in forwards(vbox.info(machine))):
        vbox.run("modifyvm", machine, f"--natpf{number}", "delete", RULE)


def forwarded_port(vbox: VBoxManage, machine: str) -> int | None:
    """The port of this machine, ``None`` when the guest has no forward."""
    return next((forward.host_port for forward in forwards(vbox.info(machine)) if forward.name == RULE), None)


def start_with_forward(vbox: VBoxManage, machine: str, number: int, guest_port: int, options: Options, start: t.Callable[[], None], context: Context) -> int:
    """Start a machine so that its forward works, with another port when one was taken meanwhile.

    VirtualBox itself tells nobody but its log that it could not listen, so it is looked up who does.

    :param start: starts the machine.
    :returns: the port.
    :raises BuilderError: when no port could be had.
    """
    port = add_forward(vbox, machine, number, guest_port, options)
    tried = [port]
    running = False
    while True:
        running = running or _started(start)
        if running and _is_forwarded(machine, vbox, port):
            return port
        context.say(f"port {port} of {LOOPBACK} was taken meanwhile")
        port = _free_port(options, tried)
        tried.append(port)
        if running:
            vbox.run("controlvm", machine, f"natpf{number}", "delete", RULE)
            vbox.run("controlvm", machine, f"natpf{number}", _rule(port, guest_port))
        else:
            remove_forward(vbox, machine, number)
            vbox.run("modifyvm", machine, f"--natpf{number}", _rule(port, guest_port))


def _started(start: t.Callable[[], None]) -> bool:
    try:
        start()
    except VBoxError as error:
        if not any(words in error.text for words in _TAKEN_WORDS):
            raise
        return False
    return True


def _rule(port: int, guest_port: int) -> str:
    return f"{RULE},tcp,{LOOPBACK},{port},,{guest_port}"


def _free_port(options: Options, tried: t.Sequence[int]) -> int:
    """:raises BuilderError: when none is left to try."""
    wanted = options.get("host_ports")
    if len(tried) >= _MOST_TRIED:
        raise BuilderError(f"no port of {LOOPBACK} stayed free long enough for the guest; tried {', '.join(map(str, tried))}")
    if not wanted:
        port = _bound(0)
        return port if port and port not in tried else _free_port(options, [*tried, 0])
    ports = [port for port in range(wanted[0], wanted[-1] + 1) if port not in tried]
    random.shuffle(ports)
    for port in ports:
        if _bound(port):
            return port
    shown = f"port {wanted[0]} is" if wanted[0] == wanted[-1] else f"the ports {wanted[0]} to {wanted[-1]} are all"
    raise BuilderError(
        f"host_ports: {shown} taken", hint=f"See who listens (ss -ltnp), give a wider range, or remove host_ports for any free port of {LOOPBACK}."
    )


def _bound(port: int) -> int | None:
    """A port that could be listened on just now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As whoever listens there later does: connections that ended a moment ago do not matter.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
            probe.listen(1)
        except OSError:
            return None
        return int(probe.getsockname()[1])


def _is_forwarded(machine: str, vbox: VBoxManage, port: int) -> bool:
    words = (machine, vbox.info(machine)["UUID"])
    for _elapsed in _LISTENING.ticks():
        inodes = _listeners(port)
        if inodes is None:
            # Nobody can tell on this system.
            return True
        if inodes:
            return any(_belongs(inode, words) for inode in inodes)
    return False


def _listeners(port: int) -> list[str] | None:
    """Inodes of sockets that listen on a port of the loopback address, or of all addresses; ``None`` where the system does not tell."""
    try:
        lines = pathlib.Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]
    except OSError:
        return None
    wanted = {f"{address}:{port:04X}" for address in (f"{int.from_bytes(socket.inet_aton(LOOPBACK), 'little'):08X}", "00000000")}
    rows = [line.split() for line in lines]
    return [row[9] for row in rows if row[1] in wanted and row[3] == _LISTEN]


def _belongs(inode: str, words: t.Sequence[str]) -> bool:
    """Whether a process that runs the machine has the socket."""
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            command = (folder / "cmdline").read_bytes().decode(errors="replace")
            if any(word in command for word in words) and f"socket:[{inode}]" in open_files(int(folder.name)):
                return True
    return False
