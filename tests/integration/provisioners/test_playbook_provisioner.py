# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Existing playbooks as provisioners: what they get, and that they do not outlive the build."""

from __future__ import annotations

import contextlib
import os
import pathlib
import pty
import shutil
import signal
import subprocess
import time
import typing as t

import pytest

from .conftest import Definition


def commands_with(text: str) -> list[str]:
    """Command lines of living processes that contain it."""
    found = []
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if text in line:
            found.append(line)
    return found


def wait_for(condition: t.Callable[[], bool], seconds: float) -> bool:
    """Whether it comes true in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return condition()


@pytest.mark.smoke
def test_gets_groups_variables_vault_and_the_guest(definition: Definition) -> None:
    """Nothing of it on a command line, nothing rendered twice, nothing left."""
    definition.write(
        site_yml="""
- hosts: webservers
  gather_facts: false
  roles: [r]
  tasks:
    - shell: cat /proc/*/cmdline 2>/dev/null | tr '\\0' ' ' > seen
      args: {chdir: "{{ golden_definition_dir }}"}
    - copy:
        dest: "{{ golden_definition_dir }}/result"
        content: "{{ from_group }}|{{ given }}|{{ run_wide }}|{{ golden_build.version }}|{{ ansible_host }}|{{ vaulted }}|{{ 'nested' in group_names }}"
    - meta: end_play
""",
        roles__r__tasks__main_yml="- debug: {msg: role of the definition}\n",
        vault_txt="password\n",
    )
    definition.host_vars["golden_guest"] = {"guest": {"name": "g", "connection": "local", "vars": {"ansible_host": "guest-address"}}}
    encrypt = definition._ansible_playbook(
        "encrypt_string", "--vault-password-file", "vault.txt", "open sesame", "--name", "vaulted", program="ansible-vault", cwd=definition.folder
    ).ok()
    definition.write(group_vars__webservers_yml=encrypt.stdout)
    ended = definition.provision(
        {"playbook": "site.yml", "extra_vars": {"given": "s3cret-5512 {% raw %}{{ not }}{% endraw %}"}},
        {"inline": f"touch {definition.folder}/after"},
        arguments=("--vault-password-file", "vault.txt", "-e", "run_wide=everywhere"),
    ).ok()
    assert definition.read("result") == "the group|s3cret-5512 {{ not }}|everywhere|1.0.0|guest-address|open sesame|False"
    assert (definition.folder / "after").exists(), "end_play of the child ended the build"
    assert "s3cret-5512" not in definition.read("seen")
    assert "web.test | PLAY [webservers]" in ended.stdout
    assert definition.temporary_files() == []


def test_a_typed_vault_password_reaches_the_playbook(definition: Definition, ansible_environment: dict[str, str]) -> None:
    """In a file of the run's private folder, gone afterwards; on no command line."""
    definition.write(
        site_yml="""
- hosts: webservers
  gather_facts: false
  tasks:
    - shell: cat /proc/*/cmdline 2>/dev/null | tr '\\0' ' ' > {{ golden_definition_dir }}/seen
    - copy: {dest: "{{ golden_definition_dir }}/result", content: "{{ vaulted }}"}
""",
        vault_txt="typed-7741\n",
    )
    encrypt = definition._ansible_playbook(
        "encrypt_string", "--vault-password-file", "vault.txt", "open sesame", "--name", "vaulted", program="ansible-vault", cwd=definition.folder
    ).ok()
    definition.write(group_vars__webservers_yml=encrypt.stdout)
    (definition.folder / "vault.txt").unlink()
    arguments = ["ansible-playbook", *definition.prepare([{"playbook": "site.yml"}]), "--ask-vault-pass"]
    pid, terminal = pty.fork()
    if not pid:
        os.chdir(definition.folder)
        os.execvpe(arguments[0], arguments, ansible_environment)
    said = b""
    with contextlib.suppress(OSError):
        # Reading a terminal whose last user has gone is an error.
        while chunk := os.read(terminal, 4096):
            said += chunk
            if said.endswith(b"Vault password: "):
                os.write(terminal, b"typed-7741\n")
    _pid, status = os.waitpid(pid, 0)
    os.close(terminal)
    assert os.waitstatus_to_exitcode(status) == 0, said.decode()
    assert definition.read("result") == "open sesame"
    assert "typed-7741" not in definition.read("seen") + said.decode()
    assert definition.temporary_files() == []


def test_a_vault_password_that_the_configuration_asks_for(definition: Definition, ansible_environment: dict[str, str]) -> None:
    """The child reads the same configuration and has nobody to ask."""
    definition.write(
        ask_cfg="[defaults]\nask_vault_pass = true\nvault_identity_list = prod@prompt\n",
        site_yml="""
- hosts: webservers
  gather_facts: false
  tasks:
    - copy: {dest: "{{ golden_definition_dir }}/result", content: "{{ vaulted }}"}
