# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Guests: sources, run options, the connection, and what happens when something dies."""

from __future__ import annotations

import json
import pathlib
import subprocess
import typing as t

import pytest

from tests.rigs.docker.rig import PASSWORD, USER, DockerRig, Registry


@pytest.mark.smoke
def test_guest_is_launched_configured_and_removed(play: t.Any, untouched_daemon: None) -> None:
    tasks = [
        *play.launch(),
        {"ansible.builtin.ping": {}},
        {"ansible.builtin.copy": {"content": "golden", "dest": "/etc/golden", "owner": "daemon", "mode": "0640"}},
        {"ansible.builtin.command": {"cmd": "stat -c '%U %a %s' /etc/golden"}, "register": "stat"},
        play.write("stat"),
        {**play.launch()[0], "register": "again"},
        {"ansible.builtin.assert": {"that": ["again is not changed"]}},
        play.remove(),
        {**play.remove(), "register": "gone"},
        {"ansible.builtin.assert": {"that": ["gone is not changed"]}},
    ]
    play(*tasks).ok()
    assert play.read("stat")["stdout"] == "daemon 640 6"


def test_anonymous_volumes_go_with_the_guest(play: t.Any, docker_rig: DockerRig, tmp_path: pathlib.Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM rig/base:1\nVOLUME /data\n")
    docker_rig.docker("build", "-t", "rig/with-volume", str(tmp_path))
    before = docker_rig.everything()["volumes"]
    play(*play.launch({"image": "rig/with-volume"})).ok()
    assert docker_rig.everything()["volumes"] - before
    play(play.remove()).ok()
    assert docker_rig.everything()["volumes"] == before


def test_run_options_reach_the_daemon(play: t.Any, docker_rig: DockerRig, tmp_path: pathlib.Path) -> None:
    (tmp_path / "shared").mkdir()
    play(
        *play.launch(
            cap_add=["SYS_TIME"],
            cap_drop=["MKNOD"],
            security_opts=["seccomp=unconfined"],
            devices=["/dev/null:/dev/golden:r"],
            tmpfs=["/scratch:size=1m"],
            volumes={str(tmp_path / "shared"): "/shared:ro"},
            network="none",
            hostname="golden",
            memory="128m",
            cpus=0.5,
            shm_size="32m",
            ulimits=["nofile=512:1024"],
            extra_hosts={"db": "192.0.2.1"},
            dns=["192.0.2.53"],
            labels={"golden.run": "r1"},
            environment={"GREETING": "hello"},
        ),
        {"ansible.builtin.command": {"cmd": "sh -c 'echo $GREETING; hostname'"}, "register": "seen"},
        play.write("seen"),
        {"ansible.builtin.copy": {"content": "x", "dest": "/scratch/file", "mode": "0644"}},
    ).ok()
    container = json.loads(docker_rig.docker("inspect", play.guest))[0]
    host = container["HostConfig"]
    assert play.read("seen")["stdout"].split() == ["hello", "golden"]
    assert host["CapAdd"] in (["SYS_TIME"], ["CAP_SYS_TIME"])
    assert host["CapDrop"] in (["MKNOD"], ["CAP_MKNOD"])
    assert host["Devices"][0] == {"PathOnHost": "/dev/null", "PathInContainer": "/dev/golden", "CgroupPermissions": "r"}
    assert host["Tmpfs"] == {"/scratch": "size=1m"}
    assert host["Binds"] == [f"{tmp_path}/shared:/shared:ro"]
    assert (host["Memory"], host["NanoCpus"], host["ShmSize"]) == (128 * 2**20, 500_000_000, 32 * 2**20)
    assert host["Ulimits"] == [{"Name": "nofile", "Soft": 512, "Hard": 1024}]
    assert host["ExtraHosts"] == ["db:192.0.2.1"]
    assert container["Config"]["Labels"]["golden.run"] == "r1"
    assert not any(entry.startswith("GREETING") for entry in container["Config"]["Env"] or [])


@pytest.mark.parametrize("size", [0, 1, 5_000_000])
def test_files_of_any_size_arrive_whole_as_the_exec_user(play: t.Any, tmp_path: pathlib.Path, size: int) -> None:
    (tmp_path / "sent").write_bytes(bytes(range(256)) * (size // 256) + b"\0" * (size % 256))
    play(
        *play.launch(exec_user="daemon", tmpfs=["/scratch:mode=1777"]),
        {"ansible.builtin.copy": {"src": str(tmp_path / "sent"), "dest": "/scratch/it's here", "mode": "0600"}},
        {"ansible.builtin.fetch": {"src": "/scratch/it's here", "dest": str(tmp_path / "back"), "flat": True}},
        {"ansible.builtin.command": {"cmd": "stat -c %U /scratch/it\\'s\\ here"}, "register": "owner"},
        play.write("owner"),
        env={"ANSIBLE_REMOTE_TEMP": "/tmp/ansible"},
    ).ok()
    assert (tmp_path / "back").read_bytes() == (tmp_path / "sent").read_bytes()
    assert play.read("owner")["stdout"] == "daemon"


def test_large_output_and_standard_error_are_kept_apart(play: t.Any) -> None:
    command = "head -c 3000000 /dev/zero | tr '\\0' a; echo error >&2; exit 3"
    play(
        *play.launch(),
        {"ansible.builtin.raw": command, "register": "output", "failed_when": "output.rc != 3"},
        {"ansible.builtin.assert": {"that": ["output.stdout | length == 3000000", "output.stderr | trim == 'error'"]}},
    ).ok()


def test_dockerfile_is_built_first(play: t.Any, docker_rig: DockerRig, tmp_path: pathlib.Path, untouched_daemon: None) -> None:
    context = tmp_path / "context"
    context.mkdir()
    (context / "Dockerfile.x").write_text("FROM rig/base:1 AS first\nARG WHO\nENV WHO=$WHO\nCOPY note /note\nFROM first AS second\nENV NEVER=1\n")
    (context / "note").write_text("note")
    source = {"build": {"path": "Dockerfile.x", "build_dir": str(context), "arguments": {"WHO": "me"}, "target": "first"}}
    play(*play.launch(source), {"ansible.builtin.shell": {"cmd": "cat /note; echo -$WHO-$NEVER"}, "register": "seen"}, play.write("seen")).ok()
    assert play.read("seen")["stdout"] == "note-me-"
    play(play.remove()).ok()
    temporary = docker_rig.docker("images", "golden-temporary/*", "--format", "{{.Repository}}:{{.Tag}}").split()
    assert len(temporary) == 1
    docker_rig.docker("rmi", *temporary)


def test_a_failing_dockerfile_shows_its_log(play: t.Any, tmp_path: pathlib.Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM rig/base:1\nRUN echo reason-to-fail && false\n")
    ended = play(*play.launch({"build": {"build_dir": str(tmp_path)}}))
    assert ended.rc != 0
    assert "reason-to-fail" in ended.output
    assert "returned a non-zero code" in ended.output


def test_root_file_system_is_imported_first(play: t.Any, docker_rig: DockerRig, tmp_path: pathlib.Path) -> None:
    docker_rig.docker("create", "--name", "to-export", "rig/base:1")
    docker_rig.docker("export", "-o", str(tmp_path / "rootfs.tar"), "to-export")
    play(*play.launch({"rootfs_archive": str(tmp_path / "rootfs.tar")}), {"ansible.builtin.ping": {}}).ok()


@pytest.mark.smoke
def test_image_is_pulled_with_a_login(play: t.Any, docker_rig: DockerRig, login_registry: Registry, tmp_path: pathlib.Path) -> None:
    name = f"{login_registry.address}/team/base:1"
    docker_rig.docker("tag", "rig/base:1", name)
    destination = ["--dest-tls-verify=false", f"--dest-creds={USER}:{PASSWORD}", f"docker://{name}"]
    subprocess.run(["skopeo", "copy", "--src-daemon-host", docker_rig.host, f"docker-daemon:{name}", *destination], check=True, capture_output=True)
    docker_rig.docker("rmi", name)
    refused = play(*play.launch({"image": name}))
    assert refused.rc != 0
    assert "option login" in refused.output
    login = {"username": USER, "password": PASSWORD, "server": login_registry.address}
    ended = play(*play.launch({"image": name}, login=login), {"ansible.builtin.ping": {}}, env={"ANSIBLE_VERBOSITY": "3"}).ok()
    assert PASSWORD not in ended.output
    assert not (tmp_path / "home" / ".docker").exists()
    inspected = ["skopeo", "inspect", "--tls-verify=false", f"--creds={USER}:{PASSWORD}", f"docker://{name}"]
    digest = json.loads(subprocess.run(inspected, check=True, capture_output=True).stdout)["Digest"]
    assert digest in docker_rig.docker("inspect", "--format", "{{.RepoDigests}}", name)


def test_never_pull_is_obeyed(play: t.Any) -> None:
    ended = play(*play.launch({"image": "127.0.0.1:1/nowhere:1"}, pull="never"))
    assert ended.rc != 0
    assert "is not in the Docker daemon" in ended.output


def test_a_container_that_ends_at_once_shows_its_log(play: t.Any) -> None:
    ended = play(*play.launch(run_command=["/bin/sh", "-c", "echo my-last-words; exit 7"]))
    assert ended.rc != 0
    assert "exit status 7" in ended.output
    assert "my-last-words" in ended.output


def test_a_killed_guest_is_an_ordinary_failure(play: t.Any, docker_rig: DockerRig) -> None:
    kill = {"ansible.builtin.command": {"cmd": f"docker -H {docker_rig.host} kill {play.guest}"}, "delegate_to": "localhost"}
    block = {
        "block": [{**kill, "environment": {"DOCKER_API_VERSION": "1.41"}}, {"ansible.builtin.command": {"cmd": "true"}}],
        "rescue": [{"ansible.builtin.debug": {"msg": "rescue-ran"}}],
        "always": [play.remove()],
    }
    ended = play(*play.launch(), block).ok()
    assert "rescue-ran" in ended.stdout
    assert "The guest does not answer" in ended.output
    assert not docker_rig.exists(play.guest, "container")


def test_a_guest_killed_during_a_command_is_an_ordinary_failure(play: t.Any, docker_rig: DockerRig) -> None:
    suicide = f"sh -c 'sleep 1; docker -H {docker_rig.host} kill {play.guest}' &"
    block = {
        "block": [
            {"ansible.builtin.shell": {"cmd": suicide}, "delegate_to": "localhost", "environment": {"DOCKER_API_VERSION": "1.41"}},
            {"ansible.builtin.command": {"cmd": "sleep 600"}},
        ],
        "rescue": [{"ansible.builtin.debug": {"msg": "rescue-ran"}}],
    }
    assert "rescue-ran" in play(*play.launch(), block, timeout=300).ok().stdout


def test_a_dead_daemon_is_said_clearly(play: t.Any, tmp_path: pathlib.Path) -> None:
    ended = play(*play.launch(docker_host=f"unix://{tmp_path}/no.sock"))
    assert ended.rc != 0
    assert "cannot be reached" in ended.output
    assert "DOCKER_HOST" in ended.output
    assert "Traceback" not in ended.output


def test_a_daemon_killed_between_tasks_is_an_ordinary_failure(own_docker_rig: DockerRig, play: t.Any) -> None:
    play.rig = own_docker_rig
    play(*play.launch()).ok()
    own_docker_rig.kill()
    block = {"block": [{"ansible.builtin.ping": {}}], "rescue": [{"ansible.builtin.debug": {"msg": "rescue-ran"}}]}
    guest = {
        "ansible_connection": "golden.images.docker",
        "ansible_host": play.guest,
        "golden_docker_docker_host": own_docker_rig.host,
        "ansible_python_interpreter": "/usr/bin/python3",
    }
    ended = play({"ansible.builtin.set_fact": guest}, block).ok()
    assert "rescue-ran" in ended.stdout
    assert "cannot be reached" in ended.output


def test_check_mode_creates_nothing(play: t.Any, untouched_daemon: None) -> None:
    play(play.launch()[0], arguments=("--check",)).ok()
