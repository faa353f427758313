# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Readies a tree for the next layer, and tidies up after it.

Standard library only. ``layer_program <root> <work.json>`` runs as root of the tree. Without links of its own in the work
file it removes what the layer removes or replaces, and makes links that point out of the tree, and that the layer writes
through, relative; with them it gives those links their targets back.
"""

from __future__ import annotations

import contextlib
import json
import os
import posixpath
import shutil
import stat
import sys

from .mounting import resolve

_WHITEOUT = ".wh."
_OPAQUE = ".wh..wh..opq"

Links = dict[str, list[str]]
"""Path of a link to its own target and the one it has for now."""


def prepare(root: str, names: list[str], directories: list[str]) -> Links:
    """Apply a layer's whiteouts, remove directories that become something else, tame links.

    :param names: members of the layer that are not directories.
    :param directories: those that are.
    """
    links: Links = {}
    for parent in sorted({posixpath.dirname(name) for name in names} | set(directories)):
        _tame(root, parent, links)
    for name in names:
        _make_way(root, name)
    return links


def _tame(root: str, path: str, links: Links) -> None:
    found: list[tuple[str, str]] = []
    # The last component of a directory member is replaced, not followed; taming it does no harm.
    resolve(root, path, lambda place, real: found.append((place, real)))
    for place, real in found:
        relative = os.path.relpath(real, os.path.dirname(place))
        links.setdefault(place, [os.readlink(place), relative])
        _set_link(place, relative)


def _set_link(place: str, target: str) -> None:
    status = os.lstat(place)
    os.unlink(place)
    os.symlink(target, place)
    os.lchown(place, status.st_uid, status.st_gid)
    os.utime(place, ns=(status.st_atime_ns, status.st_mtime_ns), follow_symlinks=False)


def _make_way(root: str, name: str) -> None:
    folder = resolve(root, posixpath.dirname(name))
    base = posixpath.basename(name)
    if base == _OPAQUE:
        for entry in os.listdir(folder) if os.path.isdir(folder) else ():
            remove(os.path.join(folder, entry))
    elif base.startswith(_WHITEOUT):
        remove(os.path.join(folder, base[len(_WHITEOUT) :]))
    elif _is_directory(os.path.join(folder, base)):
        remove(os.path.join(folder, base))


def _is_directory(path: str) -> bool:
    try:
        return stat.S_ISDIR(os.lstat(path).st_mode)
    except OSError:
        return False


def remove(path: str) -> None:
    """Remove whatever is at ``path``, never following a link; nothing there is fine."""
    if os.path.basename(path) in ("", ".", ".."):
        return
    if _is_directory(path):
        shutil.rmtree(path)
    else:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            os.unlink(path)


def restore(links: Links) -> None:
    """Give links their own targets back, where the layer left them."""
    for place, (own, temporary) in links.items():
        with contextlib.suppress(OSError):
            if os.readlink(place) == temporary:
                _set_link(place, own)


def main() -> None:
    """See the module's documentation."""
    root, path = sys.argv[1:3]
    with open(path, encoding="utf-8", errors="surrogateescape") as stream:
        work = json.load(stream)
    if "links" in work:
        restore(work["links"])
        return
    work["links"] = prepare(root, work["names"], work["directories"])
    with open(path, "w", encoding="utf-8", errors="surrogateescape") as stream:
        json.dump({"links": work["links"]}, stream)
