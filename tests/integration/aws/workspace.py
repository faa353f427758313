# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A folder of a user who builds AMIs: a definition, playbooks, and runs of ansible-playbook against the rig."""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import subprocess
import sys
import typing as t

import yaml

from tests.rigs.aws.catalogue import DEBIAN_OWNER
from tests.rigs.aws.containers import USER
from tests.rigs.aws.rig import REGION, AwsRig

from ..conftest import Finished

Definition = dict[str, t.Any]

SOURCE = {"name": "debian-12-amd64-*", "owners": [DEBIAN_OWNER], "most_recent": True}
WAITS = {name: {"interval": 0.2} for name in ("launch_wait", "terminate_wait", "image_wait", "stop_wait", "copy_wait", "connection_wait", "console_wait")}

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


def builder(rig: AwsRig, **options: t.Any) -> dict[str, t.Any]:
    """A builder that launches what the rig has and polls as fast as the rig is."""
    fixed = {"type": "aws", "region": REGION, "source": SOURCE, "instance_type": "t3.micro", "user": USER, "caller_address_url": rig.address_url}
    return {**fixed, **WAITS, **options}


@dataclasses.dataclass
class Workspace:
    """The folder."""

    folder: pathlib.Path
    rig: AwsRig
    environment: dict[str, str]

    @property
    def state(self) -> pathlib.Path:
        return self.folder / ".golden"

    def define(self, images: dict[str, t.Any], **builders: t.Any) -> None:
        """Write the definition."""
        content = {"plugin": "golden.images.builds", "builders": builders, "images": images}
        (self.folder / "aws.golden.yml").write_text(yaml.safe_dump(content, sort_keys=False))

    def run(self, *arguments: str, playbook: str = "golden.images.build_images") -> Finished:
        """Run a playbook on the definition, where there is one."""
        inventory = ["-i", "aws.golden.yml"] if (self.folder / "aws.golden.yml").exists() else []
        command = ["ansible-playbook", playbook, *inventory, *arguments]
        program = str(pathlib.Path(sys.executable).with_name(command[0]))
        ended = subprocess.run(
            [program, *command[1:]],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        return Finished(tuple(command), ended.returncode, ended.stdout, ended.stderr)

    def play(self, *tasks: dict[str, t.Any], arguments: tuple[str, ...] = ()) -> dict[str, t.Any]:
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


def make_workspace(folder: pathlib.Path, rig: AwsRig, collection_path: pathlib.Path) -> Workspace:
    """A workspace with a home and without settings of its own."""
    home = folder / "home"
    home.mkdir(parents=True)
    environment = {
        "PATH": os.pathsep.join([str(pathlib.Path(sys.executable).parent), os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin", "/sbin"]),
        "HOME": str(home),
        "LC_ALL": "C.UTF-8",
        "ANSIBLE_COLLECTIONS_PATH": str(collection_path),
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
        "PYTHONDONTWRITEBYTECODE": "1",
        **rig.environment,
    }
    for name, text in ROLE.items():
        path = folder / "roles/page" / name
        path.parent.mkdir(parents=True)
        path.write_text(text)
    return Workspace(folder, rig, environment)
