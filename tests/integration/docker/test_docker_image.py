# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Images: what a capture contains, how it is published, and what is left of it."""

from __future__ import annotations

import datetime
import hashlib
import json
import pathlib
import subprocess
import tarfile
import typing as t

import pytest

from ansible_collections.golden.images.plugins.module_utils._builders.docker.builder import BUILDER
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import GoldenError
from ansible_collections.golden.images.plugins.module_utils._lifecycle.journal import Resource
from ansible_collections.golden.images.plugins.module_utils._lifecycle.operation import Context
from tests.rigs.docker.rig import DockerRig, Registry

WRITE: dict[str, t.Any] = {"ansible.builtin.copy": {"content": "golden", "dest": "/etc/golden", "mode": "0644"}}
PAST = "2020-01-01T00:00:00Z"


def in_image(rig: DockerRig, image: str, command: str) -> str:
    """What a command writes in a fresh container of an image."""
    return rig.docker("run", "--rm", "--network=none", "--entrypoint", "/bin/sh", image, "-c", command)


@pytest.mark.smoke
def test_commit_has_the_content_and_only_the_configuration_that_was_wanted(play: t.Any, docker_rig: DockerRig) -> None:
    changes = [
        'CMD ["nginx", "-g", "daemon off;"]',
        'ENV GREETING="hello $world"',
        "EXPOSE 80/tcp 443/tcp",
        'LABEL purpose="a test"',
        "VOLUME /data",
        "WORKDIR /srv",
        "USER daemon",
        "STOPSIGNAL SIGQUIT",
        "HEALTHCHECK --interval=5s CMD /bin/true",
        "ONBUILD RUN true",
    ]
    play(
        *play.launch(environment={"SECRET": "of-the-build"}, labels={"golden.run": "r1", "golden.expires": PAST}, user="root"),
        WRITE,
        play.capture(changes=changes, author="A <a@example.org>", comment="made by a test", labels={"golden.image": "web"}),
        play.publish("web", tags=["1.0.0", "latest"]),
        play.write("published"),
        play.remove(),
    ).ok()
    config = play.config("web:1.0.0")
    inspected = json.loads(docker_rig.docker("image", "inspect", "web:latest"))[0]
    assert in_image(docker_rig, "web:1.0.0", "cat /etc/golden") == "golden"
    assert config["Cmd"] == ["nginx", "-g", "daemon off;"]
    assert not config["Entrypoint"]
    assert sorted(config["ExposedPorts"]) == ["443/tcp", "80/tcp"]
    assert (config["WorkingDir"], config["User"], config["StopSignal"]) == ("/srv", "daemon", "SIGQUIT")
    assert config["Volumes"] == {"/data": {}}
    assert config["OnBuild"] == ["RUN true"]
    assert config["Healthcheck"]["Interval"] == 5_000_000_000
    assert config["Labels"]["purpose"] == "a test"
    assert config["Labels"]["golden.run"] == config["Labels"]["golden.expires"] == ""
    assert not any(entry.startswith("SECRET") for entry in config["Env"] or [])
    assert (inspected["Author"], inspected["Comment"]) == ("A <a@example.org>", "made by a test")
    assert inspected["Id"] == play.read("published")["artifact"]["id"]
    assert play.read("published")["artifact"]["metadata"]["tags"] == ["web:1.0.0", "web:latest"]
    assert docker_rig.docker("images", "-q", "golden-temporary/*") == ""


def test_the_process_of_the_source_comes_back(play: t.Any, docker_rig: DockerRig, tmp_path: pathlib.Path) -> None:
    (tmp_path / "Dockerfile").write_text('FROM rig/base:1\nENTRYPOINT ["/bin/echo", "it\'s"]\nCMD ["me"]\nUSER daemon\n')
    docker_rig.docker("build", "-t", "rig/process", str(tmp_path))
    play(*play.launch({"image": "rig/process"}, user="root"), WRITE, play.capture(), play.publish("process"), play.remove()).ok()
    config = play.config("process:latest")
    assert (config["Entrypoint"], config["Cmd"], config["User"]) == (["/bin/echo", "it's"], ["me"], "daemon")
    assert docker_rig.docker("run", "--rm", "--network=none", "process") == "it's me"


