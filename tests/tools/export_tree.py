# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copy what git knows or would take of this clone: ``export_tree.py COLLECTIONS`` makes COLLECTIONS/ansible_collections/golden/images.

The checkers that want a collection in its proper place, and nothing but its own files, work on this copy.
Unchanged files are kept, so that the checkers' caches stay valid.
"""

from __future__ import annotations

import filecmp
import os
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def git(folder: pathlib.Path, *arguments: str) -> bytes:
    # The clone may belong to another user, as in a container of CI.
    return subprocess.run(["git", "-c", "safe.directory=*", *arguments], cwd=folder, check=True, stdout=subprocess.PIPE).stdout


def project_files(folder: pathlib.Path) -> set[str]:
    """Paths, relative to ``folder``, of tracked and of new files that are not ignored."""
    listing = git(folder, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    return {name for name in os.fsdecode(listing).split("\0") if name and os.path.lexists(folder / name)}


def export(target: pathlib.Path) -> None:
    """Make ``target`` a git repository of the project's files, and of nothing else but ignored files."""
    wanted = project_files(ROOT)
    target.mkdir(parents=True, exist_ok=True)
    if not (target / ".git").is_dir():
        git(target, "init", "--quiet")
    for name in project_files(target) - wanted:
        (target / name).unlink()
    for name in sorted(wanted):
        source, copy = ROOT / name, target / name
        if copy.exists() and source.stat().st_mode == copy.stat().st_mode and filecmp.cmp(source, copy, shallow=False):
            continue
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, copy, follow_symlinks=False)
    git(target, "add", "--all")


if __name__ == "__main__":
    export(pathlib.Path(sys.argv[1], "ansible_collections", "golden", "images"))
