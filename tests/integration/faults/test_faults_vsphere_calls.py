# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every call to vCenter is cut once before it has an effect and once after: what was begun goes, and the next attempt succeeds."""

from __future__ import annotations

import typing as t

import yaml

from tests.integration.vsphere.libraries import image, module
from tests.integration.vsphere.workspace import PLACE, make_library, make_workspace
from tests.integration.workspaces import Task
from tests.rigs.leftovers import Kinds, left
from tests.rigs.vsphere.rig import PASSWORD, VSphereRig

if t.TYPE_CHECKING:
    import pathlib

LIBRARY = "golden"
TRANSFERS = ("GET /nfc/", "PUT /nfc/", "POST /nfc/")
#: Attempts of all tasks together.
MOST = 80
#: What changes something, and is answered with a fault when it is done twice.
CHANGING = (
    *("CreateFolder", "CloneVM_Task", "ReconfigVM_Task", "PowerOnVM_Task", "CreateSnapshot_Task", "MarkAsTemplate", "Destroy_Task"),
    *("ExportVm", "ImportVApp", "HttpNfcLeaseComplete", "SetField"),
)


def cuts() -> t.Iterator[dict[str, t.Any]]:
    """Faults: the first call of each kind does not arrive, and the answer to the second is lost."""
    for method in TRANSFERS:
        # Each has an address of its own.
        yield from ({"Method": method, "Times": 1, "Drop": True}, {"Method": method, "Times": 1, "Lost": True}, {"Method": method})
    yield from ({"Method": "*", "Times": 1, "Each": True, how: True} for how in ("Drop", "Lost"))


def persistent(folder: pathlib.Path, tasks: t.Iterable[Task]) -> list[Task]:
    """Tasks that each are tried again until no call of theirs is cut any more; what failed attempts said is in the variable ``told``."""
    included: list[Task] = []
    for number, task in enumerate(tasks):
        path, name = folder / f"task-{number}.yml", task["register"]
        tell = {"ansible.builtin.set_fact": {"told": f"{{{{ told | default([]) + [{name}.msg] }}}}"}, "when": f"{name} is failed"}
        again = {"ansible.builtin.include_tasks": str(path), "when": f"{name} is failed and (told | length) < {MOST}"}
        path.write_text(yaml.safe_dump([{**task, "ignore_errors": True}, tell, again], sort_keys=False))
        included.append({"ansible.builtin.include_tasks": str(path)})
    return included


def shown(variable: str) -> Task:
    """A task that gives the value of a variable."""
    return {"ansible.builtin.debug": {"msg": f"{{{{ {variable} }}}}"}, "register": f"shown_{variable}"}


def without_shared(kinds: Kinds) -> Kinds:
    """Without what is made once for all: categories, tags, folders for images; and sessions whose login nobody heard the answer to."""
    shared = ("/DC0/vm/cut", "soap 0", "rest 0")
    kept = {kind: {one for one in ones if not one.startswith(shared)} for kind, ones in kinds.items() if kind != "tags"}
    return {kind: ones for kind, ones in kept.items() if ones}


def test_a_call_that_is_cut_leaves_nothing_and_the_next_attempt_succeeds(tmp_path: pathlib.Path, collection_path: pathlib.Path, vsphere: VSphereRig) -> None:
    make_library(vsphere, LIBRARY)
    workspace = make_workspace(tmp_path / "cut", vsphere, collection_path)
    before = vsphere.everything()
    guest = {"name": "cut-guest", "directory": str(tmp_path / "keys"), "source": {"template": "debian-12"}, "folder": "cut", "seed_by": "cd"}
    launch = {**PLACE, **guest, "ca_file": str(vsphere.ca_file), "address": {"settle": 0}, "guest_user": "builder"}
    options: dict[str, t.Any] = {
        "image_name": "cut",
        "image_folder": "cut/images",
        "image_tags": {"cut": "yes"},
        "image_attributes": {"cut": "yes"},
        "library": {"library": LIBRARY, "item": "cut"},
        "export": {"directory": str(tmp_path / "exported")},
        "snapshot": "base",
        "replace": True,
    }
    capture = image(vsphere, "captured", "captured", guest="debian-vm", **options)
    publish = image(vsphere, "published", "published", artifact="{{ captured.artifact }}", **options)
    tasks: list[Task] = [
        {"golden.images.vsphere_guest": launch, "register": "launched"},
        {"golden.images.vsphere_guest": {**launch, "state": "absent"}, "register": "gone"},
        *(capture, publish),
        *(capture, publish),
        module(vsphere, "import", "imported", path=str(tmp_path / "exported/cut.ova"), name="cut-import", **PLACE),
        module(vsphere, "info", "info", names=["cut", "cut-import"], libraries=[LIBRARY], tags=True),
        image(vsphere, "absent", "removed", names=["cut", "cut-import"]),
        image(vsphere, "absent", "removed", names=["cut"], libraries=[LIBRARY]),
    ]
    vsphere.faults(*cuts())
    said = workspace.play(*persistent(tmp_path, tasks), shown("told"), shown("info"), shown("removed"))
    calls = vsphere.calls()
    vsphere.faults()
    assert said["shown_removed"]["msg"]["changed"], said["shown_told"]["msg"]
    assert [text for text in said["shown_told"]["msg"] if "the connection failed" not in text or PASSWORD in text] == []
    told = said["shown_info"]["msg"]
    assert {one["name"]: one["tags"] for one in told["images"]} == {"cut": {"cut": ["yes"]}, "cut-import": {}}
    assert [one["name"] for one in told["library_items"]] == ["cut"]
    assert [method for method in CHANGING if calls.count(method) < 3] == []
    after = vsphere.everything()
    assert (without_shared(left(before, after)), left(after, before)) == ({}, {})
