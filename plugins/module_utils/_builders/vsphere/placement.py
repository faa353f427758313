# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a guest comes to be: everything is looked up, and refused when it is unclear, before anything is made."""

from __future__ import annotations

import dataclasses
import typing as t

from ..._lifecycle.errors import BuilderError
from ..._lifecycle.operation import Context
from ..._lifecycle.waiting import Waiter
from .errors import doing, is_fault
from .finding import Found, datacenter, find_all, one, plain
from .properties import properties, properties_of
from .sdk import Managed, vim
from .session import VCenter
from .tasks import run_task

Options = t.Mapping[str, t.Any]

FOLDER_KIND = "folder"
_VM_FOLDER = "vm"
_FOLDER_GOES = Waiter("the folder to go", timeout=120, interval=0.3, longest=2.0)


@dataclasses.dataclass(frozen=True)
class Place:
    """A place in vCenter.

    :ivar folder: the deepest folder of the wanted path that is there.
    :ivar missing_folders: names below it that have to be made.
    :ivar compute: the cluster, or what stands for a host without one.
    :ivar host: ``None`` where vSphere chooses.
    :ivar datastore: ``None`` for the source's own, and with a datastore cluster.
    :ivar pod: the datastore cluster, if any.
    :ivar network: for the first adapter; ``None`` for the source's own.
    """

    datacenter: Managed
    folder: Managed
    missing_folders: tuple[str, ...]
    pool: Managed
    compute: Managed
    host: Managed | None
    datastore: Managed | None
    pod: Managed | None
    network: Managed | None

    def with_datastore(self, datastore: Managed) -> Place:
        """The same with a datastore."""
        return dataclasses.replace(self, datastore=datastore)


def place_of(options: Options, vcenter: VCenter) -> Place:
    """Look up all of ``PLACE_SPEC``; changes nothing.

    :raises BuilderError: for what is not there, not clear, or not together.
    """
    root = datacenter(vcenter, options.get("datacenter"))
    host = _host(options, vcenter, root)
    compute = _compute(options, vcenter, root, host)
    pool = _pool(options, vcenter, compute)
    folder, missing = folder_of(options, vcenter, root)
    datastore, pod = _storage(options, vcenter, root, compute, host)
    network = network_of(options["network"], vcenter, root, compute, host) if options.get("network") else None
    return Place(root, folder, missing, pool, compute, host, datastore, pod, network)


def _host(options: Options, vcenter: VCenter, root: Managed) -> Managed | None:
    if not options.get("host"):
        return None
    found = one("host", options["host"], find_all(vcenter, ["HostSystem"], "runtime.connectionState", "runtime.inMaintenanceMode", root=root))
    state = found.props["runtime.connectionState"]
    if state != "connected":
        raise BuilderError(f"the host {found.name} is {state}", hint="Connect it again in vCenter, or give another one.")
    if found.props["runtime.inMaintenanceMode"]:
        raise BuilderError(f"the host {found.name} is in maintenance mode", hint="Take it out of that, or give another one.")
    return found.object


def _compute(options: Options, vcenter: VCenter, root: Managed, host: Managed | None) -> Managed:
    found = find_all(vcenter, ["ComputeResource"], root=root)
    if options.get("cluster"):
        cluster = one("cluster", options["cluster"], [entry for entry in found if isinstance(entry.object, vim.ClusterComputeResource)])
        if host is not None and properties(vcenter, host, "parent")["parent"]._moId != cluster.object._moId:
            raise BuilderError(f"the host {options['host']} is not in the cluster {options['cluster']}", hint="Leave one of the two out.")
        return cluster.object
    if host is not None:
        return properties(vcenter, host, "parent")["parent"]
    if options.get("resource_pool"):
        pool = one("resource pool", options["resource_pool"], _pools(vcenter, root))
        return properties(vcenter, pool.object, "owner")["owner"]
    if len(found) == 1:
        return found[0].object
    names = ", ".join(entry.name for entry in found)
    raise BuilderError(
        f"it is not said where the guest is to run, and there are {len(found)} clusters and hosts: {names}", hint="Give cluster, host or resource_pool."
    )


def _pools(vcenter: VCenter, root: Managed) -> list[Found]:
    return find_all(vcenter, ["ResourcePool"], root=root)


def _pool(options: Options, vcenter: VCenter, compute: Managed) -> Managed:
    if options.get("resource_pool"):
        return one("resource pool", options["resource_pool"], _pools(vcenter, compute)).object
    return properties(vcenter, compute, "resourcePool")["resourcePool"]


