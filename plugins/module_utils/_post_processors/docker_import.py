# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Post-processor ``docker_import``: makes a Docker image of an artifact's archive."""

from __future__ import annotations

import hashlib
import json
import re
import typing as t

from .._builders.docker.daemon import Daemon
from .._builders.docker.endpoint import ENDPOINT_SPEC
from .._builders.docker.names import split_reference
from .._lifecycle.artifact import Artifact, ArtifactFile
from .._lifecycle.errors import BuilderError
from .._lifecycle.operation import Context, Operation, Params, Result
from ._artifact_files import ARTIFACT_SPEC, artifact_of, input_files
from ._docker import DIGESTS, TAGS, Json, add_tags, checked_names, daemon_of_builder, stream_events, with_names

defaults = daemon_of_builder

#: Label that tells of what an image was imported, so that the same need not be imported again.
IMPORT_LABEL = "golden.import"

_FILE_SYSTEMS = ("rootfs.tar", "rootfs.tar.gz", "rootfs.tar.xz", "tar", "tar.gz", "tar.xz")
_IMAGES = ("oci.tar", "docker.tar", "docker.tar.gz")


def run(params: Params, context: Context) -> Result:
    """Import a root file system, or load an image archive, and name the image."""
    artifact = artifact_of(params)
    [name] = checked_names(params["repository"], [params["tag"] or artifact.version or "latest"])
    file = _chosen(artifact, params)
    daemon = Daemon.of(params)
    identity = _identity(file, params)
    known = daemon.find_image(name)
    if known is not None and _is_of(known, identity):
        return {"changed": False, "name": name, "artifact": _result(artifact, known, name).to_dict()}
    if context.check_mode:
        return {"changed": True, "name": name, "artifact": artifact.to_dict()}
    context.say(f"importing {file.path} as {name}")
    if file.kind in _IMAGES:
        image = _load(file, daemon)
        changed = bool(add_tags(image, [name], True, daemon, context))
    else:
        image, changed = _import(file, name, identity, params, daemon), True
    return {"changed": changed, "name": name, "artifact": _result(artifact, image, name).to_dict()}


def _chosen(artifact: Artifact, params: Params) -> ArtifactFile:
    kinds = [params["kind"]] if params["kind"] else [*_FILE_SYSTEMS, *_IMAGES]
    if params["changes"] and not params["kind"]:
        kinds = list(_FILE_SYSTEMS)
    candidates = input_files(artifact, kinds, "docker_import")
    chosen = min(candidates, key=lambda file: kinds.index(file.kind))
    if params["changes"] and chosen.kind in _IMAGES:
        raise BuilderError(f"changes cannot be made to the image archive {chosen.path}", hint="Import the artifact's rootfs.tar instead, or leave out changes.")
    return chosen


def _identity(file: ArtifactFile, params: Params) -> str:
    material = json.dumps([file.sha256, params["changes"], params["platform"]])
    return hashlib.sha256(material.encode()).hexdigest()


def _is_of(image: Json, identity: str) -> bool:
    return ((image.get("Config") or {}).get("Labels") or {}).get(IMPORT_LABEL) == identity


def _import(file: ArtifactFile, name: str, identity: str, params: Params, daemon: Daemon) -> Json:
    repository, tag = split_reference(name)
    changes = [*params["changes"], f"LABEL {IMPORT_LABEL}={identity}"]
    query = {"fromSrc": "-", "repo": repository, "tag": tag, "changes": changes, **({"platform": params["platform"]} if params["platform"] else {})}
    what = f"import {file.path}"
    client = daemon.patient
    with open(file.path, "rb") as stream, daemon.doing(what, f"image {name}"):
        headers = {"Content-Type": "application/tar"}
        response = client.post(client.base_url + f"/v{client.api_version}/images/create", params=query, data=stream, headers=headers, stream=True)
        client._raise_for_status(response)
        for _event in stream_events(client._stream_helper(response, decode=True), what):
            pass
    return _found(name, daemon)


def _load(file: ArtifactFile, daemon: Daemon) -> Json:
    what = f"load {file.path}"
    loaded = ""
    with open(file.path, "rb") as stream, daemon.doing(what):
        for event in stream_events(daemon.patient.load_image(stream), what):
            found = re.search(r"Loaded image(?: ID)?: (\S+)", str(event.get("stream", "")))
            loaded = found[1] if found else loaded
    if not loaded:
        raise BuilderError(f"the Docker daemon did not say which image it loaded from {file.path}")
    return _found(loaded, daemon)


def _found(reference: str, daemon: Daemon) -> Json:
    image = daemon.find_image(reference)
    if image is None:
        raise BuilderError(f"the image {reference} is not in the Docker daemon at {daemon.endpoint.host} although it was just imported")
    return image


def _result(artifact: Artifact, image: Json, name: str) -> Artifact:
    metadata: dict[str, t.Any] = {key: value for key, value in artifact.metadata.items() if key not in (TAGS, DIGESTS)}
    made = artifact.replace(id=image["Id"], type="docker_import", location=name, files=(), metadata=metadata)
    return with_names(made, [name])


OPERATION = Operation(
    argument_spec={
        **ARTIFACT_SPEC,
        "repository": {"type": "str", "required": True},
        "tag": {"type": "str"},
        "kind": {"type": "str"},
        "changes": {"type": "list", "elements": "str", "default": []},
        "platform": {"type": "str"},
        **ENDPOINT_SPEC,
    },
    run=run,
)
