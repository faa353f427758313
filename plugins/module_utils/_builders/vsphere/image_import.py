# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module ``vsphere_image_import``: an OVA or OVF becomes a template, a virtual machine, or an item of a content library."""

from __future__ import annotations

import pathlib
import typing as t

from ..._access.waits import wait_option, waiter_of
from ..._appliance.package import Package, open_package
from ..._appliance.records import read_record
from ..._lifecycle.errors import BuilderError
from ..._lifecycle.files import sha256_file
from ..._lifecycle.operation import Context, Operation, Params, Result
from . import image_marks as marks
from .capture import check_holder, made_folder
from .image_discarding import TEMPLATE as TEMPLATE_KIND, image_resource
from .image_names import rendered, temporary_name
from .image_records import TEMPLATE, captured_artifact
from .images import Image, described, in_folder
from .importing import check_package, import_package
from .library import Library, LibraryItem
from .library_storing import Store
from .options import AUTH_SPEC, PLACE_SPEC
from .placement import Place as Placement, network_of, place_of
from .places import Place
from .publish import published
from .rest import Rest
from .sdk import Managed
from .session import VCenter
from .tags import check_tags
from .template import mark_as_template, rewrite
from .unfinished import Unfinished

#: In a record, the digest of the package that an image was made of.
_PACKAGE = "package"
_BUILD = ("image", "builder", "version", "build", "fingerprint", "source")


def run(params: Params, context: Context) -> Result:
    """Entry point of ``vsphere_image_import``."""
    check_tags(params["image_tags"], "image_tags")
    path = pathlib.Path(params["path"]).absolute()
    package = open_package(path)
    package.check_whole()
    vcenter = VCenter.of(params)
    if params.get("library"):
        return _to_library(vcenter, package, params, context)
    return _to_inventory(vcenter, package, params, context)


def _name(package: Package, given: str | None) -> str:
    return rendered(given or package.descriptor.name or package.path.stem, "name", {}, marks.moment_of("2000-01-01"))


def _record(package: Package) -> marks.Record:
    """What a package tells of its build, and what it is itself."""
    return {**read_record(package.descriptor), _PACKAGE: _digest(package)}


def _digest(package: Package) -> str:
    # Of an OVF, the description: its manifest and sizes are compared when it is read.
    return sha256_file(package.path)


def _to_library(vcenter: VCenter, package: Package, params: Params, context: Context) -> Result:
    libraries = Library(Rest.of(vcenter))
    library_id = libraries.find(params["library"])
    name = _name(package, params.get("name"))
    record = _record(package)
    present = libraries.item(library_id, name)
    if present is not None and marks.read_record(present.description).get(_PACKAGE) == record[_PACKAGE]:
        return {"changed": False, "library_item": _told(params["library"], present)}
    if context.check_mode:
        return {"changed": True}
    check_package(package.path, context)
    description = marks.notes_of(params.get("description") or package.descriptor.annotation, record)
    with Unfinished(vcenter, context) as unfinished:
        store = Store(vcenter, library_id, context, unfinished)
        item = store.upload(package, name, description, waiter_of(params, "transfer_wait", f"the library item {name}"), "transfer_wait")
    return {"changed": True, "library_item": _told(params["library"], item)}


def _told(library: str, item: LibraryItem) -> dict[str, str]:
    return {"id": item.id, "library": library, "item": item.name, "type": item.type, "version": item.version}


