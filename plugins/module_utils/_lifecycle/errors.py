# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Exceptions that backends raise; the faces turn them into messages in one place.

Nothing here knows Ansible: a backend says what went wrong, on which resource, and
what a person can do about it.
"""

from __future__ import annotations


class GoldenError(Exception):
    """Something failed that a person should read about.

    :param message: what failed and why, one sentence without the build's name.
    :param hint: what to do about it, one sentence.
    :param resource: the thing it failed on, e.g. ``container golden-web-docker-3f2a``.
    """

    def __init__(self, message: str, *, hint: str | None = None, resource: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.resource = resource

    def __str__(self) -> str:
        parts = [self.message.rstrip()]
        if self.resource and self.resource not in self.message:
            parts.append(f"Resource: {self.resource}.")
        if self.hint:
            parts.append(self.hint)
        return " ".join(part if part.endswith((".", "!", "?", ":")) else part + "." for part in parts)


class DefinitionError(GoldenError):
    """The definition cannot be built from: names the file and the key.

    :param key: dotted path of the offending key, e.g. ``images.web.provisioners[1].scrpt``.
    """

    def __init__(self, message: str, *, file: str | None = None, key: str | None = None, hint: str | None = None) -> None:
        where = ": ".join(part for part in (file, key) if part)
        super().__init__(f"{where}: {message}" if where else message, hint=hint)
        self.file = file
        self.key = key


class BuilderError(GoldenError):
    """A platform refused or failed a step of a build."""


class MissingDependencyError(GoldenError):
    """A program or Python package that a builder needs is not installed."""


class BusyError(GoldenError):
    """Another run holds what this one needs."""


class WaitTimeoutError(GoldenError):
    """A condition did not come true in time."""


class CommandError(GoldenError):
    """A child process failed.

    :param argv: the command, already free of secrets.
    :param returncode: exit status, negative for a signal.
    :param stderr: the last lines it wrote.
    """

    def __init__(self, message: str, *, argv: list[str], returncode: int, stdout: str = "", stderr: str = "", hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.argv = argv
        self.returncode = returncode
        self.stdout = stdout
        self.stderr = stderr
