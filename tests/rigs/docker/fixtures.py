# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures of the Docker rig.

``docker_rig`` is a daemon for the whole session, ``base_image`` the name of an image in it with
Python, ``registry`` and ``login_registry`` are registries. ``own_docker_rig`` is a daemon that the
test may kill. ``untouched_daemon`` fails the test when it leaves anything in ``docker_rig``.
"""

from __future__ import annotations

import os
import pathlib
import shutil
import tempfile
import typing as t

import pytest

from .processes import RigError
from .rig import DockerRig, PodmanRig, Registry, base_archive, import_base

CACHE = pathlib.Path(os.environ.get("GOLDEN_TEST_CACHE") or pathlib.Path(__file__).resolve().parents[2] / "output" / "rigs")


def or_skip(name: str, begin: t.Callable[[], None]) -> None:
    """A rig that cannot be had is a reason to skip for a person, and a failure in CI."""
    try:
        begin()
    except RigError as error:
        if os.environ.get("CI"):
            pytest.fail(f"no {name} rig: {error}")
        pytest.skip(f"no {name} rig: {error}")


def _daemon() -> t.Iterator[DockerRig]:
    # A short path: a unix socket's may have 107 bytes only, and pytest's folders are longer with long test names.
    folder = pathlib.Path(tempfile.mkdtemp(prefix="golden-docker-"))
    rig = DockerRig(folder)
    try:
        or_skip("Docker", rig.start)
        yield rig
    finally:
        rig.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def docker_rig() -> t.Iterator[DockerRig]:
    """A Docker daemon for the session."""
    yield from _daemon()


@pytest.fixture
def own_docker_rig() -> t.Iterator[DockerRig]:
    """A Docker daemon with the base image, for a test that stops or kills it."""
    for rig in _daemon():
        import_base(rig, CACHE)
        yield rig


@pytest.fixture
def podman_rig() -> t.Iterator[PodmanRig]:
    """Podman with the image ``localhost/rig/base:1``."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="golden-podman-"))
    rig = PodmanRig(folder)
    try:
        or_skip("Podman", rig.start)
        or_skip("Podman", lambda: rig.podman("import", str(base_archive(CACHE)), "rig/base:1") and None)
        yield rig
    finally:
        rig.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def base_image(docker_rig: DockerRig) -> str:
    """An image with Python; its command is bash."""
    names: list[str] = []
    or_skip("Docker", lambda: names.append(import_base(docker_rig, CACHE)))
    return names[0]


def _registry(folder: pathlib.Path, login: bool) -> t.Iterator[Registry]:
    registry = Registry(folder, login)
    try:
        or_skip("registry", registry.start)
        yield registry
    finally:
        registry.stop()


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Registry]:
    """A registry that anybody may use."""
    yield from _registry(tmp_path_factory.mktemp("registry"), login=False)


@pytest.fixture(scope="session")
def login_registry(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Registry]:
    """A registry with a login."""
    yield from _registry(tmp_path_factory.mktemp("login-registry"), login=True)


@pytest.fixture
def untouched_daemon(docker_rig: DockerRig, base_image: str) -> t.Iterator[None]:
    """Nothing may be left in the daemon that was not there before."""
    before = docker_rig.everything()
    yield
    after = docker_rig.everything()
    left = {kind: after[kind] - before[kind] for kind in after if after[kind] - before[kind]}
    if left:
        details = docker_rig.docker("ps", "-a") + "\n" + docker_rig.docker("images", "-a")
        pytest.fail(f"left in the daemon: {left}\n{details}")
