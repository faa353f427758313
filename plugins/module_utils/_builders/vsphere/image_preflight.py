# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Refuses before anything is made what would fail when it is to be published: names that are taken, libraries that take nothing, folders without room."""

from __future__ import annotations

import os
import pathlib
import typing as t

from ..._lifecycle.builder import Source
from ..._lifecycle.errors import BuilderError
from ..._lifecycle.operation import Context
from ..._lifecycle.run import utc_now
from .capture import check_holder
from .finding import datacenter
from .image_names import rendered
from .library import Library
from .library_storing import library_placement
from .placement import folder_of
from .rest import Rest
from .session import VCenter

Options = t.Mapping[str, t.Any]

_TYPES = {"ovf": "ovf", "vm_template": "vm-template"}


def check_images(source: Source, build: dict[str, t.Any], options: Options, vcenter: VCenter, context: Context) -> None:
    """See :meth:`Builder.preflight`.

    :raises BuilderError: for the first thing that is in the way.
    """
    del context
    facts = {**build, "source": {"id": source.id, "description": source.description}}
    name = rendered(options["image_name"], "image_name", facts, utc_now())
    if options["image_type"] != "none":
        folder, missing = folder_of({"folder": options.get("image_folder") or options.get("folder")}, vcenter, datacenter(vcenter, options.get("datacenter")))
        if not missing:
            check_holder(vcenter, folder, name, options["replace"], build)
    if options.get("library"):
        _check_library(options["library"], facts, options, vcenter)
    if options.get("image_tags"):
        # Whoever may not see them finds out now.
        Rest.of(vcenter).call("categories", what="list the categories of tags")
    if options.get("export"):
        _check_export(options["export"], name, facts)


def _check_library(library: Options, facts: dict[str, t.Any], options: Options, vcenter: VCenter) -> None:
    libraries = Library(Rest.of(vcenter))
    library_id = libraries.find(library["library"])
    if not libraries.is_local(library_id):
        raise BuilderError(f"the content library {library['library']} is subscribed to another one, and takes nothing", hint="Give a local library")
    item = libraries.item(library_id, rendered(library["item"], "library.item", facts, utc_now()))
    if item is not None and item.type not in ("", _TYPES[library["type"]]):
        raise BuilderError(
            f"the library item {item.name} is of the type {item.type}, and cannot become {_TYPES[library['type']]}",
            hint="Give another library.item, or remove that one",
        )
    if library["type"] == "vm_template":
        library_placement(vcenter, library, options)


def _check_export(export: Options, name: str, facts: dict[str, t.Any]) -> None:
    if export.get("name"):
        name = rendered(export["name"], "export.name", facts, utc_now())
    if not export.get("directory"):
        return
    folder = pathlib.Path(export["directory"]).absolute()
    if folder.exists() and not folder.is_dir():
        raise BuilderError(f"export.directory: {folder} is no folder", hint="Give another one")
    nearest = next(parent for parent in (folder, *folder.parents) if parent.exists())
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise BuilderError(f"{name} cannot be exported: {nearest} may not be written to", hint="Check export.directory and its permissions")
