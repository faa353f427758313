# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One definition as four slices, which four processes of ansible-runner build side by side into one output folder."""

from __future__ import annotations

import collections
import contextlib
import itertools
import json
import os
import pathlib
import re
import signal
import typing as t

import pytest
import yaml

from tests.rigs.ee.controller import Job, Json, sliced
from tests.rigs.ee.rig import make_tools

from ..conftest import Ansible
from ..lifecycle.conftest import CHECK, CONFIGURE, HERE as LIFECYCLE, PLAIN, processes, until

SLICES = 4
IMAGES = [f"image{number:02}" for number in range(24)]
BUILDERS = ("blue", "green")
BUILDS = sorted(f"{image}.{builder}" for image in IMAGES for builder in BUILDERS)


class Farm:
    """A project of 48 builds, the folders that all jobs share, and the jobs."""

    def __init__(self, folder: pathlib.Path, environment: dict[str, str], playbook: Ansible) -> None:
        self.folder = folder
        self.environment = environment
        self.playbook = playbook
        self._count = 0
        for name in ("project/source/etc", "shared/blue", "shared/green"):
            (folder / name).mkdir(parents=True)
        (folder / "project/source/etc/name").write_text("source", encoding="utf-8")
        (folder / "project/configure.yml").write_text(CONFIGURE, encoding="utf-8")
        (folder / "project/check.yml").write_text(CHECK, encoding="utf-8")
        (folder / "project/images.golden.yml").write_text(yaml.safe_dump(self._definition()), encoding="utf-8")
        listed = playbook("-i", str(folder / "project/images.golden.yml"), "--list", "--export", program="ansible-inventory", env=environment)
        self.inventory: Json = json.loads(listed.ok().stdout)

    def _definition(self) -> Json:
        shared = self.folder / "shared"
        builder = {"type": "acme.demo.builder_folder", "source": {"folder": str(self.folder / "project/source")}}
        hold = {"blue": {"hold": str(self.folder / "hold")}, "green": {}}
        image = {**PLAIN, "provisioners": [{"tasks": "configure.yml"}], "verify": [{"tasks": "check.yml"}], "post_processors": [{"type": "checksum"}]}
        return {
            "plugin": "golden.images.builds",
            "settings": {"output_dir": str(shared / "output"), "state_dir": str(shared / "state")},
            "builders": {name: {**builder, **hold[name], "platform": str(shared / name)} for name in BUILDERS},
            "images": dict.fromkeys(IMAGES, image),
        }

    def jobs(self, settings: Json | None = None) -> list[Job]:
        """The four jobs of one sliced launch."""
        self._count += 1
        return [
            Job(
                self.folder / f"launch{self._count}-slice{number}",
                self.folder / "project",
                sliced(self.inventory, number, SLICES),
                self.environment,
                settings=settings or {},
            )
            for number in range(1, SLICES + 1)
        ]

    def asked(self, step: str) -> collections.Counter[str]:
        """How often the platforms were asked for a step, by build."""
        found: collections.Counter[str] = collections.Counter()
        for builder in BUILDERS:
            log = self.folder / f"shared/{builder}.log"
            lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
            found.update(f"{line.partition(' ')[2]}.{builder}" for line in lines if line.startswith(f"{step} "))
        return found

    def there(self) -> list[str]:
        """What is on the platforms."""
        return sorted(f"{path.name}.{builder}" for builder in BUILDERS for path in (self.folder / "shared" / builder).iterdir())

    def manifest(self) -> list[str]:
        """Builds in the manifest that all runs share."""
        return sorted(json.loads((self.folder / "shared/output/golden-manifest.json").read_text(encoding="utf-8"))["builds"])

    def hold(self, gate: str) -> pathlib.Path:
        """Have a step wait; returns the file that says that it does."""
        (self.folder / "hold").mkdir(exist_ok=True)
        os.mkfifo(self.folder / "hold" / gate)
        return self.folder / "hold" / f"{gate}.reached"

    def open_gates(self) -> None:
        """No step waits any more; nobody is waiting now."""
        for path in (self.folder / "hold").iterdir():
            path.unlink()

    def quiet(self) -> None:
        """Return once no process of a job is left, watchers included."""
        until("the end of all processes", lambda: not processes(self.folder), 60)


