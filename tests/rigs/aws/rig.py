# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An account of AWS, private to the tests: moto's server, whose instances are containers that answer on SSH."""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import shutil
import subprocess
import sys
import typing as t
import urllib.request

import boto3
import botocore.config

from ..docker.processes import RigError, end, start, wait_until
from ..docker.rig import DockerRig, free_port
from ..guests.image import import_guest
from ..leftovers import Kinds
from .containers import LABEL, Containers

ROOT = pathlib.Path(__file__).resolve().parents[3]
REGION, SECOND_REGION = "us-east-1", "us-west-2"
ACCESS_KEY, SECRET_KEY = "AKIARIGACCESSKEY0000", "rig-secret-Zx81pWq7Lm3Vt9"


@dataclasses.dataclass(eq=False)
class AwsRig:
    """The running server.

    :ivar folder: an empty folder of its own.
    """

    docker: DockerRig
    folder: pathlib.Path
    port: int = dataclasses.field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None
    _clients: dict[tuple[str, str], t.Any] = dataclasses.field(default_factory=dict)

    @property
    def url(self) -> str:
        """Where the API answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def address_url(self) -> str:
        """Says under which address the builder is seen."""
        return f"{self.url}/rig/address"

    @property
    def environment(self) -> dict[str, str]:
        """What boto3, the AWS CLI and the builder take their account from."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    # -- life

    def start(self, cache: pathlib.Path) -> None:
        """:raises RigError: when it does not come up."""
        import_guest(self.docker, cache)
        self.containers.prepare()
        argv = [sys.executable, "-m", "tests.rigs.aws.server", str(self.port), str(self.docker.folder), str(self.folder)]
        self.process = start(argv, self.folder / "server.log", {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"})
        wait_until(self._answers, "the AWS server")

    def _answers(self) -> bool:
        if self.process is not None and self.process.poll() is not None:
            raise RigError(f"the AWS server ended with {self.process.returncode}: {(self.folder / 'server.log').read_text()[-2000:]}")
        try:
            self._order("log")
        except OSError:
            return False
        return True

    def stop(self) -> None:
        """End it, its instances and their network."""
        if self.process is not None:
            end(self.process)
            self.process = None
        self.containers.close()

    @property
    def containers(self) -> Containers:
        """The instances' other side."""
        return Containers(self.docker, self.folder)

    # -- orders

    def _order(self, name: str, what: t.Any = None) -> t.Any:
        request = urllib.request.Request(f"{self.url}/rig/{name}", data=json.dumps(what).encode(), method="POST")
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def reset(self) -> None:
        """An account with nothing in it, no faults, an empty log."""
        self._order("reset")

    def faults(self, *rules: dict[str, t.Any]) -> None:
        """From now on these faults and no others; see ``Rule`` in ``faults.py``."""
        self._order("faults", list(rules))

    def behave(self, **how: t.Any) -> None:
        """Change how the platform behaves; see ``Behaviour`` in ``patching.py``."""
        self._order("behaviour", how)

    def log(self) -> list[dict[str, t.Any]]:
        """All calls since the last reset: action, service, region, access_key, parameters, code."""
        return t.cast(list[dict[str, t.Any]], self._order("log"))

    def calls(self, action: str, region: str | None = None) -> list[dict[str, str]]:
        """Parameters of every call of this action, but of dry runs."""
        return [call["parameters"] for call in acting(self.log()) if call["action"] == action and region in (None, call["region"])]

    # -- independent clients

    def cli(self, *arguments: str, region: str = REGION) -> t.Any:
        """What the AWS CLI says."""
        program = pathlib.Path(sys.executable).with_name("aws")
        env = {**self.environment, "PATH": os.environ.get("PATH", os.defpath), "HOME": str(self.folder)}
        argv = [sys.executable, str(program), *arguments, "--region", region, "--output", "json"]
        done = subprocess.run(argv, capture_output=True, text=True, check=False, env=env)
        assert done.returncode == 0, f"aws {' '.join(arguments)}: {done.stderr}"
        return json.loads(done.stdout) if done.stdout.strip() else None

    def client(self, service: str, region: str = REGION) -> t.Any:
        """A client of boto3 that finds no other account than this."""
        if (service, region) not in self._clients:
            options = {"endpoint_url": self.url, "aws_access_key_id": ACCESS_KEY, "aws_secret_access_key": SECRET_KEY}
            config = botocore.config.Config(retries={"total_max_attempts": 1})
            self._clients[service, region] = boto3.client(service, region_name=region, config=config, **options)
        return self._clients[service, region]

    def everything(self) -> Kinds:
        """What this account has in the regions that anybody called, and in IAM, as ``region id``; stock things are left out."""
        regions = sorted({call["region"] for call in self.log() if call["service"] in ("ec2", "ssm")} | {REGION, SECOND_REGION})
        found: Kinds = {"containers": set(self.docker.docker("ps", "-aq", "--filter", f"label={LABEL}").split())}
        for region in regions:
            for kind, ids in self._regional(region).items():
                found.setdefault(kind, set()).update(f"{region} {one}" for one in ids)
        iam = self.client("iam")
        found["roles"] = {role["RoleName"] for role in iam.list_roles()["Roles"] if not role["Path"].startswith("/aws-service-role/")}
        found["profiles"] = {profile["InstanceProfileName"] for profile in iam.list_instance_profiles()["InstanceProfiles"]}
        found["buckets"] = {bucket["Name"] for bucket in self.client("s3").list_buckets()["Buckets"]}
        return found

    def _regional(self, region: str) -> dict[str, list[str]]:
        ec2 = self.client("ec2", region)
        running = ["pending", "running", "stopping", "stopped"]
        reservations = ec2.describe_instances(Filters=[{"Name": "instance-state-name", "Values": running}])["Reservations"]
        return {
            "instances": [instance["InstanceId"] for reservation in reservations for instance in reservation["Instances"]],
            "volumes": [one["VolumeId"] for one in ec2.describe_volumes()["Volumes"]],
            "snapshots": [one["SnapshotId"] for one in ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]],
            "images": [one["ImageId"] for one in ec2.describe_images(Owners=["self"])["Images"]],
            "key pairs": [one["KeyName"] for one in ec2.describe_key_pairs()["KeyPairs"]],
            "security groups": [one["GroupId"] for one in ec2.describe_security_groups()["SecurityGroups"] if one["GroupName"] != "default"],
            "launch templates": [one["LaunchTemplateId"] for one in ec2.describe_launch_templates()["LaunchTemplates"]],
            "spot requests": [
                one["SpotInstanceRequestId"] for one in ec2.describe_spot_instance_requests()["SpotInstanceRequests"] if one["State"] in ("open", "active")
            ],
            "interfaces": [one["NetworkInterfaceId"] for one in ec2.describe_network_interfaces()["NetworkInterfaces"]],
            "parameters": [one["Name"] for one in self.client("ssm", region).describe_parameters()["Parameters"]],
        }

    def in_image(self, ami: str, script: str, region: str = REGION) -> str:
        """Run a shell script on the content of an AMI, as it is before anything boots from it, and return what it wrote."""
        (image,) = self.client("ec2", region).describe_images(ImageIds=[ami])["Images"]
        (snapshot,) = [one["Ebs"]["SnapshotId"] for one in image["BlockDeviceMappings"] if one["DeviceName"] == image["RootDeviceName"]]
        argv = ["run", "--rm", "--network=none", "--label", LABEL, "--entrypoint", "/bin/sh", Containers.image(snapshot), "-c", script]
        return self.docker.docker(*argv)

    def discard_folder(self) -> None:
        """Remove its own folder."""
        shutil.rmtree(self.folder, ignore_errors=True)


def acting(calls: t.Iterable[dict[str, t.Any]]) -> list[dict[str, t.Any]]:
    """Those of the calls that are no dry runs."""
    return [call for call in calls if call["parameters"].get("DryRun") != "true"]
