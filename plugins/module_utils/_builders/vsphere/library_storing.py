# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts images into content libraries. People see an item whole, or as it was before."""

from __future__ import annotations

import contextlib
import typing as t

from ..._access.waits import longer
from ..._appliance.package import Package
from ..._lifecycle.errors import BuilderError, WaitTimeoutError
from ..._lifecycle.journal import Resource
from ..._lifecycle.operation import Context
from ..._lifecycle.waiting import Waiter
from .image_names import temporary_name
from .library import LONG, OVF, VM_TEMPLATE, Library, LibraryItem, ovf_errors, placement_body, storage_body
from .placement import Place as Placement, place_of
from .places import Place
from .rest import Rest, RestError
from .session import VCenter
from .tasks import run_task
from .transfers import Meter, upload
from .unfinished import Unfinished

ITEM_KIND, UPDATE_KIND, REPLACED_KIND = "library item", "library update", "replaced library item"
_HEADER = "vmware-api-session-id"
_RENAMING = Waiter("the template to have its name", timeout=300, interval=0.3, longest=2.0)


def item_resource(vcenter: VCenter, library_id: str, called: str, machine: str | None = None) -> Resource:
    """A journal line of an item that has a temporary name.

    :param called: that name.
    :param machine: what vCenter makes it of, ``None`` for what is sent to it.
    """
    return vcenter.resource(ITEM_KIND, f"{library_id}/{called}", library=library_id, called=called, machine=machine)


def library_placement(vcenter: VCenter, wanted: t.Mapping[str, t.Any], options: t.Mapping[str, t.Any]) -> Placement:
    """Where the template of an item goes; asks only.

    :param wanted: the option ``library``.
    :param options: of the build, for what that does not say.
    :raises BuilderError: for what is not there, or not clear.
    """
    given = {key: wanted.get(key) for key in ("datacenter", "cluster", "host", "resource_pool", "folder", "datastore")}
    if not any(given[key] for key in ("cluster", "host", "resource_pool")):
        given.update({key: options.get(key) for key in ("cluster", "host", "resource_pool")})
    found = place_of({**given, "datacenter": given["datacenter"] or options.get("datacenter")}, vcenter)
    if found.missing_folders:
        raise BuilderError(f"library.folder: there is no folder {wanted['folder']}", hint="Create it, or give another one")
    return found


