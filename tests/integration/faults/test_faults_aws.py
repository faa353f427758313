# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever hits a build of the AWS builder in whatever phase, nothing of it stays in any region."""

from __future__ import annotations

import collections
import contextlib
import os
import signal
import typing as t

import pytest

from tests.integration.aws.workspace import builder
from tests.integration.lifecycle.conftest import until
from tests.rigs.aws.rig import ACCESS_KEY, REGION, SECOND_REGION, SECRET_KEY, AwsRig, acting
from tests.rigs.leftovers import Kinds, left

from .conftest import DEADLINE, PHASES, SLEEPS, Run, Site, hold, make_site, sleepers

if t.TYPE_CHECKING:
    import pathlib

EVER = 10**6
OLD_KEY, OLD_TOKEN = "ASIARIGOLDKEY0000000", "rig-session-token"
CAPTURED = f"{REGION}/capture-1.0.1"
COPIES = f"{SECOND_REGION}/export-1.0.1"


def definition(rig: AwsRig) -> dict[str, t.Any]:
    """An image for each phase, that stays in it with ``fault=hold``; one has a copy in a second region. The account is in the options alone."""
    options = {
        "endpoint_url": rig.url,
        "access_key": "{{ key }}",
        "secret_key": SECRET_KEY,
        "session_token": "{{ token or none }}",
        "image_name": "{image}-{version}",
        "copy_regions": f"{{{{ ['{SECOND_REGION}'] if inventory_hostname == 'export.rig' else [] }}}}",
        "replace": "{{ fault == 'replace' }}",
        "image_wait": {"interval": 0.2, "timeout": "{{ image_timeout }}"},
    }
    made = {"inline": "echo content > made"}
    images: dict[str, dict[str, t.Any]] = {
        "launch": {},
        "configure": {"provisioners": [made, hold("configure")]},
        "capture": {"provisioners": [made]},
        "verify": {"provisioners": [made], "verify": [{"inline": "grep content made"}, hold("verify")]},
        "export": {"provisioners": [made, {"inline": "echo more >> made", "when": "fault == 'replace'"}], "verify": [{"inline": "grep content made"}]},
    }
    plain = {"version": "{{ '1.0.0' if fault in ('none', 'replace') else '1.0.1' }}", "gather_facts": False, "generalize": False}
    return {
        "plugin": "golden.images.builds",
        "variables": {
            "fault": {"type": "str", "default": "none"},
            "key": {"type": "str", "default": ACCESS_KEY},
            "token": {"type": "str", "default": "", "sensitive": True},
            "image_timeout": {"type": "int", "default": 60},
        },
        "builders": {"rig": builder(rig, **options)},
        "images": {name: {**plain, **image} for name, image in images.items()},
    }


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, collection_path: pathlib.Path, aws: AwsRig) -> Site:
    """Every image, version 1.0.0, built while AWS refused the first call of each action because there were too many."""
    aws.faults({"action": "*", "code": "throttled", "status": 503, "each": True})
    made = make_site(tmp_path_factory.mktemp("faults") / "aws", collection_path, "none", definition(aws))
    aws.faults()
    return made


@pytest.fixture
def before(site: Site, aws: AwsRig) -> t.Iterator[Kinds]:
    """What is there before a fault: the finished versions alone."""
    site.discard()
    known = aws.everything()
    assert {kind: len(ids) for kind, ids in known.items() if ids} == {"images": 6, "snapshots": 6}
    yield known
    aws.faults()
    aws.behave(stuck=[], failing=[])


def hold_all(site: Site, aws: AwsRig, phases: t.Collection[str] = PHASES) -> Run:
    """A run whose builds all stay in their phases."""
    # The instance is there, and nobody hears of it.
    aws.faults({"action": "RunInstances", "parameters": {"KeyName": "golden-launch-rig"}, "delay": 55})
    aws.behave(stuck=[CAPTURED, COPIES])
    known = len(aws.log())
    run = site.start("hold", "--limit", ",".join(f"{phase}.rig" for phase in phases))

    def held() -> bool:
        assert run.process.poll() is None, run.output
        calls = acting(aws.log()[known:])
        reached = {phase for phase in ("configure", "verify") if sleepers(SLEEPS[phase])}
        reached |= {"launch"} if launched(aws, "launch") else set()
        reached |= {"capture"} if any(call["action"] == "CreateImage" and call["parameters"]["Name"] == "capture-1.0.1" for call in calls) else set()
        reached |= {"export"} if any(call["action"] == "CopyImage" for call in calls) else set()
        return reached >= set(phases)

    try:
        until(f"all of {phases} to be held", held, DEADLINE)
    except BaseException:
        run.kill_tree()
        run.process.wait()
        raise
    return run


def launched(aws: AwsRig, image: str) -> list[str]:
    """Ids of the running instances of a build."""
    wanted = [{"Name": "tag:golden.guest", "Values": [f"golden-{image}-rig-*"]}, {"Name": "instance-state-name", "Values": ["pending", "running"]}]
    found = aws.client("ec2").describe_instances(Filters=wanted)["Reservations"]
    return [instance["InstanceId"] for reservation in found for instance in reservation["Instances"]]


def assert_clean(site: Site, aws: AwsRig, before: Kinds) -> None:
    """Nothing is there but what was, and captured images in the build's region that a rerun goes on with."""
    site.assert_nothing_left()
    now = left(before, aws.everything())
    for artifact in site.artifacts():
        recorded = {"images": {f"{REGION} {artifact['id']}"}, "snapshots": {f"{REGION} {one}" for one in artifact["metadata"]["snapshots"][REGION]}}
        now = {kind: ids - recorded.get(kind, set()) for kind, ids in now.items()}
    assert {kind: ids for kind, ids in now.items() if ids} == {}


