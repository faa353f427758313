# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Content libraries: what is in them, and machines made of it."""

from __future__ import annotations

import dataclasses
import difflib
import typing as t

from ..._lifecycle.errors import BuilderError
from ..._lifecycle.operation import Context
from .places import Place
from .properties import properties_of
from .rest import Rest, is_missing
from .session import VCenter

Json = t.Any

OVF, VM_TEMPLATE, ISO = "ovf", "vm-template", "iso"
#: Deploying and capturing are answered when they are through.
LONG = 4 * 3600.0


@dataclasses.dataclass(frozen=True)
class LibraryItem:
    """An item of a content library.

    :ivar type: ``ovf``, ``vm-template``, ``iso`` or whatever people wrote.
    :ivar version: grows with every change of the content; empty where vCenter does not tell.
    """

    id: str
    library_id: str
    name: str
    type: str
    version: str
    description: str
    created: str
    modified: str
    size: int

    @classmethod
    def of(cls, data: t.Mapping[str, t.Any]) -> LibraryItem:
        """As the API describes it."""
        return cls(
            id=str(data["id"]),
            library_id=str(data.get("library_id") or ""),
            name=str(data.get("name") or ""),
            type=str(data.get("type") or ""),
            version=str(data.get("content_version") or data.get("version") or ""),
            description=str(data.get("description") or ""),
            created=str(data.get("creation_time") or ""),
            modified=str(data.get("last_modified_time") or ""),
            size=int(data.get("size") or 0),
        )


