# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole lifecycle in vCenter, from a definition: clone, configure, template, verify, library, OVA, and an image from that OVA."""

from __future__ import annotations

import hashlib
import pathlib
import subprocess
import tarfile
import typing as t

import pytest

from tests.rigs.leftovers import Kinds, left
from tests.rigs.vsphere.rig import PASSWORD, VSphereRig

from ..conftest import Finished
from .workspace import Workspace, builder, make_library

LIBRARY = "golden"
BOXED = ("from-package", "from-library")
# What changes nothing, of what a build calls.
READING = ("Retrieve", "Continue", "Fetch", "CurrentTime", "Query", "Find", "Has", "Login", "Logout", "CreateContainerView", "DestroyView", "GET ")
READING_REST = ("/api/session", "/com/vmware/cis/session", " find", " list-attached-tags", " list-tags-for-category", " list-attached-objects")


def image(version: str, text: str = "A page", **more: t.Any) -> dict[str, t.Any]:
    return {
        "version": version,
        "description": "A page",
        "provisioners": [{"role": "page", "vars": {"page_text": text}}, {"inline": "echo more > /etc/second", "become": True}],
        "verify": [{"inline": f"grep -q '{text} on Debian' /srv/published"}, {"inline": "grep -q more /etc/second"}],
        **more,
    }


def define(workspace: Workspace, version: str, text: str = "A page", **options: t.Any) -> None:
    """The image ``web`` with every output; what there is of it in other forms only, and two images made of those."""
    wanted: dict[str, t.Any] = {
        "cpus": 2,
        "image_name": "{image}-{version}",
        "image_folder": "images",
        "image_tags": {"team": ["web"]},
        "image_attributes": {"owner": "the web team"},
        "library": {"library": LIBRARY, "item": "{image}"},
        "export": {"format": "ova", "directory": "exported"},
        **options,
    }
    third = [{"inline": "grep -q page /srv/published && echo {{ golden_build.image }} > /etc/third", "become": True}]
    workspace.define(
        {
            "web": {"builders": ["vsphere"], **image(version, text)},
            "boxed": {"version": "1", "builders": ["packed", "shelved"], "source": {"image_of": "web.vsphere"}},
            "from-package": {"version": "1", "builders": ["plain"], "source": {"image_of": "boxed.packed"}, "provisioners": third},
            "from-library": {"version": "1", "builders": ["plain"], "source": {"image_of": "boxed.shelved"}, "provisioners": third},
        },
        vsphere=builder(workspace.rig, **wanted),
        packed=builder(workspace.rig, image_type="none", export={"format": "ova"}),
        shelved=builder(workspace.rig, image_type="none", library={"library": LIBRARY, "item": "shelved"}),
        plain=builder(workspace.rig, image_name="{image}"),
    )


ONLY_WEB = ("-e", "golden_only_images=web")


class Built(t.NamedTuple):
    """A finished build.

    :ivar library: id of the content library.
    :ivar source: what there was to tell of the source.
    :ivar template: id of the template.
    """

    run: Finished
    before: Kinds
    calls: list[str]
    library: str
    source: dict[str, t.Any]
    template: str


@pytest.fixture(scope="module")
def built(workspace: Workspace, vsphere: VSphereRig) -> Built:
    """Version 1.0.0, built with every output."""
    library = make_library(vsphere, LIBRARY)
    before, source = vsphere.everything(), vsphere.vm("debian-12")
    vsphere.faults()
    define(workspace, "1.0.0")
    run = workspace.run("-vvv", *ONLY_WEB).ok()
    return Built(run, before, vsphere.calls(), library, source, vsphere.vm("web-1.0.0")["ID"])


def package(workspace: Workspace) -> pathlib.Path:
    (found,) = (workspace.folder / "exported").rglob("*.ova")
    return pathlib.Path(found)


@pytest.mark.smoke
def test_the_template_is_in_its_folder_under_its_name(built: Built, vsphere: VSphereRig) -> None:
    vm = vsphere.vms()["/DC0/vm/images/web-1.0.0"]
    assert (vm["Template"], vm["Power"], vm["CPUs"], vm["Tags"], vm["Custom"]) == (True, "poweredOff", 2, ["team/web"], {"owner": "the web team"})


