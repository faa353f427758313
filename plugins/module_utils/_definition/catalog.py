# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the collection offers to a definition: builder types, provisioners, post-processors."""

from __future__ import annotations

import dataclasses
import os
import pathlib
import typing as t

from .._lifecycle.builder import Builder, backend_of, known_types, load_backend, role_of
from .._lifecycle.errors import GoldenError
from .._post_processors.contract import PostProcessor, post_processors
from .._provisioners.contract import CompileContext, entry_type, provisioner, provisioner_types, validate_entry
from .problems import InvalidError, join, unknown
from .values import is_template

PostProcessors = t.Callable[[], t.Mapping[str, PostProcessor]]
"""Post-processor types by name; a function, since they are loaded only for a definition that has some."""

CheckProvisioner = t.Callable[[dict[str, t.Any], str, str], None]
"""Takes an entry, its key and the definition's folder; raises InvalidError."""


@dataclasses.dataclass(frozen=True)
class Catalog:
    """Everything a definition may name.

    :ivar builder_types: those of this collection.
    :ivar load_builder: the builder of a type.
    :ivar check_provisioner: refuses an entry that cannot work.
    :ivar provisioners: names of the provisioner types.
    :ivar post_processors: gives the post-processor types.
    """

    builder_types: t.Collection[str]
    load_builder: t.Callable[[str], Builder]
    check_provisioner: CheckProvisioner
    provisioners: t.Collection[str]
    post_processors: PostProcessors

    def builder(self, kind: str, key: str) -> Builder | None:
        """The builder of a type; ``None`` for a third party's role without a backend here, whose options only that role can judge.

        :raises InvalidError: for an unknown type.
        """
        if kind in self.builder_types:
            return self.load_builder(kind)
        if role_of(kind) != kind:
            raise InvalidError(key, unknown("builder type", kind, self.builder_types), hint="A role given as namespace.collection.builder_x is a type too.")
        try:
            return self.load_builder(kind)
        except GoldenError:
            return None


def installed() -> Catalog:
    """What this collection has, found in its folders."""
    return Catalog(known_types(), lambda kind: load_backend(backend_of(kind)), _check_provisioner, provisioner_types(), post_processors)


def _check_provisioner(entry: dict[str, t.Any], key: str, directory: str) -> None:
    try:
        validate_entry(entry, key=key)
        kind = provisioner(entry_type(entry))
    except GoldenError as error:
        raise InvalidError.of(error, key) from error
    context = CompileContext(definition_dir=pathlib.Path(directory))
    for needed in kind.inputs(entry, context):
        # A role may be on a path that only the playbook knows, and a pattern may match nothing.
        if needed.kind in ("role", "glob") or is_template(needed.name):
            continue
        path = os.path.expanduser(context.path(needed.name))
        if not os.path.exists(path):
            raise InvalidError(join(key, kind.key), f"there is no file {path}")
