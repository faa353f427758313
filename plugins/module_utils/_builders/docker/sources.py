# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Source images: what a definition means exactly, and getting it into the daemon."""

from __future__ import annotations

import functools
import os
import pathlib
import tempfile
import typing as t

from ..._lifecycle.builder import Source
from ..._lifecycle.errors import BuilderError
from ..._lifecycle.files import sha256_file
from ..._lifecycle.fingerprint import digest, digest_files
from ..._lifecycle.journal import Resource
from ..._lifecycle.operation import Context, Params
from .daemon import Daemon, Json, NotFoundError
from .names import split_reference, temporary_image
from .options import BACKEND
from .registry_login import auth_config

try:
    from docker.utils.build import exclude_paths, tar
except ImportError:
    exclude_paths = None

Options = t.Mapping[str, t.Any]
_CHUNK = 1024 * 1024


def resolve(source: Options, options: Options, daemon: t.Callable[[], Daemon], context: Context) -> Source:
    """What ``source`` is right now; ``daemon`` is asked only when the answer lies there."""
    if source.get("image_id"):
        return Source(source["image_id"], f"image {source['image_id']}", {"image_id": source["image_id"]})
    if source.get("rootfs_archive"):
        path = _existing(source["rootfs_archive"], "the root file system archive")
        return Source(f"sha256:{sha256_file(path)}", str(path), {"rootfs_archive": str(path)})
    if source.get("build"):
        return _resolve_build(dict(source["build"]))
    return _resolve_image(str(source["image"]), options, daemon(), context)


def _existing(path: str, what: str) -> pathlib.Path:
    found = pathlib.Path(path)
    if not found.exists():
        raise BuilderError(f"{what} {path} does not exist")
    return found


def _resolve_build(build: Json) -> Source:
    folder = _existing(build["build_dir"], "the build folder")
    dockerfile = _existing(str(folder / build["path"]), "the Dockerfile")
    files = digest_files("build", folder, [folder / name for name in context_files(folder, dockerfile)], follow=False)
    identity = digest([sorted(files.items()), {key: value for key, value in build.items() if key != "build_dir"}])
    return Source(f"sha256:{identity}", f"built from {dockerfile}", {"build": build})


def context_files(folder: pathlib.Path, dockerfile: pathlib.Path) -> list[str]:
    """Files of a build folder that the daemon is sent, relative, sorted."""
    names = exclude_paths(str(folder), _ignored(folder), dockerfile=str(dockerfile.relative_to(folder))) if exclude_paths else ()
    return sorted(name for name in names if not (folder / name).is_dir() or (folder / name).is_symlink())


def _ignored(folder: pathlib.Path) -> list[str]:
    """Patterns of ``.dockerignore``."""
    ignore = folder / ".dockerignore"
    lines = [line.strip() for line in ignore.read_text(encoding="utf-8").splitlines()] if ignore.is_file() else []
    return [line for line in lines if line and not line.startswith("#")]


def _resolve_image(reference: str, options: Options, daemon: Daemon, context: Context) -> Source:
    repository, tag = split_reference(reference)
    if tag.startswith("sha256:"):
        return Source(tag, reference, {"image": reference})
    pull = options.get("pull") or "missing"
    local = daemon.find_image(reference) if pull != "always" else None
    if local:
        return Source(_stable_id(local, repository), reference, {"image_id": local["Id"]})
    if pull == "never":
        raise BuilderError(f"the image {reference} is not in the Docker daemon at {daemon.endpoint.host} and pull is never", hint="Pull or build it first")
    remote = _registry_digest(reference, options, daemon)
    if remote:
        return Source(remote, reference, {"image": f"{repository}@{remote}"})
    if context.check_mode:
        return Source(reference, reference, {"image": reference})
    pull_image(reference, options, daemon, context)
    pulled = daemon.find_image(reference) or {}
    return Source(_stable_id(pulled, repository), reference, {"image_id": pulled["Id"]})


def _stable_id(image: Json, repository: str) -> str:
    """The registry's digest when the image came from there: the same before and after it was pulled."""
    for known in image.get("RepoDigests") or []:
        name, _at, remote = known.partition("@")
        if _familiar(name) == _familiar(repository):
            return str(remote)
    return str(image["Id"])


def _familiar(repository: str) -> str:
    for prefix in ("docker.io/library/", "docker.io/"):
        if repository.startswith(prefix):
            return repository[len(prefix) :]
    return repository


