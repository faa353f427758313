# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the virtual machine of a guest, with its hardware and its media."""

from __future__ import annotations

import dataclasses
import pathlib
import typing as t

from ..._access.waits import waiter_of
from ..._lifecycle.operation import Context
from ..._media.checksums import Digest
from . import creating, importing, library, marks, media, places, uploads
from .adapters import plan_adapters
from .cloning import clone, clone_spec, devices_of, notes_of
from .disks import plan_disks
from .extras import plan_extras
from .hardware import hardware_spec, set_video
from .machines import KIND, reconfigure
from .placement import Place
from .planning import Plan
from .sdk import Managed
from .session import VCenter
from .storage import recommended

Options = t.Mapping[str, t.Any]

#: In the words of vSphere's import.
_PROVISIONING = {"thin": "thin", "thick": "thick", "eager_zeroed": "eagerZeroedThick"}


@dataclasses.dataclass(frozen=True)
class Launching:
    """One launch.

    :ivar values: of the extra configuration, the marks among them.
    :ivar local: the package or installer of this machine, see :func:`.planning.obtain`.
    """

    guest: str
    source: Options
    options: Options
    plan: Plan
    values: dict[str, str]
    local: tuple[pathlib.Path, Digest] | None
    vcenter: VCenter
    context: Context


def make(launching: Launching, folder: Managed) -> Managed:
    """The virtual machine, switched off, with the hardware that the definition asks for."""
    plan, vcenter, journal = launching.plan, launching.vcenter, launching.context.journal
    place = _with_datastore(launching)
    details: dict[str, t.Any] = {
        "datacenter": place.datacenter._moId,
        "run": launching.values.get(marks.RUN),
        "source": plan.origin.vm._moId if plan.origin else None,
    }
    if plan.kind == "library":
        # The marks come after the deployment; until then its name alone tells whose it is.
        details["unmarked"] = True
    journal.creating(vcenter.resource(KIND, launching.guest, **details))

    def started(task: str) -> None:
        journal.created(vcenter.resource(KIND, launching.guest, **details, task=task))

    makers = {"iso": _created, "ova": _imported, "library": _deployed}
    vm = makers.get(plan.kind, _cloned)(launching, place, folder, started)
    journal.created(vcenter.resource(KIND, launching.guest, **details, id=vm._moId))
    if plan.kind != "iso":
        _equip(launching, vm)
    return vm


def _with_datastore(launching: Launching) -> Place:
    """The place with a datastore of the datastore cluster, if there is one."""
    place, origin = launching.plan.place, launching.plan.origin
    if place.pod is None:
        return place
    how = _clone_spec(launching, place, {}, "") if origin else None
    return place.with_datastore(recommended(launching.vcenter, place, launching.guest, launching.context, origin.vm if origin else None, how))


def _clone_spec(launching: Launching, place: Place, values: dict[str, str], notes: str) -> t.Any:
    origin = t.cast(t.Any, launching.plan.origin)
    return clone_spec(origin, place, values, notes, launching.options, devices_of(launching.vcenter, origin.vm), launching.plan.stores)


def _cloned(launching: Launching, place: Place, folder: Managed, started: t.Callable[[str], None]) -> Managed:
    origin, options, vcenter = t.cast(t.Any, launching.plan.origin), launching.options, launching.vcenter
    launching.context.say(f"clones {origin.path}")
    notes = options["annotation"] if options["annotation"] is not None else notes_of(vcenter, origin.vm)
    spec = _clone_spec(launching, place, launching.values, notes)
    return clone(vcenter, origin, folder, launching.guest, spec, options, launching.context, started)


def _created(launching: Launching, place: Place, folder: Managed, started: t.Callable[[str], None]) -> Managed:
    options, plan = launching.options, launching.plan
    return creating.create(launching.vcenter, place, folder, launching.guest, launching.values, plan, options, launching.context, started)


def _deployed(launching: Launching, place: Place, folder: Managed, started: t.Callable[[str], None]) -> Managed:
    del started
    wanted = launching.source["library"]
    where = places.Place(place.pool, folder, place.datastore, place.host, place.network)
    moid = library.deploy(launching.vcenter, wanted["library"], wanted["item"], launching.guest, where, launching.context)
    return launching.vcenter.object("VirtualMachine", moid)


def _imported(launching: Launching, place: Place, folder: Managed, started: t.Callable[[str], None]) -> Managed:
    del started
    options, package = launching.options, launching.source["ova"]
    networks: t.Any = {name: launching.plan.networks[network] for name, network in package["networks"].items()}
    first = (options["disks"] or [{}])[0]
    path, _digest = t.cast("tuple[pathlib.Path, Digest]", launching.local)
    return importing.import_package(
        launching.vcenter,
        path,
        launching.guest,
        places.Place(place.pool, folder, place.datastore, place.host, networks or place.network),
        launching.context,
        extra_config=launching.values,
        properties={str(key): str(value) for key, value in options["vapp_properties"].items()},
        disk_provisioning=_PROVISIONING[first.get("provisioning") or "thin"],
        waiter=waiter_of(options, "launch_wait", "the import"),
        option="launch_wait",
        annotation=options["annotation"],
        deployment_option=package["deployment_option"],
    )


def _equip(launching: Launching, vm: Managed) -> None:
    """Give a virtual machine that came from somewhere the hardware that the definition asks for."""
    plan, options, vcenter, guest = launching.plan, launching.options, launching.vcenter, launching.guest
    devices = devices_of(vcenter, vm)
    plan_disks(options, devices, plan.stores)
    plan_adapters(plan.adapters, devices, plan.networks, vcenter)
    plan_extras(options, devices)
    set_video(options, devices)
    spec = hardware_spec(options)
    spec.deviceChange = devices.changes
    if plan.kind == "library":
        # A library cannot be told; the others have them already.
        spec.extraConfig = marks.extra_config(launching.values)
    if options["annotation"] is None and plan.origin is None:
        spec.annotation = notes_of(vcenter, vm)
    if plan.kind != "ova":
        creating.set_vapp_properties(spec, options, vcenter, vm)
    launching.context.say(f"configures {guest}")
    reconfigure(vcenter, vm, spec, f"configure {guest}", options, launching.context)


def installer(launching: Launching, store: Managed) -> list[media.Inserted]:
    """The installer's CD, on a datastore; none for other sources."""
    if launching.plan.kind != "iso":
        return []
    wanted, options, vcenter = launching.source["iso"], launching.options, launching.vcenter
    if wanted["datastore_path"]:
        return [media.Inserted("cd", wanted["datastore_path"])]
    if wanted["library"]:
        return [media.Inserted("cd", library.iso_path(vcenter, wanted["library"], wanted["item"]))]
    path, digest = t.cast("tuple[pathlib.Path, Digest]", launching.local)
    name = pathlib.Path(wanted["urls"][0].partition("?")[0] if wanted["urls"] else path).name
    folder = str(options["media_folder"]).strip("/")
    root = launching.plan.place.datacenter
    return [media.Inserted("cd", uploads.cached(vcenter, root, store, folder, path, name, digest, launching.guest, launching.context))]
