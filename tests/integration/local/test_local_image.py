# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Images: nothing of the tree is lost, the same tree gives the same bytes, and other people's tools agree."""

from __future__ import annotations

import hashlib
import io
import json
import os
import pathlib
import subprocess
import tarfile
import typing as t

import pytest

from .conftest import Play

#: Makes one of everything a tree can hold.
FURNISH = r"""set -e
mkdir -p /odd && cd /odd
printf content > plain; chown games:www-data plain; chmod 6755 plain; ln plain linked; ln -s ../nowhere dangling; mkfifo pipe
printf x > 'name with
newline'; printf x > "$(printf 'caf\303\251')"; mkdir -m 1777 sticky
python3 - << 'END'
import os
os.setxattr('plain', 'user.note', b'\x00binary\xff')
os.setxattr('plain', 'security.capability', bytes.fromhex('0100000200040000000000000000000000000000'))
with open('sparse', 'wb') as f:
    f.truncate(50_000_000); f.seek(40_000_000); f.write(b'end')
END
mknod device c 1 7 2> /dev/null || true
"""

LOOK = r"""cd /odd; stat -c '%n %F %U:%G %a %h %s %t:%T' *; readlink dangling; du -k sparse | cut -f1
python3 -c "
import os
print(os.getxattr('plain', 'user.note'), os.getxattr('plain', 'security.capability').hex(), os.stat('plain').st_ino == os.stat('linked').st_ino)"
"""

CONFIG = {
    "cmd": ["nginx", "-g", "daemon off;"],
    "exposed_ports": ["80/tcp"],
    "env": {"MODE": "live"},
    "user": "www-data",
    "workdir": "/srv",
    "volumes": ["/data"],
    "stop_signal": "SIGQUIT",
}


