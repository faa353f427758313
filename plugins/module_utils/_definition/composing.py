# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A build: an image with its defaults, over a builder with the image's changes to it."""

from __future__ import annotations

import typing as t

from .._lifecycle.builder import Builder
from .._lifecycle.errors import GoldenError
from .catalog import Catalog
from .entries import of_build
from .model import Build
from .options import absolute_paths, check_options, check_presence, validated
from .problems import InvalidError
from .schema import BUILDER, IMAGE_SETTINGS
from .sections import IMAGE_OF, Section
from .values import has_template

#: what an image has of its settings when it says nothing
SETTING_DEFAULTS: dict[str, t.Any] = {
    "description": "",
    "on_error": "cleanup",
    "max_age": None,
    "generalize": True,
    "bootstrap_python": False,
    "gather_facts": True,
    "roles_path": [],
}
_LISTS = ("provisioners", "verify", "post_processors")


def compose(image_name: str, image: Section, builder_name: str, override: Section, entry: Section, catalog: Catalog, directory: str) -> Build:
    """The build of a checked image with a checked builder.

    :param image: defaults merged in.
    :param override: what the image changes of the builder.
    :param directory: of the definition, where relative paths start.
    :raises InvalidError: for what only shows when both come together.
    """
    key = f"images.{image_name}"
    if "version" not in image:
        raise InvalidError(key, "the version is missing, here and in the defaults")
    kind = entry["type"]
    builder = catalog.builder(kind, f"builders.{builder_name}.type")
    options = {name: value for name, value in {**entry, **override}.items() if name not in BUILDER}
    source_key, source = _source(image_name, image, builder_name, override, entry)
    if builder:
        _check_platform(builder, options, source, f"builders.{builder_name}", source_key, directory)
    lists = {name: of_build(image.get(name, []), builder_name, kind) for name in _LISTS}
    return Build(
        image=image_name,
        builder=builder_name,
        type=kind,
        version=image["version"],
        connection=builder.connection if builder else None,
        options=options,
        source=source,
        source_key=source_key,
        settings={**SETTING_DEFAULTS, **{name: image[name] for name in ("description", *IMAGE_SETTINGS) if name in image}},
        groups=tuple(dict.fromkeys([*entry.get("groups", []), *image.get("groups", []), *override.get("groups", [])])),
        variables={**entry.get("vars", {}), **image["vars"], **override.get("vars", {})},
        **lists,
    )


def _source(image_name: str, image: Section, builder_name: str, override: Section, entry: Section) -> tuple[str, Section]:
    places = {
        f"images.{image_name}.builders.{builder_name}.source": override.get("source"),
        f"images.{image_name}.source": image.get("source"),
        f"builders.{builder_name}.source": entry.get("source"),
    }
    for key, source in places.items():
        if source:
            return key, source
    raise InvalidError(f"builders.{builder_name}", f"the source is missing, here and in images.{image_name}: what does {image_name}.{builder_name} start from?")


def _check_platform(builder: Builder, options: Section, source: Section, key: str, source_key: str, directory: str) -> None:
    check_presence(options, builder.argument_spec, {}, key, "this builder")
    if IMAGE_OF in source:
        return
    check_options(source, builder.source_spec, source_key)
    check_presence(source, builder.source_spec, builder.source_constraints, source_key, "the source")
    if has_template(options) or has_template(source):
        return
    try:
        found = [absolute_paths(validated(values, spec), spec, directory) for values, spec in ((options, builder.argument_spec), (source, builder.source_spec))]
        builder.validate(*found)
    except GoldenError as error:
        raise InvalidError.of(error, key) from error