@pytest.fixture
def farm(tmp_path: pathlib.Path, collection_path: pathlib.Path, ansible_environment: dict[str, str], ansible_playbook: Ansible) -> t.Iterator[Farm]:
    """48 builds that nobody has begun."""
    tools = make_tools()
    path = os.pathsep.join([ansible_environment["PATH"], str(tools)])
    environment = {**ansible_environment, "PATH": path, "ANSIBLE_COLLECTIONS_PATH": f"{collection_path}:{LIFECYCLE / 'collections'}"}
    made = Farm(tmp_path, environment, ansible_playbook)
    yield made
    for pid in processes(tmp_path):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def test_slices_build_everything_once_and_a_killed_one_is_finished_by_its_rerun(farm: Farm) -> None:
    names = [sorted(job.inventory["_meta"]["hostvars"]) for job in farm.jobs()]
    assert sorted(itertools.chain.from_iterable(names)) == BUILDS and {len(part) for part in names} == {12}
    assert all(len({build.partition(".")[2] for build in part}) == 1 for part in names)

    # The third slice finishes one build; of its two workers one then waits in a capture, the other one in a launch.
    captured, launched = (build.partition(".")[0] for build in names[2][1:3])
    gates = [farm.hold(f"capture-{captured}"), farm.hold(f"launch-{launched}")]
    jobs = farm.jobs()
    running = [job.start("golden.images.build_images", "--forks", "2") for job in jobs]
    victim = running[2]
    until("the third slice to wait", lambda: all(gate.exists() for gate in gates) or victim.poll() is not None, 120)
    for number in (0, 1, 3):
        assert running[number].wait(240) == 0, jobs[number].output
    victim.send_signal(signal.SIGTERM)
    victim.wait(60)
    farm.quiet()
    assert jobs[2].status() == "canceled"
    finished = set(farm.asked("publish"))
    assert set(BUILDS) - finished == set(names[2][1:])
    assert farm.manifest() == sorted(finished)
    # Of the others there are images only: no guest and no captured folder.
    assert farm.there() == sorted(f"{image}-1.{builder}" for image, builder in (build.split(".") for build in finished))

    farm.open_gates()
    before = farm.asked("launch")
    again = farm.jobs()
    outputs = [job.run("golden.images.build_images", "--forks", "2") for job in (again[2], again[0])]
    assert [job.status() for job in (again[2], again[0])] == ["successful", "successful"], outputs
    assert "12 up to date" in outputs[1]
    repeated = farm.asked("launch") - before
    assert set(repeated) == set(BUILDS) - finished
    assert farm.asked("publish") == collections.Counter(BUILDS)
    assert farm.manifest() == BUILDS
    packer = json.loads((farm.folder / "shared/output/packer-manifest.json").read_text(encoding="utf-8"))
    assert sorted(entry["name"] for entry in packer["builds"]) == BUILDS
    assert farm.there() == sorted(f"{build.partition('.')[0]}-1.{build.partition('.')[2]}" for build in BUILDS)
    farm.quiet()


def test_a_job_that_runs_into_its_timeout_leaves_nothing(farm: Farm) -> None:
    first = BUILDS[0].partition(".")[0]
    farm.hold(f"launch-{first}")
    # ansible-runner counts from the start, and how long it takes to the launch depends on the machine.
    for seconds in (6, 20, 60):
        job = farm.jobs({"job_timeout": seconds})[0]
        job.run("golden.images.build_images", "--limit", BUILDS[0])
        assert job.status() == "timeout"
        farm.quiet()
        assert farm.there() == []
        if farm.asked("launch"):
            break
    assert farm.asked("launch").total() == 1


@pytest.mark.smoke
def test_images_and_builders_are_chosen_by_variables_as_surveys_give_them(farm: Farm) -> None:
    def chosen(inventory: pathlib.Path, **variables: t.Any) -> list[str]:
        listed = farm.playbook("golden.images.build_images", "-i", str(inventory), "--list-hosts", env=farm.environment, extra_vars=variables)
        return sorted(set(re.findall(r"image\d\d\.\w+", listed.ok().stdout)))

    whole = farm.folder / "project/images.golden.yml"
    assert chosen(whole, golden_only_images=["image01", "image02"], golden_only_builders="blue") == ["image01.blue", "image02.blue"]
    # What a survey gives whose question was left empty.
    assert chosen(whole, golden_only_images="", golden_only_builders=[]) == BUILDS

    # A slice without a build of what was chosen has nothing to do; that is no error.
    job = farm.jobs()[0]
    job.prepare()
    missing = next(build for build in BUILDS if build not in job.inventory["_meta"]["hostvars"]).partition(".")
    assert chosen(job.folder / "inventory/hosts", golden_only_images=missing[0], golden_only_builders=missing[2]) == []

    unknown = farm.playbook("golden.images.validate", "-i", str(whole), env=farm.environment, extra_vars={"golden_only_images": "image01, image1"})
    assert unknown.rc != 0 and "There is no image image1 in the definition" in unknown.output