def folder_of(options: Options, vcenter: VCenter, root: Managed) -> tuple[Managed, tuple[str, ...]]:
    """The folder as far as it is there, and the names of what is not."""
    folder = properties(vcenter, root, "vmFolder")["vmFolder"]
    names = [name for name in (options.get("folder") or "").split("/") if name]
    if (options.get("folder") or "").startswith("/"):
        # A path from the root on, as vCenter's own clients write it.
        top = plain(properties(vcenter, root, "name")["name"])
        if names[:2] != [top, _VM_FOLDER]:
            raise BuilderError(
                f"folder: {options['folder']} is no folder for virtual machines of {top}", hint=f"It begins with /{top}/{_VM_FOLDER}/, or with no slash."
            )
        names = names[2:]
    for depth, name in enumerate(names):
        child = _child_folder(vcenter, folder, name)
        if child is None:
            return folder, tuple(names[depth:])
        folder = child
    return folder, ()


def _child_folder(vcenter: VCenter, folder: Managed, name: str) -> Managed | None:
    with doing("read the folders"):
        children = [child for child in properties(vcenter, folder, "childEntity")["childEntity"] or () if isinstance(child, vim.Folder)]
        named = properties_of(vcenter, children, "name")
    return next((child for child, props in named if plain(props["name"]) == name), None)


def make_folder(place: Place, vcenter: VCenter, context: Context) -> Managed:
    """The folder, made where it is missing; a folder that a failed build made goes again."""
    folder = place.folder
    for name in place.missing_folders:
        known = _child_folder(vcenter, folder, name)
        if known is not None:
            folder = known
            continue
        resource = vcenter.resource(FOLDER_KIND, f"{folder._moId}/{name}", parent=folder._moId, folder=name)
        context.journal.creating(resource)
        try:
            with doing(f"make the folder {name}"):
                folder = folder.CreateFolder(name.replace("%", "%25"))
        except BuilderError as error:
            if not is_fault(error, "DuplicateName"):
                raise
            # Another build was quicker: it is its.
            context.journal.discarded(resource)
            folder = _child_folder(vcenter, folder, name)
            continue
        context.journal.created(vcenter.resource(FOLDER_KIND, resource.name, parent=resource.details["parent"], folder=name, id=folder._moId))
    return folder


def discard_folder(vcenter: VCenter, parent: str, name: str) -> bool:
    """Remove a folder, unless something has come to be in it."""
    what = f"remove the folder {name}"
    try:
        folder = _child_folder(vcenter, vcenter.object("Folder", parent), name)
        with doing(what):
            if folder is None or properties(vcenter, folder, "childEntity")["childEntity"]:
                return False
        # Should somebody put something into it meanwhile, its files stay, unlike with Destroy.
        run_task(vcenter, folder.UnregisterAndDestroy_Task, what, _FOLDER_GOES)
    except BuilderError as error:
        if not is_fault(error, "ManagedObjectNotFound"):
            raise
        return False
    return True


def _storage(options: Options, vcenter: VCenter, root: Managed, compute: Managed, host: Managed | None) -> tuple[Managed | None, Managed | None]:
    if options.get("datastore_cluster"):
        pod = one("datastore cluster", options["datastore_cluster"], find_all(vcenter, ["StoragePod"], root=root))
        return None, pod.object
    if not options.get("datastore"):
        return None, None
    return datastore_of(options["datastore"], vcenter, root, compute, host), None


def datastore_of(name: str, vcenter: VCenter, root: Managed, compute: Managed, host: Managed | None) -> Managed:
    """A datastore that the host or the cluster reaches.

    :raises BuilderError: saying which there are.
    """
    found = one("datastore", name, find_all(vcenter, ["Datastore"], "summary.accessible", "summary.maintenanceMode", root=root))
    if found.props["summary.accessible"] is False:
        raise BuilderError(f"the datastore {found.name} cannot be reached by any host", hint="See its state in vCenter, or give another one.")
    if found.props["summary.maintenanceMode"] not in (None, "normal"):
        raise BuilderError(f"the datastore {found.name} is in maintenance mode", hint="Take it out of that, or give another one.")
    _check_reach("datastore", found, vcenter, compute, host)
    return found.object


def network_of(name: str, vcenter: VCenter, root: Managed, compute: Managed, host: Managed | None) -> Managed:
    """A network or distributed port group that the host or the cluster reaches."""
    found = [entry for entry in find_all(vcenter, ["Network"], root=root) if entry.object._moId and not _is_uplink(vcenter, entry)]
    chosen = one("network", name, found)
    _check_reach("network", chosen, vcenter, compute, host)
    return chosen.object


def _is_uplink(vcenter: VCenter, entry: Found) -> bool:
    if not isinstance(entry.object, vim.dvs.DistributedVirtualPortgroup):
        return False
    return bool(properties(vcenter, entry.object, "config.uplink")["config.uplink"])


def _check_reach(what: str, found: Found, vcenter: VCenter, compute: Managed, host: Managed | None) -> None:
    reached = properties(vcenter, host or compute, what)[what] or ()
    if found.object._moId not in {thing._moId for thing in reached}:
        names = ", ".join(sorted(plain(props["name"]) for _thing, props in properties_of(vcenter, list(reached), "name"))) if reached else "none"
        who = properties(vcenter, host or compute, "name")["name"]
        raise BuilderError(f"{plain(who)} does not reach the {what} {found.name}", hint=f"It reaches: {names}.")