class Library:
    """The content libraries of a vCenter."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest

    def names(self) -> dict[str, str]:
        """Name to id of every library that this user may see."""
        what = "list the content libraries"
        described = (self._rest.call("library", what=what, id=identifier) for identifier in self._rest.call("libraries", what=what) or ())
        return {str(library["name"]): str(library["id"]) for library in described}

    def find(self, name: str) -> str:
        """Id of a library.

        :raises BuilderError: when there is none of that name, or several.
        """
        found = list(self._rest.call("find_libraries", {"name": name}, what=f"look for the content library {name}") or ())
        if len(found) == 1:
            return str(found[0])
        if found:
            raise BuilderError(f"{len(found)} content libraries are called {name}", hint="Rename one of them")
        known = sorted(self.names())
        shown = ", ".join(difflib.get_close_matches(name, known, n=8, cutoff=0.4) or known[:8]) or "none"
        raise BuilderError(f"there is no content library {name}", hint=f"There are: {shown}.")

    def is_local(self, library_id: str) -> bool:
        """Whether things can be put into a library; those that are subscribed to take nothing."""
        library = self._rest.call("library", what="look at the content library", id=library_id)
        return str(library.get("type") or "LOCAL") == "LOCAL"

    def items(self, library_id: str) -> list[LibraryItem]:
        """What is in a library, by name."""
        what = "list a content library"
        found = self._rest.call("items", what=what, library=library_id) or ()
        return sorted((LibraryItem.of(self._rest.call("item", what=what, id=identifier)) for identifier in found), key=lambda item: item.name)

    def item(self, library_id: str, name: str) -> LibraryItem | None:
        """An item by its name."""
        spec = {"library_id": library_id, "name": name}
        found = self._rest.call("find_items", spec, what=f"look for the library item {name}") or ()
        items = [LibraryItem.of(self._rest.call("item", what=f"look at the library item {name}", id=identifier)) for identifier in found]
        # Searching disregards case; names are unique in a library.
        return next((item for item in items if item.name == name), None)

    def by_id(self, identifier: str) -> LibraryItem:
        """An item by its id."""
        return LibraryItem.of(self._rest.call("item", what=f"look at the library item {identifier}", id=identifier))

    def required_item(self, library_id: str, name: str) -> LibraryItem:
        """An item by its name.

        :raises BuilderError: when there is none, saying which there are.
        """
        found = self.item(library_id, name)
        if found is not None:
            return found
        known = [item.name for item in self.items(library_id)]
        shown = ", ".join(difflib.get_close_matches(name, known, n=8, cutoff=0.4) or known[:8]) or "none"
        raise BuilderError(f"the content library has no item {name}", hint=f"There are: {shown}.")

    def files(self, item: LibraryItem) -> list[dict[str, t.Any]]:
        """Files of an item."""
        return list(self._rest.call("item_files", what=f"list the files of the library item {item.name}", id=item.id) or ())

    def change(self, item_id: str, **changes: str) -> None:
        """Give an item another name or description."""
        self._rest.call("change_item", changes, what=f"change the library item {changes.get('name', item_id)}", id=item_id)

    def remove(self, item: LibraryItem) -> None:
        """Remove an item with its content; that of a VM template is the template. One that is gone is no error."""
        try:
            self._rest.call("delete_item", what=f"remove the library item {item.name}", id=item.id, timeout=LONG)
        except BuilderError as error:
            if not is_missing(error):
                raise


def item_identity(vcenter: VCenter, library: str, item: str) -> tuple[str, str, str]:
    """What an item is now: its id, its version, and a text that differs when its content does."""
    libraries = Library(Rest.of(vcenter))
    found = libraries.required_item(libraries.find(library), item)
    files = sorted(
        f"{file.get('name')}:{file.get('version')}:{file.get('size')}:{(file.get('checksum_info') or {}).get('checksum', '')}"
        for file in libraries.files(found)
    )
    return found.id, found.version, ",".join([f"{found.id}@{found.version}", *files])


def deploy(vcenter: VCenter, library: str, item: str, name: str, place: Place, context: Context) -> str:
    """A machine made of an item; returns what vCenter calls it.

    It carries no marks yet: journal it before, and mark it right after.

    :raises BuilderError: for items that no machine can be made of.
    """
    rest = Rest.of(vcenter)
    libraries = Library(rest)
    found = libraries.required_item(libraries.find(library), item)
    context.say(f"deploying {item} from the content library {library}")
    if found.type == VM_TEMPLATE:
        return str(rest.call("deploy_template", template_body(name, place), what=f"deploy the library item {item}", id=found.id, timeout=LONG))
    if found.type != OVF:
        raise BuilderError(
            f"the library item {item} is of the type {found.type or 'unknown'}, of which no machine can be made", hint="Give an OVF or VM template item"
        )
    answer = rest.call("deploy_ovf", _ovf_body(rest, vcenter, found, name, place), what=f"deploy the library item {item}", id=found.id, timeout=LONG)
    if not answer.get("succeeded"):
        raise BuilderError(f"vSphere could not deploy the library item {item}: {ovf_errors(answer)}", hint="See the tasks of vCenter")
    return str(answer["resource_id"]["id"])


def template_body(name: str, place: Place) -> dict[str, t.Any]:
    """What a VM template is deployed with."""
    return {"name": name, "powered_on": False, "placement": placement_body(place), **storage_body(place)}


def placement_body(place: Place) -> dict[str, str]:
    """Where a VM template goes."""
    body = {"folder": place.folder._moId, "resource_pool": place.pool._moId}
    if place.host is not None:
        body["host"] = place.host._moId
    return body


def storage_body(place: Place) -> dict[str, t.Any]:
    """On what datastore a VM template comes to be."""
    if place.datastore is None:
        return {}
    storage = {"datastore": place.datastore._moId}
    return {"vm_home_storage": storage, "disk_storage": storage}


def _ovf_body(rest: Rest, vcenter: VCenter, item: LibraryItem, name: str, place: Place) -> dict[str, t.Any]:
    target = {"resource_pool_id": place.pool._moId, "folder_id": place.folder._moId}
    if place.host is not None:
        target["host_id"] = place.host._moId
    summary = rest.call("filter_ovf", {"target": target}, what=f"look into the library item {item.name}", id=item.id) or {}
    spec: dict[str, t.Any] = {"name": name, "accept_all_EULA": True, "storage_provisioning": "thin"}
    networks = place.network_ids(list(summary.get("networks") or ()))
    if networks:
        spec["network_mappings"] = rest.mapping(networks)
    if place.datastore is not None:
        spec["default_datastore_id"] = place.datastore._moId
    return {"target": target, "deployment_spec": spec}


def ovf_errors(answer: t.Mapping[str, t.Any]) -> str:
    """What went wrong with an OVF, for people."""
    texts = []
    for problem in (answer.get("error") or {}).get("errors") or ():
        inner = problem.get("error") or {}
        texts += [str(message.get("default_message") or "") for message in (inner.get("messages") or problem.get("messages") or ())]
        texts += [str(issue.get("message") or issue.get("name") or "") for issue in problem.get("issues") or () if isinstance(issue, dict)]
    return "; ".join(text.rstrip(". ") for text in texts if text) or "it gave no reason"


def iso_path(vcenter: VCenter, library: str, item: str) -> str:
    """Where the medium of an item is: ``[datastore] folder/file.iso``.

    :raises BuilderError: when it is no ISO image, or on no datastore.
    """
    rest = Rest.of(vcenter)
    libraries = Library(rest)
    found = libraries.required_item(libraries.find(library), item)
    stored = rest.call("item_storage", what=f"look where the library item {item} is", id=found.id) or ()
    for file in stored:
        backing = file.get("storage_backing") or {}
        uris = [str(uri) for uri in file.get("storage_uris") or ()]
        if not str(file.get("name") or "").lower().endswith(".iso") or not backing.get("datastore_id") or not uris:
            continue
        # ds:///vmfs/volumes/VOLUME/contentlib-…/x.iso?serverId=…
        path = uris[0].partition("?")[0].partition("/volumes/")[2].partition("/")[2]
        datastore = vcenter.object("Datastore", str(backing["datastore_id"]))
        named = properties_of(vcenter, [datastore], "name")
        if path and named:
            return f"[{named[0][1]['name']}] {path}"
    raise BuilderError(f"the library item {item} is no ISO image on a datastore", hint="Give an item of the type iso, in a library that is on a datastore")
