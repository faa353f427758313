# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What making an image creates, as the journal knows it, and how it goes when it cannot be finished."""

from __future__ import annotations

import contextlib
import types
import typing as t

from ..._lifecycle.errors import GoldenError
from ..._lifecycle.journal import Resource
from ..._lifecycle.operation import Context
from .image_discarding import KINDS, REPLACED_IMAGE
from .image_tags import owner_of
from .session import Account

Tags = t.Mapping[str, str]


def resource_of(kind: str, account: Account, name: str, tags: Tags, **details: t.Any) -> Resource:
    """A line of the journal.

    :param account: in the region of the thing.
    :param name: unique in its kind and region.
    :param tags: what it is tagged with; the marks among them tell it from what somebody else gave that name.
    """
    return account.resource(kind, f"{account.region}/{name}", called=name, owner=owner_of(tags), **details)


class Unfinished:
    """What one operation has made so far: leaving it by an exception discards that, in reverse order.

    Within a build its journal would see to that too; a module used alone has nobody else, and a build need not
    wait with what failed until it ends.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._made: list[tuple[Account, Resource]] = []

    def __enter__(self) -> Unfinished:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: types.TracebackType | None) -> None:
        if kind is not None:
            self.discard()

    def creating(self, account: Account, resource: Resource) -> None:
        """Before the create call."""
        self._context.journal.creating(resource)
        self._made.append((account, resource))

    def created(self, account: Account, resource: Resource) -> None:
        """With details that are known now."""
        self._context.journal.created(resource)
        self._made = [(where, known) for where, known in self._made if _identity(known) != _identity(resource)]
        self._made.append((account, resource))

    def gone(self, resource: Resource) -> None:
        """It was removed."""
        self._context.journal.discarded(resource)
        self._forget(resource)

    def released(self, resource: Resource) -> None:
        """It became an artifact, which the lifecycle's record of the build is to answer for."""
        self._context.journal.released(resource)
        self._forget(resource)

    def published(self, resource: Resource) -> None:
        """It may be used by people: nobody discards it from here on."""
        self._context.journal.published(resource)
        self._forget(resource)

    def made(self) -> list[tuple[Account, Resource]]:
        """What would be discarded, newest last, each with the account in its region."""
        return list(self._made)

    def all(self) -> list[Resource]:
        """What would be discarded, newest last."""
        return [resource for _account, resource in self._made]

    def discard(self) -> None:
        """Remove everything; what resists stays in the journal, and is told of."""
        for account, resource in reversed(list(self._made)):
            try:
                done = KINDS[resource.kind](account, resource)
            except GoldenError as error:
                self._context.warn(f"{resource} could not be discarded: {error}")
                continue
            self.gone(resource)
            if done and resource.kind == REPLACED_IMAGE:
                called, identifier = resource.details["called"], resource.details["id"]
                self._context.warn(f"the image {called} in {account.region} was registered again, its id is no longer {identifier}")

    def _forget(self, resource: Resource) -> None:
        self._made = [(account, known) for account, known in self._made if _identity(known) != _identity(resource)]


def _identity(resource: Resource) -> tuple[str, str]:
    return resource.kind, resource.name


@contextlib.contextmanager
def temporarily(unfinished: Unfinished, account: Account, resource: Resource) -> t.Iterator[None]:
    """Something that is needed for a while only, and removed whatever happens."""
    unfinished.creating(account, resource)
    try:
        yield
    finally:
        KINDS[resource.kind](account, resource)
        unfinished.gone(resource)
