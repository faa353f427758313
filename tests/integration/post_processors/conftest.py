# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A published artifact on disk, and playbooks that work on it."""

from __future__ import annotations

import hashlib
import pathlib
import shutil
import tarfile
import typing as t

import pytest
import yaml

Task = dict[str, t.Any]


def make_artifact(folder: pathlib.Path, kinds: t.Sequence[str] = ("rootfs.tar",)) -> dict[str, t.Any]:
    """A published artifact whose first file is a small root file system."""
    tree = folder / "tree"
    (tree / "etc").mkdir(parents=True)
    (tree / "etc" / "hello").write_text("golden\n")
    files = []
    for kind in kinds:
        path = folder / f"web-1.0.0-local.{kind}"
        with tarfile.open(path, "w") as archive:
            archive.add(tree, ".")
        files.append({"path": str(path), "kind": kind, "size": path.stat().st_size, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()})
    shutil.rmtree(tree)
    return {
        "id": "sha256:" + files[0]["sha256"],
        "type": "local",
        "build": "web.local",
        "image": "web",
        "builder": "local",
        "version": "1.0.0",
        "fingerprint": "",
        "location": str(folder),
        "created": "2026-01-31T12:00:00Z",
        "files": files,
    }


def write_playbook(path: pathlib.Path, tasks: list[Task], artifact: dict[str, t.Any]) -> pathlib.Path:
    """A playbook for the controller."""
    variables = {"golden_artifact": artifact, "ansible_python_interpreter": "{{ ansible_playbook_python }}"}
    path.write_text(yaml.safe_dump([{"hosts": "localhost", "gather_facts": False, "vars": variables, "tasks": tasks}], sort_keys=False))
    return path


@pytest.fixture
def artifact_of() -> t.Callable[..., dict[str, t.Any]]:
    """:func:`make_artifact`, for tests in other files."""
    return make_artifact


@pytest.fixture
def play() -> t.Callable[..., pathlib.Path]:
    """:func:`write_playbook`, for tests in other files."""
    return write_playbook
