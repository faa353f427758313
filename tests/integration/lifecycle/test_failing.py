# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds that fail: what is left, what is said, what the next run does."""

from __future__ import annotations

import json
import typing as t

import pytest

from tests.rigs.ee.controller import sliced

from .conftest import said

if t.TYPE_CHECKING:
    from .conftest import Workspace

WEB: dict[str, t.Any] = {"provisioners": [{"tasks": "configure.yml"}], "verify": [{"tasks": "check.yml"}], "post_processors": [{"type": "checksum"}]}
FAIL = "- name: Complain\n  ansible.builtin.fail: {msg: this is not good enough}\n"


@pytest.mark.smoke
def test_a_failed_check_publishes_nothing_and_the_next_run_goes_on(workspace: Workspace) -> None:
    workspace.define({"web": WEB})
    workspace.run().ok()
    check = (workspace.folder / "check.yml").read_text()
    workspace.write("check.yml", FAIL)
    failed = workspace.run("-e", "content=second", "-e", "golden_force=true")
    assert failed.rc != 0
    assert "1 build: 1 failed" in failed.stdout
    assert "web.folder failed in the phase verify" in said(failed)
    assert "Complain" in failed.stdout and "this is not good enough" in failed.stdout
    assert workspace.there() == {"web-1", "captured-web-RUN"}
    assert workspace.made("web-1") == "first of web"

    workspace.write("check.yml", check)
    asked = {step: workspace.asked(f"{step} web") for step in ("launch", "capture", "publish")}
    assert "1 build: 1 built" in workspace.run("-e", "content=second").ok().stdout
    assert {step: workspace.asked(f"{step} web") - before for step, before in asked.items()} == {"launch": 1, "capture": 0, "publish": 1}
    assert workspace.there() == {"web-1"}
    assert workspace.made("web-1") == "second of web"


def test_a_failed_post_processor_keeps_the_artifact_and_the_next_run_goes_on(workspace: Workspace) -> None:
    workspace.define({"web": {**WEB, "post_processors": [{"type": "command", "inline": ["test -e go || { echo not yet; exit 3; }"]}, {"type": "checksum"}]}})
    failed = workspace.run()
    assert failed.rc != 0
    assert "web.folder failed in the phase export" in said(failed)
    assert "exit code 3" in said(failed) and "not yet" in failed.stdout
    assert workspace.there() == {"web-1"}
    workspace.write("go", "")
    assert "1 build: 1 built" in workspace.run().ok().stdout
    assert (workspace.asked("launch web"), workspace.asked("capture web")) == (2, 1)
    assert "1 up to date" in workspace.run().ok().stdout


def test_one_fails_and_the_others_are_built(workspace: Workspace) -> None:
    workspace.write("fail.yml", FAIL)
    workspace.define({"good": WEB, "bad": {"provisioners": [{"tasks": "fail.yml"}]}, "alone": {"source": {"folder": "/nowhere"}}})
    result = workspace.run()
    assert result.rc != 0
    assert "3 builds: " in result.stdout and "1 built" in result.stdout and "2 failed" in result.stdout
    words = ["bad.folder FAILED", "bad.folder failed in the phase configure", "Complain", "this is not good enough"]
    assert [word for word in [*words, "alone.folder FAILED", "there is no folder /nowhere"] if word not in said(result)] == [], result.output
    assert workspace.there() == {"good-1"}
    assert workspace.outcome("bad.folder")["outcome"] == "failed"
    workspace.quiet()
    assert workspace.private_files() == []


