# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Images without a build: captured, published, replaced, exported, imported, pruned."""

from __future__ import annotations

import hashlib
import json
import pathlib
import re
import subprocess
import tarfile
import typing as t

import pytest

from tests.rigs.vsphere.rig import PASSWORD, VSphereRig

from ..workspaces import Task
from .libraries import CAPTURED, image, module
from .workspace import PLACE, WAITS, Workspace

VM = "/DC0/vm/debian-vm"


@pytest.fixture(autouse=True)
def fresh_vcenter(vsphere: VSphereRig) -> t.Iterator[None]:
    """Each test has an inventory of its own, and leaves no session."""
    vsphere.restart()
    yield
    assert vsphere.sessions() == {"soap": 0, "rest": 0}


def notes(vm: dict[str, t.Any]) -> dict[str, str]:
    """What an image tells of itself."""
    return dict(re.findall(r"^golden\.(\w+): (.*)$", vm["Annotation"], re.MULTILINE))


def names(rig: VSphereRig) -> set[str]:
    return {path for path in rig.vms() if "/templates/" not in path and "/old-templates/" not in path}


def captured_and_published(rig: VSphereRig, name: str, **options: t.Any) -> list[Task]:
    """Tasks that make one image of the rig's machine."""
    return [
        image(rig, "captured", "captured", guest="debian-vm", image_name=name, **options),
        image(rig, "published", "published", artifact=CAPTURED, image_name=name, **options),
    ]


def test_a_machine_is_cloned_and_the_clone_becomes_a_template_under_its_name_only_when_published(workspace: Workspace, vsphere: VSphereRig) -> None:
    before = vsphere.vm("debian-vm")
    options = {
        "image_name": "mine",
        "image_description": "Ours.",
        "image_tags": {"os": ["debian", "linux"], "team": "web"},
        "image_attributes": {"owner": "us"},
    }
    said = workspace.play(image(vsphere, "captured", "captured", guest="debian-vm", **options))
    assert names(vsphere) == {VM, "/DC0/vm/golden-temporary-debian-vm"}
    artifact = said["captured"]["artifact"]
    said = workspace.play(
        image(vsphere, "published", "published", artifact=artifact, **options),
        image(vsphere, "published", "again", artifact="{{ published.artifact }}", **options),
        module(vsphere, "info", "info", names=["mine"], tags=True),
    )
    assert (said["published"]["changed"], said["again"]["changed"]) == (True, False)
    made = vsphere.vm("mine")
    assert made["Template"] and made["Annotation"].startswith("Ours.\n") and made["Custom"] == {"owner": "us"}
    assert notes(made)["state"] == "published" and "expires" not in notes(made)
    assert vsphere.vm("debian-vm") == before
    (told,) = said["info"]["images"]
    assert (told["description"], told["tags"], told["attributes"]) == ("Ours.", {"os": ["debian", "linux"], "team": ["web"]}, {"owner": "us"})
    assert PASSWORD not in json.dumps(said)


def test_nothing_happens_in_check_mode(workspace: Workspace, vsphere: VSphereRig) -> None:
    before = vsphere.everything()
    said = workspace.play(image(vsphere, "captured", "captured", guest="debian-vm", image_name="mine"), arguments=("--check",))
    assert said["captured"]["changed"] and vsphere.everything() == before
    said = workspace.play(*captured_and_published(vsphere, "mine"))
    before = vsphere.everything()
    said = workspace.play(
        image(vsphere, "published", "published", artifact=said["published"]["artifact"], image_tags={"os": "debian"}), arguments=("--check", "--diff")
    )
    assert said["published"]["actions"] == ["attach the tag os: debian"] and vsphere.everything() == before


def test_an_image_of_the_same_name_is_replaced_last_and_only_on_demand(workspace: Workspace, vsphere: VSphereRig) -> None:
    workspace.play(*captured_and_published(vsphere, "mine"))
    first = vsphere.vm("mine")["ID"]
    refused = {**image(vsphere, "captured", "refused", guest="debian-vm", image_name="mine"), "ignore_errors": True}
    said = workspace.play(refused, *captured_and_published(vsphere, "mine", replace=True))
    assert "there is already an image /DC0/vm/mine" in said["refused"]["msg"]
    assert said["published"]["actions"][-1] == f"remove /DC0/vm/golden-temporary-replaced-{first}"
    assert names(vsphere) == {VM, "/DC0/vm/mine"} and vsphere.vm("mine")["ID"] != first


