# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever hits a build of the vSphere builder in whatever phase, nothing of it stays in vCenter."""

from __future__ import annotations

import contextlib
import os
import signal
import ssl
import typing as t

import pytest
from pyVim import connect

from tests.integration.lifecycle.conftest import until
from tests.integration.vsphere.workspace import builder, make_library
from tests.rigs.leftovers import Kinds, left
from tests.rigs.vsphere.rig import PASSWORD, USER, VSphereRig

from .conftest import DEADLINE, PHASES, SLEEPS, Run, Site, hold, make_site, sleepers

if t.TYPE_CHECKING:
    import pathlib

LIBRARY = "golden"
UPLOAD = "PUT /folder/"
TO_LIBRARY = "POST /rest/com/vmware/vcenter/ovf/library-item"
#: Where sessions end: at some that ask, and at what a build does, but in a transfer, which ends with its session.
EXPIRING = (
    *("RetrievePropertiesEx", "CreateContainerView", "CreateFolder", "CloneVM_Task", "ReconfigVM_Task", UPLOAD, "PowerOnVM_Task", "ShutdownGuest"),
    *("MoveIntoFolder_Task", "CreateSnapshot_Task", "MarkAsTemplate", "Destroy_Task", "CreateDescriptor", "SetField"),
    *(TO_LIBRARY, "PATCH /rest/", "POST /rest/com/vmware/cis/tagging/"),
)
TEMPORARY = "golden-temporary-"


def only(image: str, value: str) -> str:
    """An option that one image alone has."""
    return f"{{{{ {value} if inventory_hostname == '{image}.rig' else none }}}}"


def definition(rig: VSphereRig) -> dict[str, t.Any]:
    """An image for each phase, that stays in it with ``fault=hold``; one has all outputs, and media."""
    unreachable = "fault in ('hold', 'fail') and inventory_hostname == 'launch.rig'"

    def wait(image: str) -> dict[str, t.Any]:
        return {"interval": 0.1, "timeout": f"{{{{ patience if inventory_hostname == '{image}.rig' else 60 }}}}"}

    options = {
        **{name: value for name, value in rig.account.items() if name != "password"},
        "password": "{{ password }}",
        # That one has no tools, so that nobody hears of its address.
        "source": {"template": f"{{{{ 'windows' if {unreachable} else 'debian-12' }}}}"},
        "folder": only("export", "'guests'"),
        "cd": only("export", "{'label': 'FILES', 'content': {'a.txt': 'a'}}"),
        "image_name": "{image}-{version}",
        "image_folder": "images",
        "snapshot": only("capture", "'base'"),
        "library": only("export", f"{{'library': '{LIBRARY}'}}"),
        "export": only("export", "{'format': 'ova'}"),
        "image_tags": "{{ {'team': 'web'} if inventory_hostname == 'export.rig' else {} }}",
        "image_attributes": "{{ {'owner': 'us'} if inventory_hostname == 'export.rig' else {} }}",
        "replace": "{{ fault == 'replace' }}",
        "launch_wait": wait("launch"),
        "address_wait": wait("launch"),
        "image_wait": wait("capture"),
    }
    made = {"inline": "echo content > made"}
    images: dict[str, dict[str, t.Any]] = {
        "launch": {},
        "configure": {"provisioners": [made, hold("configure")]},
        "capture": {"provisioners": [made]},
        "verify": {"provisioners": [made], "verify": [{"inline": "grep content made"}, hold("verify")]},
        "export": {"provisioners": [made, {"inline": "echo more >> made", "when": "fault == 'replace'"}], "verify": [{"inline": "grep content made"}]},
    }
    plain = {"version": "{{ '1.0.0' if fault in ('none', 'replace') else version }}", "gather_facts": False, "generalize": False}
    return {
        "plugin": "golden.images.builds",
        "variables": {
            "fault": {"type": "str", "default": "none"},
            "password": {"type": "str", "default": PASSWORD, "sensitive": True},
            "patience": {"type": "int", "default": 300},
            "version": {"type": "str", "default": "1.0.1"},
        },
        "builders": {"rig": builder(rig, **options)},
        "images": {name: {**plain, **image} for name, image in images.items()},
    }


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, collection_path: pathlib.Path, vsphere: VSphereRig) -> Site:
    """Every image, version 1.0.0, built while vCenter ended all sessions again and again."""
    make_library(vsphere, LIBRARY)
    vsphere.faults(*({"Method": method, "Expire": True, "Times": 1} for method in EXPIRING))
    made = make_site(tmp_path_factory.mktemp("faults") / "vsphere", collection_path, "none", definition(vsphere))
    calls = vsphere.calls()
    assert [method for method in EXPIRING if not any(call.startswith(method) for call in calls)] == []
    vsphere.faults()
    return made


