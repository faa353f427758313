# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes a captured image available: package, library item, and last its name in the inventory. Can be repeated, and adds what is missing."""

from __future__ import annotations

import pathlib
import typing as t

from ..._access.waits import waiter_of
from ..._lifecycle.artifact import Artifact, ArtifactFile
from ..._lifecycle.errors import BuilderError
from ..._lifecycle.operation import Context, Params, Result
from ..._lifecycle.run import iso, utc_now
from . import image_marks as marks
from .capture import check_holder
from .exporting import Export, export_image, present
from .image_discarding import REPLACED_TEMPLATE, replaced_resource
from .image_names import rendered, temporary_name
from .image_records import NONE, machine_of, place_facts
from .images import Image, all_images, by_id, described, in_folder
from .library import Library, LibraryItem
from .library_storing import Store, library_placement
from .machines import destroy
from .places import Place
from .properties import properties
from .rest import Rest, is_missing
from .sdk import Managed
from .session import VCenter
from .tags import apply_attributes, apply_tags
from .template import notes_with, rewrite
from .unfinished import Unfinished

Json = dict[str, t.Any]

_LIBRARY_TYPES = {"ovf": "ovf", "vm_template": "vm-template"}


def published(params: Params, context: Context, vcenter: VCenter) -> Result:
    """State ``published``.

    :raises BuilderError: when something of it cannot be made; what is new goes then, and what was replaced comes back.
    """
    return _Publication(Artifact.from_dict(params["artifact"]), params, context, vcenter).run()


