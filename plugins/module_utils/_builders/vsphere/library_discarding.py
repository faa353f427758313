# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How what putting an image into a content library begins goes again."""

from __future__ import annotations

import typing as t

from ..._lifecycle.errors import BuilderError
from ..._lifecycle.journal import Resource
from ..._lifecycle.waiting import Waiter
from .errors import doing
from .image_names import is_temporary
from .library import Library
from .properties import properties
from .rest import Rest, is_missing
from .sdk import vmodl
from .session import VCenter

#: How long an item may take to be seen whose create call was sent, and nobody knows with what result.
_APPEARANCE = Waiter("it to appear", timeout=4, interval=1.0, growth=1.0)
_MAKING_ENDS = Waiter("the tasks that may make it to end", timeout=1800, interval=1.0, longest=5.0)


def discard_item(vcenter: VCenter, resource: Resource) -> bool:
    """Remove an item that has its temporary name still."""
    details = resource.details
    machine = details.get("machine")
    if machine:
        # Nobody heard the answer, and vCenter may be making it now.
        _await_tasks(vcenter, machine)
    libraries = Library(Rest.of(vcenter))
    for _elapsed in _APPEARANCE.ticks():
        try:
            item = libraries.item(details["library"], details["called"])
            if item is not None:
                libraries.remove(item)
                return True
        except BuilderError as error:
            if not is_missing(error):
                raise
        if not machine:
            break
    return False


def _await_tasks(vcenter: VCenter, machine: str) -> None:
    """Wait until no task of a machine runs."""

    def over() -> bool:
        try:
            recent = properties(vcenter, vcenter.object("VirtualMachine", machine), "recentTask")["recentTask"] or ()
            return not any(properties(vcenter, task, "info.state")["info.state"] in ("queued", "running") for task in recent)
        except vmodl.fault.ManagedObjectNotFound:
            # The machine is gone, or a task that ended long ago.
            return True

    with doing("look for tasks that run"):
        _MAKING_ENDS.until(over)


def discard_update(vcenter: VCenter, resource: Resource) -> bool:
    """End an update of an item: what it had sent so far goes, the item stays as it was."""
    session = resource.details.get("session")
    if not session:
        return False
    rest = Rest.of(vcenter)
    try:
        if (rest.call("update", what="look at an update of a library item", id=session) or {}).get("state") == "ACTIVE":
            rest.call("cancel_update", what="cancel an update of a library item", id=session)
        rest.call("delete_update", what="forget an update of a library item", id=session)
    except BuilderError as error:
        if is_missing(error):
            return False
        raise
    return True


def discard_replaced(vcenter: VCenter, resource: Resource) -> bool:
    """Give an item its name back; where its successor has that already, it goes as it was to."""
    libraries = Library(Rest.of(vcenter))
    called = resource.details["called"]
    try:
        item = libraries.by_id(resource.details["id"])
        if not is_temporary(item.name):
            return False
        holder = libraries.item(item.library_id, called)
        if holder is None:
            libraries.change(item.id, name=called)
        elif holder.id == resource.details["successor"]:
            libraries.remove(item)
        else:
            return False
    except BuilderError as error:
        if is_missing(error):
            return False
        raise
    return True


KINDS: dict[str, t.Callable[[VCenter, Resource], bool]] = {
    "library item": discard_item,
    "library update": discard_update,
    "replaced library item": discard_replaced,
}
