# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Launches a guest: everything is looked up first, then made, journalled and marked."""

from __future__ import annotations

import typing as t

from ..._lifecycle.operation import Context, Params
from ..._media import guest_media, http_server
from ..._media.guest_media import Access
from ..._media.late import LateValues
from . import customization, guestinfo, keyboard, marks, media, questions
from .machines import power_on, task_waiter
from .making import Launching, installer, make
from .options import guest_view
from .placement import make_folder
from .planning import check_name, for_verification, obtain, plan_launch
from .sdk import Managed
from .session import VCenter

Options = t.Mapping[str, t.Any]

#: A guest that is installed boots from its disk as soon as there is something on it.
_INSTALLING = ["disk", "cdrom"]


def launch(params: Params, directory: str, vcenter: VCenter, context: Context) -> tuple[Access, Managed]:
    """What lets us in, and the running virtual machine.

    :raises BuilderError: when vSphere refuses; what was made so far is in the journal.
    """
    guest, source = params["name"], params["source"]
    options = params if params["purpose"] == "build" else for_verification(params)
    view = guest_view(options)
    plan = plan_launch(source, options, vcenter)
    check_name(vcenter, guest, plan.place)
    local = obtain(source, context)
    access = guest_media.prepare_access(view, guest, directory, plan.kind)
    late = _served(view, guest, directory, access, vcenter, context)
    made = guest_media.make_media(view, guest, directory, access, late, context, plan.kind, params["purpose"], seeded=options["seed_by"] == "cd")
    values = {**marks.guest_marks(guest, params["labels"]), **extra_config(view, guest, access, plan.kind)}
    launching = Launching(guest, source, options, plan, values, local, vcenter, context)
    vm = make(launching, make_folder(plan.place, vcenter, context))
    store = plan.media_store or media.store_of(vcenter, vm)
    inserted = [*installer(launching, store), *(media.Inserted("cd", path) for path in options["isos"])]
    inserted += media.upload_media(vcenter, made, plan.place.datacenter, store, options, guest, context)
    order = options["boot_order"] or (_INSTALLING if plan.kind == "iso" else [])
    media.attach(vcenter, vm, inserted, {**options, "boot_order": order}, guest)
    customization.customize(vcenter, vm, guest, options, context)
    context.say(f"switches {guest} on")
    power_on(vcenter, vm, guest, task_waiter(options), lambda: questions.look(vcenter, vm, guest, options["answers"], context))
    keyboard.type_keys(vm, guest, guest_media.typed(options, late), options, context)
    return access, vm


def _served(view: Options, guest: str, directory: str, access: Access, vcenter: VCenter, context: Context) -> LateValues:
    """Start the server for the installer, if there is one."""
    if not view["http"]:
        return guest_media.late_values(view, None, "", access)
    address = http_server.address_towards(vcenter.hostname)
    server = guest_media.start_http(view, guest, directory, address, address, access, context)
    return guest_media.late_values(view, server, address, access)


def extra_config(view: Options, guest: str, access: Access, kind: str) -> dict[str, str]:
    """Keys of the definition, and cloud-init's seed where it comes by guestinfo."""
    values = {str(key): str(value).upper() if isinstance(value, bool) else str(value) for key, value in view["extra_config"].items()}
    if view["seed_by"] == "guestinfo" and guest_media.wants_seed(view, kind):
        values |= guestinfo.values(guest_media.seed_content(view, guest, access))
    return values
