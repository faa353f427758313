# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever hits a build of the local builder in whatever phase, nothing of it stays on the machine."""

from __future__ import annotations

import json
import os
import pathlib
import signal
import subprocess

import pytest

from tests.integration.lifecycle.conftest import until

from .conftest import DEADLINE, PHASES, Site, StalledServer, is_held


def reached(site: Site, phase: str, stalled: StalledServer) -> bool:
    if phase == "launch":
        return stalled.asked.is_set()
    if phase == "capture":
        return any(site.state.glob("captured/*/*/*"))
    return is_held()


def start_and_stop_at(site: Site, phase: str, stalled: StalledServer) -> subprocess.Popen[bytes]:
    stalled.asked.clear()
    process = site.start(phase)
    until(f"the phase {phase}", lambda: process.poll() is not None or reached(site, phase, stalled), DEADLINE)
    assert process.poll() is None, site.log.read_text()
    return process


def keeper(site: Site) -> int:
    """Process 1 of the running guest."""
    (known,) = site.state.glob("guests/*/guest.json")
    return int(json.loads(known.read_text(encoding="utf-8"))["pid"])


Before = tuple[dict[str, str], set[str]]


def snapshot(site: Site) -> Before:
    """The finished version's files, and what was captured and not published."""
    return site.outputs(), {str(path) for path in site.state.glob("captured/*/*/*") if path.is_file()}


def assert_clean(site: Site, before: Before, captured: bool) -> None:
    """Nothing stays but the finished version and, when this run got that far, the image that a rerun goes on with."""
    site.await_end()
    assert not list((site.state / "guests").glob("*/*"))
    assert str(site.folder) not in pathlib.Path("/proc/self/mountinfo").read_text()
    assert site.secrets_left() == []
    assert not list(site.state.glob("cache/**/*.partial*"))
    outputs, present = snapshot(site)
    recorded = {file["path"] for file in (site.record()["artifact"] or {"files": []})["files"]}
    assert present <= recorded, "captured files that no record knows"
    assert captured or present <= before[1]
    assert outputs == before[0]


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("fault", ["SIGINT", "SIGTERM", "SIGKILL", "SIGKILL-all"])
def test_a_run_that_is_ended_leaves_nothing(local_site: Site, stalled: StalledServer, phase: str, fault: str) -> None:
    before = snapshot(local_site)
    process = start_and_stop_at(local_site, phase, stalled)
    if fault == "SIGINT":
        os.killpg(process.pid, signal.SIGINT)
    elif fault == "SIGKILL-all":
        local_site.kill_tree(process)
    else:
        process.send_signal(getattr(signal, fault))
    assert process.wait(DEADLINE) != 0
    assert_clean(local_site, before, captured=phase in ("verify", "export"))


@pytest.mark.parametrize("phase", ["configure", "capture", "verify"])
def test_a_run_and_its_watcher_that_are_killed_leave_work_for_discard(local_site: Site, stalled: StalledServer, phase: str) -> None:
    before = snapshot(local_site)
    process = start_and_stop_at(local_site, phase, stalled)
    for pid in local_site.watchers():
        os.kill(pid, signal.SIGKILL)
    local_site.kill_tree(process)
    process.wait(DEADLINE)
    status, output = local_site.run("none", "golden.images.discard")
    assert status == 0 and "changed=1" in output, output
    assert_clean(local_site, before, captured=False)
    status, output = local_site.run("none", "golden.images.discard")
    assert status == 0 and "changed=0" in output, output


@pytest.mark.parametrize("phase", ["configure", "verify"])
def test_a_guest_killed_from_outside_is_an_ordinary_failure(local_site: Site, stalled: StalledServer, phase: str) -> None:
    before = snapshot(local_site)
    process = start_and_stop_at(local_site, phase, stalled)
    os.kill(keeper(local_site), signal.SIGKILL)
    assert process.wait(DEADLINE) == 2
    output = local_site.log.read_text()
    assert f"web.rig failed in the phase {phase}" in output.replace("\n", " "), output
    assert "unreachable=0" in output
    assert_clean(local_site, before, captured=phase == "verify")


@pytest.mark.parametrize("phase", ["configure", "verify", "export"])
def test_a_task_that_fails(local_site: Site, phase: str) -> None:
    before = snapshot(local_site)
    status, output = local_site.run(f"fail-{phase}")
    assert status == 2
    assert f"web.rig failed in the phase {phase}" in " ".join(output.split()), output
    assert_clean(local_site, before, captured=phase != "configure")


def test_a_full_disk_is_named_and_leaves_no_half_file(local_site: Site, stalled: StalledServer) -> None:
    before = snapshot(local_site)
    captured = local_site.state / "captured"
    captured.mkdir(exist_ok=True)
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=100m", "golden-small", str(captured)], check=True)
    try:
        status, output = local_site.run("fail-verify", "golden.images.build_images", "-e", "golden_force=true")
        assert status == 2
        assert "No space left" in output, output
        assert not [path for path in captured.rglob("*") if path.is_file()]
    finally:
        subprocess.run(["umount", str(captured)], check=True)
    assert_clean(local_site, before, captured=True)


def test_after_all_that_the_finished_image_is_still_up_to_date(local_site: Site) -> None:
    status, output = local_site.run("none")
    assert status == 0 and "up to date" in output and "changed=0" in output, output
