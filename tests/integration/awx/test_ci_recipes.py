# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The recipes of docs/ci.md: their commands are the same ones, and these build images in a fresh clone."""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import re
import subprocess
import sys
import typing as t
import xml.etree.ElementTree as ET

import pytest
import yaml

from tests.rigs.docker.fixtures import CACHE, or_skip
from tests.rigs.docker.processes import RigError
from tests.rigs.docker.rig import base_archive, program
from tests.rigs.jenkins.pipeline import read_pipeline

from ..conftest import ROOT

Json = dict[str, t.Any]
SCHEMAS = {".github/workflows/images.yml": "vendor.github-workflows", ".gitlab-ci.yml": "vendor.gitlab-ci"}


@dataclasses.dataclass(frozen=True)
class Recipe:
    """A file of a service, and the commands in it in their order."""

    path: str
    text: str
    commands: list[str]


def _of_github(text: str) -> list[str]:
    runs = [step["run"] for step in yaml.safe_load(text)["jobs"]["images"]["steps"] if "run" in step]
    return [line for run in runs for line in run.splitlines()]


def _of_gitlab(text: str) -> list[str]:
    job = yaml.safe_load(text)["images"]
    return [line for part in ("before_script", "script", "after_script") for line in job[part]]


def _of_jenkins(text: str) -> list[str]:
    commands = [step["arguments"][0] for step in _steps(read_pipeline(text)) if step["name"] == "sh"]
    assert commands.pop(0) == "python3 -m venv .venv"
    return commands


def _steps(sections: list[Json]) -> t.Iterator[Json]:
    for section in sections:
        yield section
        yield from _steps(section["inside"])


READERS: dict[str, t.Callable[[str], list[str]]] = {".github/workflows/images.yml": _of_github, ".gitlab-ci.yml": _of_gitlab, "Jenkinsfile": _of_jenkins}


@pytest.fixture(scope="module")
def recipes() -> list[Recipe]:
    or_skip("Groovy", lambda: program("groovy") and None)
    blocks = re.findall(r"^```\w+\n(?:#|//) ([\w./-]+)(?:;[^\n]*)?\n(.*?)^```$", (ROOT / "docs/ci.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    found = [Recipe(path, text, READERS[path](text)) for path, text in blocks]
    assert {recipe.path for recipe in found} == set(READERS)
    return found


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory, recipes: list[Recipe]) -> pathlib.Path:
    """A clone of a repository with what the recipes expect."""
    made, cloned = tmp_path_factory.mktemp("made"), tmp_path_factory.mktemp("ci") / "clone"
    galaxy = str(pathlib.Path(sys.executable).with_name("ansible-galaxy"))
    subprocess.run([galaxy, "collection", "build", "--output-path", str(made.parent), str(ROOT)], check=True, capture_output=True, env=_environment(made))
    (tarball,) = made.parent.glob("golden-images-*.tar.gz")
    local = {"type": "local", "source": {"rootfs_archive": str(base_archive(CACHE))}, "network": "none"}
    image = {"version": "1", "gather_facts": False, "provisioners": [{"inline": "echo ci > /etc/ci"}], "verify": [{"inline": "grep ci /etc/ci"}]}
    image["post_processors"] = [{"type": "manifest"}]
    definition = {"plugin": "golden.images.builds", "builders": {"local": local}, "images": {"web": image}}
    files = {
        "images.golden.yml": yaml.safe_dump(definition),
        "requirements.txt": "ansible-core>=2.19\n",
        "requirements.yml": yaml.safe_dump({"collections": [{"name": str(tarball), "type": "file"}]}),
        **{recipe.path: recipe.text for recipe in recipes},
    }
    for name, text in files.items():
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).write_text(text, encoding="utf-8")
    git = ("git", "-C", str(made), "-c", "user.name=ci", "-c", "user.email=ci@example.com")
    for arguments in (("init", "--quiet"), ("add", "."), ("commit", "--quiet", "--message", "All")):
        subprocess.run([*git, *arguments], check=True)
    subprocess.run(["git", "clone", "--quiet", str(made), str(cloned)], check=True)
    return cloned


def _environment(home: pathlib.Path) -> dict[str, str]:
    """As this user's, so that pip finds its index, but with nothing of Ansible or of this environment."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "GOLDEN_", "PYTHON", "VIRTUAL_ENV"))}
    return {**kept, "ANSIBLE_HOME": str(home / ".ansible"), "CI": "true"}


def test_all_recipes_have_the_same_commands(recipes: list[Recipe]) -> None:
    first, *others = recipes
    assert len(first.commands) == 5
    assert [recipe.commands for recipe in others] == [first.commands] * len(others)


def test_files_are_what_the_services_take(clone: pathlib.Path) -> None:
    subprocess.run([str(ROOT / "tests/tools/venv.sh"), ".venvs/ci", "3.11+ 3.13 3.12 3.11", "check-jsonschema"], check=True, capture_output=True)
    for path, schema in SCHEMAS.items():
        argv = [str(ROOT / ".venvs/ci/bin/check-jsonschema"), "--builtin-schema", schema, str(clone / path)]
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(("right", "wrong"), [("junit ", "jnuit "), ("steps {", "step {"), ("${WORKSPACE}", "${WORKSPCE}"), ("timeout(", "time_out(")])
def test_the_pipeline_is_what_jenkins_takes(recipes: list[Recipe], right: str, wrong: str) -> None:
    (recipe,) = [recipe for recipe in recipes if recipe.path == "Jenkinsfile"]
    assert {section["name"] for section in read_pipeline(recipe.text)} == {"agent", "options", "triggers", "environment", "stages", "post"}
    assert right in recipe.text
    with pytest.raises(RigError, match="Jenkins"):
        read_pipeline(recipe.text.replace(right, wrong))


def test_the_commands_build_in_a_fresh_clone(clone: pathlib.Path, recipes: list[Recipe]) -> None:
    subprocess.run([sys.executable, "-m", "venv", str(clone / ".venv")], check=True)
    environment = _environment(clone.parent)
    environment["PATH"] = f"{clone / '.venv/bin'}:{environment['PATH']}"
    for command in recipes[0].commands:
        done = subprocess.run(["bash", "-e", "-c", command], cwd=clone, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    assert list(json.loads((clone / "output/golden-manifest.json").read_text(encoding="utf-8"))["builds"]) == ["web.local"]
    assert len(list(ET.parse(clone / "reports/images.xml").getroot().iter("testcase"))) == 6
    assert (clone / "reports/images.html").stat().st_size > 1000
