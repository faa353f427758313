# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files that a fingerprint is made of."""

from __future__ import annotations

import pathlib
import typing as t

import pytest

from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import DefinitionError
from ansible_collections.golden.images.plugins.module_utils._provisioners.contract import CompileContext, collect_inputs


def write(root: pathlib.Path, files: dict[str, str]) -> None:
    """Files with their folders."""
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")


def found(root: pathlib.Path, entry: dict[str, t.Any], **context: t.Any) -> set[str]:
    """Names of an entry's inputs below the definition."""
    paths = next(iter(collect_inputs([entry], CompileContext(definition_dir=root, **context)).values()))
    return {str(path.relative_to(root)) for path in paths}


def test_role_with_dependencies_and_included_roles(tmp_path: pathlib.Path) -> None:
    """Cycles end, tags of Ansible are no obstacle, junk does not count."""
    write(
        tmp_path,
        {
            "roles/web/tasks/main.yml": "- block:\n    - include_role: {name: inner}\n- set_fact: {x: !vault abc}\n",
            "roles/web/meta/main.yml": "dependencies: [{role: base}]",
            "roles/web/files/page.html": "hello",
            "roles/web/.git/HEAD": "x",
            "roles/web/library/__pycache__/a.pyc": "x",
            "roles/base/tasks/main.yml": "- ansible.builtin.import_role:\n    name: web\n",
            "roles/inner/handlers/main.yml": "[]",
            "roles/unused/tasks/main.yml": "[]",
        },
    )
    assert found(tmp_path, {"role": "web"}) == {
        "roles/web/tasks/main.yml",
        "roles/web/meta/main.yml",
        "roles/web/files/page.html",
        "roles/base/tasks/main.yml",
        "roles/inner/handlers/main.yml",
    }


def test_collection_roles_are_asked_for(tmp_path: pathlib.Path) -> None:
    """Only Ansible knows where a collection is."""
    write(tmp_path, {"elsewhere/tasks/main.yml": "[]"})
    assert found(tmp_path, {"role": "a.b.c"}, find_collection_role={"a.b.c": tmp_path / "elsewhere"}.get) == {"elsewhere/tasks/main.yml"}


def test_task_file_and_what_it_reads(tmp_path: pathlib.Path) -> None:
    """Includes are followed, sources are added, names with Jinja cannot be known."""
    write(
        tmp_path,
        {
            "tasks/web.yml": "- include_tasks: more.yml\n- ansible.builtin.copy: {src: a.txt, dest: /a}\n- template: src=b.j2 dest=/b\n"
            "- include_tasks: '{{ x }}.yml'\n- copy: {src: ../shared/c, dest: /c}\n",
            "tasks/more.yml": "- import_tasks: {file: web.yml}\n- script: run.sh --fast\n",
            "tasks/files/a.txt": "",
            "tasks/files/run.sh": "",
            "tasks/templates/b.j2": "",
            "shared/c": "",
            "tasks/other.yml": "",
        },
    )
    assert found(tmp_path, {"tasks": "tasks/web.yml"}) == {
        "tasks/web.yml",
        "tasks/more.yml",
        "tasks/files/a.txt",
        "tasks/files/run.sh",
        "tasks/templates/b.j2",
        "shared/c",
    }


def test_playbook_with_what_ansible_finds_beside_it(tmp_path: pathlib.Path) -> None:
    """Roles and variables; those of the definition's folder are not its own."""
    beside = {"site/roles/web/tasks/main.yml", "site/roles/in_task/defaults/main.yml", "site/group_vars/all.yml", "site/host_vars/web.yml"}
    files = dict.fromkeys([*beside, "roles/web/tasks/main.yml"], "[]\n")
    files["site/site.yml"] = "- hosts: all\n  roles: [web]\n  tasks:\n    - include_role: {name: in_task}\n"
    write(tmp_path, files)
    assert found(tmp_path, {"playbook": "site/site.yml"}) == {"site/site.yml", *beside}


def test_playbook_with_roles_and_vars_files(tmp_path: pathlib.Path) -> None:
    """And imported playbooks."""
    write(
        tmp_path,
        {
            "site.yml": "- import_playbook: web.yml\n",
            "web.yml": "- hosts: all\n  vars_files: [vars/web.yml]\n  roles: [web]\n  tasks:\n    - include_vars: v.yml\n",
            "vars/web.yml": "",
            "vars/v.yml": "",
            "roles/web/tasks/main.yml": "",
        },
    )
    assert found(tmp_path, {"playbook": "site.yml"}) == {"site.yml", "web.yml", "vars/web.yml", "vars/v.yml", "roles/web/tasks/main.yml"}


def test_files_folders_and_further_inputs(tmp_path: pathlib.Path) -> None:
    """What is uploaded counts, what is downloaded does not."""
    write(tmp_path, {"files/a/b": "", "files/c": "", "more/x.cfg": "", "more/y.txt": ""})
    assert found(tmp_path, {"file": {"src": "files", "dest": "/x"}, "inputs": ["more/*.cfg"]}) == {"files/a/b", "files/c", "more/x.cfg"}
    assert found(tmp_path, {"file": {"src": "files", "dest": "x", "direction": "download"}}) == set()


def test_jinja_in_names_is_rendered_when_it_can_be(tmp_path: pathlib.Path) -> None:
    """With the variables of the build."""
    write(tmp_path, {"b.sh": ""})
    assert found(tmp_path, {"script": "{{ name }}.sh"}) == set()
    assert found(tmp_path, {"script": "{{ name }}.sh"}, render=lambda value: value.replace("{{ name }}", "b")) == {"b.sh"}


def test_what_is_missing_is_named(tmp_path: pathlib.Path) -> None:
    """Before anything is created."""
    context = CompileContext(definition_dir=tmp_path, ansible_roles_paths=(tmp_path / "elsewhere",))
    with pytest.raises(DefinitionError, match=r"\[1\].script: there is no file .*gone.sh"):
        collect_inputs([{"inline": "x"}, {"script": "gone.sh"}], context)
    with pytest.raises(DefinitionError, match=r"images\.web\.verify\[0\]\.role: there is no role gone.*elsewhere"):
        collect_inputs([{"role": "gone"}], context, "images.web.verify")


def test_equal_entries_have_labels_of_their_own(tmp_path: pathlib.Path) -> None:
    """None hides the other's files."""
    write(tmp_path, {"a.sh": ""})
    collected = collect_inputs([{"script": "a.sh"}, {"script": "a.sh", "args": ["x"]}], CompileContext(definition_dir=tmp_path))
    assert list(collected) == ["script a.sh", "script a.sh, again"]