@pytest.mark.parametrize("forks", ["1", "4"])
def test_a_child_is_made_of_its_parent_in_one_run(workspace: Workspace, forks: str) -> None:
    workspace.write("child.yml", "- name: Add\n  ansible.builtin.copy: {content: c, dest: '{{ guest_folder }}/added', mode: '0644'}\n")
    child = {"source": {"image_of": "base"}, "provisioners": [{"tasks": "child.yml"}]}
    workspace.define({"a-child": child, "base": WEB, "after": {"depends_on": ["base"]}})
    assert "3 builds: 3 built" in workspace.run("-f", forks).ok().stdout
    assert workspace.there() == {"a-child-1", "base-1", "after-1"}
    assert workspace.made("a-child-1") == "first of base"
    assert (workspace.platform / "a-child-1/added").exists()
    log = (workspace.folder / "platform.log").read_text().splitlines()
    assert log.index("launch a-child") > log.index("publish base")
    assert log.index("launch after") > log.index("publish base")
    assert "3 builds: 3 up to date" in workspace.run("-f", forks).ok().stdout


APART = """
- name: Ask once
  ansible.builtin.command: echo {{ inventory_hostname }}
  run_once: true
  changed_when: false
  register: asked
- name: Wait a moment
  ansible.builtin.pause: {seconds: 0}
- name: Know another host
  ansible.builtin.add_host: {name: "other-{{ inventory_hostname }}"}
  changed_when: false
- name: Fail once
  ansible.builtin.command: test {{ golden_image }} != bad
  run_once: true
  changed_when: false
- name: Keep it
  ansible.builtin.copy: {content: "{{ asked.stdout }}", dest: "{{ guest_folder }}/made", mode: "0644"}
"""


@pytest.mark.smoke
@pytest.mark.parametrize("inventory", ["definition", "database"])
def test_builds_are_kept_apart_whatever_a_role_does_once(workspace: Workspace, inventory: str) -> None:
    workspace.write("apart.yml", APART)
    workspace.define({image: {"provisioners": [{"tasks": "apart.yml"}]} for image in ("one", "two", "bad")})
    name = "images.golden.yml" if inventory == "definition" else as_awx_has_it(workspace)
    result = workspace.playbook("-i", name, "golden.images.build_images", "-f", "3", env=workspace.environment)
    assert result.rc == 2
    assert "3 builds: " in result.stdout and "2 built" in result.stdout and "1 failed" in result.stdout
    assert "bad.folder failed in the phase configure" in said(result)
    assert workspace.there() == {"one-1", "two-1"}
    assert [workspace.made(f"{image}-1") for image in ("one", "two")] == ["one.folder", "two.folder"]


def as_awx_has_it(workspace: Workspace) -> str:
    """The inventory from a database."""
    listed = workspace.playbook("-i", "images.golden.yml", "--list", "--export", program="ansible-inventory", env=workspace.environment).ok()
    script = workspace.write("inventory", f"#!/bin/sh\ncat <<'EOF'\n{json.dumps(sliced(json.loads(listed.stdout)))}\nEOF\n")
    script.chmod(0o755)
    return script.name


def test_a_parent_comes_first_also_where_the_inventory_is_in_another_order(workspace: Workspace) -> None:
    """As AWX has it, which sorts by name."""
    workspace.define({"a-child": {"source": {"image_of": "base"}}, "base": WEB, "after": {"depends_on": ["base"]}})
    name = as_awx_has_it(workspace)
    result = workspace.playbook("-i", name, "golden.images.build_images", "-f", "1", "-e", "golden_parent_timeout=5", env=workspace.environment).ok()
    assert "3 builds: 3 built" in result.stdout
    log = (workspace.folder / "platform.log").read_text().splitlines()
    assert next(line for line in log if line.startswith("launch ")) == "launch base"


