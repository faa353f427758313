# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which datastore of a cluster of them."""

from __future__ import annotations

import typing as t

from ..._lifecycle.errors import BuilderError
from ..._lifecycle.operation import Context
from .errors import VsphereError, doing
from .finding import plain
from .placement import Place
from .properties import properties, properties_of
from .sdk import Managed, vim
from .session import VCenter

_NORMAL = "normal"


def recommended(vcenter: VCenter, place: Place, name: str, context: Context, origin: Managed | None = None, clone_spec: t.Any = None) -> Managed:
    """The datastore that Storage DRS recommends; where it recommends none, the reachable member with the most room.

    :param name: of the virtual machine that comes to be there.
    :param origin: what it is a clone of, if it is one, and :param clone_spec: how.
    :raises BuilderError: when no member can be used.
    """
    wanted = placement_spec(place, name, origin, clone_spec)
    try:
        with doing("get a recommendation of Storage DRS"):
            answer = vcenter.content.storageResourceManager.RecommendDatastores(wanted)
        found = destination(answer)
        if found is not None:
            return found
    except VsphereError as error:
        context.say(f"{error.message}; takes the member with the most room")
    return _roomiest(vcenter, place)


def placement_spec(place: Place, name: str, origin: Managed | None, clone_spec: t.Any) -> t.Any:
    """What Storage DRS is asked."""
    pod = vim.storageDrs.PodSelectionSpec(storagePod=place.pod)
    spec = vim.storageDrs.StoragePlacementSpec(podSelectionSpec=pod, resourcePool=place.pool, host=place.host, folder=place.folder)
    if origin is None:
        spec.type = "create"
        spec.configSpec = vim.vm.ConfigSpec(name=name, files=vim.vm.FileInfo(vmPathName=""))
    else:
        spec.type = "clone"
        spec.vm, spec.cloneName, spec.cloneSpec = origin, name, clone_spec
    return spec


def destination(answer: t.Any) -> Managed | None:
    """The datastore of the first recommendation that has one."""
    for recommendation in (answer.recommendations if answer else None) or ():
        for action in recommendation.action or ():
            if getattr(action, "destination", None) is not None:
                return action.destination
    return None


def _roomiest(vcenter: VCenter, place: Place) -> Managed:
    with doing("read the datastore cluster"):
        pod = properties(vcenter, place.pod, "name", "childEntity")
        members = properties_of(vcenter, list(pod["childEntity"] or ()), "name", "summary.accessible", "summary.freeSpace", "summary.maintenanceMode")
        reached = {store._moId for store in properties(vcenter, place.host or place.compute, "datastore")["datastore"] or ()}
    usable = [
        (props["summary.freeSpace"] or 0, store)
        for store, props in members
        if props["summary.accessible"] and (props["summary.maintenanceMode"] or _NORMAL) == _NORMAL and store._moId in reached
    ]
    if not usable:
        raise BuilderError(
            f"no datastore of the cluster {plain(pod['name'])} can be used: {len(members)} are there, and none is reached and in normal mode",
            hint="See its members in vCenter, or give datastore.",
        )
    return max(usable, key=lambda entry: entry[0])[1]