def _registry_digest(reference: str, options: Options, daemon: Daemon) -> str | None:
    """What the registry has under a tag; ``None`` from a daemon that cannot tell (Podman)."""
    # Without a login of its own the SDK sends what docker login stored.
    login = auth_config(options, reference)
    try:
        with daemon.doing(f"look for the image {reference} in its registry"):
            answer = daemon.quick.inspect_distribution(reference, auth_config=login)
    except NotFoundError as error:
        if "manifest" in error.message.lower():
            raise
        return None
    return str(answer["Descriptor"]["digest"])


def pull_image(reference: str, options: Options, daemon: Daemon, context: Context) -> None:
    """Get an image from its registry."""
    repository, tag = split_reference(reference)
    context.say(f"pulling {reference}")
    with daemon.doing(f"pull the image {reference}", f"image {reference}"):
        progress = daemon.patient.pull(
            repository, tag=tag, auth_config=auth_config(options, reference), platform=options.get("platform"), stream=True, decode=True
        )
        _drain(progress, f"pull the image {reference}")


def _drain(progress: t.Iterable[Json], what: str) -> list[str]:
    """Follow a stream of progress to its end; its last lines.

    :raises BuilderError: for an error in the stream, which HTTP has long called a success.
    """
    lines: list[str] = []
    for event in progress:
        if "error" in event:
            log = "\n".join(lines[-15:])
            raise BuilderError(f"the Docker daemon could not {what}: {event['error'].strip()}" + (f"\n{log}" if log else ""))
        if event.get("stream", "").strip():
            lines.append(event["stream"].rstrip())
    return lines


def provide(params: Params, daemon: Daemon, context: Context, marks: t.Mapping[str, str]) -> Json:
    """Have the source image in the daemon and return it as the daemon describes it."""
    source = params["source"]
    if source.get("image_id"):
        reference = source["image_id"]
    elif source.get("image"):
        reference = source["image"]
        if params["pull"] == "always" or (params["pull"] == "missing" and not daemon.find_image(reference)):
            pull_image(reference, params, daemon, context)
    else:
        reference = _make(params, daemon, context, marks)
    image = daemon.find_image(reference)
    if image is None:
        raise BuilderError(f"the image {reference} is not in the Docker daemon at {daemon.endpoint.host}", hint="Pull it first, or set pull to missing")
    return image


def _make(params: Params, daemon: Daemon, context: Context, marks: t.Mapping[str, str]) -> str:
    name = temporary_image(params["name"], "source", marks)
    resource = Resource(BACKEND, "image", name, {"connection": daemon.endpoint.to_options()})
    context.journal.creating(resource)
    if params["source"].get("build"):
        _build(params["source"]["build"], name, params, daemon, context)
    else:
        _import(params["source"]["rootfs_archive"], name, daemon, context)
    context.journal.created(resource)
    return name


def _build(build: Json, name: str, params: Params, daemon: Daemon, context: Context) -> None:
    context.say(f"building {build['path']} in {build['build_dir']}")
    folder = os.path.abspath(build["build_dir"])
    with tempfile.TemporaryFile() as archive, daemon.doing(f"build {build['path']} in {build['build_dir']}"):
        # The SDK would pack it into a file with a name, which stays when this process is killed.
        tar(folder, exclude=_ignored(pathlib.Path(folder)), dockerfile=(build["path"], None), fileobj=archive)
        progress = daemon.patient.build(
            fileobj=archive,
            custom_context=True,
            dockerfile=build["path"],
            tag=name,
            buildargs={key: str(value) for key, value in build["arguments"].items()},
            target=build.get("target"),
            pull=build["pull"],
            platform=build.get("platform") or params.get("platform"),
            rm=True,
            forcerm=True,
            decode=True,
        )
        _drain(progress, f"build {build['path']}")


def _import(archive: str, name: str, daemon: Daemon, context: Context) -> None:
    context.say(f"importing {archive}")
    with open(_existing(archive, "the root file system archive"), "rb") as stream, daemon.doing(f"import {archive}"):
        # The tag goes with the repository, for Podman ignores the parameter that is meant for it.
        # As a generator: given a file, the SDK announces both a length and chunks, which the daemon refuses.
        answer = daemon.patient.import_image_from_stream(iter(functools.partial(stream.read, _CHUNK), b""), repository=name)
        if '"error"' in answer:
            raise BuilderError(f"the Docker daemon could not import {archive}: {answer.strip()}")
