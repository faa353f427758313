# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A user without any rights, in whose name a test that runs as root runs programs: made for the test, gone with it."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import pathlib
import pwd
import shlex
import shutil
import signal
import stat
import subprocess
import tempfile
import time
import typing as t

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclasses.dataclass
class OrdinaryUser:
    """A user of this machine.

    :ivar home: a folder of its own, with a short path.
    """

    name: str
    home: pathlib.Path

    def run(self, argv: t.Sequence[str], env: t.Mapping[str, str], needed: t.Sequence[pathlib.Path], timeout: float = 300) -> subprocess.CompletedProcess[str]:
        """Run a program to its end as this user, in its home.

        :param env: all of its environment besides ``HOME``, ``USER`` and ``PATH``.
        :param needed: folders that it has to see although they may be below another user's closed ones.
        """
        environment = [f"{key}={value}" for key, value in {"PATH": _PATH, **env, "HOME": str(self.home), "USER": self.name}.items()]
        command = ["env", "-i", *environment, *argv]
        if os.geteuid() == 0:
            script = "\n".join(["set -e", *_opening(needed), f"cd {shlex.quote(str(self.home))}", 'exec "$@"'])
            command = ["unshare", "--mount", "--propagation=private", "--", "/bin/sh", "-c", script, "sh", "runuser", "-u", self.name, "--", *command]
        return subprocess.run(command, cwd=self.home, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout, check=False)

    def processes(self) -> list[int]:
        """What of it runs."""
        uid = pwd.getpwnam(self.name).pw_uid
        found = []
        for path in pathlib.Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if path.stat().st_uid == uid:
                    found.append(int(path.name))
        return found


def _opening(needed: t.Sequence[pathlib.Path]) -> list[str]:
    """Shell lines that show folders below closed ones to everybody, in a mount namespace of their own."""
    closed = {path: top for path in needed if (top := _closed_parent(path)) is not None}
    lines = ["mount -t tmpfs -o mode=755 needed /mnt"] if closed else []
    for number, path in enumerate(closed):
        lines += [f"mkdir /mnt/{number}", f"mount --bind {shlex.quote(str(path))} /mnt/{number}"]
    lines += [f"mount -t tmpfs -o mode=755 opened {shlex.quote(str(top))}" for top in sorted(set(closed.values()))]
    for number, path in enumerate(closed):
        quoted = shlex.quote(str(path))
        lines += [f"mkdir -p {quoted}", f"mount --bind /mnt/{number} {quoted}"]
    return lines


def _closed_parent(path: pathlib.Path) -> pathlib.Path | None:
    """The topmost folder on the way that others may not enter."""
    return next((parent for parent in reversed(path.parents) if not parent.stat().st_mode & stat.S_IXOTH), None)


@contextlib.contextmanager
def ordinary_user() -> t.Iterator[OrdinaryUser]:
    """A throw-away user with ranges of subordinate ids; without root the present user."""
    # Sockets are put below it, whose paths must be short.
    home = pathlib.Path(tempfile.mkdtemp(prefix="golden-user-", dir="/tmp"))
    if os.geteuid() != 0:
        try:
            yield OrdinaryUser(pwd.getpwuid(os.geteuid()).pw_name, home)
        finally:
            shutil.rmtree(home)
        return
    user = OrdinaryUser(f"golden-{os.getpid()}", home)
    subprocess.run(["useradd", "--home-dir", str(home), "--no-create-home", "--shell", "/bin/sh", user.name], check=True, capture_output=True)
    try:
        _give_ranges(user.name)
        shutil.chown(home, user.name, user.name)
        yield user
    finally:
        _end(user)
        subprocess.run(["userdel", user.name], check=True, capture_output=True)
        shutil.rmtree(home)


def _give_ranges(name: str) -> None:
    """useradd gives none where /etc/login.defs says so."""
    for file, option in (("/etc/subuid", "--add-subuids"), ("/etc/subgid", "--add-subgids")):
        text = pathlib.Path(file).read_text(encoding="utf-8") if os.path.exists(file) else ""
        ranges = [line.split(":") for line in text.splitlines() if line.count(":") == 2]
        if name not in {owner for owner, _first, _count in ranges}:
            first = max((int(start) + int(count) for _owner, start, count in ranges), default=100000)
            subprocess.run(["usermod", option, f"{first}-{first + 65535}", name], check=True, capture_output=True)


def _end(user: OrdinaryUser) -> None:
    deadline = time.monotonic() + 60
    while (left := user.processes()) and time.monotonic() < deadline:
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)
