# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever hits a build of the local builder in whatever phase, nothing of it stays on the machine.

In the phase launch the guest's process 1 is the last that comes, and in the phase export there is none any more:
nothing can be killed there from outside but the run itself. What can be cut in launch is a download.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import pathlib
import signal
import typing as t

import pytest

from tests.integration.lifecycle.conftest import children, until

from .conftest import DEADLINE, PHASES, Run, Site, StalledServer, definition, empty_site, make_site, nearly_full, on, small_disk

KILL = (
    "python3 -c 'import json, os, signal;"
    ' os.kill(json.load(open("{{ golden_definition_dir }}/.golden/guests/{{ golden_build.guest_name }}/guest.json"))["pid"], signal.SIGKILL)\''
)


@pytest.fixture(scope="module")
def site(short_folder: pathlib.Path, collection_path: pathlib.Path, base: pathlib.Path, stalled: StalledServer) -> t.Iterator[Site]:
    """Every image of the local builder, version 1.0.0."""
    url = stalled.url
    builder = {
        "type": "local",
        "source": {
            "rootfs_archive": f"{{{{ '{url}/base.tar' if {on('hold', 'launch')} else '{url}/missing' if {on('fail', 'launch')} else '{base}' }}}}",
            "checksum": f"sha256:{hashlib.sha256(base.read_bytes()).hexdigest()}",
        },
        "network": "none",
        "formats": ["rootfs"],
    }
    yield make_site(short_folder / "local", collection_path, "rootfs.tar", definition(builder, KILL), stalled.is_asked)


@pytest.fixture
def outputs(site: Site, stalled: StalledServer) -> t.Iterator[None]:
    """Whatever the test does, the finished versions stay as they are."""
    before = site.outputs()
    assert len(before) >= 2 * len(PHASES)
    stalled.expect()
    yield
    assert site.outputs() == before


def assert_clean(site: Site) -> None:
    """Nothing stays but the images that a rerun goes on with."""
    site.assert_nothing_left()
    assert list((site.state / "guests").iterdir()) == []
    assert f"{site.folder}/.golden/guests" not in pathlib.Path("/proc/self/mountinfo").read_text()


def keeper(site: Site, image: str) -> int:
    """Process 1 of a running guest."""
    (known,) = site.state.glob(f"guests/*-{image}-*/guest.json")
    return int(json.loads(known.read_text(encoding="utf-8"))["pid"])


