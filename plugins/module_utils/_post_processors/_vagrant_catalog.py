# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The catalog of a Vagrant box: a JSON file that ``vagrant box add`` reads from any web server, or from disk."""

from __future__ import annotations

import pathlib
import re
import typing as t
import urllib.parse

from .._lifecycle.artifact import Artifact, ArtifactFile
from .._lifecycle.errors import BuilderError
from .._lifecycle.manifest import merge_shared, read_manifest
from .._lifecycle.operation import Context, Params
from ._artifact_files import output_folder

Json = dict[str, t.Any]

_WHAT = "box catalog"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9][A-Za-z0-9._-]*\Z")
_VERSION = re.compile(r"[0-9]+(\.[0-9A-Za-z]+)*(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?\Z")

CATALOG_SPEC: dict[str, t.Any] = {
    "name": {"type": "str", "required": True},
    "path": {"type": "path", "default": "metadata.json"},
    "base_url": {"type": "str"},
    "version": {"type": "str"},
    "description": {"type": "str"},
    "version_description": {"type": "str"},
    "default_architecture": {"type": "bool", "default": False},
}


def check_catalog(options: Params, artifact: Artifact) -> None:
    """:raises BuilderError: for what Vagrant would refuse later."""
    if not _NAME.match(options["name"]):
        raise BuilderError(f"catalog.name: {options['name']!r} cannot be the name of a box", hint="It has two parts, as in team/web.")
    version = version_of(options, artifact)
    if not _VERSION.match(version):
        raise BuilderError(f"catalog.version: {version!r} is no version for Vagrant", hint="Write one as in 1.4.0 or 1.4.0-rc1.")


def version_of(options: Params, artifact: Artifact) -> str:
    """The version of the box, the image's unless said otherwise."""
    return str(options["version"] or artifact.version)


def catalog_path(options: Params, artifact: Artifact, context: Context) -> pathlib.Path:
    """Where the catalog is: relative to the folder of all versions of the image, outside of builds beside the box."""
    folder = output_folder(artifact, context)
    return (folder.parents[1] if context.build.get("output_dir") else folder) / pathlib.Path(options["path"]).expanduser()


def box_url(options: Params, box: pathlib.Path) -> str:
    """Where the box can be downloaded."""
    if options["base_url"]:
        return f"{options['base_url'].rstrip('/')}/{urllib.parse.quote(box.name)}"
    return box.absolute().as_uri()


def entry_of(options: Params, box: ArtifactFile, provider: str, architecture: str | None) -> Json:
    """What a catalog says of the box of one provider."""
    entry: Json = {"name": provider, "url": box_url(options, pathlib.Path(box.path)), "checksum_type": "sha256", "checksum": box.sha256}
    if architecture:
        entry.update(architecture=architecture, default_architecture=options["default_architecture"])
    return entry


def merged_catalog(known: Json | None, options: Params, version: str, entry: Json) -> Json:
    """The catalog with a box in it; other versions, providers and architectures stay.

    :raises BuilderError: when the catalog is that of another box.
    """
    name = options["name"]
    catalog: Json = {"versions": [], **(known or {})}
    if catalog.setdefault("name", name) != name:
        raise BuilderError(f"the box catalog is that of {catalog['name']}, not of {name}", hint="Give another catalog.path.")
    if options["description"] is not None:
        catalog["description"] = options["description"]
    other_versions = [item for item in catalog["versions"] if item.get("version") != version]
    same: Json = next((item for item in catalog["versions"] if item.get("version") == version), {"version": version, "status": "active"})
    if options["version_description"] is not None:
        same = {**same, "description_markdown": options["version_description"]}
    providers = [item for item in same.get("providers", []) if _identity(item) != _identity(entry)]
    same = {**same, "providers": sorted([*providers, entry], key=_identity)}
    return {**catalog, "versions": sorted([*other_versions, same], key=lambda item: _order(str(item.get("version", ""))))}


def merge_catalog(path: pathlib.Path, options: Params, version: str, entry: Json) -> bool:
    """Put a box into the catalog; whether that changed anything."""
    return merge_shared(path, lambda known: merged_catalog(known, options, version, entry), _WHAT)


def read_catalog(path: pathlib.Path) -> Json | None:
    """A catalog; ``None`` when there is none yet."""
    return read_manifest(path, _WHAT)


def _identity(entry: Json) -> tuple[str, str]:
    return str(entry.get("name", "")), str(entry.get("architecture", ""))


def _order(version: str) -> list[tuple[int, int, str]]:
    """Numbers by value, and letters, which mean a version before the release, ahead of them."""
    parts = re.findall(r"[0-9]+|[A-Za-z]+", version)
    return [(1, int(part), "") if part.isdigit() else (-1, 0, part) for part in parts] + [(0, 0, "")]
