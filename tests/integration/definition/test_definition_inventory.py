# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Definitions as the programs of Ansible see them."""

from __future__ import annotations

import json
import re
import subprocess
import typing as t

import pytest

if t.TYPE_CHECKING:
    from .conftest import Workspace

HEAD = """plugin: golden.images.builds
variables:
  domain: {default: example.com}
  token: {default: !unsafe "{{ not this }}", sensitive: true}
builders:
  small: {type: acme.boxes.builder_box, region: here, source: {image: "debian:{{ suite }}"}}
  big: {type: acme.boxes.builder_box, region: "{{ place }}", source: {image: "debian:{{ suite }}"}}
"""
IMAGES = """images:
  web: {version: "1.4.0", groups: [webservers], source: {image_of: base}, vars: {url: "https://{{ domain }}/"}}
  base: {version: "1"}
"""
PRINT = """- hosts: golden_builds
  gather_facts: false
  tasks:
    - ansible.builtin.debug: {msg: "{{ golden_source }} {{ url | default('') }} {{ token }}"}
"""
READERS = [("ansible-inventory", "--list"), ("ansible-inventory", "--graph"), ("ansible-playbook", "play.yml"), ("ansible", "all", "--list-hosts")]


def hosts(result: subprocess.CompletedProcess[str]) -> list[str]:
    """Hosts in the order of a play's or an ad-hoc listing's output."""
    assert result.returncode == 0, result.stderr
    return re.findall(r"^(?:ok: \[| {4})([a-z.]+)", result.stdout, re.MULTILINE)


def test_list_is_complete_and_clean(workspace: Workspace) -> None:
    workspace.write("images.golden.yml", HEAD + IMAGES)
    result = workspace.run("ansible-inventory", "-i", "images.golden.yml", "--list")
    assert (result.returncode, result.stderr) == (0, "")
    inventory = json.loads(result.stdout)
    assert inventory["golden_builds"]["hosts"] == ["base.small", "base.big", "web.small", "web.big"]
    assert inventory["golden_image_web"]["hosts"] == inventory["webservers"]["hosts"] == ["web.small", "web.big"]
    assert inventory["golden_builder_big"]["hosts"] == ["base.big", "web.big"]
    assert inventory["golden_type_acme_boxes_builder_box"]["hosts"] == inventory["golden_builds"]["hosts"]
    web = inventory["_meta"]["hostvars"]["web.big"]
    assert web["golden_builder_options"] == {"region": "{{ place }}"}
    assert web["golden_source"] == {"image_of": "base.big"}
    assert web["golden_settings"]["depends_on"] == ["base.big"]
    assert web["golden_state_dir"] == str(workspace.folder / ".golden")
    assert web["ansible_connection"] == "ansible.builtin.local"
    assert web["domain"] == "example.com"


def test_values_are_templated_where_they_are_used(workspace: Workspace) -> None:
    workspace.write("images.golden.yml", HEAD + IMAGES)
    workspace.write("play.yml", PRINT)
    result = workspace.run("ansible-playbook", "-i", "images.golden.yml", "play.yml", "-e", "suite=12", ANSIBLE_FORKS="1")
    assert hosts(result) == ["base.small", "base.big", "web.small", "web.big"]
    assert "{'image': 'debian:12'}" in result.stdout
    assert "https://example.com/" in result.stdout
    assert "{{ not this }}" in result.stdout


def test_limit_keeps_parents_first(workspace: Workspace) -> None:
    workspace.write("images.golden.yml", HEAD + IMAGES)
    workspace.write("play.yml", PRINT)
    result = workspace.run("ansible-playbook", "-i", "images.golden.yml", "play.yml", "-e", "suite=12", "--limit", "golden_builder_big", ANSIBLE_FORKS="1")
    assert hosts(result) == ["base.big", "web.big"]
    assert hosts(workspace.run("ansible", "-i", "images.golden.yml", "web.*", "--list-hosts")) == ["web.small", "web.big"]
    assert hosts(workspace.run("ansible", "-i", "images.golden.yml", "all", "--list-hosts")) == ["base.small", "base.big", "web.small", "web.big"]


@pytest.mark.parametrize("place", ["group_vars/all.yml", "group_vars/golden_builds.yml", "group_vars/webservers.yml", "host_vars/web.small.yml", "a.ini"])
def test_everything_overrides_a_declared_default(workspace: Workspace, place: str) -> None:
    workspace.write("images.golden.yml", HEAD + IMAGES)
    ini = workspace.write("a.ini", "[apps]\nweb.small\n[apps:vars]\n" + ("domain=other.org" if place == "a.ini" else ""))
    if place != "a.ini":
        workspace.write(place, "domain: other.org\n")
    result = workspace.run("ansible", "-i", "images.golden.yml", "-i", str(ini), "web.small", "-m", "debug", "-a", "msg={{ url }}")
    assert "https://other.org/" in result.stdout, result.stdout + result.stderr


