# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The programs of the rig, built from Debian's govmomi and kept by what they are built from."""

from __future__ import annotations

import hashlib
import os
import pathlib
import shutil
import subprocess
import tempfile

from ..docker.processes import RigError
from ..docker.rig import program
from . import overlay

#: The vCenter, and a client that shares no code with the collection.
SERVER, CLIENT = "server", "client"
_BUILD_SECONDS = 600


def _digest() -> str:
    seen = hashlib.sha256()
    for path in [pathlib.Path(overlay.__file__), *sorted(overlay.ADDED.rglob("*.go")), *overlay.sources()]:
        seen.update(f"{path.name}\n".encode() + path.read_bytes())
    return seen.hexdigest()[:16]


def programs(cache: pathlib.Path) -> pathlib.Path:
    """A folder with both programs, in a folder that lasts.

    :raises RigError: when they cannot be built.
    """
    go = program("go")
    if not overlay.SOURCE.is_dir():
        raise RigError("golang-github-vmware-govmomi-dev is not installed")
    folder = cache / f"vsphere-{_digest()}"
    if not folder.exists():
        cache.mkdir(parents=True, exist_ok=True)
        # Two test runs may build at the same time: what is there is whole.
        partial = pathlib.Path(tempfile.mkdtemp(prefix="vsphere-", suffix=".partial", dir=cache))
        try:
            _build(go, partial, cache)
            if not folder.exists():
                partial.rename(folder)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    return folder


def _build(go: str, folder: pathlib.Path, cache: pathlib.Path) -> None:
    try:
        listing = overlay.write(folder)
    except overlay.OverlayError as error:
        raise RigError(f"the installed govmomi is not the one that the rig was written for: {error}") from error
    settings = {"GO111MODULE": "off", "GOPATH": str(overlay.SOURCE.parents[3]), "GOFLAGS": "", "GOCACHE": str(cache / "go-build")}
    for name in (SERVER, CLIENT):
        argv = [go, "build", "-overlay", str(listing), "-o", str(folder / name), "."]
        done = subprocess.run(
            argv, cwd=overlay.ADDED / name, env={**os.environ, **settings}, capture_output=True, text=True, timeout=_BUILD_SECONDS, check=False
        )
        if done.returncode:
            raise RigError(f"go build of the rig's {name} failed: {done.stderr[-2000:]}")
