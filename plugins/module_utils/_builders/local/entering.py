# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command that enters a running guest; it takes 3 ms."""

from __future__ import annotations

import shlex
import typing as t

from ..._lifecycle.process import require_program
from .inside import is_root

ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "LANG": "C.UTF-8",
    "DEBIAN_FRONTEND": "noninteractive",
}
"""What a process in the guest starts with; nothing of the host's environment."""


def enter(pid: int, argv: list[str], *, network: str = "host", ids: tuple[int, int] | None = None) -> list[str]:
    """``argv`` made to run in the guest whose process 1 is ``pid``.

    :param network: the guest's option: with ``none`` it has a network namespace of its own.
    :param ids: user and group id there, root by default.
    """
    spaces = ["--mount", "--uts", "--ipc", "--pid"]
    if not is_root():
        spaces.insert(0, "--user")
    if network == "none":
        spaces.append("--net")
    user, group = ids or (0, 0)
    who = [f"--setuid={user}", f"--setgid={group}"] if ids or not is_root() else []
    return [require_program("nsenter", "util-linux"), f"--target={pid}", *spaces, *who, "--root", "--wd", "--", *argv]


def login_command(pid: int, known: t.Mapping[str, t.Any]) -> str:
    """A line for people that opens a shell in the guest."""
    return shlex.join(
        enter(
            pid,
            ["/usr/bin/env", "-i", *(f"{key}={value}" for key, value in ENVIRONMENT.items()), "TERM=xterm", "/bin/sh"],
            network=known.get("network", "host"),
        )
    )
