# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What AWX itself is made of, as far as PyPI has it: the collection awx.awx, and the types of credentials."""

from __future__ import annotations

import functools
import importlib
import os
import pathlib
import subprocess
import sys
import tempfile
import typing as t
import zipfile

from ..docker.processes import RigError

# The package contains awx.awx 24.6.1, the last that was published.
_COLLECTIONS = ("ansible==12.0.0",)
_PLUGINS = ("awx-plugins-core==0.2.0a0", "awx-plugins.interfaces==0.0.1a5")


def awx_collection(cache: pathlib.Path) -> pathlib.Path:
    """A collections path with awx.awx.

    :raises RigError: when pip cannot have it.
    """
    return _unpacked(cache / "awx-collection", _COLLECTIONS, "ansible_collections/awx/awx/")


def injected(cache: pathlib.Path, folder: pathlib.Path, kind: str | dict[str, t.Any], inputs: dict[str, str]) -> dict[str, str]:
    """What AWX puts into the environment of a job for a credential; files go below ``folder``/env.

    :param kind: namespace of one of AWX's own types, or a type as the API has it.
    :raises RigError: when pip cannot have AWX's plugins.
    """
    types, interface, injecting = _plugins(_unpacked(cache / "awx-plugins", _PLUGINS, "awx_plugins/"))
    if isinstance(kind, str):
        made = getattr(types, kind)
    else:
        made = interface.ManagedCredentialType("golden", kind["name"], kind["kind"], kind["inputs"], kind["injectors"])
    environment: dict[str, str] = {}
    (folder / "env").mkdir(parents=True, exist_ok=True)
    injecting.inject_credential(made, interface.Credential(inputs), environment, {}, [], str(folder))
    return environment


@functools.cache
def _plugins(folder: pathlib.Path) -> tuple[t.Any, t.Any, t.Any]:
    sys.path.append(str(folder))
    try:
        names = ("credentials.plugins", "interfaces._temporary_private_api", "interfaces._temporary_private_inject_api")
        types, interface, injecting = (importlib.import_module(f"awx_plugins.{name}") for name in names)
        return types, interface, injecting
    finally:
        sys.path.remove(str(folder))


def _unpacked(folder: pathlib.Path, packages: tuple[str, ...], prefix: str) -> pathlib.Path:
    """Part of some wheels, fetched once."""
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
            argv = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--dest", temporary, *packages]
            done = subprocess.run(argv, capture_output=True, text=True, check=False)
            if done.returncode:
                raise RigError(f"pip could not download {' '.join(packages)}: {done.stderr[-1000:]}")
            partial = pathlib.Path(temporary, "unpacked")
            for wheel in pathlib.Path(temporary).glob("*.whl"):
                with zipfile.ZipFile(wheel) as archive:
                    archive.extractall(partial, [name for name in archive.namelist() if name.startswith(prefix)])
            os.rename(partial, folder)
    return folder
