# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Post-processors in a playbook, as actions and as modules; other people's programs judge what they made."""

from __future__ import annotations

import os
import pathlib
import subprocess
import typing as t

import pytest

Task = dict[str, t.Any]


@pytest.fixture
def output(tmp_path: pathlib.Path) -> pathlib.Path:
    folder = tmp_path / "output"
    folder.mkdir()
    return folder


def test_a_chain_and_its_second_run(ansible_playbook, artifact_of, play, require, tmp_path, output):
    require("zstd", "tar", "sha256sum")
    tasks: list[Task] = [
        {"golden.images.compress": {"artifact": "{{ golden_artifact }}", "format": "tar.zst"}, "register": "one"},
        {"golden.images.checksum": {"artifact": "{{ one.artifact }}", "algorithms": ["sha256", "sha512"]}, "register": "two"},
        {
            "golden.images.local_command": {"artifact": "{{ two.artifact }}", "inline": ['test -n "$GOLDEN_ARTIFACT_ID"'], "creates": "never"},
            "changed_when": False,
        },
        {"golden.images.manifest": {"artifact": "{{ two.artifact }}", "strip_time": True}},
        {
            "golden.images.post_processed": {"artifact": "{{ golden_artifact }}", "steps": [{"chain": 1, "keep_input": False, "result": "{{ one }}"}]},
            "check_mode": True,
            "changed_when": False,
            "register": "let_go",
        },
        {"ansible.builtin.assert": {"that": ["let_go.removed == [golden_artifact.files[0].path]"]}, "when": "not ansible_check_mode"},
    ]
    playbook = play(tmp_path / "play.yml", tasks, artifact_of(output))
    checked = ansible_playbook(playbook, "--check").ok()
    assert {path.name for path in output.iterdir()} == {"web-1.0.0-local.rootfs.tar"}, checked.output
    assert "changed=3" in ansible_playbook(playbook).ok().stdout
    assert "changed=0" in ansible_playbook(playbook).ok().stdout
    for algorithm in ("sha256", "sha512"):
        subprocess.run([f"{algorithm}sum", "--strict", "-c", f"web-1.0.0-local.tar.zst.{algorithm}"], cwd=output, check=True)
    listing = subprocess.run(["tar", "--zstd", "-tf", "web-1.0.0-local.tar.zst"], cwd=output, check=True, capture_output=True, text=True).stdout
    assert listing.split() == ["web-1.0.0-local.rootfs.tar"]
    assert not [path for path in output.iterdir() if path.name.endswith(".partial")]


@pytest.mark.parametrize(("chosen", "check"), [("tar.xz", ["xz", "-t"]), ("zip", ["unzip", "-tq"]), ("tar.gz", ["gzip", "-t"])])
def test_as_a_module_on_another_host(ansible_playbook, artifact_of, play, require, tmp_path, output, chosen, check):
    require(check[0])
    task: Task = {
        "golden.images.compress": {"artifact": "{{ golden_artifact }}", "format": chosen},
        "delegate_to": "other",
        "vars": {"ansible_connection": "local"},
    }
    ansible_playbook(play(tmp_path / "play.yml", [task], artifact_of(output))).ok()
    subprocess.run([*check, f"web-1.0.0-local.{chosen}"], cwd=output, check=True)


def test_a_failed_post_processor_leaves_the_artifact(ansible_playbook, artifact_of, play, tmp_path, output):
    tasks: list[Task] = [{"golden.images.local_command": {"artifact": "{{ golden_artifact }}", "argv": ["false"]}}]
    ended = ansible_playbook(play(tmp_path / "play.yml", tasks, artifact_of(output)))
    assert ended.rc == 2
    assert "exit code 1" in ended.output
    assert (output / "web-1.0.0-local.rootfs.tar").exists()


def test_a_full_disk(ansible_playbook, artifact_of, play, require, tmp_path):
    require("mount", "umount")
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small file system")
    small = tmp_path / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", small], check=True)
    try:
        artifact = artifact_of(small)
        path = pathlib.Path(artifact["files"][0]["path"])
        path.write_bytes(os.urandom(50000))
        for chosen in ("tar", "tar.zst"):
            task: Task = {"golden.images.compress": {"artifact": "{{ golden_artifact }}", "format": chosen}}
            ended = ansible_playbook(play(tmp_path / "play.yml", [task], artifact))
            assert ended.rc == 2
            assert "No space left on device" in ended.output
            assert [entry.name for entry in small.iterdir()] == [path.name]
    finally:
        subprocess.run(["umount", "-l", small], check=True)


def test_secrets_of_a_command_are_not_shown(ansible_playbook, artifact_of, play, tmp_path, output):
    options = {"artifact": "{{ golden_artifact }}", "inline": ["echo got $TOKEN"], "environment": {"TOKEN": "s3cr3t-value"}}
    playbook = play(tmp_path / "play.yml", [{"golden.images.local_command": options}], artifact_of(output))
    ended = ansible_playbook(playbook, "-vvv").ok()
    assert "got ********" in ended.stdout
    assert "s3cr3t-value" not in ended.output
