# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A definition with the builder of an invented third party's collection, and the programs of Ansible that read it."""

from __future__ import annotations

import dataclasses
import os
import pathlib
import subprocess
import sys
import textwrap

import pytest

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]

BACKEND = """class Box:
    argument_spec = {"region": {"type": "str", "required": True}, "memory": {"type": "int"}}
    source_spec = {"image": {"type": "str", "required": True}}
    source_constraints = {}
    connection = "ansible.builtin.local"

    def load(self):
        pass

    def validate(self, options, source):
        pass

BUILDER = Box()
"""


@pytest.fixture(scope="session")
def collections(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A collections path with this collection and acme.boxes."""
    root = tmp_path_factory.mktemp("collections")
    (root / "ansible_collections/golden").mkdir(parents=True)
    (root / "ansible_collections/golden/images").symlink_to(REPOSITORY)
    utils = root / "ansible_collections/acme/boxes/plugins/module_utils"
    utils.mkdir(parents=True)
    (utils / "builder_box.py").write_text(BACKEND)
    return root


@dataclasses.dataclass(frozen=True)
class Workspace:
    """A folder with definitions."""

    folder: pathlib.Path
    collections: pathlib.Path

    def write(self, name: str, text: str) -> pathlib.Path:
        """A file of the folder."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
        return path

    def run(self, program: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """A program of the Ansible that runs the tests, in the folder, with no configuration but ours."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "GOLDEN_"))}
        variables = {
            **inherited,
            "ANSIBLE_COLLECTIONS_PATH": str(self.collections),
            "ANSIBLE_CONFIG": str(self.write("ansible.cfg", "[defaults]\n")),
            "ANSIBLE_NOCOLOR": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            **environment,
        }
        command = [str(pathlib.Path(sys.executable).parent / program), *arguments]
        return subprocess.run(command, cwd=self.folder, env=variables, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture
def workspace(tmp_path: pathlib.Path, collections: pathlib.Path) -> Workspace:
    """An empty one."""
    return Workspace(tmp_path, collections)