def test_what_was_to_be_replaced_has_its_name_again_when_the_rest_fails(workspace: Workspace, vsphere: VSphereRig) -> None:
    workspace.play(*captured_and_published(vsphere, "mine"))
    before = vsphere.vm("mine")
    said = workspace.play(image(vsphere, "captured", "captured", guest="debian-vm", image_name="mine", replace=True))
    vsphere.faults({"Task": "VirtualMachine.reconfigVm", "Skip": 1, "Times": 1, "Fault": "InvalidState", "Message": "by the rig"})
    failing = image(vsphere, "published", "published", artifact=said["captured"]["artifact"], replace=True)
    said = workspace.play({**failing, "ignore_errors": True})
    assert "by the rig" in said["published"]["msg"]
    assert vsphere.vm("mine") == before
    assert names(vsphere) == {VM, "/DC0/vm/mine", "/DC0/vm/golden-temporary-debian-vm"}


def launched(rig: VSphereRig, tmp_path: pathlib.Path, **options: t.Any) -> Task:
    waits = {name: value for name, value in WAITS.items() if name not in ("stop_wait", "image_wait", "transfer_wait")}
    arguments = {**PLACE, **waits, "ca_file": str(rig.ca_file), "name": "rig-guest", "directory": str(tmp_path / "keys"), "source": {"template": "debian-12"}}
    return {"golden.images.vsphere_guest": {**arguments, "address": {"settle": 0}, "guest_user": "builder", **options}, "register": "launched"}


def test_a_guest_is_shut_down_and_becomes_the_image_itself_without_what_the_build_needed(
    workspace: Workspace, vsphere: VSphereRig, tmp_path: pathlib.Path
) -> None:
    data = "#!/bin/sh\necho mine > /etc/mine\n"
    said = workspace.play(
        launched(vsphere, tmp_path, cloud_init={"user_data": data}, cd={"label": "FILES", "content": {"a.txt": "a"}}, extra_config={"svga.present": "TRUE"}),
    )
    guest = vsphere.vm("rig-guest")["ID"]
    said = workspace.play(image(vsphere, "captured", "captured", guest="rig-guest", image_name="mine", snapshot="base", image_folder="golden/images"))
    made = vsphere.vm("golden-temporary-rig-guest")
    assert made["ID"] == guest == said["captured"]["artifact"]["id"]
    assert made["Template"] and made["Power"] == "poweredOff" and made["Snapshots"] == ["base"] and made["Path"].startswith("/DC0/vm/golden/images/")
    assert not [key for key in made["Extra"] if key.startswith(("golden.", "guestinfo.userdata", "guestinfo.metadata"))]
    assert made["Extra"]["svga.present"] == "TRUE"
    assert not [device for device in made["Devices"] if device["Type"] in ("VirtualCdrom", "VirtualFloppy")]
    assert vsphere.in_content("golden-temporary-rig-guest", "cat /etc/mine").strip() == "mine"
    assert "ShutdownGuest" in vsphere.calls() and "PowerOffVM_Task" not in vsphere.calls()
    gone = {"golden.images.vsphere_guest": {**launched(vsphere, tmp_path)["golden.images.vsphere_guest"], "state": "absent"}, "register": "gone"}
    workspace.play(gone)
    assert vsphere.vm("golden-temporary-rig-guest")["ID"] == guest


