# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the rig changes in govmomi's simulators, for ``go build -overlay``: nothing of the installed source is touched.

A method that the rig does anew, or does more with, is renamed to ``stock…`` in a copy of its file, and written in ``go/``.
"""

from __future__ import annotations

import json
import pathlib

SOURCE = pathlib.Path("/usr/share/gocode/src/github.com/vmware/govmomi")
ADDED = pathlib.Path(__file__).with_name("go")
PACKAGES = {"simulator": "simulator", "vapi": "vapi/simulator"}
_NEW_PARENT = 'types.PropertyChange{Name: "snapshot.currentSnapshot", Val: '

RENAMED = {
    "simulator/virtual_machine.go": {
        "vm *VirtualMachine": [
            *("apply", "applyExtraConfig", "configureDevice", "configureDevices", "customize"),
            *("CloneVMTask", "CreateSnapshotTask", "PowerOnVMTask", "ShutdownGuest"),
        ],
        "o *VirtualMachine": ["RenameTask"],
        "": ["validateGuestID"],
    },
    "simulator/folder.go": {"c *createVM": ["Run"], "f *Folder": ["MoveIntoFolderTask"]},
    "simulator/snapshot.go": {"v *VirtualMachineSnapshot": ["RevertToSnapshotTask"]},
    "simulator/task.go": {"t *Task": ["Run"], "": ["CreateTask"]},
    "simulator/http_nfc_lease.go": {"l *HttpNfcLease": ["HttpNfcLeaseComplete", "HttpNfcLeaseAbort"], "": ["ServeNFC"]},
    "simulator/resource_pool.go": {"p *ResourcePool": ["ImportVApp"]},
    "simulator/event_manager.go": {"c *EventHistoryCollector": ["typeMatches"]},
    "simulator/storage_resource_manager.go": {"m *StorageResourceManager": ["RecommendDatastores"]},
    "simulator/simulator.go": {"s *Service": ["ServeDatastore"]},
    "vapi/simulator/simulator.go": {
        "s *handler": [
            *("hasAuthorization", "libraryItem", "libraryItemID", "libraryItemUpdateSessionID", "libraryItemUpdateSessionFileID"),
            *("libraryItemFileCreate", "libraryDeploy", "libraryItemOVF", "libraryItemCreateTemplate", "libraryItemTemplateID"),
        ]
    },
}
EDITED = {
    "vapi/simulator/simulator.go": [
        ("\thandlers := []struct {\n", "\trigHandlers = append(rigHandlers, s)\n\n\thandlers := []struct {\n"),
    ],
    "simulator/http_nfc_lease.go": [
        ("\tfiles map[string]string\n", "\tfiles map[string]string\n\tfolder string\n\timporting bool\n"),
    ],
    "simulator/task.go": [
        ("\tmo.Task\n", "\tmo.Task\n\n\towner  types.ManagedObjectReference\n\tcancel chan struct{}\n\tgoOn   chan struct{}\n"),
    ],
    "simulator/snapshot.go": [
        ("\tmo.VirtualMachineSnapshot\n", "\tmo.VirtualMachineSnapshot\n\n\tcontent string\n"),
        # A snapshot that is gone has no parent: a pointer to nothing is no value that a client can read.
        (
            f"changes = append(changes, {_NEW_PARENT}parent}})",
            f"if parent == nil {{ vm.Snapshot.CurrentSnapshot = nil }} else {{ changes = append(changes, {_NEW_PARENT}*parent}}) }}",
        ),
    ],
    # The client library of Python asks for properties that are not set.
    "simulator/property_collector.go": [
        (
            "\t\tfault := obj.MissingSet[0].Fault\n",
            "\t\tif len(obj.MissingSet) == 0 {\n\t\t\tbody.Res = new(internal.FetchResponse)\n\t\t\treturn body\n\t\t}\n\t\tfault := obj.MissingSet[0].Fault\n",
        ),
    ],
}


class OverlayError(Exception):
    """The installed source is not what the overlay was written for."""


def _replace_once(text: str, old: str, new: str, name: str) -> str:
    if text.count(old) != 1:
        raise OverlayError(f"{name}: {text.count(old)} times {old[:80]!r}")
    return text.replace(old, new)


def _changed(name: str) -> str:
    text = (SOURCE / name).read_text(encoding="utf-8")
    for receiver, methods in RENAMED.get(name, {}).items():
        for method in methods:
            head = f"func ({receiver}) " if receiver else "func "
            text = _replace_once(text, f"{head}{method}(", f"{head}stock{method[0].upper()}{method[1:]}(", name)
    for old, new in EDITED.get(name, []):
        text = _replace_once(text, old, new, name)
    return text


def sources() -> list[pathlib.Path]:
    """The installed files that are changed."""
    return [SOURCE / name for name in sorted({*RENAMED, *EDITED})]


def write(folder: pathlib.Path) -> pathlib.Path:
    """Write the changed copies into a folder, and the list of them that ``go build`` takes.

    :returns: the list.
    :raises OverlayError: when the installed source is another one.
    """
    replace = {}
    for name in sorted({*RENAMED, *EDITED}):
        copy = folder / name.replace("/", "_")
        copy.write_text(_changed(name), encoding="utf-8")
        replace[str(SOURCE / name)] = str(copy)
    for own, package in PACKAGES.items():
        for path in sorted((ADDED / own).glob("*.go")):
            replace[str(SOURCE / package / path.name)] = str(path)
    listing = folder / "overlay.json"
    listing.write_text(json.dumps({"Replace": replace}, indent=1), encoding="utf-8")
    return listing