@pytest.fixture
def before(site: Site, vsphere: VSphereRig) -> t.Iterator[Kinds]:
    """What is there before a fault: the finished versions alone."""
    site.discard()
    # Those of processes that a test before this one killed.
    vsphere.expire_sessions()
    known = vsphere.everything()
    assert images(vsphere) >= {f"{phase}-1.0.0" for phase in PHASES}
    source = vsphere.vm("debian-12")
    yield known
    vsphere.faults()
    assert vsphere.vm("debian-12") == source


def images(vsphere: VSphereRig) -> set[str]:
    """Names of the finished images."""
    folder = "/DC0/vm/images/"
    names = {path.removeprefix(folder) for path, vm in vsphere.vms().items() if path.startswith(folder) and vm["Template"]}
    return {name for name in names if not name.startswith(TEMPORARY)}


def hold_all(site: Site, vsphere: VSphereRig, phases: t.Collection[str] = PHASES) -> Run:
    """A run whose builds all stay in their phases."""
    vsphere.faults({"Task": "VirtualMachine.createSnapshot", "Seconds": -1}, {"Method": "GET /nfc/", "Seconds": DEADLINE})
    run = site.start("hold", "--limit", ",".join(f"{phase}.rig" for phase in phases))

    def held() -> bool:
        assert run.process.poll() is None, run.output
        calls = vsphere.calls()
        reached = {phase for phase in ("configure", "verify") if sleepers(SLEEPS[phase])}
        reached |= {"capture"} if "CreateSnapshot_Task" in calls else set()
        reached |= {"export"} if any(call.startswith("GET /nfc/") for call in calls) else set()
        # Last: it asks vCenter for everything.
        return reached >= set(phases) - {"launch"} and ("launch" not in phases or is_running(vsphere, "launch"))

    try:
        until(f"all of {phases} to be held", held, DEADLINE)
    except BaseException:
        run.kill_tree()
        run.process.wait()
        raise
    return run


def guests(vsphere: VSphereRig, image: str) -> list[dict[str, t.Any]]:
    """The guests of a build."""
    return [vm for vm in vsphere.vms().values() if vm["Name"].startswith(f"golden-{image}-rig-")]


def is_running(vsphere: VSphereRig, image: str) -> bool:
    return any(vm["Power"] == "poweredOn" for vm in guests(vsphere, image))


def assert_clean(site: Site, vsphere: VSphereRig, before: Kinds, *, sessions: bool = True) -> None:
    """Nothing is there but what was, and captured images that a rerun goes on with.

    :param sessions: whether those are looked at too: vCenter ends those of a killed process after a while.
    """
    site.assert_nothing_left()
    # Their disks have the names of the guests that they were.
    known = [str(artifact["metadata"]["path"]).rpartition(TEMPORARY)[2] for artifact in site.artifacts() if TEMPORARY in artifact["metadata"]["path"]]
    after = vsphere.everything()
    now, gone = left(before, after), left(after, before)
    if not sessions:
        now.pop("sessions", None)
    found = {kind: {one for one in ones if not any(name in one for name in known)} for kind, ones in now.items()}
    # Each has its content in a container that does not run.
    found["containers"] = set(sorted(found.get("containers", set()))[len(known) :])
    assert ({kind: ones for kind, ones in found.items() if ones}, gone) == ({}, {})


def assert_failed(output: str, *images: str) -> None:
    """Each in the phase that it is named like."""
    for image in images:
        assert f"{image}.rig failed in the phase {image}: " in output, output
    assert "unreachable=0" in output and "Traceback" not in output, output
    assert PASSWORD not in output