def test_the_template_has_what_was_provisioned(built: Built, vsphere: VSphereRig) -> None:
    assert vsphere.in_content("web-1.0.0", "cat /srv/published /etc/second").splitlines() == ["A page on Debian", "more"]


def test_it_was_verified_on_a_clone_of_the_template(built: Built) -> None:
    assert [call for call in built.calls if call == "CloneVM_Task"] == ["CloneVM_Task"] * 2
    assert built.calls.index("MarkAsTemplate") < len(built.calls) - built.calls[::-1].index("CloneVM_Task") - 1


def test_the_library_has_the_item_with_its_files(built: Built, vsphere: VSphereRig) -> None:
    (item,) = vsphere.tell()["Libraries"][LIBRARY]
    assert (item["Name"], item["Type"], item["ContentVersion"]) == ("web", "ovf", "1")
    assert {pathlib.PurePath(name).suffix for name in item["Files"]} == {".ovf", ".vmdk"}


def test_the_package_is_whole(built: Built, workspace: Workspace, tmp_path: pathlib.Path) -> None:
    with tarfile.open(package(workspace)) as archive:
        names = archive.getnames()
        archive.extractall(tmp_path, filter="data")
    assert names[0].endswith(".ovf")
    (disk,) = tmp_path.glob("*.vmdk")
    checked = subprocess.run(["qemu-img", "check", str(disk)], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    (manifest,) = tmp_path.glob("*.mf")
    sums = dict(line.removeprefix("SHA256(").split(")= ") for line in manifest.read_text().splitlines())
    assert sums.keys() == set(names) - {manifest.name}
    assert sums == {name: hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() for name in sums}


def test_nothing_but_the_outputs_is_left(built: Built, vsphere: VSphereRig) -> None:
    now = left(built.before, vsphere.everything())
    assert {machine.partition(" ")[2] for machine in now.pop("machines")} == {"/DC0/vm/images/web-1.0.0 (template)"}
    assert now.pop("folders") == {"/DC0/vm/images"}
    assert {name.partition(" ")[0] for name in now.pop("library items")} == {f"{LIBRARY}/web"}
    assert now.pop("tags") == {"team/web"}
    # The disk of a template has the name of the guest that it was.
    (disk,) = [device["File"].partition("] ")[2].partition("/")[0] for device in vsphere.vm("web-1.0.0")["Devices"] if device["Type"] == "VirtualDisk"]
    assert {name.replace("] ", "]/").split("/")[1] for name in now.pop("files")} == {disk, f"contentlib-{built.library}"}
    assert now == {}
    assert left(vsphere.everything(), built.before) == {}


def test_nothing_of_the_build_is_in_the_template(built: Built, vsphere: VSphereRig) -> None:
    # What a guest gets at its first boot is made there.
    script = (
        "ls /etc/ssh/ssh_host_* /var/lib/cloud/data 2>/dev/null; cat /etc/machine-id /home/*/.ssh/authorized_keys /root/.ssh/authorized_keys 2>/dev/null; true"
    )
    assert vsphere.in_content("web-1.0.0", script) == ""
    assert vsphere.in_content("web-1.0.0", f"grep -rlE 'PRIVATE KEY-|{PASSWORD}' /etc /home /root /srv /tmp /var 2>/dev/null; true") == ""
    extra = vsphere.vm("web-1.0.0")["Extra"]
    assert not [key for key in extra if key.startswith(("guestinfo.", "golden.guest", "golden.added", "golden.media"))], extra


def test_no_secret_is_in_the_output_or_in_the_state(built: Built, workspace: Workspace) -> None:
    texts = {"output": built.run.output}
    texts.update({str(path): path.read_text(errors="replace") for path in workspace.state.rglob("*") if path.is_file()})
    for where, text in texts.items():
        assert PASSWORD not in text, where
        assert "PRIVATE KEY" not in text, where
    assert {path.name for path in workspace.state.glob("runs/*/web.vsphere/*")} <= {"journal.jsonl", "outcome.json", "timeline.jsonl"}


def changing(calls: t.Iterable[str]) -> list[str]:
    return [call for call in calls if not call.startswith(READING) and not any(part in call for part in READING_REST)]


def test_a_second_run_reads_only_and_says_so(built: Built, workspace: Workspace, vsphere: VSphereRig) -> None:
    vsphere.faults()
    again = workspace.run(*ONLY_WEB).ok()
    assert "up to date" in again.stdout and "changed=0" in again.stdout
    assert changing(vsphere.calls()) == []


def test_what_is_published_is_verified_again_and_stays_as_it_is(built: Built, workspace: Workspace, vsphere: VSphereRig) -> None:
    before = vsphere.everything()
    vsphere.faults()
    assert "1 build: 1 verified" in workspace.run(*ONLY_WEB, playbook="golden.images.verify").ok().stdout
    assert vsphere.calls().count("CloneVM_Task") == 1
    assert vsphere.everything() == before
    assert vsphere.vm("web-1.0.0")["ID"] == built.template


def test_a_check_creates_nothing_and_names_a_clash(built: Built, workspace: Workspace, vsphere: VSphereRig) -> None:
    vsphere.faults()
    define(workspace, "1.0.0", text="Another page")
    checked = workspace.run("--check", *ONLY_WEB)
    assert checked.rc != 0 and "web-1.0.0" in checked.output
    define(workspace, "1.1.0")
    workspace.run("--check", *ONLY_WEB).ok()
    assert changing(vsphere.calls()) == []


def test_what_was_exported_is_exported_again_where_it_is_gone(built: Built, workspace: Workspace, vsphere: VSphereRig) -> None:
    define(workspace, "1.0.0")
    package(workspace).unlink()
    vsphere.faults()
    workspace.run(*ONLY_WEB).ok()
    assert package(workspace).is_file()
    assert "ExportVm" in vsphere.calls() and "CloneVM_Task" not in vsphere.calls()


@pytest.fixture(scope="module")
def rebuilt(built: Built, workspace: Workspace, vsphere: VSphereRig) -> list[str]:
    """All images of the definition, after the content of ``web`` became another one; the calls that it took."""
    vsphere.faults()
    define(workspace, "1.0.0", text="A new page", replace=True)
    workspace.run().ok()
    return vsphere.calls()


def test_a_new_content_takes_over_the_name_and_the_library_item(built: Built, rebuilt: list[str], vsphere: VSphereRig) -> None:
    web = vsphere.vm("web-1.0.0")
    assert web["ID"] != built.template
    assert vsphere.in_content("web-1.0.0", "cat /srv/published") == "A new page on Debian"
    (item,) = [item for item in vsphere.tell()["Libraries"][LIBRARY] if item["Name"] == "web"]
    assert item["ContentVersion"] == "2"


def test_the_package_and_the_library_item_are_sources_of_other_images(rebuilt: list[str], vsphere: VSphereRig) -> None:
    # Two builds of web, one of them to verify it; the two that were packed and shelved. Whatever else was made came from those.
    assert rebuilt.count("CloneVM_Task") == 4
    assert "ImportVApp" in rebuilt and len([call for call in rebuilt if "ovf/library-item/id:" in call and call.endswith(" deploy")]) == 1
    for name in BOXED:
        assert vsphere.vm(name)["Template"]
        assert vsphere.in_content(name, "cat /srv/published /etc/third").splitlines() == ["A new page on Debian", name]


def test_the_sources_are_what_they_were_and_nothing_else_is_left(built: Built, rebuilt: list[str], vsphere: VSphereRig) -> None:
    now = left(built.before, vsphere.everything())
    # What was made for its package or its item alone is not kept.
    assert {machine.partition(" ")[2] for machine in now["machines"]} == {f"/DC0/vm/{name} (template)" for name in ("images/web-1.0.0", *BOXED)}
    assert now.get("sessions") is None and now.get("containers") is None
    assert vsphere.vm("debian-12") == built.source
