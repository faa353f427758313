# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sections of a definition, each held against its keys before anything is merged."""

from __future__ import annotations

import os
import typing as t

from .._lifecycle.builder import Builder
from .._lifecycle.errors import GoldenError
from .._lifecycle.planning import parse_age
from .catalog import Catalog
from .entries import BuilderTypes, check_post_processors, check_provisioners
from .options import Spec, check_options
from .problems import InvalidError, join, listed, unknown
from .schema import BUILDER, DEFAULTS, IMAGE, OVERRIDE, Fields, check_mapping, expect
from .values import check_group, check_name, check_variable_name, check_version, described, has_template, is_template

Section = dict[str, t.Any]

IMAGE_OF = "image_of"


def check_builder(name: str, value: object, catalog: Catalog) -> Section:
    """A builder with a known type and options that may be right.

    :raises InvalidError: otherwise.
    """
    key = f"builders.{name}"
    check_name(name, key, "a builder")
    data: Section = expect(value, dict, key, "a builder")
    kind = data.get("type")
    if not isinstance(kind, str) or is_template(kind):
        raise InvalidError(join(key, "type"), f"every builder needs a type. Known: {listed(catalog.builder_types)}.")
    _check_builder_part(data, BUILDER, catalog.builder(kind, join(key, "type")), key, "a builder")
    return data


def check_image(key: str, value: object, catalog: Catalog, builders: t.Mapping[str, Section], directory: str) -> Section:
    """An image, or the defaults of all images.

    :param key: ``images.<name>`` or ``defaults``.
    :param builders: all builders of the definition.
    :raises InvalidError: for what cannot work.
    """
    is_default = key == "defaults"
    data: Section = {} if value is None else expect(value, dict, key, "an image")
    if "version" in data and not is_template(data["version"]):
        check_version(data["version"], join(key, "version"))
    check_mapping(data, DEFAULTS if is_default else IMAGE, key, kind="the defaults" if is_default else "an image")
    _check_settings(data, key, catalog, directory)
    _check_host(data, key)
    _check_image_builders(data, key, catalog, builders)
    if "source" in data:
        _check_image_source(data["source"], join(key, "source"))
    types: BuilderTypes = {name: builder["type"] for name, builder in builders.items()}
    for name in ("provisioners", "verify"):
        if name in data:
            check_provisioners(data[name], join(key, name), catalog, types, directory)
    if "post_processors" in data:
        check_post_processors(data["post_processors"], join(key, "post_processors"), catalog, types)
    return data


def overrides_of(image: t.Mapping[str, t.Any], builders: t.Iterable[str]) -> dict[str, Section]:
    """The builders of an image with its changes to each; an image that names none is built with all."""
    chosen = image.get("builders", list(builders))
    return {name: (chosen[name] or {}) for name in chosen} if isinstance(chosen, dict) else {name: {} for name in chosen}


def _check_builder_part(data: Section, fields: Fields, builder: Builder | None, key: str, kind: str) -> None:
    spec: Spec = builder.argument_spec if builder else {name: {} for name in data}
    check_mapping(data, fields, key, kind=kind, also={alias for name, option in spec.items() for alias in (name, *option.get("aliases", ()))})
    _check_host(data, key)
    if builder:
        check_options({name: value for name, value in data.items() if name not in BUILDER}, spec, key)
        if "source" in data and not _image_of(data["source"], join(key, "source")):
            check_options(data["source"], builder.source_spec, join(key, "source"))


def _check_host(data: Section, key: str) -> None:
    for index, group in enumerate(data.get("groups", [])):
        check_group(group, f"{key}.groups[{index}]")
    for name in data.get("vars", {}):
        check_variable_name(name, f"{key}.vars.{name}", connection_allowed=True)


def _image_of(source: Section, key: str) -> bool:
    if IMAGE_OF not in source:
        return False
    parent = source[IMAGE_OF]
    if not isinstance(parent, str) or is_template(parent):
        raise InvalidError(join(key, IMAGE_OF), f"must be the name of an image or of a build of this definition, but this is {described(parent)}")
    if len(source) > 1:
        raise InvalidError(key, f"{IMAGE_OF!r} stands alone: the other image is the source")
    return True


def _check_image_source(source: Section, key: str) -> None:
    # Builder types differ in what a source is; which of them the image has is judged per build.
    if not source:
        raise InvalidError(key, "is empty: say what the image starts from, or leave it out to use the builder's source")
    _image_of(source, key)


def _check_image_builders(data: Section, key: str, catalog: Catalog, builders: t.Mapping[str, Section]) -> None:
    chosen = data.get("builders")
    if chosen is None:
        return
    path = join(key, "builders")
    if not chosen:
        raise InvalidError(path, "names no builder")
    for index, name in enumerate(chosen):
        item = join(path, name) if isinstance(chosen, dict) else f"{path}[{index}]"
        if not isinstance(name, str) or name not in builders:
            raise InvalidError(item, unknown("builder", name, builders))
        if isinstance(chosen, list) and name in chosen[:index]:
            raise InvalidError(item, f"the builder {name!r} is named twice")
        if isinstance(chosen, dict) and chosen[name] is not None:
            override = expect(chosen[name], dict, item, "changes to a builder")
            if "type" in override:
                raise InvalidError(join(item, "type"), "an image cannot change the type of a builder: name a second builder")
            _check_builder_part(override, OVERRIDE, catalog.builder(builders[name]["type"], item), item, "changes to a builder")


def _check_settings(data: Section, key: str, catalog: Catalog, directory: str) -> None:
    if "max_age" in data and not is_template(data["max_age"]):
        try:
            parse_age(data["max_age"])
        except GoldenError as error:
            raise InvalidError.of(error, join(key, "max_age")) from error
    if isinstance(data.get("generalize"), dict) and "generalize" in catalog.provisioners:
        catalog.check_provisioner({"generalize": data["generalize"]}, key, directory)
    for index, path in enumerate(data.get("roles_path", [])):
        item = f"{key}.roles_path[{index}]"
        folder = os.path.join(directory, os.path.expanduser(expect(path, str, item, "a folder")))
        if not is_template(path) and not os.path.isdir(folder):
            raise InvalidError(item, f"there is no folder {folder}")
    for name, value in data.get("labels", {}).items():
        _check_label(name, value, f"{key}.labels.{name}")


def _check_label(name: object, value: object, key: str) -> None:
    if not isinstance(name, str) or has_template(name):
        raise InvalidError(key, f"the name of a label must be a string, but this is {described(name)}")
    if name.startswith("golden."):
        raise InvalidError(key, "labels that begin with 'golden.' are the collection's own")
    if not is_template(value) and not isinstance(value, (str, int, float)):
        raise InvalidError(key, f"the value of a label must be a string, but this is {described(value)}")