class _Publication:
    """One artifact on its way to the people."""

    def __init__(self, artifact: Artifact, params: Params, context: Context, vcenter: VCenter) -> None:
        self._artifact = artifact
        self._params = params
        self._context = context
        self._vcenter = vcenter
        self._actions: list[str] = []
        self._replaced: list[Image] = []

    def run(self) -> Result:
        """See :func:`published`."""
        machine = machine_of(self._artifact)
        image = by_id(self._vcenter, machine) if machine else None
        if machine and (image is None or not image.record):
            raise BuilderError(f"the image {self._artifact.metadata['name']} ({machine}) is gone", hint="Build it again")
        with Unfinished(self._vcenter, self._context) as unfinished:
            files = self._exported(image)
            item = self._stored(image, unfinished)
            if image is not None and self._type != NONE:
                self._named(image, unfinished)
            replaced = [resource for resource in unfinished.all() if resource.kind == REPLACED_TEMPLATE]
            for resource in unfinished.all():
                if resource not in replaced:
                    unfinished.published(resource)
            self._remove_superseded(image)
            for resource in replaced:
                unfinished.gone(resource)
        return self._result(image, files, item)

    @property
    def _type(self) -> str:
        return str(self._artifact.metadata.get("image_type") or "template")

    @property
    def _name(self) -> str:
        return str(self._artifact.metadata["name"])

    def _facts(self) -> Json:
        """What names are made of; the same however often it is published."""
        artifact = self._artifact
        if not artifact.image:
            return {}
        return {
            "image": artifact.image,
            "builder": artifact.builder,
            "version": artifact.version,
            "fingerprint": artifact.fingerprint,
            "run_id": self._context.build.get("run_id", ""),
            "source": artifact.source,
        }

    def _rendered(self, template: str, option: str) -> str:
        return rendered(template, option, self._facts(), marks.moment_of(self._artifact.created))

    def _exported(self, image: Image | None) -> list[ArtifactFile]:
        """The files of the package, made when they are not there."""
        wanted = self._params.get("export")
        if not wanted:
            return []
        export = self._export(wanted)
        known = present(export)
        if known:
            return known
        if image is None:
            raise BuilderError(f"{export.target} is gone, and so is the machine that it was made of", hint="Build it again")
        self._actions.append(f"export {export.target}")
        return [] if self._context.check_mode else export_image(self._vcenter, image, export, self._params, self._context)

    def _export(self, wanted: Json) -> Export:
        if not wanted.get("directory"):
            raise BuilderError("export has no directory", hint="Set export.directory")
        artifact = self._artifact
        known = {
            "image": artifact.image,
            "builder": artifact.builder,
            "version": artifact.version,
            "build": artifact.build if artifact.image else "",
            "fingerprint": artifact.fingerprint,
            "created": artifact.created,
            "source": str(artifact.source.get("description") or ""),
        }
        return Export(
            directory=pathlib.Path(wanted["directory"]).absolute(),
            name=self._rendered(wanted["name"], "export.name") if wanted.get("name") else self._name,
            form=wanted["format"],
            manifest=wanted["manifest"],
            options=tuple(wanted["options"]),
            image_files=wanted["image_files"],
            record={key: value for key, value in known.items() if value},
        )

    def _stored(self, image: Image | None, unfinished: Unfinished) -> Json | None:
        """The item of the content library, made or brought up to date when it is not of this image."""
        wanted = self._params.get("library")
        if not wanted:
            return None
        libraries = Library(Rest.of(self._vcenter))
        library_id = libraries.find(wanted["library"])
        name = self._rendered(wanted["item"], "library.item")
        present = libraries.item(library_id, name)
        if present is not None and self._is_of_this_image(present):
            return _told(wanted, present)
        if image is None:
            raise BuilderError(f"the library item {name} is gone, and so is the machine that it was made of", hint="Build it again")
        self._actions.append(f"{'update' if present else 'make'} the library item {wanted['library']}/{name}")
        if self._context.check_mode:
            return None
        return _told(wanted, self._store(image, wanted, name, Store(self._vcenter, library_id, self._context, unfinished)))

    def _store(self, image: Image, wanted: Json, name: str, store: Store) -> LibraryItem:
        description = marks.notes_of(wanted.get("description") or self._params.get("image_description") or "", self._item_record())
        if wanted["type"] == "ovf":
            return store.capture_ovf(image.id, name, description, wanted["flags"])
        found = library_placement(self._vcenter, wanted, self._params)
        folder = found.folder if wanted.get("folder") else properties(self._vcenter, image.object, "parent")["parent"]
        return store.capture_template(image.id, name, description, Place(found.pool, folder, found.datastore, found.host))

    def _item_record(self) -> marks.Record:
        return marks.published_record(self._artifact, str(self._artifact.metadata["instance_uuid"]))

    def _is_of_this_image(self, item: LibraryItem) -> bool:
        record, wanted = marks.read_record(item.description), self._item_record()
        return all(record.get(key) == wanted.get(key) for key in ("created", "fingerprint", "build", marks.INSTANCE))

    def _named(self, image: Image, unfinished: Unfinished) -> None:
        """Its final name and all that it is found by; what had the name before gives way."""
        final_notes = notes_with(self._params.get("image_description"), image.notes, marks.published_record(self._artifact, image.instance))
        self._actions += apply_tags(Rest.of(self._vcenter), image.object, self._params["image_tags"], self._context)
        self._actions += apply_attributes(self._vcenter, image.object, self._params["image_attributes"], self._context)
        if image.name == self._name and image.notes == final_notes:
            return
        holder = self._holder(image)
        self._actions.append(f"name the image {self._name}" + (f", replacing {holder.id}" if holder else ""))
        if self._context.check_mode:
            return
        if holder is not None:
            self._retire(holder, image, unfinished)
        rewrite(self._vcenter, image.object, self._name, final_notes, self._params)

    def _holder(self, image: Image) -> Image | None:
        folder = properties(self._vcenter, image.object, "parent")["parent"]
        found: Managed | None = in_folder(self._vcenter, folder, self._name)
        if found is None or found._moId == image.id:
            return None
        check_holder(self._vcenter, folder, self._name, self._params["replace"], {})
        return described(self._vcenter, found)

    def _retire(self, holder: Image, successor: Image, unfinished: Unfinished) -> None:
        """Another name for an image whose name is needed: it has its own again when the rest fails."""
        self._context.say(f"replacing {holder.path}")
        unfinished.creating(replaced_resource(self._vcenter, holder))
        record = {**holder.record, marks.STATE: marks.REPLACED, marks.INSTANCE: holder.instance, marks.SUCCESSOR: successor.instance, marks.NAME: holder.name}
        # Should nobody come back to remove it, people see since when it is unused.
        record[marks.EXPIRES] = iso(utc_now())
        rewrite(self._vcenter, holder.object, temporary_name(f"replaced-{holder.id}"), notes_with(None, holder.notes, record), self._params)

    def _remove_superseded(self, image: Image | None) -> None:
        """What was replaced, also by an attempt that could not finish; and the machine of an image that is to leave none."""
        if image is None:
            return
        superseded = [other for other in all_images(self._vcenter) if other.record.get(marks.SUCCESSOR) == image.instance and other.id != image.id]
        for other in [*superseded, *([image] if self._type == NONE else [])]:
            self._actions.append(f"remove {other.path}")
            if not self._context.check_mode:
                destroy(self._vcenter, other.object, other.name, waiter_of(self._params, "image_wait", f"{other.name} to go"))

    def _result(self, image: Image | None, files: t.Sequence[ArtifactFile], item: Json | None) -> Result:
        artifact = self._artifact
        if not self._context.check_mode:
            metadata = {key: value for key, value in artifact.metadata.items() if key != "library_item"}
            location = artifact.location
            if image is not None and self._type != NONE:
                now = described(self._vcenter, image.object)
                metadata.update(place_facts(now))
                location = f"{self._vcenter.hostname}{now.folder}"
            else:
                metadata["removed"] = True
                location = str(files[0].path) if files else location
            if item:
                metadata["library_item"] = item
            artifact = artifact.replace(files=tuple(files), location=location, metadata=metadata)
            self._warn_of_former(item)
        result: Result = {"changed": bool(self._actions), "artifact": artifact.to_dict(), "actions": list(self._actions)}
        if self._context.diff:
            result["diff"] = {"prepared": "\n".join(self._actions)}
        return result

    def _warn_of_former(self, item: Json | None) -> None:
        """Outputs that are no longer wanted are nobody's to remove."""
        known = self._artifact.metadata.get("library_item")
        if known and (item is None or item["id"] != known["id"]):
            try:
                Library(Rest.of(self._vcenter)).by_id(known["id"])
            except BuilderError as error:
                if is_missing(error):
                    return
                raise
            self._context.warn(f"the library item {known['library']}/{known['item']}, which is no longer wanted, is still there")


def _told(wanted: t.Mapping[str, t.Any], item: LibraryItem) -> Json:
    return {
        "id": item.id,
        "library": wanted["library"],
        "item": item.name,
        "type": item.type or _LIBRARY_TYPES[wanted["type"]],
        "version": item.version,
    }
