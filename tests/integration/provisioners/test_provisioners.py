# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compiled provisioners, run by ansible-playbook."""

from __future__ import annotations

import os
import typing as t

import pytest

from .conftest import Definition


@pytest.mark.smoke
def test_each_in_order_with_handlers_before_the_next(definition: Definition) -> None:
    """Role, tasks, script, lines, file, pause and local."""
    definition.write(
        roles__r__tasks__main_yml="- shell: echo {{ word }} >> {{ golden_definition_dir }}/log\n  notify: Say so\n",
        roles__r__handlers__main_yml="- name: Say so\n  shell: echo handler >> {{ golden_definition_dir }}/log\n",
        more_yml="- shell: echo tasks $A >> {{ golden_definition_dir }}/log\n",
        s_sh='#!/bin/sh -u\r\necho "script $2 $GOLDEN_BUILD $PACKER_BUILD_NAME" >> "$1"\r\n',
    )
    log = str(definition.folder / "log")
    definition.provision(
        {"role": "r", "vars": {"word": "role"}},
        {"tasks": "more.yml", "environment": {"A": "{{ from_group }}"}},
        {"script": "s.sh", "args": [log, "two  words"]},
        {"pause": 0},
        {"inline": ['echo "inline $PWD" >> ' + log], "chdir": "/"},
        {"local": 'echo "local $GOLDEN_VERSION $(basename "$PWD")" >> ' + log},
    ).ok()
    assert definition.read("log").splitlines() == [
        "role",
        "handler",
        "tasks the group",
        "script two  words web.test test",
        "inline /",
        "local 1.0.0 definition",
    ]
    assert definition.temporary_files() == []


def test_when_is_asked_once(definition: Definition) -> None:
    """A role may change what its condition depends on."""
    definition.write(roles__r__tasks__main_yml="- set_fact: {wanted: false}\n- shell: touch {{ golden_definition_dir }}/done\n")
    definition.host_vars["wanted"] = True
    definition.provision({"role": "r", "when": "wanted"}, {"inline": f"touch {definition.folder}/not", "when": ["wanted"]}).ok()
    assert (definition.folder / "done").exists()
    assert not (definition.folder / "not").exists()


def test_vars_of_an_entry_win_over_what_the_role_includes(definition: Definition) -> None:
    """As parameters of a role do."""
    definition.write(
        roles__r__tasks__main_yml="- include_vars: {file: v.yml}\n- copy: {content: '{{ x }}', dest: '{{ golden_definition_dir }}/x'}\n",
        roles__r__vars__v_yml="x: role",
    )
    definition.provision({"role": "r", "vars": {"x": "entry"}}).ok()
    assert definition.read("x") == "entry"


def test_failure_names_the_provisioner_the_task_and_the_reason(definition: Definition) -> None:
    """And the attempt."""
    ended = definition.provision({"inline": "true"}, {"name": "Break it", "inline": "echo because >&2; exit 7", "retries": 1})
    assert ended.rc == 2
    failure = definition.read("failure")
    assert "Provisioner 2 (Break it), attempt 2 of 2: the task 'Run the lines' failed: exit status 7, valid are [0]: because" in failure
    assert "Break it), attempt 1 of 2" in ended.output
    assert definition.temporary_files() == []


def test_no_log_is_respected(definition: Definition) -> None:
    """In the message about the failure too."""
    definition.write(t_yml="- shell: echo {{ hidden }} >&2; exit 1\n  no_log: true\n")
    definition.host_vars["hidden"] = "s3cret"
    ended = definition.provision({"tasks": "t.yml"})
    assert ended.rc == 2
    assert "s3cret" not in ended.output
    assert "hidden by no_log" in definition.read("failure")


def test_a_failing_handler_fails_its_provisioner(definition: Definition) -> None:
    """Not a later one."""
    definition.write(roles__r__tasks__main_yml="- command: 'true'\n  notify: Break\n", roles__r__handlers__main_yml="- name: Break\n  command: 'false'\n")
    assert definition.provision({"role": "r"}, {"inline": "true"}).rc == 2
    assert "Provisioner 1 (role r): the task 'r : Break'" in definition.read("failure") or "Break" in definition.read("failure")


