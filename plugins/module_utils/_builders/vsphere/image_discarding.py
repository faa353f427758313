# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How what making an image creates goes again, by the kinds of the journal."""

from __future__ import annotations

import typing as t

from ..._lifecycle.errors import BuilderError
from ..._lifecycle.journal import Resource
from ..._lifecycle.waiting import Waiter
from . import image_marks as marks, lease, library_discarding
from .finding import find_all
from .images import Image, by_id, described, in_folder
from .machines import destroy
from .properties import properties
from .sdk import vim
from .session import VCenter
from .tasks import run_task

#: An image that is not verified yet.
TEMPLATE = "template"
#: One whose successor takes its name.
REPLACED_TEMPLATE = "replaced template"

_RENAMING = Waiter("the image to have its name again", timeout=300, interval=0.3, longest=2.0)


def image_resource(vcenter: VCenter, image: Image, name: str, clone: bool = False) -> Resource:
    """A journal line of an image that comes to be.

    :param name: its temporary name.
    :param clone: whether it was copied for that, and is an image from the beginning.
    """
    return vcenter.resource(TEMPLATE, name, id=image.id, clone=clone)


def replaced_resource(vcenter: VCenter, image: Image) -> Resource:
    """A journal line of an image that gives its name away; it has it again when the line is discarded."""
    return vcenter.resource(REPLACED_TEMPLATE, image.path, id=image.id, called=image.name, notes=image.notes)


def discard_template(vcenter: VCenter, resource: Resource) -> bool:
    """Remove an image, unless it is a guest still, which its own line removes, or finished already."""
    details = resource.details
    image = by_id(vcenter, details["id"]) if details.get("id") else _named(vcenter, resource.name)
    if image is None:
        return False
    is_copy = bool(details.get("clone")) and image.name == resource.name
    if not is_copy and image.record.get(marks.STATE) != marks.CAPTURED:
        return False
    destroy(vcenter, image.object, image.name)
    return True


def _named(vcenter: VCenter, name: str) -> Image | None:
    """A copy whose making was cut short before anybody knew its id: its name is of this build alone."""
    found = [entry for entry in find_all(vcenter, ["VirtualMachine"]) if entry.name == name]
    return described(vcenter, found[0].object) if len(found) == 1 else None


def discard_replaced(vcenter: VCenter, resource: Resource) -> bool:
    """Give an image its name back; where its successor has that already, it goes as it was to."""
    details = resource.details
    image = by_id(vcenter, details["id"])
    if image is None or image.record.get(marks.STATE) != marks.REPLACED:
        return False
    folder = properties(vcenter, image.object, "parent")["parent"]
    holder = in_folder(vcenter, folder, details["called"]) if folder is not None else None
    if holder is not None:
        if not isinstance(holder, vim.VirtualMachine) or described(vcenter, holder).record.get(marks.INSTANCE) != image.record.get(marks.SUCCESSOR):
            return False
        destroy(vcenter, image.object, image.name)
        return True
    spec = vim.vm.ConfigSpec(name=details["called"], annotation=details["notes"])
    run_task(vcenter, lambda: image.object.ReconfigVM_Task(spec), f"give the image {details['called']} its name back", _RENAMING, resource=str(resource))
    return True


def _discard_lease(vcenter: VCenter, resource: Resource) -> bool:
    return lease.discard(vcenter, resource)


KINDS: dict[str, t.Callable[[VCenter, Resource], bool]] = {
    TEMPLATE: discard_template,
    REPLACED_TEMPLATE: discard_replaced,
    lease.KIND: _discard_lease,
    **library_discarding.KINDS,
}


def discard(vcenter: VCenter, resource: Resource) -> bool:
    """Remove a journalled resource of an image.

    :raises BuilderError: for a kind that is none of them.
    """
    if resource.kind not in KINDS:
        raise BuilderError(f"{resource} is of no kind that the vsphere builder makes")
    return KINDS[resource.kind](vcenter, resource)
