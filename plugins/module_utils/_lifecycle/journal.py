# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The journal: a write-ahead record of every resource that a build creates.

A line is on disk before the platform is asked to create anything, so whatever a
run leaves behind, however it died, can be found and discarded.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import pathlib
import typing as t

from .files import fsync_directory
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
        new = not self.path.exists()
        if new:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        what = dataclasses.asdict(resource) if resource else {}
        line = json.dumps({"at": iso(utc_now()), "event": event, **what}, sort_keys=True) + "\n"
        descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.write(descriptor, line.encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if new:
            fsync_directory(self.path.parent)

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
        for entry in self._entries():
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

    def _entries(self) -> t.Iterator[dict[str, t.Any]]:
        with contextlib.suppress(FileNotFoundError):
            for line in self.path.read_text(encoding="utf-8").splitlines():
                # A torn last line belongs to a create call that was never made: the line is durable before the call.
                with contextlib.suppress(json.JSONDecodeError):
                    yield json.loads(line)
