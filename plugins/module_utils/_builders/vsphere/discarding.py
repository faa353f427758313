# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Removes what a build made in vSphere, from its journal or from its marks, and finds what expired."""

from __future__ import annotations

import datetime
import typing as t

from ..._lifecycle.errors import BuilderError, GoldenError
from ..._lifecycle.journal import Resource
from ..._lifecycle.waiting import Waiter
from . import finding, image_discarding, image_records, marks, uploads
from .errors import doing, is_fault
from .machines import KIND, destroy
from .media import FOLDER_MARK, datacenter_of
from .placement import FOLDER_KIND, discard_folder
from .properties import properties, properties_of
from .sdk import Managed, vim
from .session import VCenter
from .tasks import cancel

Options = t.Mapping[str, t.Any]

#: How long something may take to be seen whose create call was sent, and nobody knows with what result.
_APPEARANCE = Waiter("it to appear", timeout=4, interval=1.0, growth=1.0)
#: Tasks that make virtual machines end in these words.
_MAKING = ("clone", "cloneVm", "createVm", "importVApp", "create")
_MAKING_ENDS = Waiter("the tasks that may make it to end", timeout=1800, interval=1.0, longest=5.0)


def discard(resource: Resource, options: Options) -> bool:
    """Remove a journalled resource.

    :returns: whether there was something.
    """
    if resource.kind not in KINDS:
        raise GoldenError(f"the vSphere builder knows no {resource.kind}")
    return KINDS[resource.kind](VCenter.of_resource(resource, options), resource)


def remove_guest(vcenter: VCenter, name: str, run: str | None, waiter: Waiter | None = None) -> bool:
    """Remove the virtual machine of a guest with its disks and media; whether there was one.

    :param run: when it is known, one of another run stays.
    """
    vm = finding.guest(vcenter, name)
    if vm is None:
        return False
    known = marks.read(vcenter, vm)
    if run and known.get(marks.RUN) not in (None, run):
        return False
    root = datacenter_of(vcenter, vm)
    destroy(vcenter, vm, name, *([waiter] if waiter else []))
    if known.get(FOLDER_MARK):
        uploads.remove(vcenter, root, known[FOLDER_MARK])
    return True


def _virtual_machine(vcenter: VCenter, resource: Resource) -> bool:
    details = resource.details
    if details.get("task"):
        _end_task(vcenter, details["task"])
    elif not details.get("id"):
        _await_makers(vcenter, details.get("source"))
    run = details.get("run")
    if remove_guest(vcenter, resource.name, run) or (details.get("id") and _unmarked(vcenter, resource)):
        return True
    if details.get("id") or details.get("task"):
        return False
    # The call was sent, and nobody heard the answer.
    return any(remove_guest(vcenter, resource.name, run) or _unmarked(vcenter, resource) for _elapsed in _APPEARANCE.ticks())


def _unmarked(vcenter: VCenter, resource: Resource) -> bool:
    """Remove one that was deployed and died before it could be marked; the journal vouches for its name, which was free."""
    if not resource.details.get("unmarked"):
        return False
    for entry in finding.find_all(vcenter, ["VirtualMachine"]):
        if entry.name == resource.name and not marks.read(vcenter, entry.object):
            destroy(vcenter, entry.object, resource.name)
            return True
    return False


def _end_task(vcenter: VCenter, task_id: str) -> None:
    """A task that still makes the virtual machine would do so after it was looked for."""
    try:
        cancel(vcenter, vcenter.object("Task", task_id))
    except BuilderError as error:
        if not is_fault(error, "ManagedObjectNotFound"):
            raise


def _await_makers(vcenter: VCenter, source: str | None) -> None:
    """Wait for tasks of this user that may be making a virtual machine of the source."""
    manager = vcenter.content.taskManager
    user = vcenter.username.lower()

    def over() -> bool:
        with doing("look for tasks that run"):
            recent = properties(vcenter, manager, "recentTask")["recentTask"] or ()
            known = [task for task in recent if _is_there(vcenter, task)]
            infos = [props["info"] for _task, props in properties_of(vcenter, known, "info")]
        return not any(_may_make(info, user, source) for info in infos if info is not None)

    _MAKING_ENDS.until(over)


def _is_there(vcenter: VCenter, task: Managed) -> bool:
    try:
        properties(vcenter, task, "info.key")
    except vim.fault.VimFault:
        return False
    except Exception as error:
        if is_fault(error, "ManagedObjectNotFound"):
            return False
        raise
    return True


def _may_make(info: t.Any, user: str, source: str | None) -> bool:
    if info.state not in ("queued", "running"):
        return False
    if str(info.descriptionId or "").rpartition(".")[2] not in _MAKING:
        return False
    starter = str(getattr(info.reason, "userName", "") or "").lower()
    entity = info.entity._moId if info.entity else None
    return starter in ("", user) and (source is None or entity in (None, source))


def _datastore_file(vcenter: VCenter, resource: Resource) -> bool:
    return uploads.remove(vcenter, vcenter.object("Datacenter", resource.details["datacenter"]), resource.name)


def _folder(vcenter: VCenter, resource: Resource) -> bool:
    return discard_folder(vcenter, resource.details["parent"], resource.details["folder"])


#: How each kind of resource goes.
KINDS: dict[str, t.Callable[[VCenter, Resource], bool]] = {
    KIND: _virtual_machine,
    uploads.KIND: _datastore_file,
    FOLDER_KIND: _folder,
    **image_discarding.KINDS,
}


def leftovers(vcenter: VCenter, now: datetime.datetime) -> list[Resource]:
    """What carries the collection's marks and has expired, in the order in which it can be removed."""
    guests = [
        vcenter.resource(KIND, known[marks.GUEST], id=vm._moId, run=known.get(marks.RUN)) for vm, known in finding.guests(vcenter) if is_expired(known, now)
    ]
    return [*guests, *image_records.leftovers(vcenter, now)]


def is_expired(known: t.Mapping[str, str], now: datetime.datetime) -> bool:
    """Whether the moment in the mark has passed; one that nobody can read never does."""
    try:
        return datetime.datetime.fromisoformat(known[marks.EXPIRES].replace("Z", "+00:00")) < now
    except (KeyError, ValueError):
        return False
