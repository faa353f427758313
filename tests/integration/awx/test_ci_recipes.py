# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The recipes of docs/ci.md: their commands are the same ones, and these build images in a fresh clone."""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import re
import shutil
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
    of_pull_requests: list[str]


def _of_github(text: str) -> tuple[list[str], list[str]]:
    steps = [step for step in yaml.safe_load(text)["jobs"]["images"]["steps"] if "run" in step]
    open_to_all = [step for step in steps if "github.event_name != 'pull_request'" not in step.get("if", "")]
    return _lines(steps), _lines(open_to_all)


def _lines(steps: list[Json]) -> list[str]:
    return [line for step in steps for line in step["run"].splitlines()]


def _of_gitlab(text: str) -> tuple[list[str], list[str]]:
    pipeline = yaml.safe_load(text)
    jobs = {job["rules"][0]["if"]: [*job["script"], *job.get("after_script", [])] for job in pipeline.values() if "rules" in job}
    install = pipeline["default"]["before_script"]
    on_main, on_merge_requests = "$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH", '$CI_PIPELINE_SOURCE == "merge_request_event"'
    assert set(jobs) == {on_main, on_merge_requests}
    return install + jobs[on_main], install + jobs[on_merge_requests]


def _of_jenkins(text: str) -> tuple[list[str], list[str]]:
    (stages,) = [section["inside"] for section in read_pipeline(text) if section["name"] == "stages"]
    open_to_all = [stage for stage in stages if "when" not in {section["name"] for section in stage["inside"]}]
    commands, of_pull_requests = ([step["arguments"][0] for step in _steps(found) if step["name"] == "sh"] for found in (stages, open_to_all))
    assert commands.pop(0) == of_pull_requests.pop(0) == "python3 -m venv .venv"
    return commands, of_pull_requests


def _steps(sections: list[Json]) -> t.Iterator[Json]:
    for section in sections:
        yield section
        yield from _steps(section["inside"])


READERS: dict[str, t.Callable[[str], tuple[list[str], list[str]]]] = {
    ".github/workflows/images.yml": _of_github,
    ".gitlab-ci.yml": _of_gitlab,
    "Jenkinsfile": _of_jenkins,
}


@pytest.fixture(scope="module")
def recipes() -> list[Recipe]:
    or_skip("Groovy", lambda: program("groovy") and None)
    blocks = re.findall(r"^```\w+\n(?:#|//) ([\w./-]+)(?:;[^\n]*)?\n(.*?)^```$", (ROOT / "docs/ci.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    found = [Recipe(path, text, *READERS[path](text)) for path, text in blocks]
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


def test_pull_requests_only_install_and_validate(recipes: list[Recipe]) -> None:
    assert "golden.images.validate" in recipes[0].commands[2]
    assert [recipe.of_pull_requests for recipe in recipes] == [recipes[0].commands[:3]] * len(recipes)


def test_caches_are_saved_whatever_became_of_the_job(recipes: list[Recipe]) -> None:
    texts = {recipe.path: yaml.safe_load(recipe.text) for recipe in recipes if recipe.path in SCHEMAS}
    steps = texts[".github/workflows/images.yml"]["jobs"]["images"]["steps"]
    restore, save = (step for step in steps if "actions/cache" in step.get("uses", ""))
    assert (restore["uses"], save["uses"]) == ("actions/cache/restore@v4", "actions/cache/save@v4")
    assert save["if"] == "always() && github.event_name != 'pull_request'"
    assert steps.index(save) > max(position for position, step in enumerate(steps) if "discard" in step.get("run", ""))
    # No cache can be written twice, and one is only found by the same list of paths.
    assert {key: restore["with"][key] for key in ("path", "key")} == save["with"]
    assert "github.run_id" in save["with"]["key"] and "github.run_attempt" in save["with"]["key"]
    assert save["with"]["key"].startswith(restore["with"]["restore-keys"])
    cache = texts[".gitlab-ci.yml"]["images"]["cache"]
    assert cache["when"] == "always"
    assert cache["paths"] == save["with"]["path"].splitlines()


def test_files_are_what_the_services_take(clone: pathlib.Path) -> None:
    subprocess.run([str(ROOT / "tests/tools/venv.sh"), ".venvs/ci", "3.11+ 3.13 3.12 3.11", "check-jsonschema"], check=True, capture_output=True)
    for path, schema in SCHEMAS.items():
        argv = [str(ROOT / ".venvs/ci/bin/check-jsonschema"), "--builtin-schema", schema, str(clone / path)]
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("right", "wrong"), [("junit ", "jnuit "), ("steps {", "step {"), ("${WORKSPACE}", "${WORKSPCE}"), ("timeout(", "time_out("), ("branch ", "brunch ")]
)
def test_the_pipeline_is_what_jenkins_takes(recipes: list[Recipe], right: str, wrong: str) -> None:
    (recipe,) = [recipe for recipe in recipes if recipe.path == "Jenkinsfile"]
    assert {section["name"] for section in read_pipeline(recipe.text)} == {"agent", "options", "triggers", "environment", "stages"}
    assert right in recipe.text
    with pytest.raises(RigError, match="Jenkins"):
        read_pipeline(recipe.text.replace(right, wrong))


@pytest.fixture(scope="module")
def built(clone: pathlib.Path, recipes: list[Recipe]) -> pathlib.Path:
    subprocess.run([sys.executable, "-m", "venv", str(clone.parent / ".venv")], check=True)
    for command in recipes[0].commands:
        _run(command, clone)
    return clone


def _run(command: str, clone: pathlib.Path) -> str:
    environment = _environment(clone.parent)
    environment["PATH"] = f"{clone.parent / '.venv/bin'}:{environment['PATH']}"
    done = subprocess.run(["bash", "-e", "-c", command], cwd=clone, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


def test_the_commands_build_in_a_fresh_clone(built: pathlib.Path) -> None:
    assert list(json.loads((built / "output/golden-manifest.json").read_text(encoding="utf-8"))["builds"]) == ["web.local"]
    assert len(list(ET.parse(built / "reports/images.xml").getroot().iter("testcase"))) == 6
    assert (built / "reports/images.html").stat().st_size > 1000


def test_the_next_run_builds_nothing_with_what_is_cached(built: pathlib.Path, recipes: list[Recipe]) -> None:
    (gitlab,) = [recipe for recipe in recipes if recipe.path == ".gitlab-ci.yml"]
    cache = built.with_name("cache.tar")
    subprocess.run(["tar", "-cf", str(cache), "-C", str(built), *yaml.safe_load(gitlab.text)["images"]["cache"]["paths"]], check=True)
    first = shutil.move(built, built.with_name("first"))
    subprocess.run(["git", "clone", "--quiet", str(first), str(built)], check=True)
    subprocess.run(["tar", "-xf", str(cache), "-C", str(built)], check=True)
    _validated, build, _discarded = [_run(command, built) for command in recipes[0].commands[2:]]
    assert "1 build: 1 up to date" in build
    assert set(re.findall(r"changed=(\d+)", build)) == {"0"}