def test_a_child_whose_parent_fails_or_is_missing(workspace: Workspace) -> None:
    good = (workspace.folder / "configure.yml").read_text()
    workspace.write("configure.yml", FAIL)
    workspace.define({"base": WEB, "child": {"source": {"image_of": "base"}}, "after": {"depends_on": ["base"]}})
    failed = workspace.run("-f", "4")
    assert failed.rc != 0
    assert "3 builds: 3 failed" in failed.stdout
    for build in ("child", "after"):
        assert f"{build}.folder failed in the phase plan: base.folder, which it depends on, was not built" in said(failed)
    assert workspace.there() == set()

    # A parent that Ansible gives up has no outcome before all others have ended.
    workspace.write("configure.yml", "- meta: end_host\n")
    ended = workspace.run("-f", "4", "-e", "golden_parent_timeout=600")
    assert ended.rc != 0
    assert "3 builds: 3 failed" in ended.stdout
    assert "child.folder failed in the phase plan: base.folder, which it depends on, was not built" in said(ended)
    assert workspace.there() == set() and workspace.private_files() == []

    alone = workspace.run("--limit", "child.folder")
    assert alone.rc != 0
    assert "its parent base.folder has not been built yet" in said(alone)
    assert "--limit 'base.folder,child.folder'" in said(alone)

    workspace.write("configure.yml", good)
    workspace.run("--limit", "base.folder").ok()
    assert "1 build: 1 built" in workspace.run("--limit", "child.folder").ok().stdout
    assert workspace.there() == {"base-1", "child-1"}
    assert workspace.asked("launch base") == 2 + 2


def test_a_kept_guest_stays_until_it_is_discarded_on_purpose(workspace: Workspace) -> None:
    workspace.write("fail.yml", FAIL)
    workspace.define({"web": {"provisioners": [{"tasks": "fail.yml"}], "on_error": "keep"}})
    failed = workspace.run()
    assert failed.rc != 0
    [guest] = list(workspace.platform.iterdir())
    assert f"cd {guest}" in said(failed)
    assert "ansible-playbook golden.images.discard" in said(failed) and "golden_discard_kept=true" in said(failed)
    workspace.quiet()
    workspace.run(playbook="golden.images.discard").ok()
    assert list(workspace.platform.iterdir()) == [guest]
    discarded = workspace.run("-e", "golden_discard_kept=true", playbook="golden.images.discard").ok()
    assert f"removed folder {guest}" in discarded.stdout
    assert workspace.there() == set()
    assert workspace.private_files() == []

    asked = workspace.run("-e", "golden_on_error=ask")
    assert asked.rc != 0
    assert "nobody can be asked here" in said(asked)
    assert workspace.there() == set()


@pytest.mark.parametrize("playbook", ["build_images", "verify", "validate", "discard", "prune", "launch"])
def test_a_playbook_without_a_definition_says_what_is_missing(workspace: Workspace, playbook: str) -> None:
    result = workspace.playbook("-i", "localhost,", f"golden.images.{playbook}", env=workspace.environment)
    assert result.rc != 0
    assert "No builds. Give a definition, a file whose name ends in .golden.yml: -i my.golden.yml." in said(result)


def test_a_playbook_of_the_user_between_launch_and_capture(workspace: Workspace) -> None:
    task = "ansible.builtin.copy: {content: by site, dest: '{{ guest_folder }}/made', mode: '0644'}"
    site = f"- hosts: webservers\n  gather_facts: false\n  tasks:\n    - {task}\n"
    workspace.write("site.yml", site)
    workspace.write(
        "all.yml",
        "- import_playbook: golden.images.launch\n- import_playbook: site.yml\n- import_playbook: golden.images.capture\n",
    )
    workspace.define({"web": {"groups": ["webservers"], "verify": [{"tasks": "check.yml"}]}, "bad": {"provisioners": [{"tasks": "check.yml"}]}})
    result = workspace.run(playbook="all.yml")
    assert result.rc != 0
    assert "2 builds: " in result.stdout and "1 built" in result.stdout and "1 failed" in result.stdout
    assert workspace.there() == {"web-1"}
    assert workspace.made("web-1") == "by site"

    workspace.write("site.yml", site.replace("'{{ guest_folder }}/made'", "/proc/nowhere/made"))
    failed = workspace.run("-e", "golden_only_images=web", playbook="all.yml")
    assert failed.rc != 0
    assert "bad.folder" not in failed.stdout
    workspace.quiet()
    assert workspace.there() == {"web-1"}, "what site.yml left half-done is discarded when the run has ended"
    assert workspace.made("web-1") == "by site"