def child_of(run: Run, *words: str) -> int:
    """A process below a run whose command line has all these words."""

    def look() -> int:
        for pid in children(run.process.pid):
            with contextlib.suppress(OSError):
                if {word.encode() for word in words} <= set(pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")):
                    return pid
        return 0

    return int(until(f"a process {words}", look))


@pytest.mark.usefixtures("outputs")
@pytest.mark.parametrize("fault", ["SIGINT", "SIGTERM", "SIGKILL", "SIGKILL-all"])
def test_a_run_that_is_ended_leaves_nothing(site: Site, fault: str) -> None:
    site.hold().end(fault)
    assert_clean(site)
    left = {artifact["image"] for artifact in site.artifacts() if artifact["version"] == "1.0.1"}
    assert left <= {"verify", "export"}


def test_a_killed_bootstrap_leaves_nothing(short_folder: pathlib.Path, collection_path: pathlib.Path, stalled: StalledServer) -> None:
    """Programs that it starts have temporary files of their own: mmdebstrap a folder with keys."""
    source = {"bootstrap": {"suite": "bookworm", "mirror": stalled.url}}
    content = definition({"type": "local", "source": source}, KILL)
    site = empty_site(short_folder / "bootstrap", collection_path, "rootfs.tar", content)
    stalled.expect()
    run = site.start("none", "--limit", "launch.rig")
    until("mmdebstrap to ask the mirror", lambda: run.process.poll() is not None or stalled.is_asked(), DEADLINE)
    (scratch,) = site.state.glob("cache/bootstraps/*/*.partial/tmp")
    assert list(scratch.iterdir())
    run.end("SIGKILL-all")
    assert_clean(site)


@pytest.mark.usefixtures("outputs")
def test_a_run_and_its_watcher_that_are_killed_leave_work_for_discard(site: Site) -> None:
    site.kill_with_watcher(site.hold())
    assert site.discard()
    assert_clean(site)
    assert not site.discard()


@pytest.mark.usefixtures("outputs")
def test_guests_killed_from_outside_are_ordinary_failures(site: Site) -> None:
    run = site.hold("--limit", "configure.rig,verify.rig", phases=("configure", "verify"))
    for image in ("configure", "verify"):
        os.kill(keeper(site, image), signal.SIGKILL)
    assert run.wait() == 2
    for words in (
        "configure.rig failed in the phase configure",
        "verify.rig failed in the phase verify",
        "The guest does not answer: the process that keeps it alive has ended. Find out what ended the guest",
        "unreachable=0",
    ):
        assert words in run.output, run.output
    assert_clean(site)
    status, output = site.run("killed", "--limit", "capture.rig")
    assert status == 2
    assert "capture.rig failed in the phase capture: the guest ended before it could be captured. Resource: guest " in output, output
    assert_clean(site)


@pytest.mark.usefixtures("outputs")
def test_a_cut_way_is_an_ordinary_failure(site: Site, stalled: StalledServer) -> None:
    """The guest lives on; what is killed is the program that entered it, or that reads its tree. A server hangs up."""
    run = site.hold("--limit", "!export.rig", phases=("launch", "configure", "capture", "verify"))
    stalled.hang_up()
    for phase in ("configure", "verify"):
        os.kill(child_of(run, f"--target={keeper(site, phase)}"), signal.SIGKILL)
    # A reader that never reads: the packing program waits half-way.
    reader = os.open(run.gate, os.O_RDONLY | os.O_NONBLOCK)
    (work,) = site.state.glob("guests/*-capture-*/")
    until("the packing to begin", (work / "pack.json").exists)
    os.kill(child_of(run, str(work / "pack.json")), signal.SIGKILL)
    os.close(reader)
    assert run.wait() == 2
    for phase in ("launch", "configure", "capture", "verify"):
        assert f"{phase}.rig failed in the phase {phase}: " in run.output, run.output
    assert f"{stalled.url}/base.tar cannot be downloaded" in run.output and "unreachable=0" in run.output, run.output
    assert "The guest does not answer: the program that entered it was killed" in run.output
    assert_clean(site)


@pytest.mark.usefixtures("outputs")
def test_tasks_that_fail(site: Site) -> None:
    run = site.start("fail")
    obstacle = run.gate.parent
    obstacle.parent.mkdir(parents=True, exist_ok=True)
    obstacle.touch()
    assert run.wait() == 2
    obstacle.unlink()
    for phase in PHASES:
        assert f"{phase}.rig failed in the phase {phase}: " in run.output, run.output
    for words in ("missing cannot be downloaded: 404", "it broke", f"Resource: {obstacle}"):
        assert words in run.output, run.output
    assert_clean(site)


@pytest.mark.usefixtures("outputs")
@pytest.mark.parametrize(("phase", "free"), [("launch", 100), ("configure", 300), ("capture", 450), ("verify", 100)])
def test_a_full_disk_is_named(site: Site, phase: str, free: int) -> None:
    if os.geteuid():
        pytest.skip("mounting a small file system needs root")
    if phase == "verify":
        # It goes on from its captured image.
        assert site.run("fail", "--limit", "verify.rig")[0] == 2
    guests, captured = site.state / "guests", site.state / "captured"
    with small_disk(guests, 700), contextlib.ExitStack() as stack:
        if phase == "capture":
            stack.enter_context(small_disk(captured, 100))
        stack.enter_context(nearly_full(guests, free))
        status, output = site.run("fail" if phase == "verify" else "full", "--limit", f"{phase}.rig")
        site.await_end()
        assert sorted(path.name for path in guests.iterdir()) == ["ballast"]
        assert phase != "capture" or not [path for path in captured.rglob("*") if path.is_file()]
    assert status == 2
    assert f"{phase}.rig failed in the phase {phase}: " in output, output
    assert "No space left on device" in output, output
    assert phase == "configure" or "Free space on the file system of the state folder" in output, output
    assert_clean(site)


@pytest.mark.usefixtures("outputs")
def test_a_full_disk_for_the_outputs_is_named(site: Site) -> None:
    if os.geteuid():
        pytest.skip("mounting a small file system needs root")
    with small_disk(site.folder / "output/export/1.0.1", 50):
        status, output = site.run("full", "--limit", "export.rig")
        assert not [path for path in (site.folder / "output/export/1.0.1").rglob("*") if path.is_file()]
    assert status == 2
    assert "export.rig failed in the phase export: " in output, output
    assert "No space left on device" in output, output
    assert_clean(site)


def test_after_all_that_the_finished_images_are_still_up_to_date(site: Site) -> None:
    status, output = site.run("none")
    assert status == 0 and f"{len(PHASES)} builds: {len(PHASES)} up to date" in output, output
