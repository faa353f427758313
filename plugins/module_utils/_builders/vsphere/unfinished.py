# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one operation has made so far: leaving it by an exception discards that, in reverse order."""

from __future__ import annotations

import types

from ..._lifecycle.errors import GoldenError
from ..._lifecycle.journal import Resource
from ..._lifecycle.operation import Context
from .image_discarding import KINDS
from .session import VCenter


class Unfinished:
    """Within a build its journal would see to that too; a module used alone has nobody else."""

    def __init__(self, vcenter: VCenter, context: Context) -> None:
        self._vcenter = vcenter
        self._context = context
        self._made: dict[tuple[str, str], Resource] = {}

    def __enter__(self) -> Unfinished:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: types.TracebackType | None) -> None:
        if kind is not None:
            self.discard()

    def creating(self, resource: Resource) -> None:
        """Before the create call."""
        self._context.journal.creating(resource)
        self._made[_identity(resource)] = resource

    def created(self, resource: Resource) -> None:
        """With details that are known now."""
        self._context.journal.created(resource)
        self._made[_identity(resource)] = resource

    def gone(self, resource: Resource) -> None:
        """It was removed."""
        self._context.journal.discarded(resource)
        self._made.pop(_identity(resource), None)

    def released(self, resource: Resource) -> None:
        """It became an artifact, which the lifecycle's record of the build is to answer for."""
        self._context.journal.released(resource)
        self._made.pop(_identity(resource), None)

    def published(self, resource: Resource) -> None:
        """It may be used by people: nobody discards it from here on."""
        self._context.journal.published(resource)
        self._made.pop(_identity(resource), None)

    def all(self) -> list[Resource]:
        """What would be discarded, newest last."""
        return list(self._made.values())

    def discard(self) -> None:
        """Remove everything; what resists stays in the journal, and is told of."""
        for resource in reversed(self.all()):
            try:
                KINDS[resource.kind](self._vcenter, resource)
            except GoldenError as error:
                self._context.warn(f"{resource} could not be discarded: {error}")
                continue
            self.gone(resource)


def _identity(resource: Resource) -> tuple[str, str]:
    return resource.kind, resource.name
