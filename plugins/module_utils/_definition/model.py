# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A definition, read: what the inventory is made of."""

from __future__ import annotations

import dataclasses
import os
import re
import typing as t

_UNSAFE = re.compile(r"[^A-Za-z0-9_]")

BUILDS_GROUP = "golden_builds"


def group_name(kind: str, name: str) -> str:
    """``golden_<kind>_<name>``, fit to be a group."""
    return f"golden_{kind}_{_UNSAFE.sub('_', name)}"


@dataclasses.dataclass(frozen=True)
class Build:
    """One image with one builder; values as written, templates included.

    :ivar connection: connection plugin of the builder type, ``None`` when it is not known here.
    :ivar options: the builder's options, those of the image over them.
    :ivar source_key: where in the file the source stands.
    :ivar settings: every key of an image's settings, defaults filled in.
    :ivar groups: the user's own.
    :ivar variables: host variables of the user.
    """

    image: str
    builder: str
    type: str
    version: str
    connection: str | None
    options: dict[str, t.Any]
    source: dict[str, t.Any]
    source_key: str
    provisioners: list[t.Any]
    verify: list[t.Any]
    post_processors: list[t.Any]
    settings: dict[str, t.Any]
    groups: tuple[str, ...]
    variables: dict[str, t.Any]

    @property
    def name(self) -> str:
        """Name of the build and of its host."""
        return f"{self.image}.{self.builder}"

    def all_groups(self) -> tuple[str, ...]:
        """The collection's groups, then the user's own."""
        own = (BUILDS_GROUP, group_name("image", self.image), group_name("builder", self.builder), group_name("type", self.type))
        return (*own, *self.groups)


@dataclasses.dataclass(frozen=True)
class Definition:
    """A file, read and found good.

    :ivar file: absolute path.
    :ivar variables: declarations by name.
    :ivar builds: parents before the builds that start from them.
    """

    file: str
    output_dir: str
    state_dir: str
    variables: dict[str, dict[str, t.Any]]
    builds: tuple[Build, ...]

    def group_variables(self) -> dict[str, t.Any]:
        """Variables of the groups of all images: the declared defaults, so that everything else overrides them."""
        return {name: declaration["default"] for name, declaration in self.variables.items() if "default" in declaration}

    def host_variables(self, build: Build) -> dict[str, t.Any]:
        """Variables of a build's host."""
        connection = {"ansible_connection": build.connection} if build.connection else {}
        return {
            "ansible_pipelining": True,
            **connection,
            **build.variables,
            "golden_image": build.image,
            "golden_builder": build.builder,
            "golden_type": build.type,
            "golden_version": build.version,
            "golden_definition_file": self.file,
            "golden_definition_dir": os.path.dirname(self.file),
            "golden_output_dir": self.output_dir,
            "golden_state_dir": self.state_dir,
            "golden_builder_options": build.options,
            "golden_source": build.source,
            "golden_provisioners": build.provisioners,
            "golden_verify": build.verify,
            "golden_post_processors": build.post_processors,
            "golden_settings": build.settings,
            "golden_variables": self.variables,
        }