def test_a_run_that_is_killed_in_every_phase_leaves_nothing(site: Site, aws: AwsRig, before: Kinds) -> None:
    hold_all(site, aws).end("SIGKILL-all")
    assert_clean(site, aws, before)


def test_a_run_and_its_watcher_that_are_killed_leave_work_for_discard(site: Site, aws: AwsRig, before: Kinds) -> None:
    site.kill_with_watcher(hold_all(site, aws))
    assert left(before, aws.everything()).keys() >= {"instances", "volumes", "security groups", "key pairs", "images", "snapshots"}
    assert site.discard()
    assert_clean(site, aws, before)
    assert not site.discard()


def test_answers_that_are_lost_make_nothing_twice(site: Site, aws: AwsRig, before: Kinds) -> None:
    lost = ("ImportKeyPair", "CreateSecurityGroup", "AuthorizeSecurityGroupIngress", "RunInstances", "CreateImage", "RegisterImage", "TerminateInstances")
    aws.faults(*({"action": action, "answer": "lost"} for action in lost))
    aws.behave(failing=[COPIES])
    known = len(aws.log())
    status, output = site.run("lost", "--limit", "export.rig")
    # It comes as far as the copy, which fails.
    assert status == 2 and "export.rig failed in the phase export" in output, output
    assert len([call for call in acting(aws.log()[known:]) if call["action"] == "RunInstances"]) == 3, "the first of two guests was asked for twice"
    assert_clean(site, aws, before)


def test_a_connection_that_is_cut_is_an_ordinary_failure(site: Site, aws: AwsRig, before: Kinds) -> None:
    run = hold_all(site, aws, phases=("configure", "verify"))
    for image in ("configure", "verify"):
        (container,) = launched(aws, image)
        for line in aws.docker.docker("top", container, "-o", "pid,args").splitlines()[1:]:
            pid, _space, command = line.strip().partition(" ")
            if "sshd" in command:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(pid), signal.SIGKILL)
    assert run.wait() == 2
    for phase in ("configure", "verify"):
        assert f"{phase}.rig failed in the phase {phase}: " in run.output, run.output
    assert "unreachable=0" in run.output
    assert_clean(site, aws, before)


def test_an_image_that_stays_pending_is_given_up_and_removed(site: Site, aws: AwsRig, before: Kinds) -> None:
    aws.behave(stuck=[CAPTURED])
    status, output = site.run("pending", "--limit", "capture.rig", "-e", "image_timeout=2")
    assert status == 2
    assert "capture.rig failed in the phase capture: " in output and "pending" in output and "image_wait" in output, output
    assert_clean(site, aws, before)


def test_a_copy_that_fails_leaves_nothing_in_its_region(site: Site, aws: AwsRig, before: Kinds) -> None:
    aws.behave(failing=[COPIES])
    status, output = site.run("copy", "--limit", "export.rig")
    assert status == 2
    assert "export.rig failed in the phase export: " in output and SECOND_REGION in output, output
    assert_clean(site, aws, before)


def test_a_token_that_expires_is_named_and_discard_cleans_with_a_new_one(site: Site, aws: AwsRig, before: Kinds) -> None:
    aws.faults({"action": "*", "access_key": OLD_KEY, "since": "StopInstances", "code": "ExpiredToken", "times": EVER})
    status, output = site.run("token", "--limit", "capture.rig", "-e", f"key={OLD_KEY}", "-e", f"token={OLD_TOKEN}")
    assert status == 2
    assert "ExpiredToken" in output and "The credentials have expired" in output and "left behind: " in output, output
    assert OLD_TOKEN not in output and SECRET_KEY not in output
    # They know no other credentials, and would try for a while.
    for pid in site.watchers():
        os.kill(pid, signal.SIGKILL)
    site.await_end()
    assert left(before, aws.everything()).keys() >= {"instances", "key pairs", "security groups"}
    assert site.discard()
    assert_clean(site, aws, before)


def test_after_all_that_the_finished_images_are_still_up_to_date(site: Site, before: Kinds) -> None:
    status, output = site.run("none")
    assert status == 0 and f"{len(PHASES)} builds: {len(PHASES)} up to date" in output, output


def test_a_name_is_never_lost_when_a_run_is_killed_while_an_image_takes_it_over(site: Site, aws: AwsRig, before: Kinds) -> None:
    aws.faults({"action": "DeregisterImage", "delay": 30})
    known = len(aws.calls("DeregisterImage"))
    run = site.start("replace", "--limit", "export.rig", "-e", "golden_force=true")
    until("an image to give way", lambda: run.process.poll() is not None or len(aws.calls("DeregisterImage")) > known, DEADLINE)
    assert run.process.poll() is None, run.output
    run.kill_tree()
    run.wait()
    site.assert_nothing_left()
    aws.faults()
    assert {region: names(aws, region)["export-1.0.0"] for region in (REGION, SECOND_REGION)} == {REGION: 1, SECOND_REGION: 1}
    status, output = site.run("replace", "--limit", "export.rig", "-e", "golden_force=true")
    assert status == 0, output
    assert {kind: len(ids) for kind, ids in aws.everything().items() if ids} == {"images": 6, "snapshots": 6}
    for region in (REGION, SECOND_REGION):
        (ami,) = [one["ImageId"] for one in aws.client("ec2", region).describe_images(Owners=["self"])["Images"] if one["Name"] == "export-1.0.0"]
        assert aws.in_image(ami, "cat /home/admin/made", region).split() == ["content", "more"]


def names(aws: AwsRig, region: str) -> collections.Counter[str]:
    return collections.Counter(one["Name"] for one in aws.client("ec2", region).describe_images(Owners=["self"])["Images"])
