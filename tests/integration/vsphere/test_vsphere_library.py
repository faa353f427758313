# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Content libraries: items made, updated in place, replaced, deployed, pruned; and several outputs of one image."""

from __future__ import annotations

import pathlib
import re
import typing as t

import pytest

from tests.rigs.vsphere.rig import VSphereRig

from .libraries import CAPTURED, image, module
from .workspace import PLACE, Workspace, make_library

LIBRARY = "images"


@pytest.fixture(autouse=True)
def library(vsphere: VSphereRig) -> t.Iterator[str]:
    """Each test has an inventory of its own, and leaves no session."""
    vsphere.restart()
    yield make_library(vsphere, LIBRARY)
    assert vsphere.sessions() == {"soap": 0, "rest": 0}


def items(rig: VSphereRig) -> dict[str, dict[str, t.Any]]:
    return {item["Name"]: item for item in rig.tell()["Libraries"][LIBRARY]}


def published(rig: VSphereRig, name: str, **options: t.Any) -> list[t.Any]:
    """Tasks that make one image of the rig's machine."""
    return [
        image(rig, "captured", "captured", guest="debian-vm", image_name=name, **options),
        image(rig, "published", "published", artifact=CAPTURED, image_name=name, cluster="DC0_C0", **options),
    ]


def test_an_ovf_item_gets_a_new_version_in_place(workspace: Workspace, vsphere: VSphereRig) -> None:
    wanted = {"library": LIBRARY, "item": "web", "description": "Ours."}
    first = workspace.play(*published(vsphere, "mine-1", library=wanted))
    before = items(vsphere)["web"]
    said = workspace.play(
        *published(vsphere, "mine-2", library=wanted),
        image(vsphere, "published", "again", artifact="{{ published.artifact }}", image_name="mine-2", library=wanted),
        module(vsphere, "info", "info", libraries=[LIBRARY]),
    )
    assert first["published"]["actions"][0] == f"make the library item {LIBRARY}/web"
    assert said["published"]["actions"][0] == f"update the library item {LIBRARY}/web" and not said["again"]["changed"]
    after = items(vsphere)
    assert set(after) == {"web"} and after["web"]["ID"] == before["ID"]
    (told,) = said["info"]["library_items"]
    assert int(told["content_version"]) > int(first["published"]["artifact"]["metadata"]["library_item"]["version"])
    assert told["description"] == "Ours." and {pathlib.PurePath(file["name"]).suffix for file in told["files"]} >= {".ovf", ".vmdk"}


def test_a_vm_template_item_gives_way_to_the_new_one(workspace: Workspace, vsphere: VSphereRig) -> None:
    options = {"library": {"library": LIBRARY, "item": "web", "type": "vm_template"}, "image_type": "none"}
    workspace.play(*published(vsphere, "mine", **options))
    before = items(vsphere)["web"]["ID"]
    said = workspace.play(
        *published(vsphere, "mine", **options),
        image(vsphere, "published", "again", artifact="{{ published.artifact }}", cluster="DC0_C0", **options),
    )
    assert not said["again"]["changed"] and said["again"]["artifact"] == said["published"]["artifact"]
    assert set(items(vsphere)) == {"web"} and items(vsphere)["web"]["ID"] != before
    assert [path for path in vsphere.vms() if "templates" not in path] == ["/DC0/vm/debian-vm", "/DC0/vm/web"]
    assert vsphere.in_content("web", "cat /etc/os-release") == vsphere.in_content("debian-vm", "cat /etc/os-release")


def test_one_image_becomes_a_template_an_item_and_a_file(workspace: Workspace, vsphere: VSphereRig, tmp_path: pathlib.Path) -> None:
    options = {"library": {"library": LIBRARY, "item": "web"}, "export": {"directory": str(tmp_path), "name": "web"}}
    said = workspace.play(*published(vsphere, "mine", **options))
    assert said["published"]["actions"] == [f"export {tmp_path}/web.ova", f"make the library item {LIBRARY}/web", "name the image mine"]
    assert set(items(vsphere)) == {"web"} and "/DC0/vm/mine" in vsphere.vms() and (tmp_path / "web.ova").is_file()
    again = workspace.play(image(vsphere, "published", "published", artifact=said["published"]["artifact"], **options))
    assert not again["published"]["changed"]


