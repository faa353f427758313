# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guest's process 1: makes its namespaces and mounts, then reaps; with it everything of the guest ends.

Standard library only. ``keeper <spec.json>`` prints, as JSON, the guest's process id and what it put into the tree,
and leaves process 1 behind. The spec is written by :mod:`.guest`.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import signal
import socket
import struct
import sys
import typing as t

from .mounting import (
    CLONE_NEWIPC,
    CLONE_NEWNET,
    CLONE_NEWNS,
    CLONE_NEWPID,
    CLONE_NEWUTS,
    MS_BIND,
    MS_NODEV,
    MS_NOEXEC,
    MS_NOSUID,
    MS_RDONLY,
    MS_REC,
    bind,
    change_root,
    mount,
    mount_overlay,
    private_mounts,
    resolve,
    unshare,
)

Spec = dict[str, t.Any]

_NODES = ("null", "zero", "full", "random", "urandom", "tty")
_LINKS = {"fd": "/proc/self/fd", "stdin": "/proc/self/fd/0", "stdout": "/proc/self/fd/1", "stderr": "/proc/self/fd/2", "ptmx": "pts/ptmx"}
_SIOCSIFFLAGS = 0x8914
_IFF_UP = 1


class Tree:
    """The guest's tree while it is furnished; remembers what was put into it and is not the image's."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.placeholders: list[str] = []

    def directory(self, path: str) -> str:
        """A directory to mount on, made when missing."""
        place = resolve(self.root, path)
        if not os.path.isdir(place):
            if place != self.root:
                self.directory(os.path.dirname(place)[len(self.root) :])
            self._put(place, lambda: os.mkdir(place, 0o755))
        return place

    def file(self, path: str) -> str:
        """A file to mount on, made when missing."""
        place = resolve(self.root, path)
        if not os.path.exists(place):
            self.directory(os.path.dirname(place)[len(self.root) :])
            self._put(place, lambda: os.close(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)))
        return place

    def _put(self, place: str, make: t.Callable[[], None]) -> None:
        parent = os.path.dirname(place)
        status = os.stat(parent)
        make()
        os.utime(parent, ns=(status.st_atime_ns, status.st_mtime_ns))
        self.placeholders.append(place[len(self.root) + 1 :])


def furnish(tree: Tree, spec: Spec) -> None:
    """Mount what every guest has, and what this one asked for."""
    root = tree.root
    mount("proc", tree.directory("/proc"), "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
    _mount_sys(tree.directory("/sys"))
    _mount_dev(tree.directory("/dev"))
    for path in spec["tmpfs"]:
        mode = "1777" if path.rstrip("/").endswith("tmp") else "755"
        mount("tmpfs", tree.directory(path), "tmpfs", MS_NOSUID | MS_NODEV, f"mode={mode}")
        if path.rstrip("/") == "/run":
            _make_shared_directory(os.path.join(resolve(root, "/run"), "lock"))
    for entry in spec["mounts"]:
        target = tree.directory(entry["target"]) if os.path.isdir(entry["source"]) else tree.file(entry["target"])
        bind(entry["source"], target, entry["read_only"])
    for path, source in spec["files"].items():
        bind(source, tree.file(path))


def _mount_sys(place: str) -> None:
    try:
        mount("sysfs", place, "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY)
    except PermissionError:
        # A user namespace that shares the host's network may not have a sysfs of its own.
        mount("/sys", place, flags=MS_BIND | MS_REC)


def _mount_dev(place: str) -> None:
    mount("tmpfs", place, "tmpfs", MS_NOSUID, "mode=755,size=1m")
    for name in _NODES:
        node = os.path.join(place, name)
        with open(node, "w", encoding="ascii"):
            mount(f"/dev/{name}", node, flags=MS_BIND)
    for name, target in _LINKS.items():
        os.symlink(target, os.path.join(place, name))
    os.mkdir(os.path.join(place, "pts"))
    mount("devpts", os.path.join(place, "pts"), "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=620,gid=5")
    os.mkdir(os.path.join(place, "shm"))
    mount("tmpfs", os.path.join(place, "shm"), "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777")


def _make_shared_directory(path: str) -> None:
    os.mkdir(path)
    os.chmod(path, 0o1777)


def _loopback_up() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        fcntl.ioctl(handle, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", _IFF_UP))


def set_up(spec: Spec) -> list[str]:
    """Everything before the guest may be entered.

    :returns: what was put into the tree to mount on, relative to its root.
    """
    private_mounts()
    root = spec["root"]
    if spec["overlay"]:
        mount_overlay(spec["overlay"]["lower"], spec["overlay"]["upper"], spec["overlay"]["work"], root)
    else:
        mount(root, root, flags=MS_BIND | MS_REC)
    tree = Tree(root)
    furnish(tree, spec)
    socket.sethostname(spec["hostname"])
    if spec["network"] == "none":
        _loopback_up()
    change_root(root)
    return tree.placeholders


class Services:
    """Commands started with the guest, and how they ended."""

    def __init__(self, spec: Spec) -> None:
        self.commands = spec["services"]
        self.logs = [os.open(service["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600) for service in self.commands]
        self.ends = os.open(spec["service_ends"], os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self.running: dict[int, int] = {}

    def start(self) -> None:
        """Start all of them."""
        for position, service in enumerate(self.commands):
            pid = os.fork()
            if pid == 0:
                self._become(service, self.logs[position])
            self.running[pid] = position

    @staticmethod
    def _become(service: Spec, log: int) -> t.NoReturn:
        try:
            os.setsid()
            signal.pthread_sigmask(signal.SIG_SETMASK, set())
            os.dup2(log, 1)
            os.dup2(log, 2)
            _execute(service["command"], service["environment"])
        except OSError as error:
            os.write(2, f"{service['command'][0]}: {error.strerror}\n".encode())
        finally:
            os._exit(127)

    def ended(self, pid: int, status: int) -> None:
        """Write down how a service ended; other processes are nobody's business."""
        position = self.running.pop(pid, None)
        if position is not None:
            os.write(self.ends, (json.dumps({"service": position, "status": os.waitstatus_to_exitcode(status)}) + "\n").encode())


