# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Refuses, before a build begins, what vSphere would refuse of its guest later; changes nothing."""

from __future__ import annotations

import typing as t

from ..._lifecycle.builder import Source
from ..._lifecycle.errors import BuilderError
from .errors import doing
from .finding import path_of
from .placement import Place
from .planning import Plan, plan_launch
from .sdk import Managed
from .session import VCenter

Options = t.Mapping[str, t.Any]

_DEPLOY_HERE = ("Resource.AssignVMToPool",)
_STORE_HERE = ("Datastore.AllocateSpace",)
_CONNECT_HERE = ("Network.Assign",)
_IN_FOLDER = ("VirtualMachine.Interact.PowerOn", "VirtualMachine.Config.AddRemoveDevice", "VirtualMachine.Inventory.Delete")


def check_guest(source: Source, options: Options, vcenter: VCenter) -> None:
    """:raises BuilderError: for what is not there, or this user may not use."""
    plan = plan_launch(source.options, options, vcenter)
    _check_privileges(plan, vcenter)


def _wanted(plan: Plan) -> list[tuple[Managed, tuple[str, ...]]]:
    place: Place = plan.place
    make = ("VirtualMachine.Inventory.Create",) if plan.kind == "iso" else ("VirtualMachine.Inventory.CreateFromExisting",)
    wanted = [(place.folder, (*make, *_IN_FOLDER, *(("Folder.Create",) if place.missing_folders else ()))), (place.pool, _DEPLOY_HERE)]
    wanted += [(store, _STORE_HERE) for store in (place.datastore, *plan.stores.values()) if store is not None]
    wanted += [(network, _CONNECT_HERE) for network in (place.network, *plan.networks.values()) if network is not None]
    if plan.origin is not None:
        deploy = "VirtualMachine.Provisioning.DeployTemplate" if plan.origin.is_template else "VirtualMachine.Provisioning.Clone"
        wanted.append((plan.origin.vm, (deploy,)))
    return wanted


def _check_privileges(plan: Plan, vcenter: VCenter) -> None:
    with doing("read the session"):
        session = vcenter.content.sessionManager.currentSession
    manager = vcenter.content.authorizationManager
    if session is None or manager is None:
        return
    for thing, privileges in _wanted(plan):
        with doing("look up the privileges of this user"):
            held = manager.HasPrivilegeOnEntity(thing, session.key, list(privileges))
        missing = [privilege for privilege, has in zip(privileges, held, strict=False) if not has]
        if missing:
            raise BuilderError(
                f"{vcenter.username} does not have the privilege {', '.join(missing)} on {path_of(vcenter, thing)}",
                hint="Give a role with it to the user, see the list in the guide of the vsphere builder.",
            )
