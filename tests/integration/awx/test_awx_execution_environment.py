# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs inside the execution environment, run by ansible-runner with process isolation, as AWX runs them."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import signal
import subprocess
import tarfile
import typing as t

import pytest
import requests

from tests.rigs.aws.rig import AwsRig
from tests.rigs.awx.packages import injected
from tests.rigs.docker.fixtures import CACHE, or_skip
from tests.rigs.docker.rig import PASSWORD as REGISTRY_PASSWORD, USER as REGISTRY_USER, DockerRig, Registry
from tests.rigs.ee.controller import Job, Json, sliced
from tests.rigs.ee.rig import EE_IMAGE, EeRig
from tests.rigs.vsphere.rig import PASSWORD as VSPHERE_PASSWORD, USER as VSPHERE_USER, VSphereRig

from ..aws.workspace import builder as aws_builder
from ..lifecycle.conftest import until
from ..vsphere.workspace import builder as vsphere_builder
from .conftest import PLAIN, VAULT_PASSWORD, Controller, Encrypted, encrypt

LOCAL = {"type": "local", "source": {"rootfs_archive": "/bases/docker-base-bookworm.tar"}, "network": "none"}
NEEDED = ("boto3", "docker", "pycdlib", "pypsrp", "pyVmomi", "requests", "winrm")
PROGRAMS = ("mmdebstrap", "newuidmap", "ssh", "tar", "unshare")


def test_it_has_what_the_builders_need(ee_rig: EeRig) -> None:
    imports = f"import importlib; [importlib.import_module(name) for name in {NEEDED!r}]"
    ee_rig.podman("run", "--rm", EE_IMAGE, "python3", "-c", imports)
    found = ee_rig.podman("run", "--rm", EE_IMAGE, "sh", "-c", f"for name in {' '.join(PROGRAMS)}; do command -v $name || exit 1; done")
    assert len(found.splitlines()) == len(PROGRAMS)
    listed = ee_rig.podman("run", "--rm", EE_IMAGE, "ansible-galaxy", "collection", "list", "golden.images", "--format", "json")
    (collections,) = json.loads(listed).values()
    assert list(collections) == ["golden.images"]


def test_nothing_of_the_machine_that_built_it_is_inside(ee_rig: EeRig) -> None:
    settings = json.loads(ee_rig.podman("image", "inspect", EE_IMAGE))[0]["Config"]
    assert not [text for text in settings["Env"] if "INDEX" in text or "/wheels" in text]
    assert ee_rig.podman("run", "--rm", EE_IMAGE, "sh", "-c", "cat /etc/pip.conf 2>/dev/null; ls /wheels 2>/dev/null; true") == ""


class Network(t.NamedTuple):
    """A project for platforms that are reached over the network and for the builder that works in the container itself, and their credentials."""

    controller: Controller
    docker: DockerRig
    aws: AwsRig
    registry: Registry
    environment: dict[str, str]
    ssh_key: str

    def job(self, name: str, inventory: Json, *options: str) -> Job:
        """A job with all credentials."""
        return self.controller.job(name, inventory, *options, variables=self.environment, vault_password=VAULT_PASSWORD, ssh_key=self.ssh_key)


def credentials(folder: pathlib.Path, aws: AwsRig, registry: Registry) -> dict[str, str]:
    """The environment that AWX makes for jobs of its credentials, by its own code; that of the registry is made by awx_setup."""
    account = {"username": aws.environment["AWS_ACCESS_KEY_ID"], "password": aws.environment["AWS_SECRET_ACCESS_KEY"]}
    center = {"host": "127.0.0.1", "username": VSPHERE_USER, "password": VSPHERE_PASSWORD}
    made = [injected(CACHE, folder, kind, inputs) for kind, inputs in (("aws", account), ("vmware", center))]
    login = {"GOLDEN_REGISTRY_SERVER": registry.address, "GOLDEN_REGISTRY_USERNAME": REGISTRY_USER, "GOLDEN_REGISTRY_PASSWORD": REGISTRY_PASSWORD}
    return {**made[0], **made[1], **login}


