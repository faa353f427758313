# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Containers that play instances, and images that play the content of snapshots; knows nothing of AWS's API."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import pathlib
import subprocess
import typing as t

from ..docker.rig import DockerRig
from ..guests.image import BOOT, GUEST_IMAGE

USER = "admin"
NETWORK = "golden-aws"
LABEL = "golden.rig=aws"
DISK_LABEL, DISK_SIZE = b"disk of the rig: ", 1 << 20
ADDRESS = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"


@dataclasses.dataclass(frozen=True)
class Containers:
    """The containers of one Docker daemon.

    :ivar folder: where each instance's metadata is; its guest sees it read-only.
    """

    rig: DockerRig
    folder: pathlib.Path

    def prepare(self) -> None:
        """Make the network: the host reaches guests by address, guests reach nothing else."""
        self.rig.docker("network", "create", "--internal", "--label", LABEL, NETWORK)

    def clear(self) -> None:
        """Remove every instance and every content."""
        for container in self.rig.docker("ps", "-aq", "--filter", f"label={LABEL}").split():
            self.rig.docker("rm", "-fv", container)
        for image in self.rig.docker("images", "--format", "{{.Repository}}:{{.Tag}}", "rig-snapshot").split():
            self.rig.docker("rmi", "-f", image)

    def close(self) -> None:
        """Remove all of it, the network too."""
        self.clear()
        with contextlib.suppress(subprocess.CalledProcessError):
            self.rig.docker("network", "rm", NETWORK)

    # -- instances

    def boot(self, instance: str, content: str | None, keys: t.Sequence[str], user_data: str) -> str:
        """Start an instance.

        :param content: the snapshot to boot from; ``None`` or an unknown one boots what a stock AMI has.
        :param user_data: in base64.
        :returns: its address.
        """
        folder = self.folder / instance
        folder.mkdir()
        (folder / "metadata.json").write_text(json.dumps({"id": instance, "user": USER, "keys": list(keys), "user_data": user_data}))
        image = self.image(content) if content and self.has(content) else GUEST_IMAGE
        options = ["--init", "--network", NETWORK, "--name", instance, "--hostname", instance, "--label", LABEL, "--volume", f"{folder}:/run/instance:ro"]
        self.rig.docker("run", "--detach", *options, "--entrypoint", "/usr/bin/python3", image, "-c", BOOT)
        return self.address(instance)

    def address(self, instance: str) -> str:
        """Where the running instance answers."""
        return self.rig.docker("inspect", "--format", ADDRESS, instance)

    def start(self, instance: str) -> None:
        """Boot a stopped instance again."""
        self.rig.docker("start", instance)

    def stop(self, instance: str) -> None:
        """Shut it down."""
        self.rig.docker("stop", "--time", "1", instance)

    def remove(self, instance: str) -> None:
        """Terminate it; one that is gone is fine."""
        with contextlib.suppress(subprocess.CalledProcessError):
            self.rig.docker("rm", "-fv", instance)

    def console(self, instance: str) -> str:
        """What it wrote to its console."""
        return self.rig.docker("logs", instance)

    def run(self, instance: str, script: str) -> None:
        """Run a shell script in it as root."""
        self.rig.docker("exec", "--interactive", instance, "/bin/sh", "-s", stdin=script.encode())

    # -- contents of snapshots

    @staticmethod
    def image(snapshot: str) -> str:
        """Name of the image with a snapshot's content."""
        return f"rig-snapshot:{snapshot}"

    def has(self, snapshot: str) -> bool:
        """Whether the content is known."""
        return self.rig.exists(self.image(snapshot))

    def capture(self, instance: str, snapshot: str) -> None:
        """Keep an instance's root volume."""
        self.rig.docker("commit", instance, self.image(snapshot))

    def copy(self, snapshot: str, copied: str) -> None:
        """Give a content a second name."""
        if self.has(snapshot):
            self.rig.docker("tag", self.image(snapshot), self.image(copied))

    def forget(self, snapshot: str) -> None:
        """Delete a content."""
        with contextlib.suppress(subprocess.CalledProcessError):
            self.rig.docker("rmi", self.image(snapshot))

    def disk(self, snapshot: str) -> bytes:
        """The content as a disk. What really is in it stays here, under a name that the disk tells."""
        kept = f"disk-{snapshot}"
        self.rig.docker("tag", self.image(snapshot) if self.has(snapshot) else GUEST_IMAGE, self.image(kept))
        return DISK_LABEL + kept.encode().ljust(DISK_SIZE, b"\0")

    def load(self, disk: bytes, snapshot: str) -> None:
        """Keep the content of a disk; one that :meth:`disk` did not make has that of a stock AMI."""
        if disk.startswith(DISK_LABEL):
            self.copy(disk.removeprefix(DISK_LABEL).rstrip(b"\0").decode(), snapshot)
