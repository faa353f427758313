# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads a stopped guest's tree as the image will have it.

Standard library only. ``pack_program <work.json>`` runs as root of the tree in mount and pid namespaces of its own: it mounts
the tree when it has layers, takes out what was put there to mount on, writes what it learnt of the tree into the file that
``report`` names, and becomes the packing command.
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
import sys
import typing as t

from .mounting import mount_overlay, private_mounts, resolve

_OS_RELEASE = ("/etc/os-release", "/usr/lib/os-release")


def take_out(root: str, placeholders: list[str]) -> None:
    """Remove what is still as empty as it was put there; folders keep their times."""
    for path in sorted(placeholders, reverse=True):
        place = os.path.join(root, path)
        parent = os.path.dirname(place)
        with contextlib.suppress(OSError):
            status, before = os.lstat(place), os.stat(parent)
            if stat.S_ISDIR(status.st_mode):
                os.rmdir(place)
            elif stat.S_ISREG(status.st_mode) and status.st_size == 0:
                os.unlink(place)
            os.utime(parent, ns=(before.st_atime_ns, before.st_mtime_ns))


def newest(root: str) -> int:
    """Modification time of the newest file, whole seconds."""
    latest = int(os.lstat(root).st_mtime)
    folders = [root]
    while folders:
        with os.scandir(folders.pop()) as entries:
            for entry in entries:
                latest = max(latest, int(entry.stat(follow_symlinks=False).st_mtime))
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
    return latest


def os_release(root: str) -> dict[str, str]:
    """What the tree says it is."""
    for path in _OS_RELEASE:
        with contextlib.suppress(OSError), open(resolve(root, path), encoding="utf-8", errors="replace") as stream:
            pairs = (line.strip().partition("=") for line in stream)
            return {key: value.strip("\"'") for key, _equals, value in pairs if key in ("ID", "VERSION_ID", "PRETTY_NAME")}
    return {}


def packages(root: str) -> int | None:
    """How many packages dpkg has installed; ``None`` without dpkg."""
    with contextlib.suppress(OSError), open(resolve(root, "/var/lib/dpkg/status"), encoding="utf-8", errors="replace") as stream:
        return sum(line.startswith("Status: ") and line.rstrip().endswith(" installed") for line in stream)
    return None


def main() -> None:
    """See the module's documentation."""
    with open(sys.argv[1], encoding="utf-8") as stream:
        work: dict[str, t.Any] = json.load(stream)
    root = work["root"]
    private_mounts()
    if work["overlay"]:
        mount_overlay(work["overlay"]["lower"], work["overlay"]["upper"], work["overlay"]["work"], root)
    take_out(root, work["placeholders"])
    with open(work["report"], "w", encoding="utf-8") as stream:
        json.dump({"newest": newest(root), "os_release": os_release(root), "packages": packages(root)}, stream)
    os.execvp(work["command"][0], work["command"])
