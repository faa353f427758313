# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes images and archives of a guest; everything under temporary names."""

from __future__ import annotations

import errno
import os
import pathlib
import typing as t

from ..._lifecycle.artifact import Artifact, ArtifactFile
from ..._lifecycle.errors import BuilderError
from ..._lifecycle.files import sha256_file
from ..._lifecycle.journal import Resource
from ..._lifecycle.operation import Context, Params, Result
from ..._lifecycle.run import iso, utc_now
from .changes import check_changes, config_to_changes, labels_to_changes, restored_process, without_stop_signal
from .daemon import Daemon, Json
from .guest import container_resource, wait_until_ready
from .names import LAYER_LABEL, SOURCE_LABEL, blank_marks, is_temporary, split_reference, temporary_image
from .options import BACKEND

#: The artifact of a build that was to leave nothing.
DISCARDED = "discarded"
_CHUNK = 1024 * 1024


def image_resource(name: str, daemon: Daemon) -> Resource:
    """A temporary image as the journal knows it."""
    return Resource(BACKEND, "image", name, {"connection": daemon.endpoint.to_options()})


def files_resource(paths: t.Sequence[pathlib.Path]) -> Resource:
    """Files of a capture as the journal knows them."""
    return Resource(BACKEND, "captured files", str(paths[0].parent / paths[0].stem), {"paths": [str(path) for path in paths]})


def captured(params: Params, context: Context, daemon: Daemon) -> Result:
    """State ``captured``: what the guest is now becomes an image, archives, or nothing."""
    check_changes(params["changes"])
    container = _guest(params, daemon)
    if context.check_mode:
        return {"changed": True}
    if context.build and not container["State"]["Running"]:
        # Only something from outside ends a guest of a build, and nobody knows what was half done in it then.
        raise BuilderError(
            f"the container {params['guest']} ended before it could be captured",
            resource=f"container {params['guest']}",
            hint="Find out what ended it (docker events, the kernel's log when memory is short) and run the build again.",
        )
    paths = [_path_of(kind, params, context) for kind in _wanted_files(params)]
    image = _commit_image(params, context, daemon, container) if params["capture"] == "commit" else None
    if paths:
        context.journal.creating(files_resource(paths))
    files = [_export(path, params, daemon, context, image) for path in paths]
    artifact = _artifact(params, context, daemon, image, files)
    # From here on the lifecycle's record of the build answers for them: a later run goes on with them, or removes them.
    if image:
        context.journal.released(image_resource(temporary_image(params["guest"], "capture", _labels_of(container)), daemon))
    if paths:
        context.journal.released(files_resource(paths))
    return {"changed": True, "artifact": artifact.to_dict()}


def _wanted_files(params: Params) -> list[str]:
    if params["capture"] == "discard":
        return []
    if params["capture"] == "export":
        return sorted({"rootfs.tar", *params["export"]} - {"docker.tar"})
    return sorted(set(params["export"]))


def _guest(params: Params, daemon: Daemon) -> Json:
    container = daemon.find_container(params["guest"])
    if container is None:
        raise BuilderError(f"there is no container {params['guest']}", hint="Launch the guest first")
    return container


def _labels_of(container: Json) -> dict[str, str]:
    return dict(container["Config"].get("Labels") or {})


def _source_config(container: Json, daemon: Daemon) -> Json:
    """Configuration of the image that the build began with, which may be layers below the guest's own."""
    reference = _labels_of(container).get(SOURCE_LABEL) or container["Image"]
    image = daemon.find_image(reference)
    if image is None:
        raise BuilderError(f"the source image {reference} of the container {container['Name'].lstrip('/')} is gone")
    return t.cast(Json, image.get("Config") or {})


