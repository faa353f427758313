# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes an image of a guest, under a name that nobody else uses before it is verified."""

from __future__ import annotations

import typing as t

from ..._access.waits import waiter_of
from ..._lifecycle.errors import BuilderError
from ..._lifecycle.naming import guest_name
from ..._lifecycle.operation import Context, Params, Result
from ..._lifecycle.run import utc_now
from . import image_marks as marks
from .finding import datacenter, guest, path_of, virtual_machine
from .image_discarding import TEMPLATE as TEMPLATE_KIND, image_resource
from .image_names import rendered, temporary_name
from .image_records import TEMPLATE, captured_artifact
from .images import Image, described, in_folder
from .media import remove_media
from .placement import Place as FolderPlace, folder_of, make_folder
from .properties import properties
from .sdk import Managed, vim
from .session import VCenter
from .stopping import stop
from .tasks import run_task
from .template import image_spec, mark_as_template, move, notes_with, take_snapshot
from .unfinished import Unfinished


def captured(params: Params, context: Context, vcenter: VCenter) -> Result:
    """State ``captured``: what the guest is now becomes an image.

    A guest of a build becomes the image itself, which takes no time and no room. Any other machine is cloned, and stays.
    """
    own = guest(vcenter, params["guest"])
    vm = own or virtual_machine(vcenter, params["guest"], params)
    if own is None and properties(vcenter, vm, "config.template")["config.template"]:
        raise BuilderError(f"{params['guest']} is a template already", hint="Give a guest or another virtual machine")
    final = rendered(params["image_name"], "image_name", context.build, utc_now())
    folder, missing = image_folder(vcenter, vm, params)
    if not missing:
        check_holder(vcenter, folder, final, params["replace"], context.build)
    if context.check_mode:
        return {"changed": True, "name": final}
    stop(vcenter, vm, params["guest"], params, context)
    with Unfinished(vcenter, context) as unfinished:
        image = _image_of(vcenter, vm, own is not None, final, params, context, unfinished)
        artifact = captured_artifact(vcenter, context.build, image, final, params["image_type"])
        # From here on the lifecycle's record of the build answers for it: a later run goes on with it, or removes it.
        for resource in unfinished.all():
            unfinished.released(resource)
    return {"changed": True, "name": final, "artifact": artifact.to_dict()}


def image_folder(vcenter: VCenter, vm: Managed, params: Params) -> tuple[Managed, tuple[str, ...]]:
    """The folder of the image as far as it is there, and the names of what is not."""
    if params.get("image_folder"):
        return folder_of({"folder": params["image_folder"]}, vcenter, datacenter(vcenter, _datacenter_of(vcenter, vm)))
    return properties(vcenter, vm, "parent")["parent"], ()


def made_folder(folder: Managed, missing: tuple[str, ...], vcenter: VCenter, context: Context) -> Managed:
    """That folder, made where it is missing."""
    return make_folder(FolderPlace(None, folder, missing, None, None, None, None, None, None), vcenter, context) if missing else folder


def _datacenter_of(vcenter: VCenter, vm: Managed) -> str:
    path = path_of(vcenter, vm)
    return path.rpartition("/vm/")[0] or path.split("/")[1]


def check_holder(vcenter: VCenter, folder: Managed, name: str, replace: bool, build: t.Mapping[str, t.Any]) -> None:
    """:raises BuilderError: when something has the name that is wanted, and may not lose it."""
    holder = in_folder(vcenter, folder, name)
    if holder is None:
        return
    if not isinstance(holder, vim.VirtualMachine):
        raise BuilderError(f"there is a folder called {name} where the image is to be", hint="Give another image_name or image_folder")
    known = described(vcenter, holder)
    if known.is_template or known.record:
        # What the same build published before, when it published it, has the name of this one.
        if replace or (build and known.record.get("build") == build["name"] and known.record.get(marks.STATE) == marks.CAPTURED):
            return
        raise BuilderError(f"there is already an image {known.path}", hint="Give another image_name or version, or set replace to true")
    raise BuilderError(f"the virtual machine {known.path} has the name that the image is to have", hint="Give another image_name or image_folder")


def _image_of(vcenter: VCenter, vm: Managed, is_guest: bool, final: str, params: Params, context: Context, unfinished: Unfinished) -> Image:
    build = context.build
    name = temporary_name(guest_name(str(build["image"]), str(build["builder"]), str(build["run_id"])) if build else params["guest"])
    if not is_guest:
        unfinished.creating(vcenter.resource(TEMPLATE_KIND, name, clone=True))
        vm = _clone(vcenter, vm, name, final, params, context)
    # What launching put in for the build alone, from drives to the boot order.
    remove_media(vcenter, vm, {"task_wait": params["image_wait"]}, context)
    before = described(vcenter, vm)
    unfinished.creating(image_resource(vcenter, before, name, clone=not is_guest))
    record = marks.captured_record(final, build, before.instance)
    spec = image_spec(vcenter, vm, name, notes_with(params.get("image_description"), before.notes, record), params)
    run_task(
        vcenter, lambda: vm.ReconfigVM_Task(spec), f"make an image of {params['guest']}", waiter_of(params, "image_wait", "the image"), option="image_wait"
    )
    if params.get("image_folder"):
        folder, missing = image_folder(vcenter, vm, params)
        move(vcenter, vm, made_folder(folder, missing, vcenter, context), params)
    if params.get("snapshot"):
        take_snapshot(vcenter, vm, params["snapshot"], params, context)
    if params["image_type"] == TEMPLATE:
        mark_as_template(vcenter, vm)
    return described(vcenter, vm)


def _clone(vcenter: VCenter, vm: Managed, name: str, final: str, params: Params, context: Context) -> Managed:
    """A copy of a machine that is nobody's to change; it is an image that is not finished from its creation on."""
    with_place = properties(vcenter, vm, "parent", "resourcePool")
    # Which instance it will be is known only then; until its own record follows, the name tells what it is.
    spec = vim.vm.CloneSpec(location=vim.vm.RelocateSpec(pool=with_place["resourcePool"]), powerOn=False, template=False)
    waiter = waiter_of(params, "image_wait", f"the copy of {params['guest']}")
    context.say(f"cloning {params['guest']} for the image {final}")
    return run_task(
        vcenter,
        lambda: vm.CloneVM_Task(with_place["parent"], name, spec),
        f"clone {params['guest']}",
        waiter,
        option="image_wait",
        context=context,
    )
