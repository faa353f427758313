# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Post-processor ``compress``: archives, and compressed files, that come out the same for the same input."""

from __future__ import annotations

import pathlib
import shutil
import tarfile
import time
import typing as t
import zipfile

from .._lifecycle.artifact import Artifact, ArtifactFile
from .._lifecycle.errors import BuilderError
from .._lifecycle.operation import Context, Operation, Params, Result
from .._lifecycle.partial_file import partial_file, replace_if_different
from ._artifact_files import ARTIFACT_SPEC, KINDS_SPEC, artifact_of, input_files, made_of_files, output_path, recorded, source_epoch
from ._streams import checked_level, compressing

ARCHIVES = ("tar", "tar.gz", "tar.xz", "tar.zst", "zip")
SINGLES = ("gz", "xz", "zst")
_CHUNK = 1024 * 1024
_ZIP_EPOCH = 315532800


def run(params: Params, context: Context) -> Result:
    """Write the compressed files; the artifact then consists of them and of the files that were not chosen."""
    artifact = artifact_of(params)
    chosen_format = params["format"]
    algorithm = chosen_format.rpartition(".")[2]
    checked_level(algorithm, params["level"])
    files = input_files(artifact, params["kinds"], "compress")
    targets = _targets(files, params, artifact, context)
    if context.check_mode:
        return {"changed": not all(path.is_file() for path, _kind, _members in targets), "artifact": artifact.to_dict()}
    changed = False
    made = []
    for path, kind, members in targets:
        context.say(f"compressing to {path}")
        changed = _write(path, members, params, source_epoch(artifact), context) or changed
        made.append(recorded(path, kind))
    others = [file for file in artifact.files if file not in files and file.path not in {made_file.path for made_file in made}]
    return {"changed": changed, "artifact": made_of_files(artifact, "compress", [*made, *others]).to_dict()}


_Target = tuple[pathlib.Path, str, list[ArtifactFile]]


def _targets(files: list[ArtifactFile], params: Params, artifact: Artifact, context: Context) -> list[_Target]:
    chosen_format = params["format"]
    if chosen_format in ARCHIVES:
        path = output_path(params["output"], chosen_format, artifact, context)
        targets = [(path, chosen_format, sorted(files, key=lambda file: pathlib.Path(file.path).name))]
    elif params["output"] and len(files) == 1:
        targets = [(output_path(params["output"], "", artifact, context), f"{files[0].kind}.{chosen_format}", files)]
    elif params["output"]:
        raise BuilderError(f"the format {chosen_format} makes one file of each of {len(files)} files, which cannot all be called {params['output']}")
    else:
        targets = [(pathlib.Path(f"{file.path}.{chosen_format}"), f"{file.kind}.{chosen_format}", [file]) for file in files]
    inputs = {pathlib.Path(file.path) for file in artifact.files}
    for path, _kind, members in targets:
        if path in inputs:
            raise BuilderError(f"{path} is a file of the artifact and would be overwritten", hint="Give another name in the option output.")
        names = [pathlib.Path(file.path).name for file in members]
        if len(names) != len(set(names)):
            raise BuilderError(f"two files of the artifact have the same name and cannot be in one archive: {', '.join(names)}")
    return targets


def _write(target: pathlib.Path, members: list[ArtifactFile], params: Params, epoch: int, context: Context) -> bool:
    chosen_format = params["format"]
    with partial_file(target, context) as raw:
        if chosen_format == "zip":
            _write_zip(raw, members, params["level"], epoch)
        else:
            algorithm = chosen_format.rpartition(".")[2]
            with compressing(raw, "" if algorithm == "tar" else algorithm, params["level"], params["threads"]) as stream:
                if chosen_format in SINGLES:
                    _copy(members[0], stream)
                else:
                    _write_tar(stream, members, epoch)
        return replace_if_different(raw, target)


def _copy(file: ArtifactFile, stream: t.IO[bytes]) -> None:
    with open(file.path, "rb") as source:
        shutil.copyfileobj(source, stream, _CHUNK)


def _write_tar(stream: t.BinaryIO, members: list[ArtifactFile], epoch: int) -> None:
    with tarfile.open(fileobj=stream, mode="w|", format=tarfile.GNU_FORMAT) as archive:
        for file in members:
            path = pathlib.Path(file.path)
            entry = tarfile.TarInfo(path.name)
            entry.size, entry.mtime, entry.mode = path.stat().st_size, epoch, 0o644
            with open(path, "rb") as source:
                archive.addfile(entry, source)


def _write_zip(stream: t.BinaryIO, members: list[ArtifactFile], level: int | None, epoch: int) -> None:
    moment = time.gmtime(max(epoch, _ZIP_EPOCH))[:6]
    with zipfile.ZipFile(stream, "w", compression=zipfile.ZIP_DEFLATED, compresslevel=level) as archive:
        for file in members:
            entry = zipfile.ZipInfo(pathlib.Path(file.path).name, date_time=moment)
            entry.compress_type, entry.create_system, entry.external_attr = zipfile.ZIP_DEFLATED, 3, 0o100644 << 16
            # ZipInfo carries the level of its own entry; the one of ZipFile counts for plain names only.
            entry._compresslevel = level  # type: ignore[attr-defined,unused-ignore]
            with archive.open(entry, "w", force_zip64=True) as sink:
                _copy(file, sink)


OPERATION = Operation(
    argument_spec={
        **ARTIFACT_SPEC,
        **KINDS_SPEC,
        "format": {"type": "str", "choices": [*ARCHIVES, *SINGLES], "default": "tar.gz"},
        "level": {"type": "int"},
        "threads": {"type": "int", "default": 1},
        "output": {"type": "path"},
    },
    run=run,
)
