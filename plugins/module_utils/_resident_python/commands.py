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
_ACTIVE = re.compile(r"[$`~*?\[\]{}<>|&;()!\\\n]")
# Python, the C library or the dynamic linker read these when a process starts: a running one would not see them.
_READ_AT_START = re.compile(r"(PYTHON|LC_|LANG|LD_|MALLOC_|GLIBC_)")
# How Ansible learns that it has become another user; the resident is that user already.
_BECAME = re.compile(r"echo BECOME-SUCCESS-[a-z]+ ; ")


@dataclasses.dataclass(frozen=True)
class PythonCommand:
    """A Python that reads its program from standard input.

    :ivar interpreter: as written: a path, or a name to be found on ``PATH``.
    :ivar environment: variables set for it.
    :ivar become: command in front of it that makes it another user's, such as ``sudo -H -S -n -u root``.
    """

    interpreter: str
    environment: dict[str, str]
    become: tuple[str, ...] = ()


def python_command(command: str) -> PythonCommand | None:
    """What a shell command line amounts to, when that is a Python on standard input and nothing else."""
    line = _of_shell(command)
    if line is None:
        return None
    line = line.removesuffix(" && sleep 0")
    become: tuple[str, ...] = ()
    words = shlex.split(line)
    if len(words) > 3 and words[-2] == "-c" and _BECAME.match(words[-1]):
        *prefix, _shell, _option, line = words
        become, line = tuple(prefix), _BECAME.sub("", line, count=1)
    if any(_ACTIVE.search(part) for part in (*become, line)):
        return None
    words = shlex.split(line)
    environment: dict[str, str] = {}
    while words and (assignment := _ASSIGNMENT.match(words[0])):
        environment[assignment[1]] = assignment[2]
        words.pop(0)
    if len(words) != 1 or not _INTERPRETER.match(words[0]) or any(_READ_AT_START.match(name) for name in environment):
        return None
    return PythonCommand(words[0], environment, become)


def _of_shell(command: str) -> str | None:
    """What a shell is told to run; ``None`` when that cannot be told."""
    try:
        words = shlex.split(command)
        if len(words) == 3 and words[1] == "-c" and words[0].endswith("sh"):
            shlex.split(words[2])
            return words[2]
    except ValueError:
        # Quotes that do not match.
        pass
    return None
