# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tags by which images and snapshots are found again, and that tell where they came from."""

from __future__ import annotations

import datetime
import typing as t

from ..._lifecycle.artifact import Artifact
from ..._lifecycle.errors import BuilderError
from ..._lifecycle.run import iso, utc_now
from .tagging import EXPIRES_TAG, as_dict, check_tags, text_tags

Tags = dict[str, str]
Build = t.Mapping[str, t.Any]

RUN, BUILD, HOST = "golden.run", "golden.build", "golden.host"
#: ``captured`` until the image may be used, then ``published``.
STATE = "golden.state"
CAPTURED, PUBLISHED = "captured", "published"
#: Region and id of the captured image that a published one was made from: how a repeated publish knows what it made before.
ORIGIN = "golden.origin"
#: On snapshots of an image that was replaced: what replaced it, as :data:`ORIGIN`, and the id of the image.
SUPERSEDED_BY, REPLACED = "golden.superseded_by", "golden.replaced"
#: Name in the journal, on what EC2 gives no name of its own.
RESOURCE = "golden.resource"
FINGERPRINT, IMAGE, BUILDER, VERSION, SOURCE, CREATED = (
    "golden.fingerprint",
    "golden.image",
    "golden.builder",
    "golden.version",
    "golden.source",
    "golden.created",
)

#: Marks that a finished image no longer has: it is no leftover of anything.
TEMPORARY_MARKS = (EXPIRES_TAG, HOST)

_LONGEST_VALUE = 256
#: Tags of the collection's own on an image, of the 50 that AWS allows.
_OWN = 13
_MOST = 50 - _OWN


def tags_of(described: t.Mapping[str, t.Any]) -> Tags:
    """Tags of something as the API describes it."""
    return as_dict(described.get("Tags"))


def check_image_tags(tags: t.Mapping[str, t.Any], option: str) -> None:
    """:raises BuilderError: for tags that EC2 would refuse, or that are the collection's own."""
    check_tags(tags, option)
    if len(tags) > _MOST:
        raise BuilderError(f"{option} has {len(tags)} tags, and the collection's own leave room for {_MOST}")
    for key in tags:
        if str(key).startswith("golden."):
            raise BuilderError(f"the tag {key!r} of {option} is the collection's own", hint="Choose a key that does not begin with golden.")


def captured_tags(name: str, build: Build, given: t.Mapping[str, t.Any]) -> Tags:
    """Tags of an image, or of its snapshots, from its creation on until it is published.

    :param name: its final name.
    :param given: tags that the user wants.
    """
    source = str((build.get("source") or {}).get("id", ""))
    return {
        "Name": name,
        STATE: CAPTURED,
        CREATED: iso(utc_now()),
        **marks(build),
        **_described(build.get("image"), build.get("builder"), build.get("version"), build.get("fingerprint"), source),
        **text_tags(build.get("labels")),
        **text_tags(given),
    }


def published_tags(artifact: Artifact, build: Build, given: t.Mapping[str, t.Any]) -> Tags:
    """Tags of an image, or of its snapshots, that people may use; the same however often and by whatever run it is published."""
    metadata = artifact.metadata
    return {
        "Name": str(metadata["name"]),
        STATE: PUBLISHED,
        CREATED: artifact.created,
        ORIGIN: str(metadata["origin"]),
        **({BUILD: artifact.build} if artifact.image else {}),
        **_described(artifact.image, artifact.builder, artifact.version, artifact.fingerprint, str(artifact.source.get("id", ""))),
        **text_tags(build.get("labels")),
        **text_tags(given),
    }


def _described(image: str | None, builder: str | None, version: t.Any, fingerprint: str | None, source: str) -> Tags:
    if not image:
        return {}
    return {
        IMAGE: image,
        BUILDER: str(builder or ""),
        VERSION: str(version or ""),
        FINGERPRINT: str(fingerprint or ""),
        SOURCE: source[:_LONGEST_VALUE],
    }


def marks(build: Build) -> Tags:
    """What everything of a build carries from its creation on; nothing outside a build."""
    return text_tags(build.get("marks"))


def owner_of(tags: t.Mapping[str, str]) -> Tags:
    """Those marks that tell one run of one build from every other."""
    return {key: tags[key] for key in (RUN, BUILD) if key in tags}


def belongs_to(tags: t.Mapping[str, str], owner: t.Mapping[str, str]) -> bool:
    """Whether something carries the marks of an owner; without an owner it is nobody's to remove."""
    return bool(owner) and all(tags.get(key) == value for key, value in owner.items())


def is_expired(tags: t.Mapping[str, str], now: datetime.datetime) -> bool:
    """Whether the moment marked on it has passed; a mark that nobody can read never expires."""
    try:
        return datetime.datetime.fromisoformat(tags[EXPIRES_TAG].replace("Z", "+00:00")) < now
    except (KeyError, ValueError):
        return False
