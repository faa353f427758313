# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Post-processor ``vagrant_box``: a box that ``vagrant box add`` takes, and its entry in a catalog of boxes."""

from __future__ import annotations

import io
import json
import pathlib
import tarfile
import typing as t

from .._appliance.package import Member
from .._lifecycle.artifact import Artifact
from .._lifecycle.errors import BuilderError
from .._lifecycle.operation import Context, Operation, Params, Result
from .._lifecycle.partial_file import partial_file, replace_if_different, reported
from ._artifact_files import ARTIFACT_SPEC, artifact_of, made_of_files, output_path, recorded, source_epoch
from ._streams import checked_level, compressing
from ._vagrant_catalog import CATALOG_SPEC, catalog_path, check_catalog, entry_of, merge_catalog, merged_catalog, read_catalog, version_of
from ._vagrant_providers import PROVIDERS, Box, architecture_of, provider_of, whole_file

DEFINITION_PATHS = ("vagrantfile", "include")
INPUTS = ("vagrantfile", "include")

_METADATA, _VAGRANTFILE = "metadata.json", "Vagrantfile"


def run(params: Params, context: Context) -> Result:
    """Write the box, and put it into the catalog; the artifact then consists of the box."""
    artifact = artifact_of(params)
    provider = params["provider"] or provider_of(artifact)
    architecture = architecture_of(params["architecture"], artifact)
    checked_level("gz", params["level"])
    if params["catalog"]:
        check_catalog(params["catalog"], artifact)
    box = PROVIDERS[provider](artifact, params["metadata_format"])
    target = output_path(params["output"], "box", artifact, context)
    members = [*box.members, *_included(params["include"])]
    _refuse_clashes(members, target)
    texts = {_METADATA: _metadata(provider, architecture, box), _VAGRANTFILE: _vagrantfile(box, params)}
    result: Result = {"path": str(target), "provider": provider, "artifact": artifact.to_dict()}
    if context.check_mode:
        return {**result, "changed": not target.is_file()}
    context.say(f"making the Vagrant box {target}")
    changed = _write(target, texts, members, params["level"], source_epoch(artifact), context)
    made = made_of_files(artifact, "vagrant_box", [recorded(target, "box")])
    vagrant = {"provider": provider, "architecture": architecture}
    if params["catalog"]:
        catalogued = _catalogued(made, params["catalog"], provider, architecture, artifact, context)
        changed = catalogued.pop("changed") or changed
        vagrant.update(name=params["catalog"]["name"], catalog=catalogued["catalog"])
        result.update(catalogued)
    made = made.replace(metadata={**made.metadata, "vagrant": vagrant})
    return {**result, "changed": changed, "artifact": made.to_dict()}


def _catalogued(made: Artifact, options: Params, provider: str, architecture: str | None, artifact: Artifact, context: Context) -> Result:
    path = catalog_path(options, artifact, context)
    entry = entry_of(options, made.files[0], provider, architecture)
    version = version_of(options, artifact)
    result: Result = {"catalog": str(path)}
    if context.diff:
        before = read_catalog(path)
        result["diff"] = {
            "before": before or {},
            "after": merged_catalog(before, options, version, entry),
            "before_header": str(path),
            "after_header": str(path),
        }
    with reported(path):
        return {**result, "changed": merge_catalog(path, options, version, entry)}


def _included(paths: list[str]) -> list[Member]:
    files = [pathlib.Path(path).expanduser() for path in paths]
    for path in files:
        if not path.is_file():
            raise BuilderError(f"include: there is no file {path}", hint="Relative names start at the folder of the definition.")
    return [whole_file(path) for path in files]


def _refuse_clashes(members: list[Member], target: pathlib.Path) -> None:
    seen = {_METADATA, _VAGRANTFILE}
    for member in members:
        if member.name in seen:
            hint = "Put what is to be in it into the option vagrantfile." if member.name == _VAGRANTFILE else None
            raise BuilderError(f"two files called {member.name} would be in the box", hint=hint)
        seen.add(member.name)
        if member.path.absolute() == target.absolute():
            raise BuilderError(f"{target} is a file of the box and would be overwritten", hint="Give another name in the option output.")


def _metadata(provider: str, architecture: str | None, box: Box) -> bytes:
    known = {"provider": provider, **({"architecture": architecture} if architecture else {}), **box.metadata}
    return (json.dumps(known, indent=2, sort_keys=True) + "\n").encode()


def _vagrantfile(box: Box, params: Params) -> bytes:
    """Settings of the provider, then the user's, which may change them."""
    lines = ['Vagrant.configure("2") do |config|', *(f"  {line}" for line in box.settings), "end"] if box.settings else []
    given = params["vagrantfile_content"] or ""
    if params["vagrantfile"]:
        path = pathlib.Path(params["vagrantfile"]).expanduser()
        try:
            given = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise BuilderError(f"vagrantfile: {path} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    own = "".join(f"{line}\n" for line in lines)
    return "\n".join(text for text in (own, given) if text).encode()


def _write(target: pathlib.Path, texts: dict[str, bytes], members: list[Member], level: int | None, epoch: int, context: Context) -> bool:
    with partial_file(target, context) as raw:
        with compressing(raw, "gz", level, 1) as stream, tarfile.open(fileobj=stream, mode="w|", format=tarfile.GNU_FORMAT) as archive:
            for name, data in texts.items():
                archive.addfile(_entry(name, len(data), epoch), io.BytesIO(data))
            for member in members:
                with open(member.path, "rb") as source:
                    source.seek(member.offset)
                    archive.addfile(_entry(member.name, member.size, epoch), t.cast(t.IO[bytes], source))
        return replace_if_different(raw, target)


def _entry(name: str, size: int, epoch: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mtime, entry.mode = size, epoch, 0o644
    return entry


OPERATION = Operation(
    argument_spec={
        **ARTIFACT_SPEC,
        "provider": {"type": "str", "choices": list(PROVIDERS)},
        "architecture": {"type": "str"},
        "vagrantfile": {"type": "path"},
        "vagrantfile_content": {"type": "str"},
        "include": {"type": "list", "elements": "path", "default": []},
        "metadata_format": {"type": "int", "choices": [1, 2]},
        "level": {"type": "int"},
        "output": {"type": "path"},
        "catalog": {"type": "dict", "options": CATALOG_SPEC},
    },
    run=run,
    constraints={"mutually_exclusive": [("vagrantfile", "vagrantfile_content")]},
)