""",
        vault_txt="typed-7742\n",
    )
    encrypt = definition._ansible_playbook(
        *("encrypt_string", "--vault-id", "prod@vault.txt", "--encrypt-vault-id", "prod", "open sesame", "--name", "vaulted"),
        program="ansible-vault",
        cwd=definition.folder,
    ).ok()
    definition.write(group_vars__webservers_yml=encrypt.stdout)
    arguments = ["ansible-playbook", *definition.prepare([{"playbook": "site.yml"}])]
    pid, terminal = pty.fork()
    if not pid:
        os.chdir(definition.folder)
        os.execvpe(arguments[0], arguments, {**ansible_environment, "ANSIBLE_CONFIG": str(definition.folder / "ask.cfg")})
    said = b""
    with contextlib.suppress(OSError):
        # Reading a terminal whose last user has gone is an error.
        while chunk := os.read(terminal, 4096):
            said += chunk
            if said.endswith((b"Vault password: ", b"Vault password (prod): ")):
                os.write(terminal, b"typed-7742\n")
    _pid, status = os.waitpid(pid, 0)
    os.close(terminal)
    assert os.waitstatus_to_exitcode(status) == 0, said.decode()
    assert definition.read("result") == "open sesame"
    assert said.count(b"Vault password") == 2
    assert b"vault password" not in said, "a warning of the child"
    assert definition.temporary_files() == []


@pytest.mark.parametrize("password", ["s3cret-5513 {{ x }}", "55130"])
def test_gets_the_password_of_the_guest(definition: Definition, password: str) -> None:
    """In a file that only this user reads; on no command line and in no output."""
    definition.write(
        site_yml="""
- hosts: webservers
  gather_facts: false
  tasks:
    - shell: |
        cat /proc/*/cmdline 2>/dev/null | tr '\\0' ' ' > seen
        stat -c %a run/playbook-*/inventory/host_vars run/playbook-*/inventory/host_vars/* > modes
      args: {chdir: "{{ golden_definition_dir }}"}
    - copy: {dest: "{{ golden_definition_dir }}/result", content: "{{ ansible_password is string }} {{ ansible_password }}"}
      no_log: true
""",
        password_txt=f"{password}\n",
    )
    guest = {"name": "g", "connection": "local", "vars": {"ansible_host": "a"}, "password_file": str(definition.folder / "password.txt")}
    definition.host_vars["golden_guest"] = {"guest": guest}
    ended = definition.provision({"playbook": "site.yml"}, arguments=("-vvvv",)).ok()
    assert definition.read("result") == f"True {password}"
    assert definition.read("modes").split() == ["700", "600"]
    assert "s3cret-5513" not in definition.read("seen") + ended.stdout + ended.stderr
    assert definition.temporary_files() == []


def test_unsafe_variables_of_the_run_stay_unsafe(definition: Definition) -> None:
    """As answers of a survey are; templates beside them are rendered."""
    definition.write(
        site_yml="""
- hosts: webservers
  gather_facts: false
  tasks:
    - copy: {dest: "{{ golden_definition_dir }}/result", content: "{{ answer }}|{{ nested.0.a }}|{{ mine }}|{{ given }}|{{ number is string }}"}
""",
        survey_yml="""
answer: !unsafe "{{ lookup('pipe', 'touch ran') }}"
nested: [{a: !unsafe '{{ 1 }}'}]
mine: on {{ inventory_hostname }}
number: '5'
""",
    )
    definition.provision({"playbook": "site.yml"}, arguments=("-e", "@survey.yml", "-e", "given='{{ 1 + 1 }}'")).ok()
    assert definition.read("result") == "{{ lookup('pipe', 'touch ran') }}|{{ 1 }}|on web.test|2|True"
    assert not (definition.folder / "ran").exists()


@pytest.mark.parametrize(
    ("play", "words"),
    [
        (
            "- hosts: all\n  gather_facts: false\n  tasks:\n    - name: Fall\n      shell: echo because >&2; exit 1\n",
            "non-zero return code: because",
        ),
        ("- hosts: databases\n  tasks: []\n", "no play of"),
        ("- hosts: [\n", "ended with status"),
    ],
)
def test_failures_are_explained(definition: Definition, play: str, words: str) -> None:
    """With the task's own message."""
    definition.write(site_yml=play)
    assert definition.provision({"playbook": "site.yml"}).rc == 2
    assert words in definition.read("failure")
    assert definition.temporary_files() == []


def test_arguments_that_could_harm_are_refused(definition: Definition) -> None:
    """Another inventory, or a secret on the command line."""
    definition.write(site_yml="- hosts: all\n")
    assert definition.provision({"playbook": "site.yml", "extra_arguments": ["-e", "a=b"]}).rc == 2
    assert "-e is not allowed in extra_arguments" in definition.read("failure")


def sleeper(definition: Definition) -> str:
    """A playbook that starts a long command; returns what to know that command by."""
    mark = f"9{os.getpid()}.{time.monotonic_ns() % 100000}"
    definition.write(site_yml=f"- hosts: all\n  gather_facts: false\n  tasks:\n    - command: sleep {mark}\n")
    return f"sleep {mark}"


def test_timeout_ends_all_of_its_processes(definition: Definition) -> None:
    """Those of its workers too."""
    mark = sleeper(definition)
    ended = definition.provision({"playbook": "site.yml", "timeout": 4}, timeout=60)
    assert ended.rc == 2
    assert wait_for(lambda: not commands_with(mark), 60), commands_with(mark)
    assert definition.temporary_files() == []


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGKILL"])
def test_nothing_outlives_the_run(definition: Definition, ansible_environment: dict[str, str], name: str) -> None:
    """However the run ends."""
    mark = sleeper(definition)
    arguments = definition.prepare([{"playbook": "site.yml"}])
    run = subprocess.Popen(
        ["ansible-playbook", *arguments],
        cwd=definition.folder,
        env=ansible_environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        assert wait_for(lambda: bool(commands_with(mark)), 60)
        run.send_signal(getattr(signal, name))
        run.wait(60)
        assert wait_for(lambda: not commands_with(mark) and not commands_with(str(definition.folder)), 60), commands_with(mark)
    finally:
        if run.poll() is None:
            os.killpg(run.pid, signal.SIGKILL)
            run.wait()
        # In a real build they go with the run.
        for path in (definition.folder / "state/runs/0123456789ab/temporary").read_text(encoding="utf-8").splitlines():
            shutil.rmtree(path, ignore_errors=True)
