# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever hits a build of the VirtualBox builder in whatever phase, nothing of it stays in VirtualBox, and machines of people stay as they are.

Only the image ``configure`` has a Linux in its guest, since that takes long in emulation; the others have a system of one sector.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import pathlib
import signal
import socket
import typing as t

import pytest
import yaml

from tests.integration.lifecycle.conftest import children, until
from tests.integration.virtualbox.workspace import SMALL, WAITS
from tests.rigs.leftovers import Kinds, left
from tests.rigs.virtualbox.guest_disk import USER
from tests.rigs.virtualbox.rig import VirtualBoxRig
from tests.rigs.virtualbox.tiny_guests import tiny_disk

from .conftest import DEADLINE, MIB, SLEEPS, Run, Site, empty_site, hold, sleepers, small_disk

ORIGINAL = "original of somebody"
KEPT = "kept"
NOISE = 100
BOOT = 600.0
#: A copy may be through before it was seen.
ATTEMPTS = 5
#: What copies a whole disk in VirtualBox, so that there is a middle of it.
COPIES = ("disk", "import", "clone", "capture")


def unattended(**changes: t.Any) -> dict[str, t.Any]:
    """An image whose guest turns itself off."""
    return {"builders": {"rig": {"connection": "none", **changes}}}


def awaited(**changes: t.Any) -> dict[str, t.Any]:
    """An image whose guest is waited for in vain."""
    return {"builders": {"rig": {"user": "root", **changes}}}


def from_disk(path: pathlib.Path) -> dict[str, t.Any]:
    return {"source": {"disk": {"path": str(path)}}}


def from_appliance(path: pathlib.Path) -> dict[str, t.Any]:
    return {"source": {"ova": {"path": str(path)}}}


def definition(rig: VirtualBoxRig, files: pathlib.Path) -> dict[str, t.Any]:
    """An image for each fault."""
    off, deaf, large = files / "off.raw", files / "deaf.raw", files / "large.raw"
    impatient = {"shutdown": "acpi", "shutdown_wait": {"timeout": 2, "interval": 0.2}}
    reached = {"local": "touch {{ golden_definition_dir }}/configuring"}
    # Not by the variable, which counts for the fingerprint.
    post = {"type": "command", "argv": ["sh", "-c", f"test ! -e {{{{ golden_definition_dir }}}}/holding || sleep {SLEEPS['export']}"]}
    images = {
        "configure": {
            "builders": {"rig": {"user": USER, **from_disk(rig.disk)}},
            "provisioners": [{"inline": "test -e /etc/debian_version"}, reached, hold("configure")],
        },
        "disk": unattended(**from_disk(files / "large.vdi")),
        "import": unattended(**from_appliance(files / "large.ova")),
        "clone": unattended(source={"vm": {"name": ORIGINAL}}),
        "linked": awaited(source={"vm": {"name": ORIGINAL, "linked": True}}, connection_wait={"timeout": 2 * BOOT, "interval": 0.5}),
        "capture": unattended(**from_disk(large)),
        "export": {**unattended(**from_disk(off), keep_registered=True, vm_name=KEPT), "post_processors": [post]},
        "silent": awaited(**from_disk(deaf), connection_wait={"timeout": 3, "interval": 0.5}),
        "deaf": unattended(**from_disk(deaf), **impatient),
        "stubborn": unattended(**from_disk(deaf), **impatient, power_off=False),
        "port": awaited(**from_disk(deaf), host_ports=["{{ taken_port }}"]),
        "cut": unattended(**from_appliance(files / "cut.ova")),
        "damaged": unattended(**from_appliance(files / "damaged.ova")),
        "name": unattended(**from_disk(off), keep_registered=True, vm_name=ORIGINAL),
    }
    plain = {"version": "1.0.0", "gather_facts": False, "generalize": False}
    return {
        "plugin": "golden.images.builds",
        "variables": {"fault": {"type": "str", "default": "none"}, "taken_port": {"type": "int", "default": 1}},
        "builders": {"rig": {"type": "virtualbox", **SMALL, **WAITS}},
        "images": {name: {**plain, **image} for name, image in images.items()},
    }


