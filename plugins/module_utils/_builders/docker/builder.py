# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The builder type ``docker``: guests are containers, artifacts are images of the daemon."""

from __future__ import annotations

import contextlib
import datetime
import pathlib
import shlex
import typing as t

from ..._lifecycle.artifact import Artifact
from ..._lifecycle.builder import Builder, Source
from ..._lifecycle.errors import BuilderError, GoldenError
from ..._lifecycle.journal import Resource
from ..._lifecycle.operation import Context
from .capture import DISCARDED, image_facts, image_resource
from .changes import check_changes
from .daemon import ConflictError, Daemon, Json
from .endpoint import DEFAULT_HOST, ENDPOINT_SPEC, resolve_endpoint
from .guest import CONNECTION, container_resource
from .names import EXPIRES_LABEL, GUEST_LABEL, checked_repository, checked_tag, compact, expiry_of, is_guest, is_temporary, temporary_image
from .options import BUILDER_SPEC, CAPTURE_SPEC, CONTENT_OPTIONS, PUBLISH_SPEC, RUN_SPEC, SOURCE_CONSTRAINTS, SOURCE_SPEC
from .registry_login import LOGIN_SPEC
from .sources import resolve


class DockerBuilder(Builder):
    """See :class:`Builder`."""

    argument_spec: t.ClassVar[dict[str, t.Any]] = {**BUILDER_SPEC, **RUN_SPEC, **CAPTURE_SPEC, **PUBLISH_SPEC, **LOGIN_SPEC, **ENDPOINT_SPEC}
    source_spec = SOURCE_SPEC
    source_constraints = SOURCE_CONSTRAINTS
    content_options = CONTENT_OPTIONS
    connection = CONNECTION

    def validate(self, options: dict[str, t.Any], source: dict[str, t.Any]) -> None:
        """See :class:`Builder`."""
        check_changes(options.get("changes") or [])
        if options.get("windows_container"):
            raise BuilderError("Windows containers are not supported: guests are configured through a POSIX shell", hint="Remove windows_container")
        if options.get("repository"):
            checked_repository(str(options["repository"]))
        for tag in options.get("tags") or []:
            checked_tag(str(tag))
        if options.get("capture") == "discard" and options.get("export"):
            raise BuilderError("capture: discard leaves nothing, export would", hint="Remove one of the two")
        if options.get("capture") != "commit" and options.get("capture") and (options.get("layers") or options.get("squash")):
            raise BuilderError(f"layers and squash shape an image, capture: {options['capture']} makes none", hint="Set capture to commit")

    def resolve_source(self, source: dict[str, t.Any], options: dict[str, t.Any], context: Context) -> Source:
        """See :class:`Builder`."""
        return resolve(source, options, lambda: Daemon.of(options), context)

    def source_of(self, artifact: Artifact) -> dict[str, t.Any]:
        """See :class:`Builder`."""
        if artifact.id == DISCARDED:
            raise BuilderError(f"{artifact.build} was built with capture: discard, so there is no image to launch")
        if "os" in artifact.metadata:
            return {"image_id": artifact.id}
        return {"rootfs_archive": next(file.path for file in artifact.files if file.kind == "rootfs.tar")}

    def is_present(self, artifact: Artifact, options: dict[str, t.Any]) -> bool:
        """See :class:`Builder`."""
        if artifact.id == DISCARDED:
            return False
        if not all(pathlib.Path(file.path).is_file() and pathlib.Path(file.path).stat().st_size == file.size for file in artifact.files):
            return False
        return "os" not in artifact.metadata or Daemon.of(options).find_image(artifact.id) is not None

    def discard(self, resource: Resource, options: dict[str, t.Any]) -> bool:
        """See :class:`Builder`."""
        if resource.kind == "captured files":
            return _discard_files([pathlib.Path(path) for path in resource.details["paths"]])
        daemon = Daemon(resolve_endpoint(resource.details.get("connection") or options, env={}))
        if resource.kind == "container":
            return daemon.remove_container(resource.name)
        if resource.kind == "image":
            return _discard_image(resource.name, daemon)
        raise GoldenError(f"the Docker builder knows no {resource.kind}")

    def leftovers(self, options: dict[str, t.Any], now: datetime.datetime) -> list[Resource]:
        """See :class:`Builder`."""
        daemon = Daemon.of(options)
        with daemon.doing("list leftovers"):
            containers = daemon.quick.containers(all=True, filters={"label": [GUEST_LABEL, EXPIRES_LABEL]})
            images = daemon.quick.images()
        found = [container_resource(_name(entry), daemon) for entry in containers if _is_expired_guest(entry, now)]
        names = sorted(name for entry in images for name in entry.get("RepoTags") or [])
        found.extend(image_resource(name, daemon) for name in names if (expiry_of(name) or "~") < compact(now))
        return found

    def remove(self, artifact: Artifact, options: dict[str, t.Any]) -> None:
        """See :class:`Builder`."""
        _discard_files([pathlib.Path(file.path) for file in artifact.files])
        if "os" not in artifact.metadata:
            return
        daemon = Daemon(resolve_endpoint(artifact.metadata.get("connection") or options))
        image = daemon.find_image(artifact.id)
        names = (image or {}).get("RepoTags") or []
        # A name that is not temporary was given to it by a publish that failed half-way, and may be in use.
        if image and all(is_temporary(name) for name in names):
            for name in names or [artifact.id]:
                daemon.remove_image(name)

    def find(self, build: str, fingerprint: str, options: dict[str, t.Any], context: Context) -> Artifact | None:
        """See :class:`Builder`."""
        if not fingerprint or options.get("capture") != "commit" or options.get("export"):
            return None
        daemon = Daemon.of(options)
        with daemon.doing("look for an image built before"):
            entries = daemon.quick.images(filters={"label": [f"golden.fingerprint={fingerprint}"]})
        for entry in entries:
            image = daemon.find_image(entry["Id"]) or {}
            tags = [name for name in image.get("RepoTags") or [] if expiry_of(name) is None]
            labels = (image.get("Config") or {}).get("Labels") or {}
            if tags and f"{labels.get('golden.image')}.{labels.get('golden.builder')}" == build:
                return _recorded(build, image, tags, labels, daemon)
        return None

    def wants_layers(self, options: dict[str, t.Any]) -> bool:
        """See :class:`Builder`."""
        return bool(options.get("layers"))

    def next_steps(self, artifact: Artifact) -> list[str]:
        """See :class:`Builder`."""
        tags = artifact.metadata.get("tags")
        if not tags:
            return []
        host = (artifact.metadata.get("connection") or {}).get("docker_host", DEFAULT_HOST)
        program = "docker" if host == DEFAULT_HOST else f"docker -H {shlex.quote(host)}"
        return [f"{program} run --rm -it {tags[0]}"]

    def login_hint(self, resource: Resource) -> str | None:
        """See :class:`Builder`."""
        if resource.kind != "container":
            return None
        host = (resource.details.get("connection") or {}).get("docker_host", "")
        return f"docker -H {shlex.quote(host)} exec -it {shlex.quote(resource.name)} /bin/sh"


