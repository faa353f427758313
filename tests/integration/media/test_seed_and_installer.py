# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""seed_media and installer_media in playbooks, as actions and as modules; other people's programs read the media."""

from __future__ import annotations

import functools
import hashlib
import http.server
import pathlib
import subprocess
import threading
import typing as t

import pytest
import yaml

Task = dict[str, t.Any]
USER_DATA = "#cloud-config\npassword: s3cr3t-value\n"
CONTENT = {"user-data": USER_DATA, "meta-data": "instance-id: web-1\n", "Long Folder/file.conf": "x\n"}
FACES = pytest.mark.parametrize("face", [{}, {"delegate_to": "other", "vars": {"ansible_connection": "local"}}], ids=["action", "module"])


def playbook(folder: pathlib.Path, *tasks: Task) -> pathlib.Path:
    path = folder / "play.yml"
    variables = {"ansible_python_interpreter": "{{ ansible_playbook_python }}"}
    path.write_text(yaml.safe_dump([{"hosts": "localhost", "gather_facts": False, "vars": variables, "tasks": list(tasks)}], sort_keys=False))
    return path


def run(*argv: object, **options: t.Any) -> str:
    return subprocess.run([str(word) for word in argv], check=True, capture_output=True, text=True, **options).stdout


@FACES
@pytest.mark.parametrize("kind", ["cd", "floppy"])
@pytest.mark.smoke
def test_a_seed_is_made_once_and_its_content_is_not_shown(ansible_playbook, require, tmp_path, face, kind):
    require("xorriso", "mdir", "fsck.fat")
    image = tmp_path / "seed.img"
    play = playbook(tmp_path, {"golden.images.seed_media": {"kind": kind, "dest": str(image), "content": CONTENT}, **face})
    checked = ansible_playbook(play, "--check", "--diff").ok()
    assert "changed=1" in checked.stdout
    assert not image.exists()
    first = ansible_playbook(play, "-vvv", "--diff").ok()
    assert "changed=1" in first.stdout
    assert "changed=0" in ansible_playbook(play).ok().stdout
    assert "s3cr3t-value" not in checked.output + first.output
    (read_cd if kind == "cd" else read_floppy)(image, tmp_path)


def read_cd(image: pathlib.Path, tmp_path: pathlib.Path) -> None:
    for system in ("-rockridge", "-joliet"):
        out = tmp_path / f"read{system}"
        only = ["-read_fs", "norock" if system == "-joliet" else "any"]
        run("xorriso", *only, "-indev", image, "-osirrox", "on", "-extract", "/", out, stdin=subprocess.DEVNULL)
        assert (out / "user-data").read_text() == USER_DATA
        assert (out / "Long Folder" / "file.conf").read_text() == "x\n"
    assert ", cidata\n" in run("xorriso", "-indev", image, "-toc", stdin=subprocess.DEVNULL)


def read_floppy(image: pathlib.Path, tmp_path: pathlib.Path) -> None:
    run("fsck.fat", "-n", image)
    assert "is CIDATA" in run("mdir", "-i", image, "::")
    assert run("mtype", "-i", image, "::/user-data") == USER_DATA
    assert run("mtype", "-i", image, "::/Long Folder/file.conf") == "x\n"


def test_a_mistake_does_not_show_the_content(ansible_playbook, tmp_path):
    for face in ({}, {"delegate_to": "other", "vars": {"ansible_connection": "local"}}):
        task = {"golden.images.seed_media": {"dest": str(tmp_path / "seed.iso"), "label": "no/label", "content": CONTENT}, **face}
        ended = ansible_playbook(playbook(tmp_path, task), "-vvv")
        assert ended.rc == 2
        assert "cannot be the label of a cd" in ended.output
        assert "s3cr3t-value" not in ended.output


@FACES
def test_an_installer_is_downloaded_once_and_checked_by_its_publishers_file(ansible_playbook, tmp_path, face):
    served = tmp_path / "served"
    served.mkdir()
    (served / "small.iso").write_bytes(b"installer" * 10000)
    (served / "SHA256SUMS").write_text(f"{hashlib.sha256(b'installer' * 10000).hexdigest()} *small.iso\n")
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(served))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        base = f"http://127.0.0.1:{server.server_address[1]}"
        options = {"urls": [f"{base}/gone.iso?token=s3cr3t-value", f"{base}/small.iso"], "checksum": f"{base}/SHA256SUMS", "cache_dir": str(tmp_path / "cache")}
        task = {"golden.images.installer_media": options, "register": "installer", **face}
        size = {"ansible.builtin.assert": {"that": ["installer.size | default(90000) == 90000", "installer.path.endswith('.iso')"]}}
        play = playbook(tmp_path, task, size)
        try:
            assert "changed=1" in ansible_playbook(play, "--check").ok().stdout
            first = ansible_playbook(play, "-vvv").ok()
            (served / "small.iso").unlink()
            assert "changed=0" in ansible_playbook(play).ok().stdout
        finally:
            server.shutdown()
            thread.join()
    assert "changed=1" in first.stdout
    assert "s3cr3t-value" not in first.output