def make_files(rig: VirtualBoxRig, folder: pathlib.Path) -> None:
    """Sources: small disks, a large one, the machine of somebody, and appliances of which only one is whole."""
    folder.mkdir()
    tiny_disk(folder / "off.raw", turns_off=True)
    tiny_disk(folder / "deaf.raw", turns_off=False)
    tiny_disk(folder / "large.raw", turns_off=True, noise=NOISE)
    disk = folder / "machines" / ORIGINAL / "disk.vdi"
    rig.vboxmanage("createvm", "--name", ORIGINAL, "--ostype", "Debian_64", "--basefolder", folder / "machines", "--register")
    rig.vboxmanage("modifyvm", ORIGINAL, "--memory", "64", "--nic1", "nat", "--nat-localhostreachable1", "on")
    rig.vboxmanage("storagectl", ORIGINAL, "--name", "SATA", "--add", "sata", "--portcount", "1")
    for target in (disk, folder / "large.vdi"):
        rig.vboxmanage("convertfromraw", tiny_disk(folder / "awake.raw", turns_off=False, noise=NOISE), target, "--format", "VDI")
    rig.vboxmanage("storageattach", ORIGINAL, "--storagectl", "SATA", "--port", "0", "--device", "0", "--type", "hdd", "--medium", disk)
    rig.vboxmanage("export", ORIGINAL, "--output", folder / "large.ova")
    whole = (folder / "large.ova").read_bytes()
    (folder / "cut.ova").write_bytes(whole[: len(whole) // 2])
    (folder / "damaged.ova").write_bytes(whole[: len(whole) // 2] + bytes(MIB) + whole[len(whole) // 2 + MIB :])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, collection_path: pathlib.Path, vbox_rig: VirtualBoxRig) -> t.Iterator[Site]:
    """A user with a machine in the VirtualBox where images are built."""
    folder = tmp_path_factory.mktemp("faults") / "virtualbox"
    made = empty_site(folder, collection_path, "none", definition(vbox_rig, folder / "files"))
    make_files(vbox_rig, folder / "files")
    made.environment["PATH"] = f"{vbox_rig.programs}:{made.environment['PATH']}"
    yield made
    vbox_rig.vboxmanage("unregistervm", ORIGINAL, "--delete")


Before = tuple[Kinds, dict[str, str], str]


def look(site: Site, rig: VirtualBoxRig) -> Before:
    """All that is there, and what tells the machine of somebody from one that was touched."""
    # A snapshot that was taken and deleted counts as a change of its state.
    info = {key: value for key, value in rig.info(ORIGINAL).items() if key != "VMStateChangeTime"}
    with open(site.folder / "files/machines" / ORIGINAL / "disk.vdi", "rb") as stream:
        return rig.everything(), info, hashlib.file_digest(stream, "sha256").hexdigest()


@pytest.fixture
def before(site: Site, vbox_rig: VirtualBoxRig) -> Before:
    """What is there before a fault."""
    return look(site, vbox_rig)


def assert_clean(site: Site, rig: VirtualBoxRig, before: Before) -> None:
    """Nothing is left, and nothing of somebody else changed."""
    site.assert_nothing_left()
    now = look(site, rig)
    assert left(before[0], now[0]) == {}
    assert left(now[0], before[0]) == {}, "something of somebody else is gone"
    assert set(now[1].items()) ^ set(before[1].items()) == set(), "the machine of somebody has other settings"
    assert now[2] == before[2], "the disk of somebody was written to"


def guest(run: Run, image: str) -> str:
    return f"golden-{image}-rig-{run.run_id[:12]}"


def runs(rig: VirtualBoxRig, run: Run, image: str) -> bool:
    """Whether the machine of a build has been started; asked of the kernel, for VirtualBox locks a machine for whoever asks."""
    for pid in set(rig.emulators()) - set(children(run.process.pid)):
        with contextlib.suppress(OSError):
            if guest(run, image) in pathlib.Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8", errors="replace").split("\0"):
                return True
    return False


def await_running(run: Run, rig: VirtualBoxRig, image: str) -> None:
    def is_reached() -> bool:
        assert run.process.poll() is None, run.output
        return (run.site.folder / "configuring").exists() if image == "configure" else runs(rig, run, image)

    until(f"the guest of {image} to run", is_reached, BOOT)


def begin(site: Site, rig: VirtualBoxRig, *images: str) -> Run:
    """A run whose builds stay in their phases."""
    (site.folder / "configuring").unlink(missing_ok=True)
    (site.folder / "holding").touch()
    run = site.start("hold", "--limit", ",".join(f"{image}.rig" for image in images), "-e", "golden_force=true")
    try:
        for image in images:
            if image == "export":
                until("the image to be exported", lambda: run.process.poll() is not None or sleepers(SLEEPS["export"]), DEADLINE)
            else:
                await_running(run, rig, image)
        assert run.process.poll() is None, run.output
    except BaseException:
        run.kill_tree()
        run.process.wait()
        raise
    finally:
        (site.folder / "holding").unlink()
    return run


@contextlib.contextmanager
def in_the_middle(site: Site, rig: VirtualBoxRig, image: str) -> t.Iterator[Run]:
    """A run while VirtualBox has written a part of a disk, and does nothing until the block ends."""
    for _attempt in range(ATTEMPTS):
        run = site.start("none", "--limit", f"{image}.rig", "-e", "golden_force=true")
        until("VirtualBox to copy a disk", lambda run=run: run.process.poll() is not None or written(run, image) > MIB, DEADLINE)
        stopped = rig.services()
        send(signal.SIGSTOP, stopped)
        try:
            if run.process.poll() is None and stopped and MIB < written(run, image) < NOISE * MIB:
                yield run
                return
        finally:
            send(signal.SIGCONT, stopped)
            if run.process.poll() is None:
                run.kill_tree()
            run.process.wait()
        site.await_end()
    raise AssertionError(f"a copy was never met in its middle: {run.output}")


def written(run: Run, image: str) -> int:
    """Bytes of the largest disk that is being made."""
    place = run.site.state / (f"captured/capture.rig/{run.run_id}" if image == "capture" else f"runs/{run.run_id}/{image}.rig")
    with contextlib.suppress(FileNotFoundError):
        return max((path.stat().st_size for path in place.rglob("*.v*") if path.suffix in (".vdi", ".vmdk")), default=0)
    return 0


def send(number: signal.Signals, pids: t.Iterable[int]) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


@pytest.mark.parametrize("image", COPIES)
def test_a_run_that_is_killed_while_virtualbox_copies_a_disk_leaves_nothing(site: Site, vbox_rig: VirtualBoxRig, before: Before, image: str) -> None:
    with in_the_middle(site, vbox_rig, image) as run:
        run.kill_tree()
    assert_clean(site, vbox_rig, before)


def test_a_run_and_its_watcher_that_are_killed_leave_work_for_discard(site: Site, vbox_rig: VirtualBoxRig, before: Before) -> None:
    run = begin(site, vbox_rig, "linked")
    site.kill_with_watcher(run)
    assert runs(vbox_rig, run, "linked")
    assert site.discard()
    assert_clean(site, vbox_rig, before)
    with in_the_middle(site, vbox_rig, "capture") as run:
        site.kill_with_watcher(run)
    assert left(before[0], vbox_rig.everything()).keys() >= {"machines", "media"}
    assert site.discard()
    assert_clean(site, vbox_rig, before)
    assert not site.discard()


def test_a_run_that_is_killed_while_guests_run_leaves_nothing(site: Site, vbox_rig: VirtualBoxRig, before: Before) -> None:
    begin(site, vbox_rig, "linked", "configure").end("SIGKILL-all")
    assert_clean(site, vbox_rig, before)


def test_a_service_that_is_killed_while_guests_run_is_an_ordinary_failure(site: Site, vbox_rig: VirtualBoxRig, before: Before) -> None:
    run = begin(site, vbox_rig, "linked", "configure")
    vbox_rig.kill_service()
    assert run.wait() == 2
    for words in (
        "linked.rig failed in the phase launch: ",
        "is aborted instead of running",
        "configure.rig failed in the phase configure: ",
        "The guest does not answer",
        "unreachable=0",
    ):
        assert words in run.output, run.output
    assert_clean(site, vbox_rig, before)


def test_a_service_that_is_killed_while_it_exports_is_an_ordinary_failure_and_a_rerun_finishes(site: Site, vbox_rig: VirtualBoxRig, before: Before) -> None:
    with in_the_middle(site, vbox_rig, "capture") as run:
        vbox_rig.kill_service()
        assert run.wait() == 2
    assert "capture.rig failed in the phase capture: " in run.output and "VBoxSVC, the service of VirtualBox, ended" in run.output, run.output
    assert_clean(site, vbox_rig, before)
    status, output = site.run("none", "--limit", "capture.rig")
    assert status == 0 and "1 built" in output, output
    assert_clean(site, vbox_rig, before)


def test_a_run_that_is_killed_in_its_last_phase_is_finished_by_a_rerun_without_a_guest(site: Site, vbox_rig: VirtualBoxRig, before: Before) -> None:
    begin(site, vbox_rig, "export").end("SIGKILL-all")
    try:
        site.assert_nothing_left()
        # It has been published, and is somebody's from then on.
        assert left(before[0], vbox_rig.everything())["machines"] == {KEPT}
        published = vbox_rig.info(KEPT)["UUID"]
        status, output = site.run("hold", "--limit", "export.rig")
        assert status == 0 and "1 built" in output, output
        assert vbox_rig.info(KEPT)["UUID"] == published
    finally:
        vbox_rig.vboxmanage("unregistervm", KEPT, "--delete-all")
    assert_clean(site, vbox_rig, before)


def test_a_full_disk_is_named(site: Site, vbox_rig: VirtualBoxRig, before: Before) -> None:
    with small_disk(site.state / "captured", 30):
        # The one of the rig sees only what was mounted before it started.
        vbox_rig.kill_service()
        status, output = site.run("none", "--limit", "capture.rig", "-e", "golden_force=true")
        assert not [path for path in (site.state / "captured").rglob("*") if path.is_file()]
    assert status == 2
    assert "capture.rig failed in the phase capture: VirtualBox could not export the machine golden-capture-rig-" in output, output
    assert "Free space on the file system of the state folder" in output, output
    assert_clean(site, vbox_rig, before)


@pytest.fixture(scope="module")
def failed(site: Site, vbox_rig: VirtualBoxRig) -> str:
    """What a run writes in which everything fails that can be without anybody being killed; nothing is left of it."""
    images = ("silent", "deaf", "stubborn", "port", "cut", "damaged", "name")
    before = look(site, vbox_rig)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        status, output = site.run("none", "-f", str(len(images)), "--limit", ",".join(f"{image}.rig" for image in images), "-e", f"taken_port={port}")
    assert status == 2 and "unreachable=0" in output, output
    assert_clean(site, vbox_rig, before)
    return output.replace(str(port), "PORT")


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (
            "silent",
            ["failed in the phase launch: gave up waiting for the guest golden-silent-rig-", "that its machine is running", "A picture"],
        ),
        ("stubborn", ["failed in the phase capture: gave up waiting for the guest golden-stubborn-rig-", "or set shutdown_command, or power_off: true"]),
        ("port", ["failed in the phase launch: host_ports: port PORT is taken", "See who listens"]),
        ("cut", ["failed in the phase plan: ", "cut.ova"]),
        ("damaged", ["failed in the phase launch: VirtualBox could not import the appliance ", "damaged.ova"]),
        ("name", ["failed in the phase plan: ", f"a machine {ORIGINAL} that is no image of name.rig is registered already"]),
    ],
)
def test_what_fails_says_why(failed: str, image: str, words: list[str]) -> None:
    assert f"{image}.rig {words[0]}" in failed, failed
    for text in words[1:]:
        assert text in failed, (text, failed)


def test_a_guest_that_never_shuts_down_is_powered_off(failed: str, site: Site) -> None:
    assert "did not shut down within 2 s and is powered off" in failed, failed
    assert "deaf.rig failed" not in failed
    (file,) = [file for artifact in site.artifacts() if artifact["image"] == "deaf" for file in artifact["files"]]
    assert file["path"].endswith("deaf-1.0.0-rig.ova") and pathlib.Path(file["path"]).stat().st_size == file["size"]


def test_a_machine_of_somebody_is_neither_used_nor_removed(site: Site, vbox_rig: VirtualBoxRig, before: Before) -> None:
    common = {"name": ORIGINAL, "directory": str(site.folder / "own")}
    tasks = [
        {"golden.images.virtualbox_guest": {**common, **from_disk(site.folder / "files/off.raw"), "connection": "none"}, "ignore_errors": True},
        {"golden.images.virtualbox_guest": {**common, "state": "absent"}},
    ]
    (site.folder / "play.yml").write_text(yaml.safe_dump([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]))
    status, output = site.run("none", playbook="play.yml")
    assert status == 2
    assert f"there is a machine {ORIGINAL} already, and it was not made by golden.images" in output, output
    assert f"the machine {ORIGINAL} was not made by golden.images, so it is not removed" in output, output
    assert_clean(site, vbox_rig, before)
