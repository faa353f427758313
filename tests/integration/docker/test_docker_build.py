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


#: Takes Python out of a guest and puts in programs with which it comes and goes as a package, without a network.
PYTHON_AS_A_PACKAGE = r"""set -e
mv /usr/bin/python3 /opt/python3
cat > /usr/local/bin/apt-get << 'END'
#!/bin/sh
case "$*" in
    *install*) mv /opt/python3 /usr/bin/python3 ;;
    *purge*) mv /usr/bin/python3 /opt/python3 ;;
esac
END
cat > /usr/local/bin/dpkg-query << 'END'
#!/bin/sh
echo 'ii  base'
test ! -e /usr/bin/python3 || echo 'ii  python3'
END
chmod +x /usr/local/bin/apt-get /usr/local/bin/dpkg-query
"""


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


def test_python_for_the_build_only(build: t.Callable[[Definition], t.Any], docker_rig: DockerRig) -> None:
    docker_rig.docker("run", "--name", "bare", "--network=none", "rig/base:1", "sh", "-c", PYTHON_AS_A_PACKAGE)
    try:
        docker_rig.docker("commit", "bare", "rig/bare:1")
        wanted = definition(docker_rig, "lean", source={"image": "rig/bare:1"})
        wanted["images"]["lean"].update(
            bootstrap_python="temporary",
            provisioners=[{"inline": ["command -v python3", "echo '{{ ansible_facts.distribution }}' > /etc/facts"]}],
            verify=[{"inline": ["grep -q Debian /etc/facts", "test -h /opt/python3", "! command -v python3"]}],
        )
        assert "1 build: 1 built" in build(wanted).ok().stdout
    finally:
        docker_rig.docker("rm", "-f", "bare")
        docker_rig.docker("rmi", "-f", "lean:1.0.0", "lean:latest", "rig/bare:1")