@pytest.fixture
def network(
    controller: Controller, docker_over_network: tuple[DockerRig, str], aws: AwsRig, vsphere: VSphereRig, login_registry: Registry, tmp_path: pathlib.Path
) -> Network:
    """One image for everything."""
    docker, address = docker_over_network
    of_docker = {"only": ["docker"]}
    marked = {"inline": "echo {{ word }} by {{ golden_build.builder }} > /etc/marked", "become": True}
    image = {
        **PLAIN,
        "vars": {"word": Encrypted(encrypt("made", tmp_path))},
        "provisioners": [marked, {"local": "ssh-add -L > /shared/ssh_key", **of_docker}],
        "verify": [{"inline": "grep made /etc/marked", "except": ["type:local"]}],
        "post_processors": [[{"type": "docker_tag", "repository": f"{login_registry.address}/web", **of_docker}, {"type": "docker_push", **of_docker}]],
    }
    reached = vsphere_builder(vsphere, port=vsphere.port, ca_file="/shared/ca.pem", image_name="{image}-{version}")
    daemon = {"type": "docker", "docker_host": address, "source": {"image": "rig/base:1"}, "network": "none"}
    controller.define({"aws": aws_builder(aws), "docker": daemon, "local": LOCAL, "vsphere": reached}, {"web": image})
    shutil.copy(vsphere.ca_file, controller.shared / "ca.pem")
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "machine", "-f", str(tmp_path / "machine")], check=True)
    or_skip("AWX's plugins", lambda: injected(CACHE, tmp_path, "vault", {}) and None)
    environment = {"AWS_ENDPOINT_URL": aws.environment["AWS_ENDPOINT_URL"], **credentials(tmp_path, aws, login_registry)}
    return Network(controller, docker, aws, login_registry, environment, (tmp_path / "machine").read_text())


def test_builds_reach_every_platform_with_the_credentials_of_the_job(network: Network, vsphere: VSphereRig) -> None:
    controller = network.controller
    inventory = sliced(controller.inventory())
    job = network.job("build", inventory, "--privileged")
    output = job.run()
    assert job.status() == "successful", output
    assert "4 builds: 4 built" in output
    assert not [secret for secret in (VSPHERE_PASSWORD, REGISTRY_PASSWORD, VAULT_PASSWORD) if secret in output]

    name = f"{network.registry.address}/web:latest"
    assert network.docker.docker("run", "--rm", "--network=none", name, "cat", "/etc/marked") == "made by docker"
    tags = requests.get(f"http://{network.registry.address}/v2/web/tags/list", auth=(REGISTRY_USER, REGISTRY_PASSWORD), timeout=30)
    assert tags.json()["tags"] == ["latest"]
    ami = controller.record("web.aws")["artifact"]["id"].rpartition(":")[2]
    (found,) = network.aws.cli("ec2", "describe-images", "--image-ids", ami)["Images"]
    assert found["State"] == "available"
    assert vsphere.in_content("web-1", "cat /etc/marked") == "made by vsphere"
    with tarfile.open(controller.shared / "output/web/1/local/web-1-local.rootfs.tar") as archive:
        (member,) = [archive.getmember(name) for name in archive.getnames() if name.endswith("etc/marked")]
        stream = archive.extractfile(member)
        assert stream is not None and stream.read() == b"made by local\n"
    # The key of a machine credential is in the agent, where ssh finds it.
    assert (controller.shared / "ssh_key").read_text() == (controller.folder / "machine.pub").read_text()
    # What the controller shows of a job, host by host.
    shown = {event["event_data"].get("host") for event in job.events() if event["event"] == "runner_on_ok"}
    assert shown >= {"web.aws", "web.docker", "web.local", "web.vsphere"}

    again = network.job("again", inventory)
    assert "4 builds: 4 up to date" in again.run(), again.output