def test_a_run_that_is_killed_in_every_phase_leaves_nothing(site: Site, vsphere: VSphereRig, before: Kinds) -> None:
    hold_all(site, vsphere).end("SIGKILL-all")
    assert_clean(site, vsphere, before, sessions=False)


def test_a_run_and_its_watcher_that_are_killed_leave_work_for_discard(site: Site, vsphere: VSphereRig, before: Kinds) -> None:
    site.kill_with_watcher(hold_all(site, vsphere))
    assert left(before, vsphere.everything()).keys() >= {"machines", "files", "containers"}
    assert site.discard()
    assert_clean(site, vsphere, before, sessions=False)
    assert not site.discard()


def test_failures_of_vcenter_and_of_guests_are_told_and_leave_nothing(site: Site, vsphere: VSphereRig, before: Kinds) -> None:
    # A guest without an address, two that are switched off, a task that never ends, and a full datastore.
    vsphere.faults({"Task": "VirtualMachine.createSnapshot", "Seconds": -1}, {"Method": UPLOAD, "Status": 507})
    run = site.start("hold", "-e", "patience=2")
    for image in ("configure", "verify"):
        until(f"{image} to be held", lambda image=image: run.process.poll() is not None or sleepers(SLEEPS[image]), DEADLINE)
        (guest,) = guests(vsphere, image)
        vsphere.machine("crash", guest["Name"])
    assert run.wait() == 2
    assert_failed(run.output, "launch", "configure", "capture", "verify")
    assert "export.rig failed in the phase launch: " in run.output
    for words in (
        (" had no address to be reached at within 2 s: VMware Tools not running, it reports no address", "raise address_wait.timeout"),
        ("vSphere could not take the snapshot base within 2 s", "image_wait"),
        ("507", "Make room on the datastore"),
    ):
        for text in words:
            assert text in run.output, (text, run.output)
    assert "CancelTask" in vsphere.calls()
    assert_clean(site, vsphere, before)


def test_a_wrong_password_is_told_and_never_shown(site: Site, vsphere: VSphereRig, before: Kinds) -> None:
    vsphere.faults()
    status, output = site.run("password", "--limit", "launch.rig,export.rig", "-e", "password=rig-Wrong-31")
    assert status == 2 and "launch.rig failed in the phase plan: " in output, output
    assert "InvalidLogin" in output and "Check username and password" in output and "rig-Wrong-31" not in output, output
    assert_clean(site, vsphere, before)


def test_a_password_that_changes_meanwhile_leaves_work_for_discard(site: Site, vsphere: VSphereRig, before: Kinds) -> None:
    vsphere.faults({"Method": "ShutdownGuest", "Expire": True, "Times": 1}, {"Method": "Login", "Since": "ShutdownGuest", "Fault": "InvalidLogin"})
    status, output = site.run("password", "--limit", "capture.rig")
    assert status == 2
    assert_failed(output, "capture")
    assert "InvalidLogin" in output and "left behind: " in output, output
    # They know no other password, and would try for a while.
    for pid in site.watchers():
        os.kill(pid, signal.SIGKILL)
    until("the watcher to end", lambda: not site.watchers(), DEADLINE)
    vsphere.faults()
    assert left(before, vsphere.everything()).keys() >= {"machines", "files"}
    assert site.discard()
    assert_clean(site, vsphere, before)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (
            {"Task": "VirtualMachine.cloneVm", "Fault": "InsufficientResourcesFault", "Message": "by the rig"},
            ("by the rig (InsufficientResourcesFault)", "fewer CPUs"),
        ),
        ({"Task": "VirtualMachine.cloneVm", "Seconds": -1}, ("within 2 s", "launch_wait")),
        ({"Method": "CloneVM_Task", "Lost": True}, ("the connection failed", "what this one made is removed")),
    ],
    ids=["refused", "endless", "lost"],
)
def test_a_clone_that_fails_is_told_and_leaves_nothing(site: Site, vsphere: VSphereRig, before: Kinds, fault: dict[str, t.Any], words: tuple[str, ...]) -> None:
    vsphere.faults(fault)
    status, output = site.run("fail", "--limit", "launch.rig", "-e", "patience=2")
    assert status == 2
    assert_failed(output, "launch")
    assert all(text in output for text in words), output
    assert_clean(site, vsphere, before)