def test_squash_makes_one_layer_and_keeps_the_configuration(play: t.Any, docker_rig: DockerRig) -> None:
    changes = ['ENV QUOTED="say \\"hi\\" to $HOME"', "EXPOSE 80", 'ENTRYPOINT ["/bin/sh", "-c"]', "HEALTHCHECK --timeout=3s --retries=2 CMD exit 0"]
    play(*play.launch(), WRITE, play.capture(changes=changes), play.publish("plain"), play.capture(changes=changes, squash=True), play.publish("squashed")).ok()
    plain, squashed = play.config("plain"), play.config("squashed")
    keys = ("Cmd", "Entrypoint", "Env", "ExposedPorts", "Healthcheck", "Labels", "User", "Volumes", "WorkingDir")
    assert {key: squashed.get(key) for key in keys} == {key: plain.get(key) for key in keys}
    layers = json.loads(docker_rig.docker("image", "inspect", "squashed"))[0]["RootFS"]["Layers"]
    assert len(layers) == 1
    assert in_image(docker_rig, "squashed", "cat /etc/golden") == "golden"
    play(play.remove()).ok()


def test_one_layer_for_each_step(play: t.Any, docker_rig: DockerRig) -> None:
    layer = {"golden.images.docker_image": {"state": "layered", "guest": play.guest}}
    steps = [{"ansible.builtin.copy": {"content": str(n), "dest": f"/etc/step{n}", "mode": "0644"}} for n in (1, 2, 3)]
    play(
        *play.launch(memory="128m", labels={"golden.expires": PAST}, tmpfs=["/scratch"]),
        steps[0],
        layer,
        steps[1],
        layer,
        steps[2],
        play.capture(),
        play.publish("layered"),
    ).ok()
    container = json.loads(docker_rig.docker("inspect", play.guest))[0]
    assert container["HostConfig"]["Memory"] == 128 * 2**20
    inspected = json.loads(docker_rig.docker("image", "inspect", "layered"))[0]
    assert len(inspected["RootFS"]["Layers"]) == 4
    assert inspected["Config"]["Cmd"] == ["/bin/bash"]
    assert in_image(docker_rig, "layered", "cat /etc/step1 /etc/step2 /etc/step3") == "123"
    play(play.remove()).ok()
    for resource in BUILDER.leftovers({"docker_host": docker_rig.host}, datetime.datetime.now(datetime.UTC)):
        assert BUILDER.discard(resource, {})
    assert docker_rig.docker("images", "-q", "golden-temporary/*") == ""
    assert in_image(docker_rig, "layered", "cat /etc/step3") == "3"


