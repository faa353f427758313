# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever hits a build of the Docker builder in whatever phase, nothing of it stays in the daemon."""

from __future__ import annotations

import os
import signal
import subprocess

import pytest

from tests.integration.lifecycle.conftest import until
from tests.rigs.docker.rig import DockerRig

from .conftest import DEADLINE, Site, is_held


def start_and_stop_at(site: Site, phase: str) -> subprocess.Popen[bytes]:
    process = site.start(phase)
    until(f"the phase {phase}", lambda: process.poll() is not None or is_held(), DEADLINE)
    assert process.poll() is None, site.log.read_text()
    return process


def assert_clean(site: Site, rig: DockerRig, before: dict[str, set[str]], captured: bool) -> None:
    """Nothing in the daemon but what was there, and the image that the record of the build names."""
    site.await_end()
    after = rig.everything()
    recorded = {(site.record()["artifact"] or {}).get("id")} if captured else set()
    left = {kind: after[kind] - before[kind] - recorded for kind in after if after[kind] - before[kind] - recorded}
    assert not left, f"{left}\n{rig.docker('ps', '-a')}\n{rig.docker('images', '-a')}"
    assert site.secrets_left() == []


def finished(rig: DockerRig) -> str:
    return rig.docker("image", "inspect", "--format", "{{.Id}}", "web:1.0.0").strip()


@pytest.mark.parametrize("phase", ["configure", "verify", "export"])
@pytest.mark.parametrize("fault", ["SIGINT", "SIGTERM", "SIGKILL-all"])
def test_a_run_that_is_ended_leaves_nothing(docker_site: Site, docker_rig: DockerRig, phase: str, fault: str) -> None:
    site, image = docker_site, finished(docker_rig)
    status, output = site.run("none", "golden.images.discard")
    assert status == 0, output
    before = docker_rig.everything()
    process = start_and_stop_at(site, phase)
    if fault == "SIGINT":
        os.killpg(process.pid, signal.SIGINT)
    elif fault == "SIGTERM":
        process.send_signal(signal.SIGTERM)
    else:
        site.kill_tree(process)
    assert process.wait(DEADLINE) != 0
    assert_clean(site, docker_rig, before, captured=phase != "configure")
    assert finished(docker_rig) == image


def test_a_run_and_its_watcher_that_are_killed_leave_work_for_discard(docker_site: Site, docker_rig: DockerRig) -> None:
    site, image = docker_site, finished(docker_rig)
    site.run("none", "golden.images.discard")
    before = docker_rig.everything()
    process = start_and_stop_at(site, "verify")
    for pid in site.watchers():
        os.kill(pid, signal.SIGKILL)
    site.kill_tree(process)
    process.wait(DEADLINE)
    assert docker_rig.everything()["containers"] - before["containers"]
    status, output = site.run("none", "golden.images.discard")
    assert status == 0 and "changed=1" in output, output
    assert_clean(site, docker_rig, before, captured=False)
    status, output = site.run("none", "golden.images.discard")
    assert status == 0 and "changed=0" in output, output
    assert finished(docker_rig) == image


@pytest.mark.parametrize("phase", ["configure", "verify"])
def test_a_container_killed_from_outside_is_an_ordinary_failure(docker_site: Site, docker_rig: DockerRig, phase: str) -> None:
    site = docker_site
    site.run("none", "golden.images.discard")
    before = docker_rig.everything()
    process = start_and_stop_at(site, phase)
    (container,) = docker_rig.everything()["containers"] - before["containers"]
    docker_rig.docker("kill", container)
    assert process.wait(DEADLINE) == 2
    output = " ".join(site.log.read_text().split())
    assert f"web.rig failed in the phase {phase}" in output, output
    assert "unreachable=0" in output
    assert_clean(site, docker_rig, before, captured=phase == "verify")


def test_after_all_that_the_finished_image_is_still_up_to_date(docker_site: Site) -> None:
    status, output = docker_site.run("none")
    assert status == 0 and "up to date" in output and "changed=0" in output, output
