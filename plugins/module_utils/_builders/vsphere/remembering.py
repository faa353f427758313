# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A journal for a module that is used outside of a build: it lasts as long as the module runs."""

from __future__ import annotations

import dataclasses
import typing as t

from ..._lifecycle.builder import load_backend
from ..._lifecycle.errors import GoldenError
from ..._lifecycle.journal import Resource


class Remembered:
    """See :class:`~..._lifecycle.journal.JournalLike`."""

    def __init__(self) -> None:
        self._living: dict[tuple[str, str, str], Resource] = {}

    def creating(self, resource: Resource) -> None:
        """See :class:`JournalLike`."""
        known = self._living.pop(_identity(resource), None)
        self._living[_identity(resource)] = dataclasses.replace(resource, details={**(known.details if known else {}), **resource.details})

    def created(self, resource: Resource) -> None:
        """See :class:`JournalLike`."""
        self.creating(resource)

    def discarded(self, resource: Resource) -> None:
        """See :class:`JournalLike`."""
        self._living.pop(_identity(resource), None)

    def released(self, resource: Resource) -> None:
        """See :class:`JournalLike`."""
        self.discarded(resource)

    def published(self, resource: Resource) -> None:
        """See :class:`JournalLike`."""
        self.discarded(resource)

    def discard(self, options: dict[str, t.Any], warn: t.Callable[[str], None]) -> None:
        """Remove all that is left, newest first; one that fails does not stop the others."""
        for resource in reversed(self._living.values()):
            try:
                load_backend(resource.backend).discard(resource, options)
            except GoldenError as error:
                warn(f"{resource} could not be removed: {error}")


def _identity(resource: Resource) -> tuple[str, str, str]:
    return (resource.backend, resource.kind, resource.name)
