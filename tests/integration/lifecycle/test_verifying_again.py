# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Images that are checked once more, after they were built."""

from __future__ import annotations

import shutil
import typing as t

import pytest

from .conftest import said

if t.TYPE_CHECKING:
    from ..conftest import Finished
    from .conftest import Workspace

WEB: dict[str, t.Any] = {"provisioners": [{"tasks": "configure.yml"}], "verify": [{"tasks": "check.yml"}], "post_processors": [{"type": "checksum"}]}
STEPS = ("launch", "capture", "publish")


def verify(workspace: Workspace, *arguments: str) -> Finished:
    """The playbook, with the output and the manifests as they were before."""
    before = _written(workspace)
    result = workspace.run(*arguments, playbook="golden.images.verify")
    assert _written(workspace) == before
    return result


def _written(workspace: Workspace) -> dict[str, bytes]:
    folders = [workspace.folder / "output", workspace.state / "builds", workspace.platform]
    return {str(path): path.read_bytes() for folder in folders for path in folder.rglob("*") if path.is_file() and ".lock" not in path.name}


def asked(workspace: Workspace) -> dict[str, int]:
    """How often each step was done."""
    return {step: workspace.asked(f"{step} web") for step in STEPS}


@pytest.mark.smoke
def test_a_fresh_guest_of_the_published_image_is_checked_and_goes(workspace: Workspace) -> None:
    workspace.define({"web": WEB})
    workspace.run().ok()
    before = asked(workspace)
    planned = workspace.run("--check", playbook="golden.images.verify").ok()
    assert "web.folder would verify" in said(planned)
    assert asked(workspace) == before
    result = verify(workspace).ok()
    assert "1 build: 1 verified" in result.stdout
    assert "changed=0" in workspace.run().ok().stdout.rpartition("PLAY RECAP")[2]
    assert asked(workspace) == {**before, "launch": before["launch"] + 1}
    assert workspace.there() == {"web-1"}
    assert not list(workspace.state.glob("locks/*.lock"))


def test_checks_of_today_on_the_image_as_it_is(workspace: Workspace) -> None:
    """Another provisioner and a source that is gone change neither the image nor what is started."""
    workspace.define({"web": WEB})
    workspace.run().ok()
    shutil.rmtree(workspace.folder / "source")
    workspace.write("check.yml", "- name: See what is inside\n  ansible.builtin.command: grep -x 'first of web' {{ guest_folder }}/made\n")
    result = verify(workspace, "-e", "content=second").ok()
    assert "1 verified" in result.stdout
    assert "what is verified is the image as it was built" in said(result)
    assert "variable content" in said(result)


def test_a_failed_check_says_which_and_leaves_the_image(workspace: Workspace) -> None:
    workspace.define({"web": WEB, "db": WEB})
    workspace.run().ok()
    workspace.write("check.yml", "- name: Look at the certificate\n  ansible.builtin.fail: {msg: it has expired}\n  when: golden_build.image == 'web'\n")
    result = verify(workspace)
    assert result.rc != 0
    assert "1 verified" in result.stdout and "1 failed" in result.stdout
    assert "Check 1 (tasks check.yml): the task 'Look at the certificate' failed: it has expired" in workspace.outcome("web.folder")["text"]
    assert "it has expired" in said(result) and "since then" not in said(result)
    assert workspace.there() == {"db-1", "web-1"}
    assert workspace.outcome("web.folder")["phase"] == "verify"


def test_nothing_to_verify_is_an_error_that_says_what_to_do(workspace: Workspace) -> None:
    workspace.define({"web": WEB})
    result = verify(workspace)
    assert result.rc != 0
    assert "it has not been built yet, so there is nothing to verify" in said(result)
    assert "ansible-playbook golden.images.build_images --limit web.folder" in said(result)
    workspace.run().ok()
    shutil.rmtree(workspace.platform / "web-1")
    gone = verify(workspace)
    assert gone.rc != 0
    assert "is no longer there, or was changed" in said(gone)


def test_a_run_that_is_killed_while_it_verifies_leaves_the_image_alone(workspace: Workspace) -> None:
    workspace.define({"web": {**WEB, "verify": [{"tasks": "check.yml"}, {"tasks": "hold.yml", "vars": {"step": "verify"}}]}})
    workspace.run().ok()
    workspace.hold("verify-web")
    run = workspace.start(playbook="golden.images.verify")
    workspace.held(run, "verify-web")
    assert workspace.there() == {"web-1", "golden-web-folder-RUN-verify"}
    run.kill_with_children()
    workspace.quiet()
    assert workspace.there() == {"web-1"}
    workspace.open_gates()
    assert "1 verified" in verify(workspace).ok().stdout


@pytest.mark.parametrize("second", ["verify", "build_images"])
def test_a_build_has_one_turn_in_a_run(workspace: Workspace, second: str) -> None:
    """Neither is a second turn taken for changed inputs, nor does its failure stay unnoticed."""
    workspace.define({"web": WEB})
    workspace.write("release.yml", f"- import_playbook: golden.images.build_images\n- import_playbook: golden.images.{second}\n")
    result = workspace.run(playbook="release.yml")
    assert result.rc != 0
    assert "1 build: 1 built" in result.stdout
    assert "this run has dealt with it already (built)" in said(result)
    assert "Call ansible-playbook once for each" in said(result)
    assert workspace.there() == {"web-1"}
    assert "1 up to date" in workspace.run().ok().stdout