class Store:
    """One library that images are put into."""

    def __init__(self, vcenter: VCenter, library_id: str, context: Context, unfinished: Unfinished) -> None:
        self._vcenter = vcenter
        self._rest = Rest.of(vcenter)
        self._libraries = Library(self._rest)
        self._id = library_id
        self._context = context
        self._unfinished = unfinished

    def capture_ovf(self, machine: str, name: str, description: str, flags: t.Sequence[str]) -> LibraryItem:
        """An OVF item of a machine, made by vCenter itself; an item of that name gets a new version.

        :param machine: what vCenter calls it.
        """
        present = self._present(name, OVF)
        if present is not None:
            self._context.say(f"updating the library item {name}")
            self._capture({"library_item_id": present.id}, machine, name, description, flags)
            self._libraries.change(present.id, description=description)
            return self._libraries.by_id(present.id)
        self._context.say(f"making the library item {name}")
        called = self._temporary_name(name)
        identifier = self._answered(called, machine, lambda: self._capture({"library_id": self._id}, machine, called, description, flags))
        return self._named(identifier, name, description)

    def _capture(self, target: dict[str, str], machine: str, name: str, description: str, flags: t.Sequence[str]) -> str:
        spec = {"name": name, "description": description, "flags": list(flags)}
        body = {"source": {"type": "VirtualMachine", "id": machine}, "target": target, "create_spec": spec}
        answer = self._rest.call("capture_ovf", body, what=f"make the library item {name}", timeout=LONG) or {}
        if not answer.get("succeeded"):
            raise BuilderError(f"vSphere could not make the library item {name}: {ovf_errors(answer)}", hint="See the tasks of vCenter")
        return str(answer.get("ovf_library_item_id") or answer.get("id") or target.get("library_item_id"))

    def capture_template(self, machine: str, name: str, description: str, place: Place) -> LibraryItem:
        """A VM template item of a machine; one that had the name goes last."""
        present = self._present(name, VM_TEMPLATE)
        self._context.say(f"making the library item {name}")
        called = self._temporary_name(name)
        spec = {"source_vm": machine, "library": self._id, "name": called, "description": description, "placement": placement_body(place)}
        body, what = {**spec, **storage_body(place)}, f"make the library item {name}"
        identifier = self._answered(called, machine, lambda: str(self._rest.call("capture_template", body, what=what, timeout=LONG)))
        item = self._named_over(present, identifier, name, description) if present else self._named(identifier, name, description)
        self._rename_machine(identifier, name)
        return item

    def _named_over(self, old: LibraryItem, identifier: str, name: str, description: str) -> LibraryItem:
        """What is newer waits under its temporary name until the name is free."""
        resource = self._vcenter.resource(REPLACED_KIND, f"{self._id}/{name}", id=old.id, called=name, successor=identifier)
        self._unfinished.creating(resource)
        self._libraries.change(old.id, name=temporary_name(f"replaced-{old.id}"))
        item = self._named(identifier, name, description)
        self._libraries.remove(old)
        self._unfinished.gone(resource)
        return item

    def upload(self, package: Package, name: str, description: str, waiter: Waiter, option: str) -> LibraryItem:
        """An OVF item of a package's files; an item of that name gets a new version."""
        present = self._present(name, OVF)
        if present is not None:
            self._fill(present.id, package, name, waiter, option)
            self._libraries.change(present.id, description=description)
            return self._libraries.by_id(present.id)
        called = self._temporary_name(name)
        self._unfinished.creating(item_resource(self._vcenter, self._id, called))
        spec = {"library_id": self._id, "name": called, "type": OVF, "description": description}
        identifier = str(self._rest.call("create_item", spec, what=f"make the library item {name}"))
        self._fill(identifier, package, name, waiter, option)
        return self._named(identifier, name, description)

    def _fill(self, item_id: str, package: Package, name: str, waiter: Waiter, option: str) -> None:
        resource = self._vcenter.resource(UPDATE_KIND, f"update of {item_id}")
        self._unfinished.creating(resource)
        session = str(self._rest.call("open_update", {"library_item_id": item_id}, what=f"update the library item {name}"))
        self._unfinished.created(self._vcenter.resource(UPDATE_KIND, resource.name, session=session))
        meter = Meter(f"uploading {name}", sum(member.size for member in package.members), self._context.say)
        with self._vcenter.kept_alive():
            for member in package.members:
                spec = {"name": member.name, "source_type": "PUSH", "size": member.size}
                answer = self._rest.call("add_file", spec, what=f"add {member.name} to the library item {name}", id=session)
                with package.stream(member.name) as stream:
                    upload(self._vcenter, answer["upload_endpoint"]["uri"], stream, member.size, meter, headers={_HEADER: session})
                self._rest.call("keep_update", what=f"keep the update of the library item {name}", id=session)
        self._rest.call("complete_update", what=f"complete the update of the library item {name}", id=session)
        self._await(session, name, waiter, option)
        with contextlib.suppress(BuilderError):
            # It would go by itself.
            self._rest.call("delete_update", what="forget the update", id=session)
        self._unfinished.gone(resource)

    def _await(self, session: str, name: str, waiter: Waiter, option: str) -> None:
        for _elapsed in waiter.ticks():
            state = self._rest.call("update", what=f"look at the update of the library item {name}", id=session) or {}
            if state.get("state") in ("DONE", None):
                return
            if state.get("state") != "ACTIVE":
                reason = (state.get("error_message") or {}).get("default_message") or state.get("state")
                raise BuilderError(f"vSphere could not update the library item {name}: {reason}")
        raise WaitTimeoutError(f"gave up waiting for the library item {name} after {waiter.timeout:g} s", hint=f"{longer(option)}.")

    def _present(self, name: str, kind: str) -> LibraryItem | None:
        present = self._libraries.item(self._id, name)
        if present is not None and present.type not in ("", kind):
            raise BuilderError(f"the library item {name} is of the type {present.type}, and cannot become {kind}", hint="Give another item, or remove that one")
        return present

    def _temporary_name(self, name: str) -> str:
        return temporary_name(f"{name[:30]}-{str(self._context.build.get('run_id') or 'item')[:16]}")

    def _answered(self, called: str, machine: str, ask: t.Callable[[], str]) -> str:
        """The id of an item that vCenter makes of a machine."""
        self._unfinished.creating(item_resource(self._vcenter, self._id, called, machine))
        try:
            return ask()
        except BuilderError as error:
            if not isinstance(error, RestError) or error.status:
                # It said no: nothing comes to be later.
                self._unfinished.created(item_resource(self._vcenter, self._id, called))
            raise

    def _named(self, identifier: str, name: str, description: str) -> LibraryItem:
        called = self._libraries.by_id(identifier).name
        self._libraries.change(identifier, name=name, description=description)
        self._unfinished.published(item_resource(self._vcenter, self._id, called))
        return self._libraries.by_id(identifier)

    def _rename_machine(self, item_id: str, name: str) -> None:
        """The template behind an item has the item's first name in the inventory."""
        machine = (self._rest.call("template", what=f"look at the library item {name}", id=item_id) or {}).get("vm_template")
        if not machine:
            return
        vm = self._vcenter.object("VirtualMachine", str(machine))
        run_task(self._vcenter, lambda: vm.Rename_Task(name), f"name the template of the library item {name}", _RENAMING)
