# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A controller as AWX is one: projects, inventories read from them, and jobs in the execution environment."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import pathlib
import signal
import subprocess
import sys
import typing as t

import pytest
import yaml

from tests.rigs.docker.fixtures import CACHE
from tests.rigs.docker.rig import DockerRig, free_port, import_base
from tests.rigs.ee.controller import Job, Json
from tests.rigs.ee.rig import EE_IMAGE, EeRig

from ..lifecycle.conftest import processes

VAULT_PASSWORD = "rig-vault-71dc"
PLAIN = {"version": "1", "gather_facts": False, "generalize": False}


class Encrypted(str):
    """A value that is in the vault."""


yaml.SafeDumper.add_representer(Encrypted, lambda dumper, value: dumper.represent_scalar("!vault", str(value), style="|"))


def encrypt(value: str, folder: pathlib.Path) -> str:
    """``value`` as Ansible Vault has it."""
    (folder / "vault_password").write_text(VAULT_PASSWORD, encoding="utf-8")
    argv = [str(pathlib.Path(sys.executable).with_name("ansible-vault")), "encrypt", "--vault-password-file", str(folder / "vault_password")]
    return subprocess.run(argv, input=value, capture_output=True, text=True, check=True).stdout


@dataclasses.dataclass
class Controller:
    """A project, a folder that survives jobs, and the jobs.

    :ivar shared: is ``/shared`` in jobs, for the state and the output.
    """

    folder: pathlib.Path
    ee: EeRig
    started: list[subprocess.Popen[bytes]] = dataclasses.field(default_factory=list)

    @property
    def project(self) -> pathlib.Path:
        return self.folder / "project"

    @property
    def shared(self) -> pathlib.Path:
        return self.folder / "shared"

    def define(self, builders: Json, images: Json) -> None:
        """The definition in the project."""
        settings = {"output_dir": "/shared/output", "state_dir": "/shared/state"}
        content = {"plugin": "golden.images.builds", "settings": settings, "builders": builders, "images": images}
        for folder in (self.project, self.shared):
            folder.mkdir(exist_ok=True)
        (self.project / "images.golden.yml").write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")

    def inventory(self) -> Json:
        """What an update of the inventory source reads, in the execution environment."""
        mounts = ("-v", f"{self.project}:/runner/project", "-v", f"{self.shared}:/shared")
        command = ("ansible-inventory", "-i", "/runner/project/images.golden.yml", "--list", "--export")
        return dict(json.loads(self.ee.podman("run", "--rm", "--user=root", *mounts, EE_IMAGE, *command)))

    def job(self, name: str, inventory: Json, *options: str, **more: t.Any) -> Job:
        """A job in the execution environment; ``options`` are Podman's."""
        mounts = (f"{self.shared}:/shared:rw", f"{CACHE}:/bases:ro")
        return Job(self.folder / name, self.project, inventory, self.ee.environment, image=EE_IMAGE, mounts=mounts, options=options, **more)

    def start(self, job: Job, *arguments: str) -> subprocess.Popen[bytes]:
        """Begin a job that the test ends, or that is ended after it."""
        self.started.append(job.start("golden.images.build_images", *arguments))
        return self.started[-1]

    def record(self, build: str) -> Json:
        """What the state says of a build."""
        return dict(json.loads((self.shared / f"state/builds/{build}.json").read_text(encoding="utf-8")))

    def end(self) -> None:
        """Kill what a test left."""
        for process in self.started:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        for pid in processes(self.folder):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


@pytest.fixture
def controller(tmp_path: pathlib.Path, ee_rig: EeRig) -> t.Iterator[Controller]:
    """A controller without a project."""
    made = Controller(tmp_path, ee_rig)
    yield made
    made.end()


@pytest.fixture(scope="session")
def _daemon(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[tuple[DockerRig, str]]:
    """A daemon with the base image, and the address on loopback by which a job reaches it."""
    folder = tmp_path_factory.mktemp("d")
    address = f"tcp://127.0.0.1:{free_port()}"
    rig = DockerRig(folder, ("-H", address, "--tls=false"))
    try:
        rig.start()
        import_base(rig, CACHE)
        yield rig, address
    finally:
        rig.stop()


@pytest.fixture
def docker_over_network(_daemon: tuple[DockerRig, str]) -> t.Iterator[tuple[DockerRig, str]]:
    """The daemon, without what earlier tests built: a build would find that and not be made again."""
    rig, _address = _daemon
    before = rig.everything()
    yield _daemon
    for container in rig.everything()["containers"] - before["containers"]:
        rig.docker("rm", "-fv", container)
    # The children of an image go before it.
    for _attempt in range(4):
        for image in rig.everything()["images"] - before["images"]:
            with contextlib.suppress(subprocess.CalledProcessError):
                rig.docker("rmi", "-f", image)