def run(*command: str | os.PathLike[str]) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.mark.smoke
def test_everything_survives_and_a_second_capture_is_the_same(play: Play) -> None:
    again = f"{play.guest}-again"
    play(
        *play.launch(),
        play.shell(FURNISH),
        play.shell(LOOK, "before"),
        play.write("before"),
        play.capture(config=CONFIG),
        play.write("captured"),
        play.remove(),
        *play.launch({"oci_archive": str(play.folder / "captured/x.oci.tar")}, again),
        play.shell(LOOK, "after"),
        play.write("after"),
        play.capture(again, "recaptured"),
        play.remove(again),
    ).ok()
    before, after = play.read("before")["stdout_lines"], play.read("after")["stdout_lines"]
    assert before == after
    assert "plain regular file games:www-data 6755 2 7 0:0" in before
    assert any("security" not in line and "0100000200040000" in line and line.endswith("True") for line in before)
    assert os.getuid() or "device character special file root:root 644 1 0 1:7" in before
    for kind in ("rootfs.tar", "oci.tar"):
        first, second = play.folder / f"captured/x.{kind}", play.folder / f"recaptured/x.{kind}"
        assert hashlib.sha256(first.read_bytes()).digest() == hashlib.sha256(second.read_bytes()).digest()
    for file in play.read("captured")["artifact"]["files"]:
        data = pathlib.Path(file["path"]).read_bytes()
        assert (file["size"], file["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())


def test_two_guests_of_one_source_give_the_same_image(play: Play) -> None:
    names = [f"{play.guest}-{number}" for number in (1, 2)]
    for name in names:
        play(*play.launch(name=name), play.capture(name, name), play.remove(name)).ok()
    first, second = (hashlib.sha256((play.folder / name / "x.oci.tar").read_bytes()).hexdigest() for name in names)
    assert first == second


def test_an_epoch_makes_images_of_different_days_alike(play: Play) -> None:
    digests = []
    for number in (1, 2):
        name = f"{play.guest}-{number}"
        play(
            *play.launch(name=name),
            play.shell("echo same > /made"),
            play.capture(name, name, source_date_epoch=1700000000),
            play.write("captured"),
            play.remove(name),
        ).ok()
        digests.append(play.read("captured")["artifact"]["id"])
    assert digests[0] == digests[1]
    with tarfile.open(play.folder / name / "x.rootfs.tar") as tar:
        assert max(member.mtime for member in tar) == 1700000000


def test_skopeo_umoci_and_tar_agree(play: Play, require: t.Callable[..., None], tmp_path: pathlib.Path, as_root: None) -> None:
    require("skopeo", "umoci")
    play(
        *play.launch(),
        play.shell("echo hello > /hello"),
        play.capture(config=CONFIG, version="2.0", labels={"team": "a"}),
        play.write("captured"),
        play.remove(),
    ).ok()
    archive = play.folder / "captured/x.oci.tar"
    seen = json.loads(run("skopeo", "inspect", "--config", f"oci-archive:{archive}"))
    assert seen["config"]["Cmd"] == CONFIG["cmd"]
    assert seen["config"]["ExposedPorts"] == {"80/tcp": {}}
    assert seen["config"]["Labels"] == {"team": "a", "golden.image": "test", "golden.builder": "local", "golden.version": "2.0"}
    assert seen["config"]["StopSignal"] == "SIGQUIT"
    layout = tmp_path / "layout"
    layout.mkdir()
    run("tar", "-xf", archive, "-C", layout)
    run("umoci", "unpack", "--image", f"{layout}:test:2.0", tmp_path / "bundle")
    assert (tmp_path / "bundle/rootfs/hello").read_text() == "hello\n"
    layer = json.loads(run("skopeo", "inspect", f"oci-archive:{archive}"))["Layers"]
    assert layer == [f"sha256:{hashlib.sha256((play.folder / 'captured/x.rootfs.tar').read_bytes()).hexdigest()}"]
    run("rm", "-rf", tmp_path / "bundle")


def test_docker_loads_and_runs_it(play: Play, docker_rig: t.Any, untouched_daemon: None) -> None:
    config = {"cmd": ["cat", "/hello"], "env": {"MODE": "live"}}
    play(
        *play.launch(), play.shell("echo hello > /hello"), play.capture(config=config, version="2.0", compression="gzip"), play.write("captured"), play.remove()
    ).ok()
    try:
        docker_rig.docker("load", "-i", str(play.folder / "captured/x.oci.tar"))
        shown = json.loads(docker_rig.docker("image", "inspect", "test:2.0"))[0]
        assert shown["Id"] == play.read("captured")["artifact"]["id"]
        assert "MODE=live" in shown["Config"]["Env"]
        assert docker_rig.docker("run", "--rm", "--network", "none", "test:2.0").strip() == "hello"
    finally:
        docker_rig.docker("rmi", "-f", "test:2.0")


def test_layers_are_applied_as_umoci_applies_them(play: Play, require: t.Callable[..., None], tmp_path: pathlib.Path, as_root: None) -> None:
    require("umoci")
    layout, bundle = tmp_path / "layout", tmp_path / "bundle"
    run("umoci", "init", "--layout", layout)
    run("umoci", "new", "--image", f"{layout}:many")
    steps = [
        "mkdir -p etc/conf.d usr/lib var folder; echo 1 > etc/conf.d/a; echo 1 > gone; echo 1 > folder/x; ln -s usr/lib lib; ln -s /etc conf",
        "rm gone; rm -r etc/conf.d; mkdir etc/conf.d; echo 2 > etc/conf.d/c; rm -r folder; echo 2 > folder; echo 2 > usr/lib/via",
        "rm folder; mkdir folder; echo 3 > folder/y; rm lib; mkdir lib; echo 3 > lib/real; ln etc/conf.d/c etc/hard",
    ]
    for step in steps:
        run("umoci", "unpack", "--image", f"{layout}:many", bundle)
        run("sh", "-c", f"cd {bundle}/rootfs && {step}")
        run("umoci", "repack", "--image", f"{layout}:many", bundle)
        run("rm", "-rf", bundle)
    run("umoci", "unpack", "--image", f"{layout}:many", bundle)
    run("tar", "-C", layout, "-cf", tmp_path / "many.tar", ".")
    play(
        {"golden.images.local_guest": {"name": play.guest, "state_dir": str(play.state), "source": {"oci_archive": str(tmp_path / "many.tar")}}},
        play.capture(formats=["rootfs"]),
        play.remove(),
    ).ok()
    with tarfile.open(play.folder / "captured/x.rootfs.tar") as tar:
        ours = {member.name.removeprefix("./"): (member.type, member.mode, member.size, member.linkname.removeprefix("./")) for member in tar}
    run("tar", "--sort=name", "-C", bundle / "rootfs", "-cf", tmp_path / "theirs.tar", ".")
    with tarfile.open(tmp_path / "theirs.tar") as tar:
        theirs = {member.name.removeprefix("./"): (member.type, member.mode, member.size, member.linkname.removeprefix("./")) for member in tar}
    assert ours == theirs
    run("rm", "-rf", bundle)


def _layer(*members: tuple[str, bytes, str]) -> bytes:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as tar:
        for name, kind, value in members:
            entry = tarfile.TarInfo(name)
            entry.type = kind
            if kind == tarfile.REGTYPE:
                entry.size = len(value)
                tar.addfile(entry, io.BytesIO(value.encode()))
            else:
                entry.linkname, entry.mode = value, 0o755
                tar.addfile(entry)
    return raw.getvalue()


def _docker_archive(path: pathlib.Path, *layers: bytes) -> None:
    names = [f"{number}.tar" for number in range(len(layers))]
    files = {
        **dict(zip(names, layers, strict=True)),
        "c.json": b'{"config": {}}',
        "manifest.json": json.dumps([{"Config": "c.json", "RepoTags": None, "Layers": names}]).encode(),
    }
    with tarfile.open(path, "w") as tar:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))


