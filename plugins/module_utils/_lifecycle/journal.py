# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The journal: a write-ahead record of every resource that a build creates.

A line is on disk before the platform is asked to create anything, so whatever a
run leaves behind, however it died, can be found and discarded.
"""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import typing as t

from .files import append_line, read_json_lines
from .run import iso, utc_now


@dataclasses.dataclass(frozen=True)
class Resource:
    """Something that exists on a platform, or may exist.

    :ivar backend: dotted Python module with a ``BUILDER`` that can discard it.
    :ivar kind: the platform's word: ``container``, ``image``, ``namespace``, ``tree``, ``key``.
    :ivar name: deterministic, known before it is created; unique with ``kind``.
    :ivar details: what is needed to find it from another process, never secret.
    """

    backend: str
    kind: str
    name: str
    details: dict[str, t.Any] = dataclasses.field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


class JournalLike(t.Protocol):
    """What backends may do with a journal."""

    def creating(self, resource: Resource) -> None:
        """Say that it is about to be created; returns once that is on disk."""

    def created(self, resource: Resource) -> None:
        """Say that it exists, with details that are known only now (an id)."""

    def discarded(self, resource: Resource) -> None:
        """Say that it is gone."""

    def released(self, resource: Resource) -> None:
        """Say that it became (part of) an artifact: no longer the run's to discard once that artifact is recorded."""

    def published(self, resource: Resource) -> None:
        """Say that people may use it from now on: no longer the run's to discard, recorded or not."""


class NoJournal:
    """For modules used outside a build: their user looks after what they make."""

    def creating(self, resource: Resource) -> None:
        """Nothing to record."""

    def created(self, resource: Resource) -> None:
        """Nothing to record."""

    def discarded(self, resource: Resource) -> None:
        """Nothing to record."""

    def released(self, resource: Resource) -> None:
        """Nothing to record."""

    def published(self, resource: Resource) -> None:
        """Nothing to record."""


class Journal:
    """The journal of one build in one run: JSON lines, appended and fsynced.

    :param path: the file; its folder is created with mode 0700.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = pathlib.Path(path)

    def _append(self, event: str, resource: Resource | None = None) -> None:
        what = dataclasses.asdict(resource) if resource else {}
        append_line(self.path, json.dumps({"at": iso(utc_now()), "event": event, **what}, sort_keys=True), durable=True)

    def creating(self, resource: Resource) -> None:
        """See :class:`JournalLike`."""
        self._append("creating", resource)

    def created(self, resource: Resource) -> None:
        """See :class:`JournalLike`."""
        self._append("created", resource)

    def discarded(self, resource: Resource) -> None:
        """See :class:`JournalLike`."""
        self._append("discarded", resource)

    def released(self, resource: Resource) -> None:
        """See :class:`JournalLike`."""
        self._append("released", resource)

    def published(self, resource: Resource) -> None:
        """See :class:`JournalLike`."""
        self._append("published", resource)

    def recorded(self) -> None:
        """Say that the artifact which released resources became is on record, so that a later run can find it."""
        self._append("recorded")

    def unfinished(self) -> list[Resource]:
        """Resources that may exist and are the run's to discard, newest first."""
        living: dict[tuple[str, str, str], Resource] = {}
        released: list[tuple[str, str, str]] = []
        # A torn line of a creation is no loss: the platform is asked only once its line is durable.
        for entry in read_json_lines(self.path):
            event = entry["event"]
            if event == "recorded":
                for identity in released:
                    living.pop(identity, None)
                continue
            resource = Resource(entry["backend"], entry["kind"], entry["name"], entry["details"])
            identity = (resource.backend, resource.kind, resource.name)
            if event == "released":
                released.append(identity)
            elif event in ("discarded", "published"):
                living.pop(identity, None)
            else:
                known = living.pop(identity, None)
                living[identity] = dataclasses.replace(resource, details={**(known.details if known else {}), **resource.details})
        return list(reversed(living.values()))