def _execute(command: list[str], environment: dict[str, str]) -> None:
    """As os.execvpe, which imports a module on the way, and after the change of root there is none to import."""
    if "/" in command[0]:
        os.execve(command[0], command, environment)
    for folder in environment["PATH"].split(":"):
        with contextlib.suppress(FileNotFoundError, NotADirectoryError, PermissionError):
            os.execve(f"{folder}/{command[0]}", command, environment)
    raise FileNotFoundError(errno.ENOENT, "not found in the guest")


def reap_forever(services: Services) -> t.NoReturn:
    """Be process 1."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            pid, status = 0, 0
        if pid:
            services.ended(pid, status)
        else:
            signal.sigwait({signal.SIGCHLD})


def _guest(spec: Spec, report: int) -> t.NoReturn:
    try:
        os.setsid()
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
        null = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(null, descriptor)
        services = Services(spec)
        placeholders = set_up(spec)
        os.umask(0o022)
        services.start()
        os.write(report, json.dumps({"placeholders": placeholders}).encode())
        os.close(report)
    except Exception as error:
        os.write(report, json.dumps({"error": str(error)}).encode())
        os._exit(1)
    reap_forever(services)


def main() -> None:
    """See the module's documentation."""
    with open(sys.argv[1], encoding="utf-8") as stream:
        spec = json.load(stream)
    unshare(CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID | (CLONE_NEWNET if spec["network"] == "none" else 0))
    incoming, outgoing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(incoming)
        _guest(spec, outgoing)
    os.close(outgoing)
    with open(incoming, encoding="utf-8") as stream:
        report = json.loads(stream.read() or '{"error": "the guest ended at once"}')
    # pylint: disable-next=ansible-bad-function
    print(json.dumps({"pid": pid, **report}))
