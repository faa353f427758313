# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Playbooks against the Docker rig."""

from __future__ import annotations

import json
import pathlib
import typing as t

import pytest
import yaml

from tests.rigs.docker.rig import DockerRig

Task = dict[str, t.Any]

CONNECT: Task = {
    "ansible.builtin.set_fact": {
        "ansible_connection": "{{ launched.guest.connection }}",
        "ansible_host": "{{ launched.guest.vars.ansible_host }}",
        "ansible_user": "{{ launched.guest.vars.ansible_user }}",
        "golden_docker_docker_host": "{{ launched.guest.vars.golden_docker_docker_host }}",
        "golden_docker_environment": "{{ launched.guest.vars.golden_docker_environment | default({}) }}",
        "ansible_python_interpreter": "/usr/bin/python3",
    }
}


class Play:
    """Writes a playbook with tasks for one host and runs it."""

    def __init__(self, run: t.Callable[..., t.Any], folder: pathlib.Path, rig: DockerRig) -> None:
        self._run = run
        self._folder = folder
        self.rig = rig
        self.guest = f"rig-{folder.name[:30].lower()}".replace("_", "-")

    def __call__(self, *tasks: Task, arguments: tuple[str, ...] = (), **options: t.Any) -> t.Any:
        """The ended run; every task is told where the daemon is."""
        book = self._folder / "play.yml"
        module_defaults = {f"golden.images.{name}": {"docker_host": self.rig.host} for name in ("docker_guest", "docker_image", "docker_image_info")}
        play = {"hosts": "guest", "gather_facts": False, "module_defaults": module_defaults, "tasks": list(tasks)}
        book.write_text(yaml.safe_dump([play], sort_keys=False))
        return self._run(book, "-i", "guest,", *arguments, **options)

    def launch(self, source: dict[str, t.Any] | None = None, **options: t.Any) -> list[Task]:
        """Tasks that launch the guest and connect to it."""
        arguments = {"name": self.guest, "source": source or {"image": "rig/base:1"}, **options}
        return [{"golden.images.docker_guest": arguments, "register": "launched"}, CONNECT]

    def capture(self, **options: t.Any) -> Task:
        """Task that captures the guest."""
        return {"golden.images.docker_image": {"guest": self.guest, **options}, "register": "captured"}

    def publish(self, repository: str, **options: t.Any) -> Task:
        """Task that publishes what was captured."""
        return {
            "golden.images.docker_image": {"state": "published", "artifact": "{{ captured.artifact }}", "repository": repository, **options},
            "register": "published",
        }

    def remove(self) -> Task:
        """Task that removes the guest."""
        return {"golden.images.docker_guest": {"name": self.guest, "state": "absent"}}

    def write(self, variable: str) -> Task:
        """Task that keeps a variable for :meth:`read`."""
        path = str(self._folder / f"{variable}.json")
        return {"ansible.builtin.copy": {"content": f"{{{{ {variable} | to_json }}}}", "dest": path, "mode": "0600"}, "delegate_to": "localhost"}

    def read(self, variable: str) -> t.Any:
        """What :meth:`write` kept."""
        return json.loads((self._folder / f"{variable}.json").read_text())

    def config(self, image: str) -> dict[str, t.Any]:
        """An image's configuration, as the Docker client shows it."""
        return t.cast(dict[str, t.Any], json.loads(self.rig.docker("image", "inspect", image))[0]["Config"])


@pytest.fixture
def play(ansible_playbook: t.Callable[..., t.Any], tmp_path: pathlib.Path, docker_rig: DockerRig, base_image: str) -> t.Iterator[Play]:
    """A playbook against the session's daemon; guest and images are removed afterwards."""
    known = docker_rig.everything()
    made = Play(ansible_playbook, tmp_path, docker_rig)
    yield made
    for container in docker_rig.everything()["containers"] - known["containers"]:
        docker_rig.docker("rm", "-fv", container)
    # The children of an image go before it.
    for _attempt in range(4):
        for image in docker_rig.everything()["images"] - known["images"]:
            try:
                docker_rig.docker("rmi", "-f", image)
            except Exception:
                continue
