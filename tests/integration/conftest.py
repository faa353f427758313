# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every integration test shares: the collection in its place, ansible-playbook as a user would call it, and programs that must exist."""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import shutil
import subprocess
import sys
import typing as t

import pytest

pytest_plugins = [
    "tests.rigs.docker.fixtures",
    "tests.rigs.aws.fixtures",
    "tests.rigs.ee.fixtures",
    "tests.rigs.virtualbox.fixtures",
    "tests.rigs.vsphere.fixtures",
]

ROOT = pathlib.Path(__file__).resolve().parents[2]
INHERITED = ("PATH", "TMPDIR", "TERM", "USER", "LOGNAME", "DOCKER_HOST", "SSL_CERT_FILE", "http_proxy", "https_proxy", "no_proxy")


@dataclasses.dataclass(frozen=True)
class Finished:
    """An ended program; ``command`` is for the message of a failed assertion."""

    command: tuple[str, ...]
    rc: int
    stdout: str
    stderr: str

    @property
    def output(self) -> str:
        return self.stdout + self.stderr

    def ok(self) -> Finished:
        """Itself, when the program succeeded."""
        assert self.rc == 0, f"{' '.join(self.command)} ended with {self.rc}\n{self.output}"
        return self


class Ansible(t.Protocol):
    """Calls an Ansible program of the tested environment and waits for its end."""

    def __call__(
        self,
        *arguments: str | os.PathLike[str],
        cwd: os.PathLike[str] | None = None,
        env: t.Mapping[str, str] | None = None,
        program: str = "ansible-playbook",
        extra_vars: t.Mapping[str, t.Any] | None = None,
        timeout: float = 600,
    ) -> Finished: ...


@pytest.fixture(scope="session")
def collection_path(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A value for ANSIBLE_COLLECTIONS_PATH under which golden.images is this checkout."""
    root = tmp_path_factory.mktemp("collections")
    place = root / "ansible_collections" / "golden"
    place.mkdir(parents=True)
    (place / "images").symlink_to(ROOT)
    return root


@pytest.fixture
def ansible_environment(tmp_path: pathlib.Path, collection_path: pathlib.Path) -> dict[str, str]:
    """The environment of a user without any settings, whose home is in ``tmp_path``."""
    home = tmp_path / "home"
    home.mkdir(exist_ok=True)
    programs = pathlib.Path(sys.executable).parent
    return {
        **{name: os.environ[name] for name in INHERITED if name in os.environ},
        "PATH": os.pathsep.join([str(programs), os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin", "/sbin"]),
        "HOME": str(home),
        "LC_ALL": "C.UTF-8",
        "ANSIBLE_HOME": str(home / ".ansible"),
        "ANSIBLE_COLLECTIONS_PATH": str(collection_path),
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


@pytest.fixture
def ansible_playbook(tmp_path: pathlib.Path, ansible_environment: dict[str, str]) -> Ansible:
    """Run ansible-playbook in ``tmp_path`` (or ``cwd``) with a private home; ``extra_vars`` become one ``-e``."""

    def run(
        *arguments: str | os.PathLike[str],
        cwd: os.PathLike[str] | None = None,
        env: t.Mapping[str, str] | None = None,
        program: str = "ansible-playbook",
        extra_vars: t.Mapping[str, t.Any] | None = None,
        timeout: float = 600,
    ) -> Finished:
        command = [program, *map(os.fspath, arguments)]
        if extra_vars is not None:
            command += ["-e", json.dumps(extra_vars)]
        environment = {**ansible_environment, **(env or {})}
        found = shutil.which(program, path=environment["PATH"]) or program
        ended = subprocess.run(
            [found, *command[1:]], cwd=cwd or tmp_path, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout, check=False
        )
        return Finished(tuple(command), ended.returncode, ended.stdout, ended.stderr)

    return run


@pytest.fixture(scope="session")
def require() -> t.Callable[..., None]:
    """``require(program, ...)`` skips the test where a program is missing; in CI that is a failure."""

    def check(*programs: str) -> None:
        path = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin", "/sbin"])
        missing = [name for name in programs if shutil.which(name, path=path) is None]
        if missing and os.environ.get("CI"):
            pytest.fail(f"not installed: {', '.join(missing)}")
        if missing:
            pytest.skip(f"not installed: {', '.join(missing)}")

    return check