@pytest.mark.parametrize("kind", ["ovf", "vm_template"])
def test_an_item_that_cannot_be_made_leaves_nothing_and_the_old_one_as_it_was(workspace: Workspace, vsphere: VSphereRig, kind: str) -> None:
    options = {"library": {"library": LIBRARY, "item": "web", "type": kind}}
    said = workspace.play(*published(vsphere, "mine-1", **options), image(vsphere, "captured", "other", guest="debian-vm", image_name="mine-2"))
    before = vsphere.everything()
    # Whatever the item's making begins with, and what gives it its name.
    for fault in (
        {"Method": "POST /rest/com/vmware/vcenter/ovf/library-item"},
        {"Method": "POST /rest/vcenter/vm-template/library-items"},
        {"Method": "PATCH /rest/"},
    ):
        vsphere.faults({**fault, "Status": 500, "Message": "by the rig"})
        task = image(vsphere, "published", "failed", artifact=said["other"]["artifact"], cluster="DC0_C0", **options)
        failed = workspace.play({**task, "ignore_errors": True})["failed"]
        if not failed.get("failed"):
            continue
        vsphere.faults()
        assert "by the rig" in failed["msg"]
        now = vsphere.everything()
        assert now["library items"] == before["library items"] and now["machines"] == before["machines"]


def test_what_cannot_be_is_said_before_anything_is_made(workspace: Workspace, vsphere: VSphereRig) -> None:
    (captured, publish) = published(vsphere, "mine", library={"library": "imagse"})
    said = workspace.play(captured, {**publish, "ignore_errors": True})
    assert "there is no content library imagse" in said["published"]["msg"] and LIBRARY in said["published"]["msg"]


def test_a_package_goes_into_a_library_once_and_a_broken_transfer_leaves_what_was_there(
    workspace: Workspace, vsphere: VSphereRig, tmp_path: pathlib.Path
) -> None:
    path = str(tmp_path / "mine.ova")
    upload = module(vsphere, "import", "imported", path=path, library=LIBRARY, name="web")
    exports = {"export": {"directory": str(tmp_path)}}
    said = workspace.play(*published(vsphere, "mine", **exports), upload, {**upload, "register": "again"})
    assert (said["imported"]["changed"], said["again"]["changed"]) == (True, False)
    before = vsphere.everything()
    workspace.play(*published(vsphere, "mine", replace=True, **exports))
    between = vsphere.everything()
    vsphere.faults({"Method": "PUT /rest/com/vmware/cis/data", "Drop": True})
    failed = workspace.play({**upload, "ignore_errors": True})["imported"]
    assert failed.get("failed") and "connection failed" in failed["msg"]
    vsphere.faults()
    assert vsphere.everything()["library items"] == between["library items"] == before["library items"]


def test_old_items_are_pruned_with_the_images_of_the_inventory(workspace: Workspace, vsphere: VSphereRig) -> None:
    build = {
        "name": "web.vsphere",
        "image": "web",
        "builder": "vsphere",
        "version": "1",
        "run_id": "r",
        "fingerprint": "f",
        "marks": {"golden.build": "web.vsphere"},
    }
    # Images know when they were made to the second.
    pause = {"ansible.builtin.pause": {"seconds": 1}}
    made = [task for number in range(3) for task in (*published(vsphere, f"web-{number}", library={"library": LIBRARY, "item": f"web-{number}"}), pause)]
    prune = image(vsphere, "pruned", "pruned", build="web.vsphere", libraries=[LIBRARY], retention={"keep": 1})
    said = workspace.play({"ansible.builtin.set_fact": {"golden_build": build}}, *made, prune)
    assert set(items(vsphere)) == {"web-2"}
    assert [path for path in vsphere.vms() if "templates" not in path] == ["/DC0/vm/debian-vm", "/DC0/vm/web-2"]
    assert {entry["path"] for entry in said["pruned"]["images"] if entry["action"] == "remove"} == {
        "/DC0/vm/web-0",
        "/DC0/vm/web-1",
        f"{LIBRARY}/web-0",
        f"{LIBRARY}/web-1",
    }


def test_a_guest_is_launched_from_an_item(workspace: Workspace, vsphere: VSphereRig, tmp_path: pathlib.Path) -> None:
    workspace.play(*published(vsphere, "mine", library={"library": LIBRARY, "item": "web"}))
    source = {"library": {"library": LIBRARY, "item": "web"}}
    options = {"ca_file": str(vsphere.ca_file), "name": "rig-guest", "directory": str(tmp_path / "keys"), "address": {"settle": 0}, **PLACE}
    task = {"golden.images.vsphere_guest": {**options, "source": source, "guest_user": "builder"}, "register": "launched"}
    workspace.play(task)
    assert vsphere.vm("rig-guest")["Extra"]["golden.guest"] == "rig-guest"
    assert re.search("debian", vsphere.in_content("debian-vm", "cat /etc/os-release"))
