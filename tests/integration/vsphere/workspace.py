# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A folder of a user who builds images in vCenter, against the rig."""

from __future__ import annotations

import dataclasses
import pathlib
import typing as t

import requests

from tests.rigs.vsphere.rig import PASSWORD, USER, VSphereRig

from .. import workspaces

PLACE = {"datacenter": "DC0", "cluster": "DC0_C0", "datastore": "LocalDS_0", "network": "VM Network"}
_WAITS = ("launch_wait", "task_wait", "address_wait", "remove_wait", "stop_wait", "image_wait", "transfer_wait", "customization_wait", "installation_wait")
WAITS = {name: {"interval": 0.1} for name in (*_WAITS, "connection_wait")}


def builder(rig: VSphereRig, **options: t.Any) -> dict[str, t.Any]:
    """A builder that clones what the rig has and polls as fast as the rig is; the account is in the environment."""
    fixed = {"type": "vsphere", "source": {"template": "debian-12"}, "guest_user": "builder", "address": {"settle": 0}, "ca_file": str(rig.ca_file)}
    return {**fixed, **PLACE, **WAITS, **options}


_IMAGE_OPTIONS = {"type", "stop_wait", "image_wait", "transfer_wait"}


@dataclasses.dataclass
class Workspace(workspaces.Workspace):
    """The folder."""

    rig: VSphereRig


def guest_task(workspace: Workspace, keys: pathlib.Path, state: str = "started", register: str = "launched", **options: t.Any) -> workspaces.Task:
    """A task of ``vsphere_guest``.

    :param keys: folder of the guest's keys.
    """
    fixed = {name: value for name, value in builder(workspace.rig).items() if name not in _IMAGE_OPTIONS}
    arguments = {**fixed, "name": "rig-guest", "directory": str(keys), "state": state, **options}
    return {"golden.images.vsphere_guest": arguments, "register": register}


def environment(rig: VSphereRig) -> dict[str, str]:
    """What AWX's credential for vCenter gives."""
    return {"VMWARE_HOST": "127.0.0.1", "VMWARE_PORT": str(rig.port), "VMWARE_USER": USER, "VMWARE_PASSWORD": PASSWORD}


def make_workspace(folder: pathlib.Path, rig: VSphereRig, collection_path: pathlib.Path) -> Workspace:
    """A workspace with the account in its environment."""
    return Workspace(folder, {**workspaces.prepare(folder, collection_path), **environment(rig)}, rig)


def make_library(rig: VSphereRig, name: str) -> str:
    """A local content library, made as a person would before the first build.

    :returns: its id.
    """
    with requests.Session() as session:
        session.trust_env, session.verify = False, str(rig.ca_file)
        url = f"https://127.0.0.1:{rig.port}/rest/com/vmware"
        token = session.post(f"{url}/cis/session", auth=(USER, PASSWORD), timeout=30).json()["value"]
        session.headers["vmware-api-session-id"] = token
        spec = {"name": name, "type": "LOCAL", "storage_backings": [{"type": "DATASTORE", "datastore_id": rig.datastore_id("LocalDS_1")}]}
        made = session.post(f"{url}/content/local-library", json={"create_spec": spec}, timeout=30)
        made.raise_for_status()
        session.delete(f"{url}/cis/session", timeout=30)
    return str(made.json()["value"])