def _to_inventory(vcenter: VCenter, package: Package, params: Params, context: Context) -> Result:
    name = _name(package, params.get("name"))
    record = _record(package)
    placement = place_of(params, vcenter)
    present = None if placement.missing_folders else _present(vcenter, placement.folder, name, record, params["image_type"])
    if present is not None:
        return {"changed": False, "id": present.id, "path": present.path}
    if not placement.missing_folders:
        check_holder(vcenter, placement.folder, name, params["replace"], {})
    if context.check_mode:
        return {"changed": True}
    with Unfinished(vcenter, context) as unfinished:
        image = _imported(vcenter, package, name, record, placement, params, context, unfinished)
        build = {"name": record.get("build"), **{key: record.get(key) for key in _BUILD if key != "build"}, "source": {"description": record.get("source", "")}}
        artifact = captured_artifact(vcenter, build, image, name, params["image_type"])
        wanted = {**params, "artifact": artifact.to_dict(), "library": None, "export": None, "image_description": params.get("description")}
        done = published(wanted, context, vcenter)
        # Publishing knows nothing of packages.
        final = described(vcenter, image.object)
        rewrite(vcenter, image.object, final.name, marks.notes_of(marks.without_record(final.notes), {**final.record, _PACKAGE: record[_PACKAGE]}), params)
        for resource in unfinished.all():
            unfinished.published(resource)
    return {"changed": True, "id": image.id, "path": done["artifact"]["metadata"]["path"], "artifact": done["artifact"]}


def _present(vcenter: VCenter, folder: Managed, name: str, record: marks.Record, image_type: str) -> Image | None:
    holder = in_folder(vcenter, folder, name)
    if holder is None or type(holder).__name__.rpartition(".")[2] != "VirtualMachine":
        return None
    image = described(vcenter, holder)
    is_same = image.record.get(_PACKAGE) == record[_PACKAGE] and image.is_template == (image_type == TEMPLATE)
    return image if is_same else None


def _imported(
    vcenter: VCenter, package: Package, name: str, record: marks.Record, placement: Placement, params: Params, context: Context, unfinished: Unfinished
) -> Image:
    called = temporary_name(f"import-{name}")
    unfinished.creating(vcenter.resource(TEMPLATE_KIND, called, clone=True))
    place = Place(
        placement.pool,
        made_folder(placement.folder, placement.missing_folders, vcenter, context),
        placement.datastore,
        placement.host,
        _networks(vcenter, package, placement, params),
    )
    context.say(f"importing {package.path.name}")
    vm = import_package(
        vcenter,
        package.path,
        called,
        place,
        context,
        properties=params["properties"],
        disk_provisioning=params["disk_provisioning"],
        waiter=waiter_of(params, "transfer_wait", "the import"),
        deployment_option=params.get("deployment_option"),
    )
    image = described(vcenter, vm)
    unfinished.created(image_resource(vcenter, image, called, clone=True))
    marked = {**marks.captured_record(name, {}, image.instance), **record}
    rewrite(vcenter, vm, called, marks.notes_of(params.get("description") or package.descriptor.annotation, marked), params)
    if params["image_type"] == TEMPLATE:
        mark_as_template(vcenter, vm)
    return described(vcenter, vm)


def _networks(vcenter: VCenter, package: Package, placement: Placement, params: Params) -> t.Any:
    chosen = {name: network_of(network, vcenter, placement.datacenter, placement.compute, placement.host) for name, network in params["networks"].items()}
    unknown = [name for name in chosen if name not in package.descriptor.networks]
    if unknown:
        known = ", ".join(package.descriptor.networks) or "none"
        raise BuilderError(f"networks: {package.path.name} has no network {unknown[0]}", hint=f"Its networks are: {known}.")
    if placement.network is None:
        return chosen or None
    return {name: chosen.get(name, placement.network) for name in package.descriptor.networks}


OPERATION = Operation(
    argument_spec={
        "path": {"type": "path", "required": True},
        "name": {"type": "str"},
        "image_type": {"type": "str", "choices": ["template", "vm"], "default": "template"},
        "library": {"type": "str"},
        "description": {"type": "str"},
        "replace": {"type": "bool", "default": False},
        "networks": {"type": "dict", "default": {}},
        "properties": {"type": "dict", "default": {}},
        "disk_provisioning": {"type": "str", "choices": ["thin", "thick", "eagerZeroedThick"], "default": "thin"},
        "deployment_option": {"type": "str"},
        "image_tags": {"type": "dict", "default": {}},
        "image_attributes": {"type": "dict", "default": {}},
        "transfer_wait": wait_option(300, 1),
        "image_wait": wait_option(3600, 2),
        **PLACE_SPEC,
        **AUTH_SPEC,
    },
    run=run,
)
