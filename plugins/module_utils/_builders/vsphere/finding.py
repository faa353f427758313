# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds what the definition names in vCenter's inventory: by name, by path or by id, and never one of several by chance."""

from __future__ import annotations

import dataclasses
import difflib
import re
import typing as t
import urllib.parse

from ..._lifecycle.errors import BuilderError
from . import marks
from .errors import doing
from .properties import Props, below, properties
from .sdk import Managed, vim
from .session import VCenter

Options = t.Mapping[str, t.Any]

_MOID = re.compile(r"[a-z]+-[a-z]*\d+\Z")
_SHOWN = 8
_CONTAINERS = ("Folder", "Datacenter", "ComputeResource", "ResourcePool")


@dataclasses.dataclass(frozen=True)
class Found:
    """Something in the inventory.

    :ivar path: from the root on, as vCenter's own clients write it: ``/DC/vm/folder/name``.
    :ivar props: what else was asked for.
    """

    object: Managed
    name: str
    path: str
    props: Props


def plain(name: str) -> str:
    """A name as people write it; vCenter keeps slashes and per cent signs of names escaped."""
    return urllib.parse.unquote(name or "")


def find_all(vcenter: VCenter, kinds: t.Sequence[str], *paths: str, root: Managed = None) -> list[Found]:
    """Everything of some types below an object, the root folder when there is none.

    :param kinds: ``VirtualMachine``, ``Datastore`` …
    :param paths: properties wanted beside name and place.
    """
    wanted = tuple(getattr(vim, kind) for kind in kinds)
    top = root or vcenter.content.rootFolder
    with doing("read the inventory"):
        entries = below(vcenter, top, wanted, "name", "parent", *paths)
        parents = _parents(vcenter, top)
    found = []
    seen = set()
    for thing, props in entries:
        if thing._moId not in seen and isinstance(thing, wanted):
            seen.add(thing._moId)
            name = plain(props["name"])
            found.append(Found(thing, name, f"{_path(props['parent'], parents)}/{name}", props))
    return sorted(found, key=lambda entry: entry.path)


def _parents(vcenter: VCenter, top: Managed) -> dict[str, tuple[str, Managed]]:
    known = {
        thing._moId: (plain(props["name"]), props["parent"])
        for thing, props in below(vcenter, vcenter.content.rootFolder, [getattr(vim, kind) for kind in _CONTAINERS], "name", "parent")
    }
    if top._moId not in known:
        props = properties(vcenter, top, "name", "parent")
        known[top._moId] = (plain(props["name"]), props["parent"])
    return known


def _path(parent: Managed, parents: t.Mapping[str, tuple[str, Managed]]) -> str:
    names: list[str] = []
    while parent is not None and parent._moId in parents:
        name, above = parents[parent._moId]
        if above is None:
            break
        names.insert(0, name)
        parent = above
    return "".join(f"/{name}" for name in names)


def path_of(vcenter: VCenter, entity: Managed) -> str:
    """Where something is in the inventory: ``/DC/vm/folder/name``."""
    names: list[str] = []
    with doing("read the inventory"):
        while entity is not None:
            props = properties(vcenter, entity, "name", "parent")
            if props["parent"] is None:
                break
            names.insert(0, plain(props["name"]))
            entity = props["parent"]
    return "".join(f"/{name}" for name in names)


def matching(name: str, found: t.Iterable[Found]) -> list[Found]:
    """Those that a name, a path from the root on, the end of a path, or an id means."""
    entries = list(found)
    if _MOID.match(name):
        by_id = [entry for entry in entries if entry.object._moId == name]
        if by_id:
            return by_id
    wanted = name.rstrip("/")
    if wanted.startswith("/"):
        return [entry for entry in entries if entry.path == wanted]
    exact = [entry for entry in entries if entry.name == wanted]
    return exact or [entry for entry in entries if entry.path.endswith(f"/{wanted}")]


