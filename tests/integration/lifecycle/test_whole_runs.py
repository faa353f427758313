# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a run, and of the runs before, would make an image another one than its definition says."""

from __future__ import annotations

import json
import pathlib
import typing as t

import pytest

from .conftest import said

if t.TYPE_CHECKING:
    from .conftest import Workspace

WEB: dict[str, t.Any] = {"provisioners": [{"tasks": "configure.yml"}], "verify": [{"tasks": "check.yml"}]}


@pytest.mark.parametrize("arguments", [("--tags", "web"), ("--skip-tags", "slow"), ("--skip-tags", "always", "--limit", "web.folder")])
def test_a_run_that_leaves_tasks_out_is_refused(workspace: Workspace, arguments: tuple[str, ...]) -> None:
    workspace.define({"web": WEB})
    refused = workspace.run(*arguments)
    assert refused.rc != 0
    assert "Images are built without --tags and --skip-tags" in said(refused)
    assert workspace.there() == set()


def test_tags_of_the_configuration_are_refused(workspace: Workspace) -> None:
    workspace.define({"web": WEB})
    refused = workspace.run(ANSIBLE_SKIP_TAGS="slow")
    assert refused.rc != 0
    assert "Images are built without --tags and --skip-tags" in said(refused)
    assert "1 build: 1 built" in workspace.run("--tags", "all").ok().stdout


def test_cached_facts_make_no_image_new(workspace: Workspace, tmp_path: pathlib.Path) -> None:
    cache = {"ANSIBLE_CACHE_PLUGIN": "ansible.builtin.jsonfile", "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(tmp_path / "facts")}
    workspace.write(
        "facts.yml",
        "- ansible.builtin.set_fact: {kept_fact: '{{ golden_build.run_id }}', cacheable: true}\n- ansible.builtin.setup: {gather_subset: ['!all', platform]}\n",
    )
    workspace.define({"web": {**WEB, "provisioners": [*WEB["provisioners"], {"tasks": "facts.yml"}]}})
    assert "1 build: 1 built" in workspace.run(**cache).ok().stdout
    kept = "".join(path.read_text() for path in (tmp_path / "facts").iterdir())
    assert "kept_fact" in kept and "gather_subset" in kept
    assert "1 build: 1 up to date" in workspace.run(**cache).ok().stdout


def test_secrets_of_an_encrypted_file_are_recorded_as_such(workspace: Workspace) -> None:
    workspace.write("password", "open sesame\n")
    workspace.define({"web": WEB}, variables={"token": {"required": True, "validation": {"max": 9}}})
    vault = ("--vault-password-file", "password")

    def encrypted(token: str) -> None:
        workspace.write("group_vars/all/vault.yml", f"token: {token}\nother: {token}\n")
        workspace.playbook("encrypt", *vault, "group_vars/all/vault.yml", program="ansible-vault", env=workspace.environment).ok()

    encrypted("hunter2-and-more")
    failed = workspace.run(*vault)
    assert failed.rc != 0
    assert "variable token must be at most 9 in length" in said(failed)
    assert "hunter2" not in failed.output

    inputs = []
    for token in ("hunter2", "hunter3"):
        encrypted(token)
        workspace.run(*vault).ok()
        [record] = [json.loads(path.read_text()) for path in workspace.state.glob("builds/*.json")]
        inputs.append(json.dumps(record, sort_keys=True))
    assert "variable token" in inputs[0] and "variable other" in inputs[0]
    assert inputs[0] == inputs[1]