def test_folders_from_the_environment(workspace: Workspace) -> None:
    workspace.write("images.golden.yml", HEAD + IMAGES)
    result = workspace.run("ansible-inventory", "-i", "images.golden.yml", "--host", "web.big", GOLDEN_STATE_DIR="/var/lib/golden", GOLDEN_OUTPUT_DIR="made")
    variables = json.loads(result.stdout)
    assert (variables["golden_state_dir"], variables["golden_output_dir"]) == ("/var/lib/golden", str(workspace.folder / "made"))


MISTAKES = [
    ("plugin: golden.images.builds\nbulders: {}\n", ":2: bulders: unknown key 'bulders'. Did you mean 'builders'? Known: "),
    (HEAD.replace("region: here", "regio: here") + IMAGES, ":6: builders.small.regio: unknown key 'regio'. Did you mean 'region'?"),
    (HEAD + "images:\n  web: {version: 1.4}\n", ':9: images.web.version: must be a string, not a number; put it in quotes: version: "1.4"'),
    (HEAD + "images:\n  a: {version: '1', depends_on: [b]}\n  b: {version: '1', depends_on: [a]}\n", "wait for each other: a.small -> b.small -> a.small"),
    (HEAD + "images:\n  web:\n    version: '1'\n    provisioners:\n      - script: gone.sh\n", "/gone.sh"),
    (HEAD + "images:\n  web:\n    version: '1'\n    provisioners:\n      - scrpt: gone.sh\n", ":12: images.web.provisioners[0]"),
]


@pytest.mark.parametrize(("text", "message"), MISTAKES)
@pytest.mark.parametrize("reader", READERS, ids=" ".join)
def test_a_mistake_is_one_error_and_a_failure(workspace: Workspace, reader: tuple[str, ...], text: str, message: str) -> None:
    path = workspace.write("images.golden.yml", text)
    workspace.write("play.yml", PRINT)
    result = workspace.run(reader[0], "-i", str(path), *reader[1:])
    assert result.returncode == 4
    assert result.stdout == ""
    [line] = result.stderr.splitlines()
    assert line.startswith(f"[ERROR]: {path}:")
    assert message in line


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", ": the definition is empty."),
        ("plugin: golden.images.builds\nimages: [\n", ": not valid YAML: line 3, column 1: "),
        (HEAD + IMAGES + "images: {}\n", ": images: given twice, on lines 8 and 11."),
        (None, ": there is no such file."),
    ],
)
def test_unreadable_files_where_the_plugin_is_enabled(workspace: Workspace, text: str | None, message: str) -> None:
    path = workspace.folder / "images.golden.yml"
    if text is not None:
        workspace.write(path.name, text)
    result = workspace.run("ansible-inventory", "-i", str(path), "--list", ANSIBLE_INVENTORY_ENABLED="golden.images.builds,auto,yaml,ini")
    assert (result.returncode, result.stdout) == (4, "")
    [line] = result.stderr.splitlines()
    assert line.startswith(f"[ERROR]: {path}{message}")


def test_a_vaulted_value(workspace: Workspace) -> None:
    workspace.write("password", "secret\n")
    vault = workspace.run("ansible-vault", "encrypt_string", "--vault-password-file", "password", "hunter2", "--name", "token")
    assert vault.returncode == 0, vault.stderr
    cipher = vault.stdout.replace("token: !vault", "default: !vault", 1)
    block = "\n".join("    " + line.strip() if index == 0 else "      " + line.strip() for index, line in enumerate(cipher.strip().splitlines()))
    definition = re.sub(r"  token: .*\n", lambda _: f"  token:\n    sensitive: true\n{block}\n", HEAD) + IMAGES
    workspace.write("images.golden.yml", definition)
    arguments = ["-i", "images.golden.yml", "web.small", "-m", "debug", "-a", "msg={{ token }}"]
    assert "hunter2" in workspace.run("ansible", *arguments, "--vault-password-file", "password").stdout
    listed = workspace.run("ansible-inventory", "-i", "images.golden.yml", "--list")
    assert listed.returncode == 0, listed.stderr
    assert "hunter2" not in listed.stdout + listed.stderr