def one(what: str, name: str, found: t.Sequence[Found], where: str = "") -> Found:
    """The one that is meant.

    :param what: for messages: ``datastore``.
    :raises BuilderError: when there is none or several.
    """
    hits = matching(name, found)
    if len(hits) == 1:
        return hits[0]
    if hits:
        raise BuilderError(
            f"{len(hits)} {what}s are called {name}{where}: {_listed(entry.path for entry in hits)}", hint="Give the path of the one that is meant."
        )
    if not found:
        raise BuilderError(f"there is no {what}{where}, or this user may see none", hint=f"Check the rights of the user; {name} is asked for.")
    close = difflib.get_close_matches(name, [entry.name for entry in found], n=_SHOWN, cutoff=0.6)
    shown = _listed(close or [entry.path for entry in found])
    raise BuilderError(f"there is no {what} {name}{where}", hint=f"{'Similar are' if close else 'There are'}: {shown}.")


def _listed(names: t.Iterable[str]) -> str:
    every = list(dict.fromkeys(names))
    return ", ".join(every[:_SHOWN]) + (" …" if len(every) > _SHOWN else "")


def datacenter(vcenter: VCenter, name: str | None) -> Managed:
    """The data centre; needs no name where there is one only.

    :raises BuilderError: saying which there are.
    """
    found = find_all(vcenter, ["Datacenter"])
    if name:
        return one("data centre", name, found).object
    if len(found) == 1:
        return found[0].object
    if not found:
        raise BuilderError("vCenter has no data centre, or this user may see none")
    raise BuilderError(f"vCenter has {len(found)} data centres: {_listed(entry.path for entry in found)}", hint="Say which, with the option datacenter.")


def virtual_machine(vcenter: VCenter, name: str, options: Options, what: str = "virtual machine") -> Managed:
    """A virtual machine or template.

    :param name: name, path, or id.
    :param options: of which ``datacenter`` says where to look.
    """
    root = datacenter(vcenter, options["datacenter"]) if options.get("datacenter") else None
    return one(what, name, find_all(vcenter, ["VirtualMachine"], root=root)).object


def guests(vcenter: VCenter) -> list[tuple[Managed, dict[str, str]]]:
    """All virtual machines that carry the mark of a guest, with their marks."""
    marked = []
    for entry in find_all(vcenter, ["VirtualMachine"], "config.extraConfig"):
        known = {option.key: str(option.value) for option in entry.props["config.extraConfig"] or () if option.key.startswith(marks.PREFIX)}
        if known.get(marks.GUEST):
            marked.append((entry.object, known))
    return marked


def guest(vcenter: VCenter, name: str) -> Managed | None:
    """The virtual machine of a guest, by its name and its mark."""
    for entry in find_all(vcenter, ["VirtualMachine"]):
        if entry.name == name and marks.read(vcenter, entry.object).get(marks.GUEST) == name:
            return entry.object
    return None


def snapshot(vcenter: VCenter, vm: Managed, name: str | None) -> t.Any:
    """A snapshot's tree entry; the current one when no name is given. ``None`` when there is no snapshot at all and none is asked for.

    :param name: its name, or its path of names.
    """
    with doing("read the snapshots"):
        known = properties(vcenter, vm, "snapshot")["snapshot"]
    trees = list(_snapshots(known.rootSnapshotList, "")) if known else []
    if not name:
        return next((tree for _path, tree in trees if tree.snapshot._moId == known.currentSnapshot._moId), None) if known and known.currentSnapshot else None
    hits = [tree for path, tree in trees if tree.name == name or path == name.strip("/")]
    if len(hits) == 1:
        return hits[0]
    paths = _listed(path for path, _tree in trees) or "none"
    if hits:
        raise BuilderError(f"{len(hits)} snapshots are called {name}", hint=f"Give the path of one: {paths}.")
    raise BuilderError(f"there is no snapshot {name}", hint=f"There are: {paths}.")


def _snapshots(trees: t.Iterable[t.Any], above: str) -> t.Iterator[tuple[str, t.Any]]:
    for tree in trees or ():
        path = f"{above}/{tree.name}" if above else tree.name
        yield path, tree
        yield from _snapshots(tree.childSnapshotList, path)