@pytest.mark.parametrize("user", ["1000:0", "1000650000:0"], ids=["of-the-image", "of-openshift"])
def test_a_pod_that_is_not_root_builds_and_verifies(controller: Controller, docker_over_network: tuple[DockerRig, str], user: str) -> None:
    rig, address = docker_over_network
    image = {**PLAIN, "provisioners": [{"inline": "echo pod > /etc/marked"}], "verify": [{"inline": "grep pod /etc/marked"}]}
    docker = {"type": "docker", "docker_host": address, "source": {"image": "rig/base:1"}, "network": "none"}
    controller.define({"docker": docker}, {"pod": image})
    os.chown(controller.shared, int(user.partition(":")[0]), 0)
    inventory = sliced(controller.inventory())
    before = rig.everything()["containers"]
    for name, playbook, words in (("build", "golden.images.build_images", "1 built"), ("verify", "golden.images.verify", "1 verified")):
        job = controller.job(name, inventory)
        output = job.run_in_pod(user, playbook)
        assert job.status() == "successful", output
        assert f"1 build: {words}" in output
    assert rig.docker("run", "--rm", "--network=none", "pod:1", "cat", "/etc/marked") == "pod"
    assert rig.everything()["containers"] == before


def test_without_privileges_the_local_builder_says_which_it_needs(controller: Controller) -> None:
    local = {**LOCAL, "source": {"rootfs_archive": "{{ golden_definition_dir }}/base.tar"}}
    controller.define({"local": local}, {"web": {**PLAIN, "provisioners": [{"inline": "true"}]}})
    with tarfile.open(controller.project / "base.tar", "w") as archive:
        for name in ("bin", "dev", "etc", "proc", "sys", "tmp"):
            folder = tarfile.TarInfo(name)
            folder.type, folder.mode = tarfile.DIRTYPE, 0o755
            archive.addfile(folder)
    job = controller.job("build", sliced(controller.inventory()))
    words = " ".join(job.run().split())
    assert job.status() == "failed"
    assert "Making namespaces and mounts needs a machine or a privileged container" in words
    assert not list((controller.shared / "state/guests").glob("*"))


@pytest.fixture
def waiting(controller: Controller, docker_over_network: tuple[DockerRig, str]) -> Controller:
    """A build that waits in the middle until the gate is there."""
    wait = "touch /shared/reached; until test -e /shared/gate; do sleep 0.1; done"
    image = {**PLAIN, "provisioners": [{"inline": "echo first > /etc/first"}, {"local": wait}]}
    docker = {"type": "docker", "docker_host": docker_over_network[1], "source": {"image": "rig/base:1"}, "network": "none"}
    controller.define({"docker": docker}, {"web": image})
    return controller


def test_a_job_that_is_canceled_holds_nothing(waiting: Controller, docker_over_network: tuple[DockerRig, str]) -> None:
    """Podman kills all that is in the container, the watcher too: what it left is discarded by a job of its own."""
    rig, _address = docker_over_network
    before = rig.everything()
    inventory = sliced(waiting.inventory())
    job = waiting.job("stopped", inventory)
    process = waiting.start(job)
    until("the build to wait", lambda: (waiting.shared / "reached").exists() or process.poll() is not None, 60)
    process.send_signal(signal.SIGTERM)
    process.wait(60)
    assert job.status() == "canceled", job.output
    assert rig.everything()["containers"] - before["containers"]

    discard = waiting.job("discard", inventory)
    assert "removed container golden-web-docker-" in discard.run("golden.images.discard")
    assert rig.everything()["containers"] == before["containers"]
    (waiting.shared / "gate").touch()
    # The lock of a run in a container that is gone holds nobody up.
    again = waiting.job("again", inventory, extra_vars={"golden_lock_timeout": 0.5})
    assert "1 built" in again.run()


def test_a_second_job_waits_for_the_first_in_another_container(waiting: Controller) -> None:
    inventory = sliced(waiting.inventory())
    first = waiting.job("first", inventory)
    process = waiting.start(first)
    until("the build to wait", lambda: (waiting.shared / "reached").exists() or process.poll() is not None, 60)
    impatient = waiting.job("impatient", inventory, extra_vars={"golden_lock_timeout": 0.5})
    assert "is still building it" in " ".join(impatient.run().split())
    assert "removed container" not in waiting.job("discard", inventory).run("golden.images.discard")
    (waiting.shared / "gate").touch()
    process.wait(60)
    assert first.status() == "successful", first.output