def test_retries_end_with_success(definition: Definition) -> None:
    """The pause is before each attempt."""
    counter = definition.folder / "counter"
    lines = f"echo x >> {counter}; [ $(wc -l < {counter}) = 3 ]"
    definition.provision({"inline": lines, "retries": 5, "pause_before": 0.1, "timeout": 20}).ok()
    assert len(counter.read_text().splitlines()) == 3


def test_ignored_failure_skips_the_rest_of_the_provisioner_only(definition: Definition) -> None:
    """The build goes on."""
    definition.write(t_yml="- command: 'false'\n- shell: touch {{ golden_definition_dir }}/rest\n")
    ended = definition.provision({"tasks": "t.yml", "ignore_errors": "{{ 1 == 1 }}"}, {"inline": f"touch {definition.folder}/next"}).ok()
    assert "ignore_errors says" in ended.output.replace("\n", " ")
    assert (definition.folder / "next").exists()
    assert not (definition.folder / "rest").exists()


def test_timeout_covers_the_whole_provisioner(definition: Definition) -> None:
    """However many tasks it has; another attempt has time of its own."""
    definition.write(roles__r__tasks__main_yml="- shell: echo x >> {{ golden_definition_dir }}/begun; sleep {{ item }}\n  loop: [0, 120]\n")
    ended = definition.provision({"role": "r", "timeout": "{{ 6 }}", "retries": 1, "vars": {"a": 1}}, timeout=100)
    assert ended.rc == 2
    assert "Provisioner 1 (role r), attempt 2 of 2" in definition.read("failure")
    assert definition.read("begun").count("x") == 4


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become somebody else")
def test_become_reaches_script_and_role(definition: Definition, tmp_path: t.Any) -> None:
    """An unprivileged user reads the uploaded script."""
    definition.host_vars.update(ansible_become_method="su", ansible_become_flags="-s /bin/sh")
    definition.folder.chmod(0o777)
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    definition.write(roles__r__tasks__main_yml="- ansible.builtin.raw: id -un > {{ golden_definition_dir }}/role\n")
    definition.provision(
        {"inline": f"id -un > {definition.folder}/script; echo $S > {definition.folder}/environment", "become_user": "nobody", "environment": {"S": "it's"}},
        {"role": "r", "become": True, "become_user": "nobody"},
        {"inline": f"id -un > {definition.folder}/after"},
    ).ok()
    assert [definition.read(name).strip() for name in ("script", "role", "after", "environment")] == ["nobody", "nobody", "root", "it's"]


def test_environment_is_in_no_argument(definition: Definition) -> None:
    """Neither here nor in the guest; the script looks at all processes while it runs."""
    look = 'test -n "$TOKEN"; for f in /proc/[0-9]*/cmdline; do tr "\\0" " " < $f || true; echo; done 2>/dev/null > '
    for key in ("inline", "local"):
        definition.provision({key: look + str(definition.folder / "seen"), "environment": {"TOKEN": "{{ token }}"}, "vars": {"token": "s3cret-9317"}}).ok()
        assert "ansible-playbook" in definition.read("seen")
        assert "s3cret-9317" not in definition.read("seen")


def test_script_options(definition: Definition) -> None:
    """Interpreter, exit codes, creates, execute_command; no Python in the guest."""
    definition.host_vars["ansible_python_interpreter"] = "/nonexistent/python"
    definition.write(s_txt="echo $0 $1 > out\n")
    folder = str(definition.folder)
    definition.provision(
        {"script": "s.txt", "interpreter": "/bin/sh -eu", "args": ["$HOME"], "chdir": folder},
        {"inline": "exit 3", "valid_exit_codes": [0, 3]},
        {"inline": "exit 1", "creates": f"{folder}/out"},
        {"inline": ["#!/usr/bin/env awk -f", "never run"], "execute_command": "{environment}cp {path} " + folder + "/copy"},
    ).ok()
    assert definition.read("out").split()[1] == "$HOME"
    assert definition.read("out").split()[0].endswith("/s.txt")
    assert definition.read("copy").startswith("#!/usr/bin/env awk")
    assert definition.temporary_files() == []