def _commit_image(params: Params, context: Context, daemon: Daemon, container: Json) -> Json:
    source = _source_config(container, daemon)
    given = {key: str(value) for key, value in params["labels"].items()}
    labels = {**blank_marks(_labels_of(container)), **build_labels(context.build), **given}
    changes = [*restored_process(source, container["Config"].get("User") or "", params["changes"]), *labels_to_changes(labels), *params["changes"]]
    name = temporary_image(params["guest"], "capture", _labels_of(container))
    context.say("committing the container")
    context.journal.creating(image_resource(name, daemon))
    image = _commit(params, daemon, name, changes)
    if params["squash"]:
        if (image.get("Config") or {}).get("StopSignal"):
            context.warn("the stop signal of the image is lost by squash")
        image = _squash(params, daemon, name, image)
    context.journal.created(image_resource(name, daemon))
    return image


def build_labels(build: t.Mapping[str, t.Any]) -> dict[str, str]:
    """What an image tells about its making; nothing outside a build."""
    if not build:
        return {}
    source = build.get("source") or {}
    return {
        "golden.image": str(build["image"]),
        "golden.builder": str(build["builder"]),
        "golden.version": str(build["version"]),
        "golden.fingerprint": str(build.get("fingerprint", "")),
        "golden.source": str(source.get("id", "")),
        "org.opencontainers.image.title": str(build["image"]),
        "org.opencontainers.image.version": str(build["version"]),
        "org.opencontainers.image.created": iso(utc_now()),
        "org.opencontainers.image.base.name": str(source.get("description", "")),
    }


def _commit(params: Params, daemon: Daemon, name: str, changes: list[str]) -> Json:
    repository, tag = split_reference(name)
    kept, stop_signal = without_stop_signal(changes)
    with daemon.doing(f"commit the container {params['guest']}", f"container {params['guest']}"):
        daemon.patient.commit(
            params["guest"],
            repository=repository,
            tag=tag,
            message=params.get("comment"),
            author=params.get("author"),
            changes=kept or None,
            conf={"StopSignal": stop_signal} if stop_signal else None,
        )
    return _present(name, daemon)


def _present(name: str, daemon: Daemon) -> Json:
    image = daemon.find_image(name)
    if image is None:
        raise BuilderError(f"the image {name} vanished after it was made", hint="Does something prune the daemon's images meanwhile?")
    return image


def _squash(params: Params, daemon: Daemon, name: str, committed: Json) -> Json:
    """One layer: the guest's whole tree, with the configuration of the commit."""
    with daemon.doing(f"squash the container {params['guest']}"):
        stream = daemon.patient.export(params["guest"], chunk_size=_CHUNK)
        answer = daemon.patient.import_image_from_stream(stream, repository=name, changes=config_to_changes(committed["Config"]))
        if '"error"' in answer:
            raise BuilderError(f"the Docker daemon could not squash the container {params['guest']}: {answer.strip()}")
    daemon.remove_image(committed["Id"])
    return _present(name, daemon)


def _path_of(kind: str, params: Params, context: Context) -> pathlib.Path:
    folder = params.get("directory") or context.build.get("captured_dir")
    if not folder:
        raise BuilderError("there is no folder to export to", hint="Give the option directory")
    return pathlib.Path(folder) / f"{params.get('file_stem') or context.build.get('file_stem') or params['guest']}.{kind}"


