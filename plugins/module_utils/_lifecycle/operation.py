# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a module does, independent of whether it runs on the controller or as a module.

An :class:`Operation` is written once in a backend. ``plugins/action/<name>.py`` runs it in
the controller's process, ``plugins/modules/<name>.py`` runs it wherever Ansible sends a module.
"""

from __future__ import annotations

import dataclasses
import typing as t

from .journal import JournalLike, NoJournal

Params = dict[str, t.Any]
"""Validated arguments, every option of the argument spec present."""

Result = dict[str, t.Any]
"""What the module returns; ``changed`` is always there."""


def _silent(text: str) -> None:
    """Nobody is listening."""


@dataclasses.dataclass
class Context:
    """What an operation knows of the run it is part of.

    :ivar say: prints a progress line for people.
    :ivar warn: prints a warning.
    :ivar build: the ``golden_build`` facts of the build, empty outside a build.
    """

    check_mode: bool = False
    diff: bool = False
    journal: JournalLike = dataclasses.field(default_factory=NoJournal)
    say: t.Callable[[str], None] = _silent
    warn: t.Callable[[str], None] = _silent
    build: dict[str, t.Any] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Operation:
    """One module.

    :ivar argument_spec: as AnsibleModule takes it.
    :ivar run: does the work; raises :class:`~.errors.GoldenError`; honours ``context.check_mode``.
    :ivar constraints: further keyword arguments of AnsibleModule: ``mutually_exclusive``, ``required_if`` …
    :ivar hidden: options whose values no log shows. Unlike ``no_log`` the same text elsewhere (a path in the result) stays as it is.
    """

    argument_spec: dict[str, t.Any]
    run: t.Callable[[Params, Context], Result]
    constraints: dict[str, t.Any] = dataclasses.field(default_factory=dict)
    hidden: frozenset[str] = frozenset()