def test_expected_disconnect_waits_for_the_guest(definition: Definition) -> None:
    """And an unexpected one is a failure."""
    definition.host_vars["ansible_connection"] = "falling"
    fall = definition.folder / "fall"
    options: dict[str, t.Any] = {"env": {"FALL": str(fall)}}
    entry = {"inline": f"echo 4 > {fall}", "expect_disconnect": True}
    definition.provision(entry, {"inline": f"touch {definition.folder}/after"}, **options).ok()
    assert (definition.folder / "after").exists()
    assert fall.read_text() == "0"
    fall.unlink()
    ended = definition.provision({**entry, "reconnect_timeout": 1, "inline": f"echo 9999 > {fall}"}, **options)
    assert ended.rc != 0
    assert "gave up waiting for the guest to answer again" in ended.output.replace("\n", " ")


def test_files_in_all_directions(definition: Definition) -> None:
    """Upload of a file, a folder and text, a new folder, download of a file and a folder."""
    definition.write(files__d__a_txt="a", files__d__sub__b_txt="b")
    guest = definition.folder / "guest"
    guest.mkdir()
    (guest / "odd name").write_text("odd")
    definition.provision(
        {"file": {"src": "files/d/a.txt", "dest": f"{guest}/one", "mode": "0600"}},
        {"file": {"src": "files/d", "dest": f"{guest}/tree/"}},
        {"file": {"content": "{{ from_group }}", "dest": f"{guest}/text"}},
        {"file": {"dest": f"{guest}/folder", "mode": "0750"}},
        {"file": {"src": f"{guest}/odd name", "dest": "got/", "direction": "download"}},
        {"file": {"src": f"{guest}/tree", "dest": "got/tree", "direction": "download"}},
    ).ok()
    assert (guest / "one").stat().st_mode & 0o777 == 0o600
    assert (guest / "folder").stat().st_mode & 0o777 == 0o750
    assert (guest / "text").read_text() == "the group"
    assert definition.read("got/odd name") == "odd"
    assert definition.read("got/tree/d/sub/b.txt") == "b"
    assert definition.temporary_files() == []
    missing = definition.provision({"file": {"src": "/nowhere", "dest": "got", "direction": "download"}})
    assert missing.rc == 2
    assert "no file or folder /nowhere" in definition.read("failure")


def test_reboot_of_a_guest_without_a_kernel_is_skipped_and_said(definition: Definition) -> None:
    """It would take this machine with it."""
    assert "nothing to restart" in definition.provision({"reboot": None}).ok().output


@pytest.mark.smoke
def test_a_reboot_that_cuts_the_connection_at_once_is_waited_for(definition: Definition) -> None:
    """And a guest that is lost for good afterwards is an ordinary failure."""
    fall, boot = definition.folder / "fall", definition.folder / "boot"
    boot.write_text("before")
    definition.host_vars["ansible_connection"] = "falling"
    definition.host_vars["golden_guest_can_reboot"] = True
    restart = f"sh -c 'printf after > {boot}; echo 3 > {fall}'"
    environment = {"FALL": str(fall), "BOOT": str(boot)}
    ended = definition.provision({"reboot": {"command": restart, "timeout": 60}}, {"inline": f"touch {definition.folder}/after"}, env=environment).ok()
    assert (definition.folder / "after").exists(), ended.output
    assert fall.read_text().strip() == "0"
    lost = definition.provision({"inline": f"echo 1000 > {fall}", "retries": 0}, env=environment)
    assert lost.rc == 2 and "unreachable=0" in lost.stdout, lost.output