def _recorded(build: str, image: Json, tags: list[str], labels: dict[str, str], daemon: Daemon) -> Artifact:
    """An artifact as its image's labels tell of it."""
    return Artifact(
        id=image["Id"],
        type="docker",
        build=build,
        image=labels["golden.image"],
        builder=labels["golden.builder"],
        version=labels.get("golden.version", ""),
        fingerprint=labels["golden.fingerprint"],
        location=daemon.endpoint.host,
        created=labels.get("org.opencontainers.image.created") or str(image.get("Created")),
        source={"id": labels.get("golden.source", ""), "description": labels.get("org.opencontainers.image.base.name", "")},
        metadata={"connection": daemon.endpoint.to_options(), "tags": sorted(tags), **image_facts(image)},
    )


def _name(entry: Json) -> str:
    return str((entry.get("Names") or [""])[0]).lstrip("/")


def _is_expired_guest(entry: Json, now: datetime.datetime) -> bool:
    labels = entry.get("Labels") or {}
    name = _name(entry).removesuffix("-next")
    expires = labels.get(EXPIRES_LABEL) or ""
    return is_guest(name, labels) and bool(expires) and _moment(expires) < now


def _moment(text: str) -> datetime.datetime:
    try:
        return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        # A mark nobody can read never expires.
        return datetime.datetime.max.replace(tzinfo=datetime.UTC)


def _discard_files(paths: list[pathlib.Path]) -> bool:
    existing = [path for path in paths if path.exists()]
    for path in existing:
        path.unlink()
    for folder in {path.parent for path in paths}:
        # Another build's file, or a person's, may be in it too.
        with contextlib.suppress(OSError):
            folder.rmdir()
    return bool(existing)


def _discard_image(name: str, daemon: Daemon) -> bool:
    try:
        return daemon.remove_image(name)
    except ConflictError:
        _remove_own_guests(name, daemon)
        return daemon.remove_image(name)


def _remove_own_guests(image: str, daemon: Daemon) -> None:
    """Containers of the same build that still run on its temporary image."""
    with daemon.doing(f"list containers of {image}"):
        entries = daemon.quick.containers(all=True, filters={"ancestor": [image]})
    repository = image.rpartition(":")[0]
    for entry in entries:
        name = _name(entry)
        same_build = temporary_image(name.removesuffix("-next"), "x", {}).rpartition(":")[0] == repository
        if same_build and is_guest(name.removesuffix("-next"), entry.get("Labels") or {}):
            daemon.remove_container(name)


BUILDER = DockerBuilder()
