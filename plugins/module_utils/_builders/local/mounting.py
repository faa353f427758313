# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The few system calls of a guest's set-up, and paths that cannot leave a tree.

Standard library only: this runs as root of a guest's namespaces, in a Python without site-packages.
"""

from __future__ import annotations

import ctypes
import errno
import os
import stat
import time
import typing as t

CLONE_NEWNS = 0x00020000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

MS_RDONLY = 1
MS_NOSUID = 2
MS_NODEV = 4
MS_NOEXEC = 8
MS_REMOUNT = 32
MS_BIND = 4096
MS_REC = 16384
MS_PRIVATE = 1 << 18
MNT_DETACH = 2

_MAX_LINKS = 40
_BUSY_SECONDS = 10.0


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def unshare(flags: int) -> None:
    """Leave the namespaces of ``flags``."""
    _check(_libc().unshare(flags), "unshare")


def mount(source: str, target: str, kind: str | None = None, flags: int = 0, data: str | None = None) -> None:
    """mount(2)."""
    encoded = [value.encode() if value is not None else None for value in (source, target, kind, data)]
    _check(_libc().mount(encoded[0], encoded[1], encoded[2], ctypes.c_ulong(flags), encoded[3]), f"mounting {kind or source} on {target}")


def bind(source: str, target: str, read_only: bool = False) -> None:
    """Show ``source`` at ``target``."""
    mount(source, target, flags=MS_BIND | MS_REC)
    if read_only:
        # A remount has to keep the flags of the source's file system, which a user namespace may not clear.
        kept = os.statvfs(target).f_flag & (MS_NOSUID | MS_NODEV | MS_NOEXEC)
        mount("none", target, flags=MS_BIND | MS_REMOUNT | MS_RDONLY | kept)


def change_root(root: str) -> None:
    """Make ``root``, a mount point, the root of this mount namespace, and forget the old one."""
    os.chdir(root)
    libc = _libc()
    _check(libc.syscall(_pivot_root_number(), b".", b"."), "pivot_root")
    _check(libc.umount2(b".", MNT_DETACH), "unmounting the old root")
    os.chdir("/")


def _pivot_root_number() -> int:
    numbers = {"x86_64": 155, "i686": 217, "aarch64": 41, "riscv64": 41, "ppc64le": 203, "s390x": 217, "armv7l": 218}
    machine = os.uname().machine
    if machine not in numbers:
        raise OSError(errno.ENOSYS, f"pivot_root is not known on {machine}")
    return numbers[machine]


def mount_overlay(lower: str, upper: str, work: str, target: str) -> None:
    """Show ``lower`` at ``target``, changes going to ``upper``; hard links stay hard links (``index``)."""
    options = f"lowerdir={lower},upperdir={upper},workdir={work},index=on,xino=auto,metacopy=off,redirect_dir=off"
    deadline = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            mount("overlay", target, "overlay", 0, options)
            return
        except OSError as error:
            # What entered a guest from outside keeps the guest's mounts for a moment after the guest has ended.
            if error.errno != errno.EBUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def private_mounts() -> None:
    """Keep every mount from here on out of the host's table."""
    mount("none", "/", flags=MS_REC | MS_PRIVATE)


def resolve(root: str, path: str, escaping: t.Callable[[str, str], None] | None = None) -> str:
    """Where ``path`` is below ``root`` when every link is read as if ``root`` were the root.

    Components that do not exist are taken as they are.

    :param escaping: called with the place and the target (relative to ``root``) of each link that means another place outside a chroot.
    :returns: absolute path that starts with ``root``.
    """
    parts: list[str] = []
    pending = [part for part in path.split("/") if part not in ("", ".")]
    links = 0
    while pending:
        part = pending.pop(0)
        if part == "..":
            parts[-1:] = []
            continue
        here = os.path.join(root, *parts, part)
        target = _link_target(here)
        if target is None:
            parts.append(part)
            continue
        links += 1
        if links > _MAX_LINKS:
            raise OSError(errno.ELOOP, f"too many symbolic links in {path}")
        base = [] if target.startswith("/") else parts
        steps = [step for step in target.split("/") if step not in ("", ".")]
        if escaping is not None and (target.startswith("/") or _climbs(len(parts), steps)):
            escaping(here, resolve(root, "/".join([*base, *steps])))
        parts, pending = list(base), steps + pending
    return os.path.join(root, *parts)


def _climbs(depth: int, steps: list[str]) -> bool:
    return steps.count("..") > depth


def _link_target(path: str) -> str | None:
    try:
        return os.readlink(path) if stat.S_ISLNK(os.lstat(path).st_mode) else None
    except OSError:
        return None
