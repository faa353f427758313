# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads properties of many objects in one call."""

from __future__ import annotations

import contextlib
import typing as t

from .errors import CUT
from .sdk import Managed, vim, vmodl

if t.TYPE_CHECKING:
    from .session import VCenter

_PAGE = 500
Props = dict[str, t.Any]


def properties(vcenter: VCenter, thing: Managed, *paths: str) -> Props:
    """Properties of one object; those that are not set are ``None``.

    :raises vmodl.MethodFault: ``ManagedObjectNotFound`` when it is gone.
    """
    found = properties_of(vcenter, [thing], *paths)
    return found[0][1] if found else dict.fromkeys(paths)


def properties_of(vcenter: VCenter, things: t.Sequence[Managed], *paths: str) -> list[tuple[Managed, Props]]:
    """Properties of several objects of one type."""
    if not things:
        return []
    collector = vmodl.query.PropertyCollector
    wanted = collector.PropertySpec(type=type(things[0]), pathSet=list(paths), all=False)
    return _retrieved(vcenter, collector.FilterSpec(objectSet=[collector.ObjectSpec(obj=thing) for thing in things], propSet=[wanted]), paths)


def below(vcenter: VCenter, root: Managed, kinds: t.Iterable[type], *paths: str) -> list[tuple[Managed, Props]]:
    """Properties of all objects of some types below a folder, a data centre or a cluster."""
    try:
        return _below(vcenter, root, list(kinds), paths)
    except vmodl.fault.ManagedObjectNotFound:
        # Views end with the session, which may be another one by now; also something may have gone meanwhile.
        return _below(vcenter, root, list(kinds), paths)


def _below(vcenter: VCenter, root: Managed, kinds: list[type], paths: t.Sequence[str]) -> list[tuple[Managed, Props]]:
    collector = vmodl.query.PropertyCollector
    view = vcenter.content.viewManager.CreateContainerView(root, kinds, True)
    try:
        select = collector.TraversalSpec(name="view", type=vim.view.ContainerView, path="view", skip=False)
        wanted = [collector.PropertySpec(type=kind, pathSet=list(paths), all=False) for kind in kinds]
        query = collector.FilterSpec(objectSet=[collector.ObjectSpec(obj=view, skip=True, selectSet=[select])], propSet=wanted)
        return _retrieved(vcenter, query, paths)
    finally:
        with contextlib.suppress(vmodl.MethodFault, *CUT):
            view.DestroyView()


def _retrieved(vcenter: VCenter, query: t.Any, paths: t.Sequence[str]) -> list[tuple[Managed, Props]]:
    collector = vcenter.content.propertyCollector
    page = collector.RetrievePropertiesEx([query], vmodl.query.PropertyCollector.RetrieveOptions(maxObjects=_PAGE))
    found = []
    while page is not None:
        found += [(entry.obj, {**dict.fromkeys(paths), **{prop.name: prop.val for prop in entry.propSet}}) for entry in page.objects]
        page = collector.ContinueRetrievePropertiesEx(page.token) if page.token else None
    return found