@pytest.mark.parametrize("form", ["absolute", "climbing", "hardlink", "dotdot"])
def test_a_hostile_image_cannot_write_or_read_outside_its_tree(play: Play, tmp_path: pathlib.Path, form: str) -> None:
    (tmp_path / "victim").mkdir()
    (tmp_path / "victim/file").write_text("precious")
    climbing = "../" * 30 + str(tmp_path / "victim").lstrip("/")
    target = climbing if form == "climbing" else str(tmp_path / "victim")
    first = _layer(("dir", tarfile.DIRTYPE, ""), ("out", tarfile.SYMTYPE, target), ("file", tarfile.REGTYPE, "ok"))
    second = {
        "absolute": _layer(("out/file", tarfile.REGTYPE, "evil"), ("out/new", tarfile.REGTYPE, "evil"), ("out/.wh.file", tarfile.REGTYPE, "")),
        "climbing": _layer(("out/file", tarfile.REGTYPE, "evil"), ("out/.wh..wh..opq", tarfile.REGTYPE, "")),
        "hardlink": _layer(("stolen", tarfile.LNKTYPE, "out/file")),
        "dotdot": _layer(("../../../../../../../../../../" + str(tmp_path / "victim/file").lstrip("/"), tarfile.REGTYPE, "evil")),
    }[form]
    _docker_archive(tmp_path / "evil.tar", first, second)
    result = play(
        {
            "golden.images.local_guest": {"name": play.guest, "state_dir": str(play.state), "source": {"docker_archive": str(tmp_path / "evil.tar")}},
            "ignore_errors": True,
        },
        {**play.capture(formats=["rootfs"]), "ignore_errors": True},
        play.remove(),
    )
    assert result.rc == 0, result.output
    assert {path.name: path.read_text() for path in (tmp_path / "victim").iterdir()} == {"file": "precious"}
    if form == "hardlink":
        assert "precious" not in (play.folder / "captured/x.rootfs.tar").read_text(errors="replace") if (play.folder / "captured").exists() else True


def test_a_full_disk_is_told_and_leaves_no_file(play: Play, tmp_path: pathlib.Path, as_root: None) -> None:
    small = tmp_path / "captured"
    small.mkdir()
    run("mount", "-t", "tmpfs", "-o", "size=20m", "tmpfs", small)
    try:
        result = play(*play.launch(), {**play.capture(folder="captured/web"), "ignore_errors": True}, play.remove())
        assert "No space left on device" in result.output
        assert "Free space" in result.output
        assert list(small.iterdir()) == []
    finally:
        run("umount", "-l", small)


def test_info_and_absent(play: Play) -> None:
    play(
        *play.launch(),
        play.capture(config={"cmd": ["true"]}),
        play.remove(),
        {"golden.images.local_image_info": {"path": "{{ captured.artifact.files[0].path }}"}, "register": "looked"},
        play.write("looked"),
        {"golden.images.local_image": {"state": "absent", "artifact": "{{ captured.artifact }}"}, "register": "gone"},
        {"golden.images.local_image": {"state": "absent", "artifact": "{{ captured.artifact }}"}, "register": "gone_again"},
        {
            "ansible.builtin.assert": {
                "that": ["gone is changed", "gone_again is not changed", "looked.id == captured.artifact.id", "looked.config.cmd == ['true']"]
            }
        },
    ).ok()
    assert not (play.folder / "captured").exists()
