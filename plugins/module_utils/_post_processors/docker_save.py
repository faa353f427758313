# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Post-processor ``docker_save``: the image as an archive that ``docker load`` reads."""

from __future__ import annotations

import contextlib
import pathlib
import tarfile
import typing as t

from .._builders.docker.daemon import Daemon
from .._builders.docker.endpoint import ENDPOINT_SPEC
from .._lifecycle.errors import BuilderError
from .._lifecycle.operation import Context, Operation, Params, Result
from .._lifecycle.partial_file import partial_file, replace_if_different
from ._artifact_files import ARTIFACT_SPEC, artifact_of, made_of_files, output_path, recorded
from ._docker import daemon_of_builder, image_of, names_of
from ._streams import compressing

defaults = daemon_of_builder


def run(params: Params, context: Context) -> Result:
    """Write the archive; the artifact then consists of it."""
    artifact = artifact_of(params)
    daemon = Daemon.of(params)
    image = image_of(artifact, daemon, "docker_save")
    names = list(params["names"] or names_of(artifact, image) or [image["Id"]])
    kind = "docker.tar.gz" if params["gzip"] else "docker.tar"
    target = output_path(params["path"], kind, artifact, context)
    if context.check_mode:
        return {"changed": not target.is_file(), "path": str(target), "artifact": artifact.to_dict()}
    context.say(f"saving {', '.join(names)} to {target}")
    changed = _save(names, target, params["gzip"], daemon, context)
    made = made_of_files(artifact, "docker_save", [recorded(target, kind)])
    return {"changed": changed, "path": str(target), "artifact": made.to_dict()}


def _save(names: list[str], target: pathlib.Path, zipped: bool, daemon: Daemon, context: Context) -> bool:
    with partial_file(target, context) as raw:
        with contextlib.ExitStack() as stack:
            stream = stack.enter_context(compressing(raw, "gz" if zipped else "", None, 1))
            for chunk in _image_stream(names, daemon):
                stream.write(chunk)
        raw.flush()
        _check_whole(raw.name, target)
        return replace_if_different(raw, target)


def _image_stream(names: list[str], daemon: Daemon) -> t.Iterator[bytes]:
    client = daemon.patient
    stack = contextlib.ExitStack()
    with stack:
        stack.enter_context(daemon.doing(f"save {', '.join(names)}"))
        # APIClient.get_image takes one name only.
        response = client.get(client.base_url + f"/v{client.api_version}/images/get", params={"names": names}, stream=True)
        client._raise_for_status(response)
        yield from response.iter_content(1024 * 1024)


def _check_whole(name: str, target: pathlib.Path) -> None:
    """A daemon that fails half-way just ends its answer."""
    try:
        with tarfile.open(name, "r:*") as archive:
            whole = "manifest.json" in archive.getnames()
    except (tarfile.TarError, EOFError) as error:
        raise BuilderError(f"what the Docker daemon sent for {target} is not whole: {error}", hint="Look at the daemon's log and its free space.") from error
    if not whole:
        raise BuilderError(
            f"what the Docker daemon sent for {target} is not whole: it has no manifest.json", hint="Look at the daemon's log and its free space."
        )


OPERATION = Operation(
    argument_spec={
        **ARTIFACT_SPEC,
        "path": {"type": "path"},
        "names": {"type": "list", "elements": "str"},
        "gzip": {"type": "bool", "default": False},
        **ENDPOINT_SPEC,
    },
    run=run,
)
