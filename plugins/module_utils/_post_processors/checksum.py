# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Post-processor ``checksum``: files that ``sha256sum -c`` and its relatives verify."""

from __future__ import annotations

import hashlib
import os
import pathlib

from .._lifecycle.artifact import Artifact, ArtifactFile
from .._lifecycle.errors import BuilderError
from .._lifecycle.files import write_atomically
from .._lifecycle.operation import Context, Operation, Params, Result
from .._lifecycle.partial_file import reported
from ._artifact_files import ARTIFACT_SPEC, KINDS_SPEC, artifact_of, input_files, output_folder, recorded, with_files

ALGORITHMS = ("sha224", "sha256", "sha384", "sha512", "sha1", "md5")
_CHUNK = 1024 * 1024
_SUMS_KINDS = {*ALGORITHMS, *(f"{name.upper()}SUMS" for name in ALGORITHMS)}


def run(params: Params, context: Context) -> Result:
    """Write the checksum files and add them to the artifact."""
    artifact = artifact_of(params)
    files = input_files(_without_sums(artifact), params["kinds"], "checksum")
    digests = {file.path: _digests(file, params["algorithms"]) for file in files}
    texts = _texts(files, digests, params, output_folder(artifact, context))
    changed = {path: text for path, (_kind, text) in texts.items() if _content(path) != text}
    diff = [{"before_header": str(path), "after_header": str(path), "before": _content(path), "after": text} for path, text in changed.items()]
    result: Result = {"changed": bool(changed), "checksums": digests, "artifact": artifact.to_dict()}
    if context.diff:
        result["diff"] = diff
    if context.check_mode:
        return result
    for path, text in changed.items():
        with reported(path):
            write_atomically(path, text)
    result["artifact"] = with_files(artifact, [recorded(path, kind) for path, (kind, _text) in texts.items()]).to_dict()
    return result


def _without_sums(artifact: Artifact) -> Artifact:
    return artifact.replace(files=tuple(file for file in artifact.files if file.kind.rpartition(".")[2] not in _SUMS_KINDS))


def _digests(file: ArtifactFile, algorithms: list[str]) -> dict[str, str]:
    hashes = {name: hashlib.new(name, usedforsecurity=False) for name in {*algorithms, "sha256"}}
    with reported(pathlib.Path(file.path)), open(file.path, "rb") as stream:
        while chunk := stream.read(_CHUNK):
            for digest in hashes.values():
                digest.update(chunk)
    if file.sha256 and hashes["sha256"].hexdigest() != file.sha256:
        raise BuilderError(
            f"{file.path} is not what was captured: its sha256 differs from the artifact's record", hint="Build again with -e golden_force=true."
        )
    return {name: hashes[name].hexdigest() for name in algorithms}


def _texts(files: list[ArtifactFile], digests: dict[str, dict[str, str]], params: Params, folder: pathlib.Path) -> dict[pathlib.Path, tuple[str, str]]:
    """Path to kind and content of each checksum file."""
    ordered = sorted(files, key=lambda file: file.path)
    texts: dict[pathlib.Path, tuple[str, str]] = {}
    for algorithm in params["algorithms"]:
        if params["sums_file"]:
            kind = f"{algorithm.upper()}SUMS"
            lines = [_line(digests[file.path][algorithm], os.path.relpath(file.path, folder)) for file in ordered]
            texts[folder / kind] = (kind, "".join(lines))
        else:
            for file in ordered:
                path = pathlib.Path(f"{file.path}.{algorithm}")
                texts[path] = (f"{file.kind}.{algorithm}", _line(digests[file.path][algorithm], os.path.basename(file.path)))
    return texts


def _line(digest: str, name: str) -> str:
    """As coreutils write it: a leading backslash says that the name is escaped."""
    escaped = name.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
    return f"{'' if escaped == name else chr(92)}{digest}  {escaped}\n"


def _content(path: pathlib.Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""


OPERATION = Operation(
    argument_spec={
        **ARTIFACT_SPEC,
        **KINDS_SPEC,
        "algorithms": {"type": "list", "elements": "str", "choices": list(ALGORITHMS), "default": ["sha256"]},
        "sums_file": {"type": "bool", "default": False},
    },
    run=run,
)
