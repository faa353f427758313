# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""AMIs as EC2 has them: pending for a while, made of snapshots that outlive them."""

from __future__ import annotations

import fnmatch
import time
import typing as t

from moto.ec2.models.amis import Ami
from moto.ec2.utils import random_ami_id

from .patching import PLATFORM, refuse


def root_snapshot(ami: t.Any) -> str | None:
    """The snapshot that an instance of the AMI boots from."""
    for mapping in ami.block_device_mappings:
        if mapping["DeviceName"] == ami.root_device_name:
            snapshot = mapping.get("Ebs", {}).get("SnapshotId")
            return str(snapshot) if snapshot else None
    return None


class RigImage(Ami):  # type: ignore[misc]
    """An AMI of this account."""

    def __init__(self, backend: t.Any, name: str, mappings: list[dict[str, t.Any]], tags: dict[str, str], attributes: dict[str, t.Any]) -> None:
        zone = f"{backend.region_name}a"
        super().__init__(backend, random_ami_id(), name=name, virtualization_type="hvm", hypervisor="xen", root_device_type="ebs", region_name=zone)
        backend.snapshots.pop(self.ebs_snapshot.id)
        self.ebs_snapshot = None
        self.image_location = f"{backend.account_id}/{name}"
        self.boot_mode: str | None = None
        self.mappings = mappings
        self.deregistration_protection = "disabled"
        self.deprecation_time: str | None = None
        for key, value in attributes.items():
            if value is not None:
                setattr(self, key, value)
        self._ends_at = PLATFORM.behaviour.ends_at()
        for snapshot in self._snapshots():
            snapshot.from_ami = self.id
        self.add_tags(tags)
        backend.amis[self.id] = self

    def _snapshots(self) -> list[t.Any]:
        known = self.ec2_backend.snapshots
        return [known[mapping["Ebs"]["SnapshotId"]] for mapping in self.mappings if mapping.get("Ebs", {}).get("SnapshotId") in known]

    def _is_among(self, patterns: list[str]) -> bool:
        return any(fnmatch.fnmatchcase(f"{self.ec2_backend.region_name}/{self.name}", pattern) for pattern in patterns)

    @property
    def block_device_mappings(self) -> list[dict[str, t.Any]]:
        return self.mappings

    @property
    def state(self) -> str:
        if self.disabled:
            return "disabled"
        if self._is_among(PLATFORM.behaviour.stuck) or time.monotonic() < self._ends_at:
            return "pending"
        return "failed" if self._is_among(PLATFORM.behaviour.failing) else "available"

    @state.setter
    def state(self, value: str) -> None:
        self.disabled = value == "disabled"

    @property
    def state_reason(self) -> dict[str, str] | None:
        return {"Code": "Server.InternalError", "Message": "the rig was told to fail"} if self.state == "failed" else None


def new_snapshot(backend: t.Any, volume: t.Any, description: str, tags: dict[str, str]) -> t.Any:
    """A snapshot of a volume."""
    snapshot = backend.create_snapshot(volume.id, description)
    snapshot.encrypted, snapshot.kms_key_id = volume.encrypted, volume.kms_key_id
    snapshot.add_tags(tags)
    return snapshot


def loose_snapshot(backend: t.Any, size: int, description: str, tags: dict[str, str], encrypted: bool = False, key: str | None = None) -> t.Any:
    """A snapshot without a volume: of a copied image, or of an imported disk."""
    volume = backend.create_volume(size=size, zone_name=backend.region_name + "a", encrypted=encrypted, kms_key_id=key)
    snapshot = new_snapshot(backend, volume, description, tags)
    backend.delete_volume(volume.id)
    return snapshot


def find_image(backend: t.Any, image: str) -> t.Any:
    """An AMI by its id."""
    if image not in backend.amis:
        refuse("InvalidAMIID.NotFound", f"The image id '[{image}]' does not exist")
    return backend.amis[image]


def refuse_taken_name(backend: t.Any, name: str) -> None:
    """Names are unique in an account and a region."""
    for image in backend.amis.values():
        if image.name == name and image.owner_id == backend.account_id:
            refuse("InvalidAMIName.Duplicate", f"AMI name {name} is already in use by AMI {image.id}")
