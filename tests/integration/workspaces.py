# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A folder of a user who builds images on a platform: a definition, a role, playbooks, and runs of ansible-playbook."""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import subprocess
import sys
import typing as t

import yaml

from .conftest import Finished

Task = dict[str, t.Any]

DEFINITION = "images.golden.yml"
ROLE = {
    "tasks/main.yml": """
- name: Write the page
  ansible.builtin.template: {src: page.j2, dest: /srv/page, mode: "0644"}
  become: true
  notify: Publish the page
""",
    "handlers/main.yml": """
- name: Publish the page
  ansible.builtin.copy: {src: /srv/page, dest: /srv/published, mode: "0644", remote_src: true}
  become: true
""",
    "templates/page.j2": "{{ page_text }} on {{ ansible_facts.distribution }}\n",
}


@dataclasses.dataclass
class Workspace:
    """The folder."""

    folder: pathlib.Path
    environment: dict[str, str]

    @property
    def state(self) -> pathlib.Path:
        return self.folder / ".golden"

    def define(self, images: dict[str, t.Any], **builders: t.Any) -> None:
        """Write the definition."""
        content = {"plugin": "golden.images.builds", "builders": builders, "images": images}
        (self.folder / DEFINITION).write_text(yaml.safe_dump(content, sort_keys=False))

    def run(self, *arguments: str, playbook: str = "golden.images.build_images", timeout: float = 300) -> Finished:
        """Run a playbook on the definition, where there is one."""
        inventory = ["-i", DEFINITION] if (self.folder / DEFINITION).exists() else []
        command = ["ansible-playbook", playbook, *inventory, *arguments]
        program = str(pathlib.Path(sys.executable).with_name(command[0]))
        ended = subprocess.run(
            [program, *command[1:]],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        return Finished(tuple(command), ended.returncode, ended.stdout, ended.stderr)

    def play(self, *tasks: Task, arguments: tuple[str, ...] = ()) -> dict[str, t.Any]:
        """Run tasks without a build and return what each registered, by the name of its variable."""
        names = [task["register"] for task in tasks if "register" in task]
        kept = self.folder / "registered.json"
        content = "{{ {" + ", ".join(f"'{name}': {name}" for name in names) + "} | to_json }}"
        keep = {"ansible.builtin.copy": {"content": content, "dest": str(kept), "mode": "0600"}, "check_mode": False, "no_log": True}
        play = {"hosts": "localhost", "gather_facts": False, "tasks": [*tasks, keep]}
        (self.folder / "play.yml").write_text(yaml.safe_dump([play], sort_keys=False))
        self.run(*arguments, playbook="play.yml").ok()
        return dict(json.loads(kept.read_text()))

    def record(self, build: str) -> dict[str, t.Any]:
        """What the state says of a build."""
        return dict(json.loads((self.state / f"builds/{build}.json").read_text()))

    def artifact(self, build: str) -> dict[str, t.Any]:
        """The artifact of a build."""
        return dict(self.record(build)["artifact"])


def prepare(folder: pathlib.Path, collection_path: pathlib.Path) -> dict[str, str]:
    """Make the folder of a user with a home and the role ``page``.

    :returns: the environment of a user without settings.
    """
    home = folder / "home"
    home.mkdir(parents=True)
    for name, text in ROLE.items():
        path = folder / "roles/page" / name
        path.parent.mkdir(parents=True)
        path.write_text(text)
    return {
        "PATH": os.pathsep.join([str(pathlib.Path(sys.executable).parent), os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin", "/sbin"]),
        "HOME": str(home),
        "LC_ALL": "C.UTF-8",
        "ANSIBLE_COLLECTIONS_PATH": str(collection_path),
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def connected(command: str, register: str = "said", **more: str) -> list[Task]:
    """Tasks that run a command in the guest, by what the variable ``launched`` says of it.

    :param more: further variables, such as its password.
    """
    host = {"ansible.builtin.add_host": {"name": "it", "groups": ["guests"]}, "changed_when": False}
    fixed = {"ansible_python_interpreter": "/usr/bin/python3", **more}
    variables = f"launched.guest.vars | combine({{'ansible_connection': launched.guest.connection}}, {fixed})"
    facts = {
        "ansible.builtin.set_fact": {"{{ item.key }}": "{{ item.value }}"},
        "loop": f"{{{{ {variables} | dict2items }}}}",
        "delegate_to": "it",
        "delegate_facts": True,
    }
    wait = {"ansible.builtin.wait_for_connection": {"timeout": 30}, "delegate_to": "it"}
    return [host, facts, wait, {"ansible.builtin.command": {"cmd": command}, "delegate_to": "it", "register": register, "changed_when": False}]
