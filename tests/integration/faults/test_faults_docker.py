# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever hits a build of the Docker builder in whatever phase, nothing of it stays in the daemon.

There is no container any more in the phase export, so that none can be killed there.
"""

from __future__ import annotations

import pathlib
import shlex
import typing as t

import pytest

from tests.rigs.docker.proxy import CuttableProxy
from tests.rigs.docker.rig import DockerRig, program

from .conftest import PHASES, SLEEPS, Run, Site, definition, make_site, nearly_full, on, small_disk

SLOW = f'#!/bin/bash\n[ "$2" = : ] && exec sleep {SLEEPS["launch"]}\nexec /bin/bash "$@"\n'
DEAD = "#!/bin/bash\necho no such configuration >&2\nexit 3\n"
DAEMON = ("Start it, or say where it is with the option docker_host",)


def with_shell(rig: DockerRig, name: str, script: str) -> None:
    """An image whose shell is ``script``."""
    rig.docker("run", "--name", "made", "--network=none", "rig/base:1", "bash", "-c", 'printf %s "$1" > /sh; chmod 755 /sh; mv /sh /usr/bin/sh', "-", script)
    rig.docker("commit", "made", name)
    rig.docker("rm", "made")


@pytest.fixture(scope="module")
def site(short_folder: pathlib.Path, collection_path: pathlib.Path, small_rig: DockerRig) -> Site:
    """Every image of the Docker builder, version 1.0.0."""
    with_shell(small_rig, "rig/slow:1", SLOW)
    with_shell(small_rig, "rig/dead:1", DEAD)
    builder = {
        "type": "docker",
        "docker_host": f"{{{{ host or '{small_rig.host}' }}}}",
        "pull": "never",
        "source": {"image": f"{{{{ 'rig/slow:1' if {on('hold', 'launch')} else 'rig/dead:1' if {on('fail', 'launch')} else 'rig/base:1' }}}}"},
        "export": "{{ ['docker.tar'] if inventory_hostname == 'capture.rig' else [] }}",
    }
    kill = f"{shlex.join([program('docker'), '-H', small_rig.host])} kill {{{{ golden_build.guest_name }}}}"
    save = {"type": "docker_save", "path": "saved.tar", "when": "fault in ('hold', 'full')"}
    return make_site(short_folder / "docker", collection_path, "docker.tar", definition(builder, kill, save))


def finished(rig: DockerRig) -> dict[str, str]:
    """The finished version of every image."""
    return {name: rig.docker("image", "inspect", "--format", "{{.Id}}", f"{name}:1.0.0") for name in PHASES}


@pytest.fixture
def untouched(site: Site, small_rig: DockerRig) -> t.Iterator[None]:
    """Whatever the test does, the finished versions stay as they are."""
    before = finished(small_rig), site.outputs()
    yield
    assert (finished(small_rig), site.outputs()) == before


def assert_clean(site: Site, rig: DockerRig) -> None:
    """Nothing but the images that people may use, and those that a rerun goes on with."""
    site.assert_nothing_left()
    there = rig.everything()
    assert there["containers"] == set(), rig.docker("ps", "-a")
    assert there["volumes"] == set()
    assert len(there["networks"]) == 2, "host and none"
    named = {rig.docker("image", "inspect", "--format", "{{.Id}}", name) for name in ("rig/base:1", "rig/slow:1", "rig/dead:1")}
    unknown = there["images"] - named - set(finished(rig).values()) - {artifact["id"] for artifact in site.artifacts()}
    assert not unknown, rig.docker("images", "-a")


def containers(rig: DockerRig) -> dict[str, str]:
    """Running containers: the image that they are to become, and their name."""
    return {name.split("-")[1]: name for name in rig.docker("ps", "--format", "{{.Names}}").split()}


def assert_failed_everywhere(run: Run, *words: str) -> None:
    assert run.wait() == 2
    for phase in PHASES:
        assert f"{phase}.rig failed in the phase {phase}: " in run.output, run.output
    for text in (*words, "unreachable=0"):
        assert text in run.output, (text, run.output)


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("fault", ["SIGINT", "SIGTERM", "SIGKILL-all"])
def test_a_run_that_is_ended_leaves_nothing(site: Site, small_rig: DockerRig, fault: str) -> None:
    run = site.hold()
    assert {"launch", "configure", "capture", "verify"} == set(containers(small_rig))
    run.end(fault)
    assert_clean(site, small_rig)


@pytest.mark.usefixtures("untouched")
def test_a_run_and_its_watcher_that_are_killed_leave_work_for_discard(site: Site, small_rig: DockerRig) -> None:
    site.kill_with_watcher(site.hold())
    assert len(containers(small_rig)) == 4
    assert site.discard()
    assert_clean(site, small_rig)
    assert not site.discard()


@pytest.mark.usefixtures("untouched")
def test_tasks_that_fail(site: Site, small_rig: DockerRig) -> None:
    run = site.start("fail")
    obstacle = run.gate.parent
    obstacle.parent.mkdir(parents=True, exist_ok=True)
    obstacle.touch()
    assert_failed_everywhere(run, "ended at once with exit status 3", "no such configuration", "it broke", f"{run.gate} cannot be written: ")
    obstacle.unlink()
    assert_clean(site, small_rig)


@pytest.mark.usefixtures("untouched")
def test_containers_killed_from_outside_are_ordinary_failures(site: Site, small_rig: DockerRig) -> None:
    run = site.hold("--limit", "launch.rig,configure.rig,verify.rig", phases=("launch", "configure", "verify"))
    for name in containers(small_rig).values():
        small_rig.docker("kill", name)
    assert run.wait() == 2
    for phase in ("launch", "configure", "verify"):
        assert f"{phase}.rig failed in the phase {phase}: " in run.output, run.output
    lost = ("The guest does not answer: container golden-configure-rig-", "Find out what ended the guest")
    for words in (*lost, "ended at once with exit status 137", "unreachable=0"):
        assert words in run.output, run.output
    assert_clean(site, small_rig)
    status, output = site.run("killed", "--limit", "capture.rig")
    assert status == 2
    assert "capture.rig failed in the phase capture: the container golden-capture-rig-" in output, output
    assert "ended before it could be captured. Find out what ended it" in output, output
    assert_clean(site, small_rig)


def let_all_look(run: Run) -> None:
    """Have those that wait on the controller find out that the daemon is away."""
    run.let_go("capture")
    run.let_go("export")


@pytest.mark.usefixtures("untouched")
def test_a_cut_connection_is_an_ordinary_failure_and_the_watcher_clears_up_when_it_is_back(site: Site, small_rig: DockerRig) -> None:
    proxy = CuttableProxy(str(small_rig.socket))
    try:
        site.discard()
        run = site.hold("-e", f"host={proxy.host}")
        proxy.cut()
        let_all_look(run)
        assert_failed_everywhere(run, *DAEMON, "left behind: container golden-configure-rig", f"the Docker daemon at {proxy.host} cannot be reached")
        assert len(small_rig.everything()["containers"]) >= 3
        proxy.restore()
        assert_clean(site, small_rig)
        site.discard("-e", f"host={proxy.host}")
        assert not site.discard("-e", f"host={proxy.host}")
        assert_clean(site, small_rig)
    finally:
        proxy.cut()


@pytest.mark.usefixtures("untouched")
def test_a_stopped_daemon_is_an_ordinary_failure_and_discard_clears_up_later(site: Site, small_rig: DockerRig) -> None:
    site.discard()
    run = site.hold()
    small_rig.halt()
    let_all_look(run)
    assert_failed_everywhere(run, *DAEMON, "left behind: container golden-configure-rig")
    # Until the watcher has given up.
    site.await_end()
    small_rig.start()
    assert small_rig.everything()["containers"]
    assert site.discard()
    assert_clean(site, small_rig)
    assert not site.discard()


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize(("free", "phases"), [(0, ("launch",)), (100, ("configure", "capture", "verify", "export"))])
def test_a_full_disk_of_the_daemon_is_named(site: Site, small_rig: DockerRig, free: int, phases: tuple[str, ...]) -> None:
    site.discard()
    with nearly_full(small_rig.folder / "data", free):
        status, output = site.run("full", "-f", "1", "--limit", ",".join(f"{phase}.rig" for phase in phases))
        site.await_end()
    assert status == 2
    for phase in phases:
        assert f"{phase}.rig failed in the phase {phase}: " in output, output
    assert output.lower().count("no space left on device") >= len(phases), output
    assert "configure" in phases or "Free space in the daemon's data folder" in output
    assert_clean(site, small_rig)


@pytest.mark.usefixtures("untouched")
def test_a_full_disk_of_the_controller_is_named(site: Site, small_rig: DockerRig) -> None:
    with small_disk(site.state / "captured", 20):
        status, output = site.run("fail", "--limit", "capture.rig")
        assert not [path for path in (site.state / "captured").rglob("*") if path.is_file()]
    assert status == 2
    assert "capture.rig failed in the phase capture: " in output, output
    assert "docker.tar cannot be written: No space left on device" in output and "Free space on that file system" in output, output
    assert_clean(site, small_rig)


def test_after_all_that_the_finished_images_are_still_up_to_date(site: Site) -> None:
    status, output = site.run("none")
    assert status == 0 and f"{len(PHASES)} builds: {len(PHASES)} up to date" in output, output
