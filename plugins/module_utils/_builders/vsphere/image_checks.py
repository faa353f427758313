# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Refuses options of images that contradict each other or that vCenter would refuse after an hour of work; asks nobody."""

from __future__ import annotations

import typing as t

from ..._lifecycle.errors import BuilderError
from ..._lifecycle.name_templates import check_template
from ..._lifecycle.retention import Retention
from .tags import check_tags

Options = t.Mapping[str, t.Any]

_LONGEST_SNAPSHOT = 80


def check_image_options(options: Options) -> None:
    """:raises BuilderError: for the first thing that is wrong."""
    check_template(options["image_name"], "image_name")
    check_tags(options["image_tags"], "image_tags")
    _check_attributes(options["image_attributes"])
    _check_type(options)
    _check_stopping(options)
    if not 0 <= options["keep_cdroms"] <= 4:
        raise BuilderError(f"keep_cdroms is {options['keep_cdroms']}, a machine has 0 to 4 CD drives")
    if options.get("snapshot") is not None and not 0 < len(options["snapshot"]) <= _LONGEST_SNAPSHOT:
        raise BuilderError("snapshot has no name, or one that is too long", hint=f"vCenter takes 1 to {_LONGEST_SNAPSHOT} characters")
    if options.get("library"):
        _check_library(options["library"], options)
    if options.get("export") and options["export"].get("name"):
        check_template(options["export"]["name"], "export.name")
    if options.get("retention"):
        Retention.of(options["retention"])


def _check_attributes(attributes: t.Mapping[str, t.Any]) -> None:
    for name, value in attributes.items():
        if not str(name).strip() or isinstance(value, (dict, list)):
            raise BuilderError(f"image_attributes: {name!r} has no text as its value")


def _check_type(options: Options) -> None:
    if options["image_type"] == "none" and not options.get("library") and not options.get("export"):
        raise BuilderError("nothing would be left of the image", hint="Give library or export, or another image_type")
    if options["image_type"] == "none" and (options["image_tags"] or options["image_attributes"]):
        raise BuilderError("image_tags and image_attributes are of a template or virtual machine, and image_type: none leaves none")
    if options["image_type"] == "none" and options.get("snapshot"):
        raise BuilderError("a snapshot is of a template or virtual machine, and image_type: none leaves none", hint="Remove snapshot")


def _check_stopping(options: Options) -> None:
    if options.get("shutdown_command") and options["stop_mode"] != "tools":
        raise BuilderError(f"shutdown_command shuts the guest down, stop_mode: {options['stop_mode']} does it in another way", hint="Remove one of the two")


def _check_library(library: Options, options: Options) -> None:
    check_template(library["item"], "library.item")
    if library["type"] == "vm_template":
        if library["flags"]:
            raise BuilderError("library.flags are of OVF items", hint="Remove library.flags, or set library.type to ovf")
        same_place = not library.get("folder") and not library.get("datacenter")
        if options["image_type"] != "none" and same_place and library["item"] == options["image_name"]:
            raise BuilderError(
                "the template of the library item would have the name of the image, in the same folder", hint="Give another library.item, or library.folder"
            )
        return
    extra = [name for name in ("datacenter", "cluster", "host", "resource_pool", "folder", "datastore") if library.get(name)]
    if extra:
        raise BuilderError(
            f"library.{extra[0]} is of VM template items: an OVF item is in its library only", hint="Remove it, or set library.type to vm_template"
        )
