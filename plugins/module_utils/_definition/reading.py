# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the data of a definition to its builds."""

from __future__ import annotations

import os
import typing as t

from .catalog import Catalog
from .composing import compose
from .model import Build, Definition, group_name
from .ordering import in_order
from .problems import InvalidError
from .schema import FILE, SETTINGS, check_mapping
from .sections import Section, check_builder, check_image, overrides_of
from .values import check_name
from .variables import check_declarations

# Mappings that are merged key by key; everything else of an image replaces the default as a whole.
_MERGED = ("vars", "labels")
_FOLDERS = {"output_dir": ("output", "GOLDEN_OUTPUT_DIR"), "state_dir": (".golden", "GOLDEN_STATE_DIR")}


def read_definition(data: object, file: str, catalog: Catalog, environ: t.Mapping[str, str]) -> Definition:
    """The definition that a file's data means.

    :param file: its absolute path.
    :param environ: the process's environment.
    :raises InvalidError: when nothing can be built from it.
    """
    directory = os.path.dirname(file)
    top = check_mapping(data, FILE, "", kind="a definition")
    settings = check_mapping(top.get("settings", {}), SETTINGS, "settings", kind="the settings")
    variables = check_declarations(top.get("variables", {}))
    builders = {name: check_builder(name, value, catalog) for name, value in top["builders"].items()}
    _not_empty(builders, "builders")
    images = _read_images(top, catalog, builders, directory)
    _not_empty(images, "images")
    builds = [
        compose(name, image, builder, override, builders[builder], catalog, directory)
        for name, image in images.items()
        for builder, override in overrides_of(image, builders).items()
    ]
    _check_distinct(builds)
    return Definition(
        file=file,
        output_dir=_folder("output_dir", settings, directory, environ),
        state_dir=_folder("state_dir", settings, directory, environ),
        variables=variables,
        builds=in_order({build.name: build for build in builds}, images),
    )


def _read_images(top: Section, catalog: Catalog, builders: t.Mapping[str, Section], directory: str) -> dict[str, Section]:
    defaults = check_image("defaults", top.get("defaults", {}), catalog, builders, directory)
    images = {}
    for name, value in top["images"].items():
        check_name(name, f"images.{name}", "an image")
        image = check_image(f"images.{name}", value, catalog, builders, directory)
        merged = {key: {**defaults.get(key, {}), **image.get(key, {})} for key in _MERGED}
        images[name] = {**defaults, **image, **merged}
    return images


def _not_empty(section: t.Mapping[str, t.Any], key: str) -> None:
    if not section:
        raise InvalidError(key, "is empty: there is nothing to build")


def _folder(name: str, settings: Section, directory: str, environ: t.Mapping[str, str]) -> str:
    default, variable = _FOLDERS[name]
    if environ.get(variable):
        return os.path.abspath(os.path.expanduser(environ[variable]))
    return os.path.normpath(os.path.join(directory, os.path.expanduser(settings.get(name, default))))


def _check_distinct(builds: t.Iterable[Build]) -> None:
    taken: dict[str, str] = {}
    for build in builds:
        # The name of a guest joins both with '-', and a group must belong to one image or builder.
        names = {
            f"{build.image}-{build.builder}": f"the build {build.name}",
            group_name("image", build.image): f"the image {build.image}",
            group_name("builder", build.builder): f"the builder {build.builder}",
        }
        for shared, owner in names.items():
            other = taken.setdefault(shared, owner)
            if other != owner:
                raise InvalidError(f"images.{build.image}", f"{owner} and {other} would both be called {shared}: rename one of them")
