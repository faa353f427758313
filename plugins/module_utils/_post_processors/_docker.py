# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the Docker post-processors share."""

from __future__ import annotations

import typing as t

from .._builders.docker.daemon import Daemon
from .._builders.docker.endpoint import ENDPOINT_SPEC
from .._builders.docker.names import checked_repository, checked_tag, split_reference
from .._lifecycle.artifact import Artifact
from .._lifecycle.errors import BuilderError
from .._lifecycle.operation import Context, Params

Json = dict[str, t.Any]

IMAGE_TYPES = ("docker", "docker_import")
TAGS = "docker_tags"
DIGESTS = "docker_digests"

_OWN_DAEMON = ("docker_host", "docker_context")


def daemon_of_builder(entry: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Options that lead to the daemon of a Docker build, unless the entry names one itself."""
    if any(entry.get(name) for name in _OWN_DAEMON):
        return {}
    return {name: f"{{{{ (golden_options | default({{}})).{name} | default(omit, true) }}}}" for name in ENDPOINT_SPEC}


def image_of(artifact: Artifact, daemon: Daemon, what: str) -> Json:
    """The artifact's image as the daemon describes it.

    :param what: the post-processor, for messages.
    :raises BuilderError: when the artifact is no Docker image, or the daemon does not have it.
    """
    if artifact.type not in IMAGE_TYPES:
        raise BuilderError(
            f"{what} works on a Docker image, and the artifact {artifact.id} was made by {artifact.type}",
            hint="Put docker_import before it in the chain, or name only Docker builders in the key only.",
        )
    image = daemon.find_image(artifact.id)
    if image is None:
        raise BuilderError(f"the image {artifact.id} is not in the Docker daemon at {daemon.endpoint.host}", hint="Name the daemon that built it: docker_host.")
    return image


def checked_names(repository: str, tags: t.Iterable[str]) -> list[str]:
    """``repository:tag`` for every tag.

    :raises GoldenError: when Docker would not take one.
    """
    checked_repository(repository)
    return [f"{repository}:{checked_tag(str(tag))}" for tag in tags]


def add_tags(image: Json, names: t.Iterable[str], force: bool, daemon: Daemon, context: Context) -> list[str]:
    """Let names point at the image; those that did not.

    :param force: also names that point at another image.
    :raises BuilderError: for such a name without ``force``, before anything is changed.
    """
    missing = []
    for name in names:
        known = daemon.find_image(name)
        if known is not None and known["Id"] == image["Id"]:
            continue
        if known is not None and not force:
            raise BuilderError(f"the tag {name} already belongs to the image {known['Id']}", hint="Set force: true to move it.")
        missing.append(name)
    if not context.check_mode:
        for name in missing:
            repository, tag = split_reference(name)
            with daemon.doing(f"tag {image['Id']} as {name}", f"image {name}"):
                daemon.quick.tag(image["Id"], repository, tag, force=True)
    return missing


def names_of(artifact: Artifact, image: Json) -> list[str]:
    """Names under which the artifact is known: those that post-processors gave it, else all on the daemon."""
    return list(artifact.metadata.get(TAGS) or image.get("RepoTags") or [])


def with_names(artifact: Artifact, names: t.Iterable[str]) -> Artifact:
    """The artifact with further names in its record."""
    known = artifact.metadata.get(TAGS) or []
    return artifact.replace(metadata={**artifact.metadata, TAGS: list(dict.fromkeys([*known, *names]))})


def wanted_names(params: Params, artifact: Artifact, image: Json, what: str) -> list[str]:
    """The names in the options, else those of the artifact.

    :raises BuilderError: when there is none.
    """
    names = list(params["names"] or names_of(artifact, image))
    if not names:
        raise BuilderError(f"{what} needs a name, and the image {artifact.id} has none", hint="Put docker_tag before it in the chain, or set the option names.")
    return names


def stream_events(events: t.Iterable[Json], what: str) -> t.Iterator[Json]:
    """The daemon's progress, until it tells of an error.

    :raises BuilderError: with the daemon's words.
    """
    for event in events:
        if event.get("error") or event.get("errorDetail"):
            text = event.get("error") or event["errorDetail"].get("message") or "no reason was given"
            raise BuilderError(f"the Docker daemon could not {what}: {str(text).strip()}")
        yield event
