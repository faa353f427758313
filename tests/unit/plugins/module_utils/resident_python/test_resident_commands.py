# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import shlex

import pytest

from ansible_collections.golden.images.plugins.module_utils._resident_python.commands import PythonCommand, python_command


def shell(line: str) -> str:
    return f"/bin/sh -c {shlex.quote(line)}"


@pytest.mark.parametrize(
    ("line", "interpreter", "environment"),
    [
        ("/usr/bin/python3.11 && sleep 0", "/usr/bin/python3.11", {}),
        ("/usr/bin/python3", "/usr/bin/python3", {}),
        ("python && sleep 0", "python", {}),
        ("FOO='b ar' BAR=1 /opt/venv-1/bin/python3 && sleep 0", "/opt/venv-1/bin/python3", {"FOO": "b ar", "BAR": "1"}),
    ],
)
def test_a_python_that_reads_its_program(line: str, interpreter: str, environment: dict[str, str]) -> None:
    assert python_command(shell(line)) == PythonCommand(interpreter, environment)


def test_a_python_of_another_user() -> None:
    line = "sudo -H -S -n  -u root /bin/sh -c 'echo BECOME-SUCCESS-abc ; FOO='\"'\"'b ar'\"'\"' /usr/bin/python3.11' && sleep 0"
    assert python_command(shell(line)) == PythonCommand("/usr/bin/python3.11", {"FOO": "b ar"}, ("sudo", "-H", "-S", "-n", "-u", "root"))


@pytest.mark.parametrize(
    "line",
    [
        "/usr/bin/python3 /tmp/module.py && sleep 0",
        "/usr/bin/python3 && rm -rf /tmp/x && sleep 0",
        "sudo -H -S -p '[sudo via ansible, key=x] password:' -u root /bin/sh -c 'echo BECOME-SUCCESS-x ; /usr/bin/python3' && sleep 0",
        "sudo -u $WHO /bin/sh -c 'echo BECOME-SUCCESS-x ; /usr/bin/python3' && sleep 0",
        "sudo -u root /bin/sh -c 'echo BECOME-SUCCESS-x ; /usr/bin/python3; reboot' && sleep 0",
        "sudo -u root /bin/sh -c '/usr/bin/python3' && sleep 0",
        "FOO=$HOME /usr/bin/python3 && sleep 0",
        "/usr/bin/python3 > /dev/null",
        "/usr/bin/python3 &",
        "LC_ALL=C /usr/bin/python3 && sleep 0",
        "PYTHONPATH=/x /usr/bin/python3 && sleep 0",
        "/usr/bin/pythonic && sleep 0",
        "FOO=1",
        "",
    ],
)
def test_anything_else_is_left_to_the_shell(line: str) -> None:
    assert python_command(shell(line)) is None


@pytest.mark.parametrize("command", ["/usr/bin/python3", "/bin/sh -c 'unbalanced", "/bin/sh -c a b", "/bin/cat -c python3"])
def test_what_is_no_shell_command_is_not_looked_into(command: str) -> None:
    assert python_command(command) is None
