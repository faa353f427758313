# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Recognises the command lines with which Ansible has a Python read a module from standard input."""

from __future__ import annotations

import dataclasses
import re
import shlex

_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=(.*)\Z", re.DOTALL)
_INTERPRETER = re.compile(r"/?(?:[\w.+-]+/)*python[\d.]*\Z")
# What the shell would still do something about.
_ACTIVE = re.compile(r"[$`~*?\[\]{}<>|;()!\\\n]")
# Python, the C library or the dynamic linker read these when a process starts: a running one would not see them.
_READ_AT_START = re.compile(r"(PYTHON|LC_|LANG|LD_|MALLOC_|GLIBC_)")


@dataclasses.dataclass(frozen=True)
class PythonCommand:
    """A Python that reads its program from standard input.

    :ivar interpreter: as written: a path, or a name to be found on ``PATH``.
    :ivar environment: variables set for it.
    """

    interpreter: str
    environment: dict[str, str]


def python_command(command: str) -> PythonCommand | None:
    """What a shell command line amounts to, when that is a Python on standard input and nothing else."""
    try:
        outer = shlex.split(command)
    except ValueError:
        return None
    if len(outer) != 3 or outer[1] != "-c" or not outer[0].endswith("sh"):
        return None
    line = outer[2].removesuffix(" && sleep 0")
    if _ACTIVE.search(line) or "&" in line:
        return None
    words = shlex.split(line)
    environment: dict[str, str] = {}
    while words and (assignment := _ASSIGNMENT.match(words[0])):
        environment[assignment[1]] = assignment[2]
        words.pop(0)
    if len(words) != 1 or not _INTERPRETER.match(words[0]) or any(_READ_AT_START.match(name) for name in environment):
        return None
    return PythonCommand(words[0], environment)