def test_a_clone_that_goes_on_when_its_run_is_killed_leaves_nothing(site: Site, vsphere: VSphereRig, before: Kinds) -> None:
    vsphere.faults({"Task": "VirtualMachine.cloneVm", "Seconds": 20})
    run = site.start("fail", "--limit", "launch.rig")
    until("the clone to begin", lambda: run.process.poll() is not None or "CloneVM_Task" in vsphere.calls(), DEADLINE)
    run.end("SIGKILL-all")
    site.await_end()
    assert "CancelTask" in vsphere.calls()
    assert_clean(site, vsphere, before, sessions=False)


def test_after_all_that_the_finished_images_are_still_up_to_date(site: Site, before: Kinds) -> None:
    status, output = site.run("none")
    assert status == 0 and f"{len(PHASES)} builds: {len(PHASES)} up to date" in output, output


def test_a_name_is_never_lost_when_a_run_is_killed_while_an_image_takes_it_over(site: Site, vsphere: VSphereRig, before: Kinds) -> None:
    # While the library item is updated, when the old image has given its name away, and when the new one has it; each run goes on where the last one was.
    for call, skipped, seconds in ((TO_LIBRARY, 0, 3), ("ReconfigVM_Task", 1, 10 * DEADLINE), ("Destroy_Task", 0, 3)):
        vsphere.faults({"Method": call, "Skip": skipped, "Times": 1, "Seconds": seconds})
        run = site.start("replace", "--limit", "export.rig", *(["-e", "golden_force=true"] if call == TO_LIBRARY else []))

        def held(run: Run = run, call: str = call, skipped: int = skipped) -> bool:
            return run.process.poll() is not None or sum(one.startswith(call) for one in vsphere.calls()) > skipped

        until("an image to be replaced", held, DEADLINE)
        assert run.process.poll() is None, run.output
        run.kill_tree()
        run.wait()
        site.assert_nothing_left()
        paths = vsphere.vms().keys()
        assert [path for path in paths if path.endswith("/export-1.0.0") or "replaced" in path] == ["/DC0/vm/images/export-1.0.0"], call
        assert [item["Name"] for item in vsphere.tell()["Libraries"][LIBRARY]] == ["export"]
    vsphere.faults()
    status, output = site.run("replace", "--limit", "export.rig")
    assert status == 0, output
    assert vsphere.in_content("export-1.0.0", "cat /home/*/made").split() == ["content", "more"]
    counted = [{kind: len(ones) for kind, ones in kinds.items() if kind != "sessions"} for kinds in (before, vsphere.everything())]
    assert counted[0] == counted[1]


def test_a_name_that_is_taken_meanwhile_is_told_and_the_image_is_kept_for_the_next_run(site: Site, vsphere: VSphereRig, before: Kinds) -> None:
    vsphere.faults({"Task": "VirtualMachine.createSnapshot", "Seconds": 3})
    arguments = ("--limit", "capture.rig", "-e", "version=1.0.2")
    run = site.start("taken", *arguments)
    until("the image to be captured", lambda: run.process.poll() is not None or "CreateSnapshot_Task" in vsphere.calls(), DEADLINE)
    with stranger(vsphere) as root:
        (folder,) = [child for child in root.childEntity[0].vmFolder.childEntity if child.name == "images"]
        taken = folder.CreateFolder("capture-1.0.2")
        assert run.wait() == 2
        assert "capture.rig failed in the phase export: there is a folder called capture-1.0.2" in run.output, run.output
        taken.UnregisterAndDestroy_Task()
    assert_clean(site, vsphere, before)
    vsphere.faults()
    status, output = site.run("taken", *arguments)
    assert status == 0, output
    assert "CloneVM_Task" not in vsphere.calls() and "capture-1.0.2" in images(vsphere)


@contextlib.contextmanager
def stranger(vsphere: VSphereRig) -> t.Iterator[t.Any]:
    """The root folder, for somebody else."""
    context = ssl.create_default_context(cafile=str(vsphere.ca_file))
    service = connect.SmartConnect(host="127.0.0.1", port=vsphere.port, user=USER, pwd=PASSWORD, sslContext=context)
    try:
        yield service.content.rootFolder
    finally:
        connect.Disconnect(service)
