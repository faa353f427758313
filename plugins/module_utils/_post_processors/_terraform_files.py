# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Terraform and OpenTofu are told of images: values of one variable, and a module that has them as outputs.

Every entry has the same keys, so that one type describes them all:
``{"version", "created", "architecture", "ids", "amis", "containers", "templates", "files"}``.
"""

from __future__ import annotations

import collections.abc as c
import os
import pathlib
import re
import typing as t

from .._lifecycle.artifact import Artifact, ArtifactFile
from .._lifecycle.errors import BuilderError
from ._docker import DIGESTS

Json = dict[str, t.Any]

SECTIONS = ("ids", "amis", "containers", "templates", "files")
_UNKNOWN = "unknown"
_BY_PLACE = {
    "amis": "The newest AMI of an image by architecture and region.",
    "containers": "The newest container image by image, architecture and repository, with its digest.",
}
_TEMPLATE = re.compile(r"([$%])\{")


def entry_of(artifact: Artifact, files: c.Sequence[ArtifactFile], relative_to: pathlib.Path | None) -> Json:
    """What is told of an artifact.

    :param files: those of its files that are told of.
    :param relative_to: folder that their paths start at; ``None`` for absolute ones.
    """
    return {
        "version": artifact.version,
        "created": artifact.created,
        "architecture": str(artifact.metadata.get("architecture") or _UNKNOWN),
        "ids": {artifact.type: artifact.id},
        "amis": {str(region): str(identifier) for region, identifier in _images(artifact).items()},
        "containers": _containers(artifact),
        "templates": _templates(artifact),
        "files": _files(files, relative_to),
    }


def _images(artifact: Artifact) -> c.Mapping[str, str]:
    images = artifact.metadata.get("images")
    return images if artifact.type == "aws" and isinstance(images, dict) else {}


def _containers(artifact: Artifact) -> dict[str, str]:
    """Repository to a reference that always means the same image; one that was never pushed has none."""
    references = {}
    for name, digest in (artifact.metadata.get(DIGESTS) or {}).items():
        head, slash, last = str(name).rpartition("/")
        repository = f"{head}{slash}{last.partition(':')[0]}"
        references[repository] = f"{repository}@{digest}"
    return references


def _templates(artifact: Artifact) -> dict[str, str]:
    if artifact.type != "vsphere":
        return {}
    known = artifact.metadata
    item = known.get("library_item") or {}
    facts = {"library": item.get("library"), "library_item": item.get("item"), "library_item_id": item.get("id")}
    if not known.get("removed"):
        facts.update(path=known.get("path"), name=known.get("name"), moid=artifact.id)
    return {key: str(value) for key, value in facts.items() if value}


def _files(files: c.Sequence[ArtifactFile], relative_to: pathlib.Path | None) -> Json:
    found: Json = {}
    for file in files:
        same = sum(key == file.kind or key.startswith(f"{file.kind}-") for key in found)
        path = os.path.relpath(file.path, relative_to) if relative_to else file.path
        found[f"{file.kind}-{same + 1}" if same else file.kind] = {"path": path, "sha256": file.sha256, "size": file.size}
    return found


def merged_variables(known: Json | None, variable: str, image: str, builder: str, entry: Json) -> Json:
    """The values with an entry in them; those of other builds and other variables stay.

    An artifact that is older than the one that is there changes nothing. Several chains of a build tell of the same artifact: what each knows is kept.

    :raises BuilderError: when what is there was not written by :func:`merged_variables`.
    """
    values = dict(known or {})
    try:
        images = {name: dict(builders) for name, builders in dict(values.get(variable) or {}).items()}
        entries = images.setdefault(image, {})
        entries[builder] = _newest(entries.get(builder), entry)
    except (TypeError, ValueError, AttributeError, KeyError) as error:
        raise BuilderError(
            f"the value of {variable} is not what the post-processor terraform writes", hint="Set another name, or move the file away; it is written anew."
        ) from error
    return {**values, variable: images}


def _newest(known: Json | None, entry: Json) -> Json:
    # Moments in UTC are in order as texts.
    if not known or known["created"] < entry["created"]:
        return entry
    if known["created"] > entry["created"]:
        return known
    sections = {section: entry[section] or known[section] for section in SECTIONS}
    architecture = known["architecture"] if entry["architecture"] == _UNKNOWN else entry["architecture"]
    return {**entry, "architecture": architecture, **sections, "ids": {**known["ids"], **entry["ids"]}}


def module_of(images: Json) -> Json:
    """A module in Terraform's JSON syntax.

    :param images: image to builder to entry.
    """
    outputs: Json = {"images": {"description": "What was built, by image and builder.", "value": images}}
    for section, description in _BY_PLACE.items():
        outputs[section] = {"description": description, "value": _by_place(images, section)}
    return {
        "//": "Written by golden.images; every build replaces its entries.",
        "output": {name: {"description": output["description"], "value": _literal(output["value"])} for name, output in outputs.items()},
    }


def _by_place(images: Json, section: str) -> Json:
    """Image to architecture to place to id; where several builders made one for the same place, the newest."""
    found: Json = {}
    for image, builders in sorted(images.items()):
        for _builder, entry in sorted(builders.items(), key=lambda item: (item[1]["created"], item[0])):
            if entry[section]:
                found.setdefault(image, {}).setdefault(entry["architecture"], {}).update(entry[section])
    return found


def _literal(value: t.Any) -> t.Any:
    """Texts of a configuration are templates; of these nothing is to be evaluated."""
    if isinstance(value, dict):
        return {_literal(key): _literal(item) for key, item in value.items()}
    return _TEMPLATE.sub(r"\1\1{", value) if isinstance(value, str) else value
