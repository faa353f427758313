# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which build waits for which, and the order that follows."""

from __future__ import annotations

import dataclasses
import typing as t

from .graph import CycleError, parents_first
from .model import Build
from .problems import InvalidError, join, unknown
from .sections import IMAGE_OF, Section
from .values import is_template

Builds = t.Mapping[str, Build]


def in_order(builds: Builds, images: t.Mapping[str, Section]) -> tuple[Build, ...]:
    """The builds, parents first; ``image_of`` and ``depends_on`` name builds from here on.

    :raises InvalidError: for a parent that does not exist, and for builds that wait for each other.
    """
    linked = {name: _linked(build, images[build.image].get("depends_on", []), builds) for name, build in builds.items()}
    try:
        order = parents_first({name: build.settings["depends_on"] for name, build in linked.items()})
    except CycleError as error:
        image = builds[error.path[0]].image
        key = f"images.{image}.depends_on" if images[image].get("depends_on") else builds[error.path[0]].source_key
        raise InvalidError(key, f"these builds wait for each other: {error}") from error
    return tuple(linked[name] for name in order)


def _linked(build: Build, depends_on: list[t.Any], builds: Builds) -> Build:
    source = build.source
    parents: list[str] = []
    if IMAGE_OF in source:
        parent = _parent(build, source[IMAGE_OF], builds)
        source = {IMAGE_OF: parent}
        parents.append(parent)
    for index, name in enumerate(depends_on):
        parents.extend(_awaited(build, name, builds, f"images.{build.image}.depends_on[{index}]"))
    return dataclasses.replace(build, source=source, settings={**build.settings, "depends_on": list(dict.fromkeys(parents))})


def _builds_of(name: str, builds: Builds, key: str) -> list[Build]:
    found = [build for build in builds.values() if name in (build.image, build.name)]
    if not found:
        known = [*dict.fromkeys(build.image for build in builds.values()), *builds]
        raise InvalidError(key, unknown("image", name, known))
    return found


def _parent(build: Build, name: str, builds: Builds) -> str:
    key = join(build.source_key, IMAGE_OF)
    found = _builds_of(name, builds, key)
    fitting = [parent for parent in found if parent.type == build.type]
    same = [parent for parent in fitting if parent.builder == build.builder]
    if len(same or fitting) != 1:
        there = ", ".join(f"{parent.name} (type {parent.type})" for parent in found)
        raise InvalidError(
            key,
            f"{build.name} starts from an artifact of its own builder, or of the only other one of type {build.type}; {name} has {there}",
            hint="Name the build, image.builder, or build the image with this builder too.",
        )
    return (same or fitting)[0].name


def _awaited(build: Build, name: object, builds: Builds, key: str) -> list[str]:
    if not isinstance(name, str) or is_template(name):
        raise InvalidError(key, "must be the name of an image or of a build of this definition")
    found = [parent.name for parent in _builds_of(name, builds, key)]
    same = f"{name}.{build.builder}"
    return [same] if same in found else found