def test_archives_are_written_and_readable_by_others(play: t.Any, docker_rig: DockerRig, tmp_path: pathlib.Path) -> None:
    out = tmp_path / "out"
    play(
        *play.launch(),
        WRITE,
        play.capture(export=["rootfs.tar", "docker.tar"], directory=str(tmp_path / "captured"), file_stem="web-1-docker"),
        play.publish("archived", directory=str(out)),
        play.write("published"),
        play.remove(),
    ).ok()
    assert sorted(path.name for path in out.iterdir()) == ["web-1-docker.docker.tar", "web-1-docker.rootfs.tar"]
    for file in play.read("published")["artifact"]["files"]:
        data = pathlib.Path(file["path"]).read_bytes()
        assert (file["size"], file["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())
    with tarfile.open(out / "web-1-docker.rootfs.tar") as archive:
        member = archive.extractfile("etc/golden")
        assert member is not None and member.read() == b"golden"
    skopeo = ["skopeo", "inspect", "--config", f"docker-archive:{out}/web-1-docker.docker.tar"]
    assert json.loads(subprocess.run(skopeo, check=True, capture_output=True).stdout)["config"]["Cmd"] == ["/bin/bash"]


def test_export_and_discard_make_no_image(play: t.Any, docker_rig: DockerRig, tmp_path: pathlib.Path) -> None:
    before = docker_rig.everything()["images"]
    play(*play.launch(), WRITE, play.capture(capture="export", directory=str(tmp_path / "c")), play.write("captured")).ok()
    artifact = play.read("captured")["artifact"]
    assert artifact["id"] == "sha256:" + artifact["files"][0]["sha256"]
    play(play.capture(capture="discard"), play.write("captured"), play.remove()).ok()
    assert play.read("captured")["artifact"]["id"] == "discarded"
    assert docker_rig.everything()["images"] == before


def test_publish_moves_tags_and_removes_what_lost_its_last_name(play: t.Any, docker_rig: DockerRig) -> None:
    labels = {"golden.image": "moving"}
    first = [WRITE, play.capture(labels=labels), play.publish("moving", tags=["1", "latest"]), play.write("published")]
    play(*play.launch(), *first).ok()
    old = play.read("published")["artifact"]["id"]
    again = [
        play.capture(labels=labels),
        play.publish("moving", tags=["1", "latest"]),
        play.write("published"),
        {**play.publish("moving"), "register": "twice"},
    ]
    unchanged = {"ansible.builtin.assert": {"that": ["twice is not changed"]}}
    play(*play.launch(), {"ansible.builtin.copy": {"content": "2", "dest": "/etc/two", "mode": "0644"}}, *again, unchanged).ok()
    new = play.read("published")["artifact"]["id"]
    assert old != new
    assert docker_rig.docker("inspect", "--format", "{{.Id}}", "moving:1") == new
    assert not docker_rig.exists(old)


def test_publish_keeps_an_image_that_is_in_use_or_not_ours(play: t.Any, docker_rig: DockerRig) -> None:
    docker_rig.docker("build", "-t", "kept:latest", "-", stdin=b"FROM rig/base:1\nLABEL of=somebody\n")
    foreign = docker_rig.docker("inspect", "--format", "{{.Id}}", "kept:latest")
    labels = {"golden.image": "kept"}
    play(*play.launch(), play.capture(labels=labels), play.publish("kept"), play.write("published")).ok()
    ours = play.read("published")["artifact"]["id"]
    assert docker_rig.exists(foreign)
    docker_rig.docker("create", "--name", "user-of-ours", ours, "true")
    play(*play.launch(), WRITE, play.capture(labels=labels), play.publish("kept"), play.remove()).ok()
    assert docker_rig.exists(ours)


def test_changes_are_checked_before_anything_runs(docker_rig: DockerRig) -> None:
    for bad in ("RUN true", "COPY a b", "ENV", "ARG a=1", "CMD a\nRUN b"):
        with pytest.raises(GoldenError):
            BUILDER.validate({"changes": [bad]}, {"image": "x"})


def test_leftovers_are_found_by_marks_and_discarded(play: t.Any, docker_rig: DockerRig, untouched_daemon: None) -> None:
    options = {"docker_host": docker_rig.host}
    play(*play.launch(labels={"golden.run": "r", "golden.expires": PAST}), WRITE, play.capture()).ok()
    captured = docker_rig.docker("images", "golden-temporary/*", "--format", "{{.Repository}}:{{.Tag}}")
    # What runs an image made here inherits its labels, and is somebody's production.
    docker_rig.docker("run", "-d", "--network=none", "--name", "production", captured, "sleep", "1000")
    now = datetime.datetime.now(datetime.UTC)
    found = BUILDER.leftovers(options, now)
    assert {(resource.kind, resource.name) for resource in found} == {("container", play.guest), ("image", captured)}
    assert BUILDER.leftovers(options, datetime.datetime(2019, 1, 1, tzinfo=datetime.UTC)) == []
    docker_rig.docker("rm", "-fv", "production")
    assert all(BUILDER.discard(resource, {}) for resource in found)
    assert not any(BUILDER.discard(resource, {}) for resource in found)


def test_an_image_in_use_by_its_own_guest_is_discarded_with_it(play: t.Any, docker_rig: DockerRig, untouched_daemon: None) -> None:
    play(*play.launch(), WRITE, {"golden.images.docker_image": {"state": "layered", "guest": play.guest}}).ok()
    layer = docker_rig.docker("images", "golden-temporary/*", "--format", "{{.Repository}}:{{.Tag}}")
    resource = Resource("x", "image", layer, {"connection": {"docker_host": docker_rig.host}})
    assert BUILDER.discard(resource, {})
    assert not docker_rig.exists(play.guest, "container")


def test_discard_from_a_dead_daemon_says_so(tmp_path: pathlib.Path) -> None:
    resource = Resource("x", "container", "c", {"connection": {"docker_host": f"unix://{tmp_path}/gone.sock"}})
    with pytest.raises(GoldenError, match="cannot be reached"):
        BUILDER.discard(resource, {})


def test_source_has_the_same_id_before_and_after_it_was_pulled(docker_rig: DockerRig, base_image: str, registry: Registry) -> None:
    name = f"{registry.address}/stable:1"
    docker_rig.docker("tag", base_image, name)
    docker_rig.docker("push", name)
    docker_rig.docker("rmi", name)
    options = {"docker_host": docker_rig.host, "pull": "missing"}
    before = BUILDER.resolve_source({"image": name}, options, Context())
    assert before.options["image"].endswith("@" + before.id)
    docker_rig.docker("pull", name)
    after = BUILDER.resolve_source({"image": name}, options, Context())
    assert after.id == before.id
    with pytest.raises(GoldenError):
        BUILDER.resolve_source({"image": f"{registry.address}/missing:1"}, options, Context())


def test_build_context_decides_the_id(tmp_path: pathlib.Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM rig/base:1\nCOPY . /\n")
    (tmp_path / ".dockerignore").write_text("ignored\n")
    build = {"path": "Dockerfile", "build_dir": str(tmp_path), "arguments": {}, "target": None, "pull": False, "platform": None}
    ids = []
    for name in ("ignored", "counted"):
        ids.append(BUILDER.resolve_source({"build": build}, {}, Context()).id)
        (tmp_path / name).write_text(name)
    ids.append(BUILDER.resolve_source({"build": build}, {}, Context()).id)
    assert ids[0] == ids[1] != ids[2]
