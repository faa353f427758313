# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an appliance tells of the build that made it: properties of a class of their own in its description."""

from __future__ import annotations

import typing as t

from .descriptor import Descriptor

CLASS = "golden"

#: Keys of the properties; all of them are texts.
FIELDS = ("image", "builder", "version", "build", "fingerprint", "created", "source")


def record_of(build: t.Mapping[str, t.Any], created: str) -> dict[str, str]:
    """The record of a build.

    :param build: the facts ``golden_build``.
    :param created: ISO 8601.
    """
    known = {
        "image": build.get("image"),
        "builder": build.get("builder"),
        "version": build.get("version"),
        "build": build.get("name"),
        "fingerprint": build.get("fingerprint"),
        "created": created,
        "source": (build.get("source") or {}).get("description"),
    }
    return {key: str(value) for key, value in known.items() if value not in (None, "")}


def read_record(descriptor: Descriptor) -> dict[str, str]:
    """The record in a description; empty when it was made by something else."""
    found = ((field, descriptor.properties.get(f"{CLASS}.{field}")) for field in FIELDS)
    return {field: value for field, value in found if value}


def described(text: str, record: t.Mapping[str, str]) -> str:
    """A description for people that a program can read the record from: of a machine, only that stays after an import."""
    lines = [f"{CLASS}.{field}={' '.join(record[field].split())}" for field in FIELDS if record.get(field)]
    return "\n\n".join(part for part in (text.strip(), "\n".join(lines)) if part)


def read_description(text: str) -> dict[str, str]:
    """The record in a description that :func:`described` made; empty when there is none."""
    pairs = (line.strip().partition("=") for line in text.splitlines())
    return {
        key.removeprefix(f"{CLASS}."): value
        for key, equals, value in pairs
        if equals and key.removeprefix(f"{CLASS}.") in FIELDS and key.startswith(f"{CLASS}.")
    }
