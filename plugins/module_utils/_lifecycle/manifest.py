# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Manifests: what was built, for machines to read.

Each is written whole or not at all. Those that several builds and runs share are changed under a
lock, one entry at a time, so that nobody's entry is lost.
"""

from __future__ import annotations

import datetime
import json
import os
import pathlib
import typing as t

from .artifact import Artifact
from .errors import GoldenError
from .files import locked, read_json, write_json_atomically

BUILD_MANIFEST = "manifest.json"
RUN_MANIFEST = "golden-manifest.json"
PACKER_MANIFEST = "packer-manifest.json"

Json = dict[str, t.Any]


def build_manifest(
    artifact: Artifact,
    run_id: str,
    *,
    outputs: t.Sequence[Artifact] = (),
    custom_data: t.Mapping[str, t.Any] | None = None,
    strip_path: bool = False,
    strip_time: bool = False,
) -> Json:
    """The manifest of one build.

    :param outputs: what post-processors made of the artifact.
    :param strip_path: leave only the names of files.
    :param strip_time: leave out when it was created.
    :returns: ``{"run", "build", "artifact", "outputs", "custom_data"}``.
    """
    return {
        "run": run_id,
        "build": artifact.build,
        "artifact": _record(artifact, strip_path, strip_time),
        "outputs": [_record(output, strip_path, strip_time) for output in outputs],
        "custom_data": dict(custom_data or {}),
    }


def packer_entry(
    artifact: Artifact,
    run_id: str,
    *,
    custom_data: t.Mapping[str, t.Any] | None = None,
    strip_path: bool = False,
    strip_time: bool = False,
) -> Json:
    """One of the ``builds`` of Packer's manifest.

    :returns: ``build_time`` is in seconds since 1970, 0 when stripped or unknown.
    """
    return {
        "name": artifact.build,
        "builder_type": artifact.type,
        "build_time": 0 if strip_time else _seconds(artifact.created),
        "files": [{"name": os.path.basename(file.path) if strip_path else file.path, "size": file.size} for file in artifact.files] or None,
        "artifact_id": artifact.id,
        "packer_run_uuid": run_id,
        "custom_data": {str(key): str(value) for key, value in custom_data.items()} if custom_data else None,
    }


def write_build_manifest(output_dir: str | os.PathLike[str], manifest: Json, name: str = BUILD_MANIFEST) -> bool:
    """Write a build's manifest into its output folder; whether that changed anything."""
    path = pathlib.Path(output_dir) / name
    if _read(path) == _as_read(manifest):
        return False
    write_json_atomically(path, manifest)
    return True


def merged_packer_manifest(known: Json | None, entry: Json) -> Json:
    """Packer's manifest with one more build; the same artifact of the same run and build is there once."""
    builds = list((known or {}).get("builds") or [])
    identity = _identity(entry)
    position = next((index for index, build in enumerate(builds) if _identity(build) == identity), None)
    if position is None:
        builds.append(entry)
    else:
        builds[position] = entry
    return {**(known or {}), "builds": builds, "last_run_uuid": entry["packer_run_uuid"]}


def merge_packer_manifest(path: str | os.PathLike[str], entry: Json) -> bool:
    """Add :func:`packer_entry` to the manifest at ``path``; whether that changed anything.

    :raises GoldenError: when the file is there and is no manifest.
    """
    return merge_shared(pathlib.Path(path), lambda known: merged_packer_manifest(known, entry))


def merge_run_manifest(path: str | os.PathLike[str], run_id: str, entry: Json) -> bool:
    """Put a build's manifest into the manifest of the run; whether that changed anything.

    The file is ``{"run": <the run that wrote last>, "builds": {<build>: <its newest manifest>}}``;
    entries of other builds stay, whichever run made them.

    :param entry: what :func:`build_manifest` returns.
    :raises GoldenError: when the file is there and is no manifest.
    """
    return merge_shared(
        pathlib.Path(path), lambda known: {**(known or {}), "run": run_id, "builds": {**(known or {}).get("builds", {}), entry["build"]: entry}}
    )


def output_root(output_dir: str | os.PathLike[str]) -> pathlib.Path:
    """Folder of all images' output, of a build's ``<root>/<image>/<version>/<builder>``."""
    return pathlib.Path(output_dir).parents[2]


def read_manifest(path: str | os.PathLike[str], what: str = "manifest") -> Json | None:
    """A manifest that is shared by builds; ``None`` when there is none yet.

    :param what: the file, for messages.
    :raises GoldenError: when the file is there and is no manifest.
    """
    known = _read(pathlib.Path(path), what)
    if known is not None and not isinstance(known, dict):
        raise _damaged(pathlib.Path(path), "it is no mapping", what)
    return known


def merge_shared(path: pathlib.Path, change: t.Callable[[Json | None], Json], what: str = "manifest") -> bool:
    """Change a JSON file that several builds write, under a lock and as a whole; whether that changed anything.

    :param change: gets what is there, ``None`` when there is nothing, and returns what is to be there.
    :param what: the file, for messages.
    :raises GoldenError: when what is there is none.
    """
    with locked(path.parent / f".{path.name}.lock"):
        known = read_manifest(path, what)
        wanted = _as_read(change(known))
        if wanted == known:
            return False
        write_json_atomically(path, wanted)
    return True


def _identity(build: Json) -> tuple[t.Any, ...]:
    return (build.get("name"), build.get("artifact_id"), build.get("packer_run_uuid"))


def _read(path: pathlib.Path, what: str = "manifest") -> t.Any:
    try:
        return read_json(path)
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise _damaged(path, str(error), what) from error


def _damaged(path: pathlib.Path, why: str, what: str) -> GoldenError:
    return GoldenError(f"{path} is not a {what}: {why}", hint="Move the file away; it is written anew.")


def _as_read(manifest: Json) -> t.Any:
    """With plain types, as it comes back from disk."""
    return json.loads(json.dumps(manifest))


def _record(artifact: Artifact, strip_path: bool, strip_time: bool) -> Json:
    record = artifact.to_dict()
    if strip_path:
        record["files"] = [{**file, "path": os.path.basename(file["path"])} for file in record["files"]]
        record["location"] = os.path.basename(record["location"]) if os.path.isabs(record["location"]) else record["location"]
    if strip_time:
        record.pop("created")
    return record


def _seconds(moment: str) -> int:
    try:
        return int(datetime.datetime.fromisoformat(moment.replace("Z", "+00:00")).timestamp())
    except ValueError:
        return 0
