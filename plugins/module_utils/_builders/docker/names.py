# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names and labels by which a build's things are found again on a daemon."""

from __future__ import annotations

import datetime
import re
import typing as t

from ..._lifecycle.errors import GoldenError
from ..._lifecycle.run import iso

#: First part of the names of images that no one but a running build may use.
TEMPORARY = "golden-temporary"

#: Label with the container's own name: tells a guest from a container that inherited an image's labels.
GUEST_LABEL = "golden.guest"
#: Label with the id of the image that the first guest of a build was launched from.
SOURCE_LABEL = "golden.source_image"
EXPIRES_LABEL = "golden.expires"
#: Label with the next free number for a layer of the guest.
LAYER_LABEL = "golden.layer"

_MARK_LABELS = (GUEST_LABEL, SOURCE_LABEL, LAYER_LABEL, EXPIRES_LABEL, "golden.run", "golden.build", "golden.host")
_UNSAFE = re.compile(r"[^a-z0-9]+")
_DOCKER_HUB = "docker.io"
_NO_EXPIRY = "never"
_REPOSITORY = re.compile(r"[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*\Z")
_REGISTRY = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]+)?|\[[0-9a-fA-F:]+\](?::[0-9]+)?)/")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}\Z")


def temporary_image(guest: str, role: str, marks: t.Mapping[str, str]) -> str:
    """Name of an image that lives no longer than the build; says when it expires.

    :param role: what it is for: ``source``, ``capture``, ``layer1``.
    """
    expires = _UNSAFE.sub("", str(marks.get(EXPIRES_LABEL) or "").lower()) or _NO_EXPIRY
    return f"{TEMPORARY}/{_UNSAFE.sub('-', guest.lower()).strip('-')}:{role}-{expires}"


def is_temporary(name: str) -> bool:
    """Whether an image's name is one of :func:`temporary_image`; Podman shows them with a registry in front."""
    return name.removeprefix("localhost/").removeprefix("docker.io/").startswith(TEMPORARY + "/")


def expiry_of(name: str) -> str | None:
    """When a temporary image expires, comparable with :func:`compact`; ``None`` when it does not or is not one."""
    if not is_temporary(name):
        return None
    expires = name.rpartition("-")[2]
    return expires if expires[:1].isdigit() else None


def compact(moment: datetime.datetime) -> str:
    """A moment as in the names of temporary images."""
    return _UNSAFE.sub("", iso(moment).lower())


def is_guest(name: str, labels: t.Mapping[str, str]) -> bool:
    """Whether a container was launched by this collection, and does not merely run an image of ours."""
    return labels.get(GUEST_LABEL) == name.lstrip("/")


def blank_marks(labels: t.Mapping[str, str]) -> dict[str, str]:
    """Labels that keep a guest's marks from living on in its image: what runs the image is no leftover."""
    return {name: "" for name in labels if name in _MARK_LABELS}


def checked_tag(tag: str) -> str:
    """:raises GoldenError: when Docker would not take it."""
    if not _TAG.match(tag):
        raise GoldenError(f"{tag!r} is not a Docker tag", hint="A tag has up to 128 letters, digits, '_', '.' and '-', and begins with none of the last two")
    return tag


def checked_repository(repository: str) -> str:
    """:raises GoldenError: when Docker would not take it."""
    registry = _REGISTRY.match(repository)
    path = repository[registry.end() :] if registry and _is_registry(registry.group(0)[:-1]) else repository
    if not _REPOSITORY.match(path):
        raise GoldenError(f"{repository!r} is not a Docker repository", hint="For instance web, team/web or registry.example.org:5000/team/web")
    return repository


def _is_registry(text: str) -> bool:
    return "." in text or ":" in text or text == "localhost"


def registry_of(reference: str) -> str:
    """``registry:5000`` of ``registry:5000/a/b:1``; Docker's own, whatever it is called, when it names none."""
    first, slash, _rest = reference.partition("/")
    named = first if slash and _is_registry(first) else _DOCKER_HUB
    return _DOCKER_HUB if named in ("index.docker.io", "registry-1.docker.io", "registry.hub.docker.com") else named


def split_reference(reference: str) -> tuple[str, str]:
    """``registry:5000/a/b:1`` as repository and tag or digest; the tag is ``latest`` when there is none."""
    if "@" in reference:
        repository, _at, digest = reference.partition("@")
        return repository.rpartition(":")[0] if ":" in repository.rpartition("/")[2] else repository, digest
    head, separator, last = reference.rpartition("/")
    name, _colon, tag = last.partition(":")
    return head + separator + name, tag or "latest"