def test_a_guest_that_ignores_the_shutdown_is_switched_off_with_a_warning_unless_it_was_to_end_by_itself(
    workspace: Workspace, vsphere: VSphereRig, tmp_path: pathlib.Path
) -> None:
    workspace.play(launched(vsphere, tmp_path))
    vsphere.faults({"Task": "guest.shutdown"})
    short = {"stop_wait": {"timeout": 1, "interval": 0.1}}
    said = workspace.play({**image(vsphere, "captured", "captured", guest="rig-guest", image_name="mine", stop_mode="await", **short), "ignore_errors": True})
    assert "gave up waiting for rig-guest to shut down by itself after 1 s" in said["captured"]["msg"]
    assert vsphere.vm("rig-guest")["Power"] == "poweredOn"
    said = workspace.play(image(vsphere, "captured", "captured", guest="rig-guest", image_name="mine", image_type="vm", remove_devices=[], **short))
    assert vsphere.vm("golden-temporary-rig-guest")["Power"] == "poweredOff"
    assert not vsphere.vm("golden-temporary-rig-guest")["Template"]


def exported(rig: VSphereRig, folder: pathlib.Path, register: str = "exported", **options: t.Any) -> Task:
    return module(rig, "export", register, image="mine", directory=str(folder), **options)


def test_an_export_has_disks_that_qemu_takes_and_a_manifest_that_verifies(workspace: Workspace, vsphere: VSphereRig, tmp_path: pathlib.Path) -> None:
    vsphere.faults()
    said = workspace.play(
        *captured_and_published(vsphere, "mine"),
        exported(vsphere, tmp_path),
        exported(vsphere, tmp_path, "again"),
        exported(vsphere, tmp_path / "ovf", "ovf", format="ovf", manifest="sha512", options=["mac"]),
    )
    assert (said["exported"]["changed"], said["again"]["changed"]) == (True, False)
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["mine.ova"]
    unpacked = tmp_path / "unpacked"
    with tarfile.open(tmp_path / "mine.ova") as archive:
        assert archive.getnames() == ["mine.ovf", "mine.mf", "mine-disk-0.vmdk"]
        archive.extractall(unpacked, filter="data")
    verify(unpacked, "sha256")
    verify(tmp_path / "ovf", "sha512")
    told = subprocess.run(["qemu-img", "check", str(unpacked / "mine-disk-0.vmdk")], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    assert "golden." not in re.sub(r"ovf:class=\"golden\"", "", (unpacked / "mine.ovf").read_text())
    assert vsphere.calls().count("HttpNfcLeaseComplete") == 2 and "HttpNfcLeaseAbort" not in vsphere.calls()


def verify(folder: pathlib.Path, algorithm: str) -> None:
    """Compare a manifest with its files, as a person would."""
    lines = (folder / "mine.mf").read_text().splitlines()
    assert {re.match(r"\w+\((.*)\)=", line)[1] for line in lines} == {"mine.ovf", "mine-disk-0.vmdk"}  # type: ignore[index]
    for line in lines:
        kind, name, digest = t.cast(re.Match[str], re.match(r"(\w+)\((.*)\)= (\w+)$", line)).groups()
        assert kind.lower() == algorithm and hashlib.new(algorithm, (folder / name).read_bytes()).hexdigest() == digest


def test_an_export_that_breaks_off_leaves_nothing_and_gives_the_machine_free(workspace: Workspace, vsphere: VSphereRig, tmp_path: pathlib.Path) -> None:
    workspace.play(*captured_and_published(vsphere, "mine"))
    vsphere.faults({"Method": "GET /nfc/", "Drop": True})
    said = workspace.play({**exported(vsphere, tmp_path), "ignore_errors": True})
    assert "connection failed" in said["exported"]["msg"]
    assert not list(tmp_path.iterdir()) and "HttpNfcLeaseAbort" in vsphere.calls()


def test_an_ova_is_imported_once_as_a_template_of_the_same_content(workspace: Workspace, vsphere: VSphereRig, tmp_path: pathlib.Path) -> None:
    vsphere.machine("content", "debian-vm")
    imported = {"path": str(tmp_path / "mine.ova"), "name": "theirs", "folder": "from/outside", "image_tags": {"os": "debian"}, **PLACE}
    said = workspace.play(
        *captured_and_published(vsphere, "mine", image_description="Ours."),
        exported(vsphere, tmp_path),
        module(vsphere, "import", "imported", **imported),
        module(vsphere, "import", "again", **imported),
        module(vsphere, "info", "info", names=["theirs"]),
    )
    assert (said["imported"]["changed"], said["again"]["changed"]) == (True, False)
    made = vsphere.vm("theirs")
    assert made["Template"] and made["Path"] == "/DC0/vm/from/outside/theirs" == said["imported"]["path"]
    assert vsphere.in_content("theirs", "cat /etc/os-release") == vsphere.in_content("debian-vm", "cat /etc/os-release")
    assert said["info"]["images"][0]["description"] == "Ours."
    assert {path for path in names(vsphere) if "temporary" in path} == set()


@pytest.mark.parametrize("fault", [{"Method": "PUT /nfc/", "Status": 507}, {"Method": "PUT /nfc/", "Drop": True}, {"Method": "POST /nfc/", "Status": 507}])
def test_an_import_that_fails_leaves_nothing(workspace: Workspace, vsphere: VSphereRig, tmp_path: pathlib.Path, fault: dict[str, t.Any]) -> None:
    workspace.play(*captured_and_published(vsphere, "mine"), exported(vsphere, tmp_path))
    before = vsphere.everything()
    # Whether a disk is put or posted is for vCenter to say.
    vsphere.faults(fault, {**fault, "Method": fault["Method"].replace("PUT", "POST")})
    task = module(vsphere, "import", "imported", path=str(tmp_path / "mine.ova"), name="theirs", **PLACE)
    said = workspace.play({**task, "ignore_errors": True})
    assert ("the datastore is full" if "Status" in fault else "connection failed") in said["imported"]["msg"]
    vsphere.faults()
    assert vsphere.everything() == before


def test_a_damaged_ova_is_refused_before_vcenter_is_asked_for_anything(workspace: Workspace, vsphere: VSphereRig, tmp_path: pathlib.Path) -> None:
    workspace.play(*captured_and_published(vsphere, "mine"), exported(vsphere, tmp_path))
    path = tmp_path / "mine.ova"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    before = vsphere.everything()
    said = workspace.play({**module(vsphere, "import", "imported", path=str(path), name="theirs", **PLACE), "ignore_errors": True})
    assert "is damaged" in said["imported"]["msg"] and vsphere.everything() == before


def test_old_images_go_by_count_but_none_that_a_linked_clone_needs(workspace: Workspace, vsphere: VSphereRig, tmp_path: pathlib.Path) -> None:
    # Images know when they were made to the second.
    pause = {"ansible.builtin.pause": {"seconds": 1}}
    made = [task for number in range(1, 5) for task in (*captured_and_published(vsphere, f"mine-{number}", snapshot="base"), pause)]
    source = {"vm": {"name": "mine-1", "snapshot": "base", "linked": True}}
    workspace.play(*made, launched(vsphere, tmp_path, source=source))
    prune = {"names": ["mine-*"], "retention": {"keep": 2}}
    before = vsphere.everything()
    said = workspace.play(image(vsphere, "pruned", "would", **prune), arguments=("--check",))
    assert [entry["name"] for entry in said["would"]["images"] if entry["action"] == "remove"] == ["mine-2"]
    assert vsphere.everything()["machines"] == before["machines"]
    said = workspace.play(image(vsphere, "pruned", "pruned", **prune), image(vsphere, "pruned", "young", names=["mine-*"], retention={"max_age": "1d"}))
    assert names(vsphere) == {VM, "/DC0/vm/rig-guest", "/DC0/vm/mine-1", "/DC0/vm/mine-3", "/DC0/vm/mine-4"}
    assert {entry["name"]: entry["reason"] for entry in said["pruned"]["images"]}["mine-1"] == "used by rig-guest"
    assert not said["young"]["changed"]


def test_images_are_removed_by_name_and_machines_of_others_are_not(workspace: Workspace, vsphere: VSphereRig) -> None:
    said = workspace.play(
        *captured_and_published(vsphere, "mine"),
        image(vsphere, "absent", "removed", names=["mine", "debian-vm"]),
        image(vsphere, "absent", "again", names=["mine", "debian-vm"]),
    )
    assert [entry["name"] for entry in said["removed"]["images"]] == ["mine"] and not said["again"]["changed"]
    assert names(vsphere) == {VM}