def _export(path: pathlib.Path, params: Params, daemon: Daemon, context: Context, image: Json | None) -> ArtifactFile:
    kind = "rootfs.tar" if path.name.endswith(".rootfs.tar") else "docker.tar"
    context.say(f"exporting {path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "wb") as stream:
            for chunk in _chunks(kind, path.name, params, daemon, image):
                stream.write(chunk)
            stream.flush()
            os.fsync(stream.fileno())
        return ArtifactFile(str(path), kind, path.stat().st_size, sha256_file(path))
    except OSError as error:
        hint = "Free space on that file system, or put the state folder on another one." if error.errno in (errno.ENOSPC, errno.EDQUOT) else None
        raise BuilderError(f"{path} cannot be written: {error.strerror}", hint=hint, resource=str(path)) from error


def _chunks(kind: str, name: str, params: Params, daemon: Daemon, image: Json | None) -> t.Iterator[bytes]:
    with daemon.doing(f"export {name}", f"container {params['guest']}"):
        yield from daemon.patient.export(params["guest"], chunk_size=_CHUNK) if kind == "rootfs.tar" else _save(image, daemon)


def _save(image: Json | None, daemon: Daemon) -> t.Any:
    if image is None:
        raise BuilderError("docker.tar can only be exported of a committed image", hint="Set capture to commit")
    return daemon.patient.get_image(image["Id"], chunk_size=_CHUNK)


def _artifact(params: Params, context: Context, daemon: Daemon, image: Json | None, files: list[ArtifactFile]) -> Artifact:
    build = context.build
    metadata: Json = {"connection": daemon.endpoint.to_options()}
    identifier = f"sha256:{files[0].sha256}" if files else DISCARDED
    if image:
        identifier = image["Id"]
        metadata.update(image_facts(image), temporary_name=_temporary_name(image))
    return Artifact(
        id=identifier,
        type="docker",
        build=str(build.get("name") or params["guest"]),
        image=build.get("image", ""),
        builder=build.get("builder", ""),
        version=str(build.get("version", "")),
        fingerprint=build.get("fingerprint", ""),
        location=daemon.endpoint.host if image else str(pathlib.Path(files[0].path).parent) if files else "",
        created=iso(utc_now()),
        files=tuple(files),
        source=dict(build.get("source") or {}),
        metadata=metadata,
    )


def _temporary_name(image: Json) -> str | None:
    return next((name for name in image.get("RepoTags") or [] if is_temporary(name)), None)


def image_facts(image: Json) -> Json:
    """What people ask of an image."""
    return {
        "architecture": image.get("Architecture"),
        "os": image.get("Os"),
        "size": image.get("Size"),
        "layers": len((image.get("RootFS") or {}).get("Layers") or []),
        "config": {key: value for key, value in (image.get("Config") or {}).items() if key in _CONFIG_KEYS and value},
    }


_CONFIG_KEYS = frozenset({"Cmd", "Entrypoint", "Env", "ExposedPorts", "Healthcheck", "Labels", "OnBuild", "StopSignal", "User", "Volumes", "WorkingDir"})


def layered(params: Params, context: Context, daemon: Daemon) -> Result:
    """State ``layered``: seal what changed as a layer, and go on in a new container on top of it.

    The new container takes over name and options. Processes started in the old one, its tmpfs
    and anonymous volumes end with it, as they would have at the capture.
    """
    container = _guest(params, daemon)
    if context.check_mode:
        return {"changed": True}
    number = int(_labels_of(container).get(LAYER_LABEL) or 0) + 1
    layer = temporary_image(params["guest"], f"layer{number}", _labels_of(container))
    context.journal.creating(image_resource(layer, daemon))
    image = _commit(params, daemon, layer, [])
    context.journal.created(image_resource(layer, daemon))
    _replace_container(params["guest"], container, image["Id"], number, daemon, context)
    return {"changed": True, "layer": number}


def _host_config(container: Json) -> Json:
    """As a create call takes it: Podman shows ulimits by other names than it accepts."""
    host = dict(container["HostConfig"])
    host["Ulimits"] = [{**limit, "Name": limit["Name"].lower().removeprefix("rlimit_")} for limit in host.get("Ulimits") or []]
    return host


def _replace_container(guest: str, old: Json, image: str, number: int, daemon: Daemon, context: Context) -> None:
    successor = container_resource(f"{guest}-next", daemon)
    config = {**old["Config"], "Image": image, "HostConfig": _host_config(old), "Labels": {**_labels_of(old), LAYER_LABEL: str(number)}}
    context.journal.creating(successor)
    with daemon.doing(f"go on in a new container {guest}", f"container {guest}"):
        daemon.quick.create_container_from_config(config, successor.name)
        daemon.quick.start(successor.name)
        daemon.remove_container(guest)
        daemon.quick.rename(successor.name, guest)
    context.journal.discarded(successor)
    wait_until_ready(guest, None, daemon)
