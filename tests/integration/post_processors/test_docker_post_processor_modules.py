# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Docker post-processors against a real daemon and a real registry that asks for a login."""

from __future__ import annotations

import gzip
import json
import pathlib
import shutil
import socket
import subprocess
import time
import typing as t

import pytest

from tests.rigs.docker.rig import DockerRig

USER, PASSWORD = "builder", "correct-horse"
#: bcrypt of PASSWORD, as ``htpasswd -B`` writes it
HASH = "$2y$05$abcdefghijklmnopqrstuuZ0Fx87Pb/Aqb0E90lfvCwzXnaFKUHpS"


@pytest.fixture
def daemon(docker_rig: DockerRig, monkeypatch: pytest.MonkeyPatch, require: t.Callable[..., None]) -> str:
    """The docker program, for a daemon that the environment names."""
    require("docker")
    monkeypatch.setenv("DOCKER_HOST", docker_rig.host)
    return str(shutil.which("docker"))


@pytest.fixture
def registry(tmp_path: pathlib.Path, require: t.Callable[..., None]) -> t.Iterator[str]:
    """Address of a registry on the loopback that asks for a login."""
    require("docker-registry")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    (tmp_path / "htpasswd").write_text(f"{USER}:{HASH}\n")
    config = {
        "version": 0.1,
        "storage": {"filesystem": {"rootdirectory": str(tmp_path / "registry")}},
        "http": {"addr": address},
        "auth": {"htpasswd": {"realm": "test", "path": str(tmp_path / "htpasswd")}},
    }
    (tmp_path / "registry.yml").write_text(json.dumps(config))
    process = subprocess.Popen(["docker-registry", "serve", str(tmp_path / "registry.yml")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 20
        while not _listens(address):
            assert time.monotonic() < deadline, "the registry did not start"
            time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait()


def _listens(address: str) -> bool:
    host, _colon, port = address.partition(":")
    try:
        socket.create_connection((host, int(port)), 1).close()
    except OSError:
        return False
    return True


def test_import_tag_push_save(daemon, ansible_playbook, artifact_of, play, require, registry, tmp_path):
    require("skopeo")
    output = tmp_path / "output"
    output.mkdir()
    changes = ['CMD ["/bin/hello"]', "ENV A=b"]
    login = {"username": USER, "password": "{{ password }}"}
    tasks: list[dict[str, t.Any]] = [
        {
            "golden.images.docker_import": {"artifact": "{{ golden_artifact }}", "repository": "golden-test/web", "changes": changes},
            "register": "one",
        },
        {"golden.images.docker_tag": {"artifact": "{{ one.artifact }}", "repository": f"{registry}/team/web", "tags": ["1", "latest"]}, "register": "two"},
        {
            "golden.images.docker_push": {"artifact": "{{ two.artifact }}", "names": [f"{registry}/team/web:1", f"{registry}/team/web:latest"], "login": login},
            "register": "three",
        },
        {"golden.images.docker_save": {"artifact": "{{ two.artifact }}", "gzip": True, "path": str(output / "web.docker.tar.gz")}, "register": "four"},
        {
            "ansible.builtin.copy": {"content": "{{ [one, two, three, four] | to_json }}", "dest": str(output / "results.json"), "mode": "0600"},
            "changed_when": False,
        },
    ]
    artifact = artifact_of(output)
    playbook = play(tmp_path / "play.yml", tasks, {**artifact, "location": "here"})
    names = ["golden-test/web:1.0.0", f"{registry}/team/web:1", f"{registry}/team/web:latest", "golden-test/loaded:1.0.0"]
    try:
        first = ansible_playbook(playbook, "-vvv", extra_vars={"password": PASSWORD}).ok()
        assert "changed=4" in first.stdout
        assert PASSWORD not in "".join(line for line in first.stdout.splitlines() if "golden.images" in line or "msg" in line)
        second = ansible_playbook(playbook, extra_vars={"password": PASSWORD}).ok()
        results = json.loads((output / "results.json").read_text())
        assert [result["changed"] for result in results[:3]] == [False, False, False], second.stdout
        image = json.loads(subprocess.run([daemon, "image", "inspect", names[0]], check=True, capture_output=True).stdout)[0]
        assert results[0]["artifact"]["id"] == image["Id"]
        assert image["Config"]["Cmd"] == ["/bin/hello"]
        inspected = subprocess.run(
            ["skopeo", "inspect", "--tls-verify=false", f"--creds={USER}:{PASSWORD}", f"docker://{registry}/team/web:1"], check=True, capture_output=True
        )
        assert json.loads(inspected.stdout)["Digest"] == results[2]["digest"]
        saved = output / "web.docker.tar.gz"
        # skopeo does not read small compressed archives, also those of docker save.
        plain = output / "plain.tar"
        plain.write_bytes(gzip.decompress(saved.read_bytes()))
        listed = subprocess.run(["skopeo", "inspect", f"docker-archive:{plain}:{names[0]}"], check=True, capture_output=True)
        assert json.loads(listed.stdout)["Env"] == ["A=b"]
        assert not (tmp_path / "home" / ".docker").exists()
        refused = ansible_playbook(playbook, extra_vars={"password": "wrong-password"})
        assert refused.rc == 2
        assert "could not push" in refused.output
        load = {"golden.images.docker_import": {"artifact": "{{ golden_artifact }}", "repository": "golden-test/loaded"}}
        ansible_playbook(play(tmp_path / "load.yml", [load], results[3]["artifact"])).ok()
        loaded = json.loads(subprocess.run([daemon, "image", "inspect", names[3]], check=True, capture_output=True).stdout)[0]
        assert loaded["Id"] == image["Id"]
    finally:
        subprocess.run([daemon, "rmi", "-f", *names], check=False, capture_output=True)


def test_a_daemon_that_is_not_there(ansible_playbook, artifact_of, play, tmp_path):
    artifact = {**artifact_of(tmp_path), "type": "docker"}
    task = {"golden.images.docker_tag": {"artifact": "{{ golden_artifact }}", "repository": "web", "docker_host": f"unix://{tmp_path}/none.sock"}}
    ended = ansible_playbook(play(tmp_path / "play.yml", [task], artifact))
    assert ended.rc == 2
    assert "cannot be reached" in ended.output
