# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole lifecycle on Docker, from a definition."""

from __future__ import annotations

import pathlib
import typing as t

import pytest
import yaml

from tests.rigs.docker.rig import DockerRig

Definition = dict[str, t.Any]


def definition(rig: DockerRig, name: str, **builder: t.Any) -> Definition:
    steps = [{"name": f"Step {n}", "inline": [f"echo {n} > /etc/step{n}"]} for n in (1, 2)]
    image = {"version": "1.0.0", "builders": ["docker"], "generalize": False, "provisioners": steps, "verify": [{"inline": ["grep -q 2 /etc/step2"]}]}
    entry = {"type": "docker", "docker_host": rig.host, "network": "none", "source": {"image": "rig/base:1"}, **builder}
    return {"plugin": "golden.images.builds", "builders": {"docker": entry}, "images": {name: image}}


@pytest.fixture
def build(ansible_playbook: t.Callable[..., t.Any], tmp_path: pathlib.Path, docker_rig: DockerRig, base_image: str) -> t.Callable[[Definition], t.Any]:
    def run(content: Definition) -> t.Any:
        (tmp_path / "images.golden.yml").write_text(yaml.safe_dump(content, sort_keys=False))
        return ansible_playbook("golden.images.build_images", "-i", "images.golden.yml")

    return run


@pytest.mark.smoke
def test_build_then_nothing_to_do_then_rebuild(build: t.Callable[[Definition], t.Any], docker_rig: DockerRig) -> None:
    wanted = definition(docker_rig, "life")
    before = docker_rig.everything()
    build(wanted).ok()
    first = docker_rig.docker("inspect", "--format", "{{.Id}}", "life:1.0.0")
    assert docker_rig.docker("run", "--rm", "--network=none", "life", "cat", "/etc/step1") == "1"
    assert "changed=0" in build(wanted).ok().stdout.rpartition("PLAY RECAP")[2]
    wanted["images"]["life"]["provisioners"].append({"inline": ["echo 3 > /etc/step3"]})
    build(wanted).ok()
    second = docker_rig.docker("inspect", "--format", "{{.Id}}", "life:latest")
    after = docker_rig.everything()
    assert first != second
    assert after["images"] - before["images"] == {second}
    assert (after["containers"], after["volumes"], after["networks"]) == (before["containers"], before["volumes"], before["networks"])


def test_a_layer_for_each_provisioner(build: t.Callable[[Definition], t.Any], docker_rig: DockerRig) -> None:
    build(definition(docker_rig, "layers", layers=True)).ok()
    # That of the base image and one for each step: nothing was left for the last commit.
    assert docker_rig.docker("inspect", "--format", "{{len .RootFS.Layers}}", "layers:latest") == "3"
    assert docker_rig.docker("images", "-q", "golden-temporary/*") == ""
    assert docker_rig.docker("run", "--rm", "--network=none", "layers", "cat", "/etc/step1", "/etc/step2").split() == ["1", "2"]


def test_a_failed_build_leaves_nothing(build: t.Callable[[Definition], t.Any], docker_rig: DockerRig, untouched_daemon: None) -> None:
    wanted = definition(docker_rig, "fails", layers=True)
    wanted["images"]["fails"]["provisioners"].append({"inline": ["exit 9"]})
    assert build(wanted).rc != 0
