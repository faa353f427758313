# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a rig makes once and keeps: programs and disks, named by a digest of all that decides their content."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import pathlib
import shutil
import subprocess
import tempfile
import typing as t

from ..docker.processes import RigError
from ..docker.rig import program


def cached(cache: pathlib.Path, name: str, recipe: str, make: t.Callable[[pathlib.Path], None]) -> pathlib.Path:
    """The file or folder ``name`` as its recipe makes it.

    :param recipe: all that decides the content; older content of the same name is removed when it changes.
    :param make: makes it at the path that it is given.
    """
    stem, dot, kind = name.partition(".")
    place = cache / f"{stem}-{hashlib.sha256(recipe.encode()).hexdigest()[:16]}{dot}{kind}"
    cache.mkdir(parents=True, exist_ok=True)
    with open(cache / f".{stem}.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not place.exists():
            with tempfile.TemporaryDirectory(prefix=f".{stem}-", dir=cache) as folder:
                made = pathlib.Path(folder) / name
                make(made)
                for older in cache.glob(f"{stem}-{'[0-9a-f]' * 16}{dot}{kind}"):
                    remove(older)
                made.rename(place)
    return place


def remove(path: pathlib.Path) -> None:
    """Remove a file or a folder, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        with contextlib.suppress(FileNotFoundError):
            path.unlink()


def run(*argv: str | pathlib.Path, **options: t.Any) -> str:
    """Run a program and return what it wrote.

    :raises RigError: when it is not installed or fails.
    """
    done = subprocess.run([program(str(argv[0])), *map(str, argv[1:])], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, **options)
    if done.returncode:
        raise RigError(f"{argv[0]} failed: {(done.stderr or done.stdout)[-1500:]}")
    return done.stdout


def mirror() -> str:
    """Where this machine's apt takes Debian from.

    :raises RigError: when it takes it from nowhere.
    """
    for line in run("apt-get", "indextargets", "--format", "$(LABEL) $(REPO_URI)", "Created-By: Packages").splitlines():
        label, _space, address = line.partition(" ")
        # Before the first `apt-get update` nothing is known of an archive but its address.
        if label == "Debian" or (label == "$(LABEL)" and "security" not in address):
            return address.rstrip("/")
    raise RigError("apt has no Debian archive among its sources")
