# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an image tells of itself: lines ``golden.key: value`` at the end of its notes.

Notes and the name are all that vCenter lets anybody change of a template, both in one call; and notes go along into libraries and packages.
"""

from __future__ import annotations

import datetime
import re
import typing as t

from ..._lifecycle.artifact import Artifact
from ..._lifecycle.run import iso, utc_now

Record = dict[str, str]
Build = t.Mapping[str, t.Any]

#: ``captured`` until the image may be used, then ``published``; ``replaced`` while its successor takes its name.
STATE = "state"
CAPTURED, PUBLISHED, REPLACED = "captured", "published", "replaced"
#: The machine that the record is about: copies that people make have its notes too, and another instance.
INSTANCE = "instance"
#: Of a replaced image: the instance of what replaces it.
SUCCESSOR = "successor"
NAME, EXPIRES = "name", "expires"
_DESCRIBED = ("image", "builder", "version", "fingerprint", "created", "source")
_ORDER = (STATE, NAME, "build", *_DESCRIBED, INSTANCE, SUCCESSOR, "run", "host", EXPIRES)

_LINE = re.compile(r"^golden\.([a-z_]+): (.*?)\r?$", re.MULTILINE)


def read_record(notes: str | None) -> Record:
    """The record in some notes; empty when there is none."""
    return {key: value.strip() for key, value in _LINE.findall(notes or "")}


def without_record(notes: str | None) -> str:
    """Notes as people wrote them."""
    return _LINE.sub("", notes or "").strip()


def notes_of(description: str, record: Record) -> str:
    """A description with a record below it."""
    keys = sorted(record, key=lambda key: (_ORDER.index(key) if key in _ORDER else len(_ORDER), key))
    # What a value has of line ends would be another line of the record.
    lines = [f"golden.{key}: {' '.join(record[key].split())}" for key in keys if record[key]]
    return "\n\n".join(part for part in (without_record(description), "\n".join(lines)) if part)


def captured_record(name: str, build: Build, instance: str) -> Record:
    """The record of an image from its creation on until it is published.

    :param name: its final name.
    :param instance: instance UUID of the machine.
    """
    marks = {str(key).removeprefix("golden."): str(value) for key, value in (build.get("marks") or {}).items() if str(key).startswith("golden.")}
    source = build.get("source") or {}
    known = {
        "image": build.get("image"),
        "builder": build.get("builder"),
        "version": build.get("version"),
        "fingerprint": build.get("fingerprint"),
        "source": source.get("description") or source.get("id"),
    }
    described = {key: str(value) for key, value in known.items() if value}
    return {**marks, STATE: CAPTURED, NAME: name, "created": iso(utc_now()), INSTANCE: instance, **described}


def published_record(artifact: Artifact, instance: str) -> Record:
    """The record of an image that people may use; the same however often and by whatever run it is published."""
    known = {
        "build": artifact.build if artifact.image else "",
        "image": artifact.image,
        "builder": artifact.builder,
        "version": artifact.version,
        "fingerprint": artifact.fingerprint,
        "created": artifact.created,
        "source": str(artifact.source.get("description") or artifact.source.get("id") or ""),
    }
    return {STATE: PUBLISHED, NAME: str(artifact.metadata["name"]), INSTANCE: instance, **{key: value for key, value in known.items() if value}}


def is_expired(record: Record, now: datetime.datetime) -> bool:
    """Whether the moment marked in it has passed; one that nobody can read never expires."""
    try:
        return moment_of(record[EXPIRES]) < now
    except (KeyError, ValueError):
        return False


def moment_of(text: str) -> datetime.datetime:
    """A moment as :func:`iso` writes it.

    :raises ValueError: when it is none.
    """
    moment = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)
