# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The calls about AMIs."""

from __future__ import annotations

import copy
import typing as t

from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import utcnow
from moto.ec2.models import ec2_backends
from moto.ec2.models.amis import Ami, AmiBackend
from moto.ec2.responses import EC2Response

from .catalogue import DEPRECATED
from .image_model import RigImage, find_image, loose_snapshot, new_snapshot, refuse_taken_name
from .patching import PLATFORM, refuse, replaces, tags_of

ATTRIBUTES = ("EnaSupport", "SriovNetSupport", "BootMode", "TpmSupport", "ImdsSupport", "UefiData", "KernelId", "RamdiskId")
PROTECTED = "enabled-without-cooldown"


def _set(call: t.Any, **attributes: t.Any) -> ActionResult:
    image = find_image(call.ec2_backend, call._get_param("ImageId"))
    call.error_on_dryrun()
    for name, value in attributes.items():
        setattr(image, name, value)
    return ActionResult({"Return": True})


def _iso(moment: t.Any) -> str:
    return moment if isinstance(moment, str) else str(moment.strftime("%Y-%m-%dT%H:%M:%S.000Z"))


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")


@replaces(Ami)
class Filters:
    """Filters that moto does not know."""

    def get_filter_value(self: t.Any, filter_name: str, method_name: str | None = None) -> t.Any:
        if filter_name.startswith("block-device-mapping."):
            key = "".join(word.capitalize() for word in filter_name.partition(".")[2].split("-"))
            return [mapping.get("Ebs", {}).get(key) for mapping in self.block_device_mappings]
        return Filters.was.get_filter_value(self, filter_name, method_name)


@replaces(AmiBackend)
class Register:
    """moto remembers AMIs that are gone."""

    def deregister_image(self: t.Any, ami_id: str) -> None:
        find_image(self, ami_id)
        del self.amis[ami_id]


@replaces(EC2Response)
class Calls:
    """The calls."""

    def describe_images(self: t.Any) -> t.Any:
        result = Calls.was.describe_images(self)
        if not (self._get_param("IncludeDeprecated") or self._get_param("ImageIds")):
            now = utcnow().strftime("%Y-%m-%dT%H:%M:%S.000Z")
            shown = result.result["Images"]
            own = self.current_account
            result.result["Images"] = [one for one in shown if one.owner_id == own or DEPRECATED.get(one.id, "9999") > now]
        return result

    def create_image(self: t.Any) -> ActionResult:
        backend, name = self.ec2_backend, self._get_param("Name")
        instance = backend.get_instance(self._get_param("InstanceId"))
        refuse_taken_name(backend, name)
        self.error_on_dryrun()
        changes = {mapping["DeviceName"]: mapping for mapping in self._get_param("BlockDeviceMappings", [])}
        mappings = []
        for device, attached in instance.get_block_device_mapping:
            change = changes.get(device, {})
            if change.get("NoDevice") is not None:
                continue
            volume, wanted = backend.get_volume(attached.volume_id), change.get("Ebs", {})
            snapshot = new_snapshot(backend, volume, f"Created by CreateImage({instance.id})", tags_of(self, "snapshot"))
            disk = {"VolumeSize": volume.size, "VolumeType": volume.volume_type, "DeleteOnTermination": True, **wanted}
            mappings.append({"DeviceName": device, "Ebs": {**disk, "SnapshotId": snapshot.id, "Encrypted": snapshot.encrypted}})
        attributes = {
            "description": self._get_param("Description"),
            "instance_id": instance.id,
            "source_image_id": instance.image_id,
            "root_device_name": instance.root_device_name,
            "architecture": instance.architecture,
            "platform": instance.platform,
            "ena_support": instance.ena_support,
            "boot_mode": instance.boot_mode,
        }
        return ActionResult({"ImageId": RigImage(backend, name, mappings, tags_of(self, "image"), attributes).id})

    def register_image(self: t.Any) -> ActionResult:
        backend, name = self.ec2_backend, self._get_param("Name")
        mappings = copy.deepcopy(self._get_param("BlockDeviceMappings", []))
        for mapping in mappings:
            disk = mapping.get("Ebs", {})
            if "SnapshotId" in disk:
                snapshot = backend.get_snapshot(disk["SnapshotId"])
                disk.setdefault("VolumeSize", snapshot.volume_size)
                disk.setdefault("VolumeType", "gp2")
                disk["Encrypted"] = snapshot.encrypted
        refuse_taken_name(backend, name)
        self.error_on_dryrun()
        attributes = {
            "description": self._get_param("Description"),
            "architecture": self._get_param("Architecture", "i386"),
            "root_device_name": self._get_param("RootDeviceName"),
            **{_snake(attribute): self._get_param(attribute) for attribute in ATTRIBUTES},
        }
        return ActionResult({"ImageId": RigImage(backend, name, mappings, tags_of(self, "image"), attributes).id})

    def copy_image(self: t.Any) -> ActionResult:
        backend, name, region = self.ec2_backend, self._get_param("Name"), self._get_param("SourceRegion")
        source = find_image(ec2_backends[self.current_account][region], self._get_param("SourceImageId"))
        refuse_taken_name(backend, name)
        self.error_on_dryrun()
        if source.state != "available":
            refuse("InvalidRequest", f"Image {source.id} is not available")
        mappings = copy.deepcopy(source.block_device_mappings)
        for mapping in mappings:
            disk = mapping.get("Ebs", {})
            encrypted = bool(self._get_param("Encrypted") or disk.get("Encrypted"))
            description = f"Copied for DestinationAmi from SourceAmi {source.id} for SourceSnapshot {disk['SnapshotId']}."
            key = self._get_param("KmsKeyId")
            snapshot = loose_snapshot(backend, int(disk.get("VolumeSize", 8)), description, tags_of(self, "snapshot"), encrypted, key)
            PLATFORM.containers.copy(disk["SnapshotId"], snapshot.id)
            disk.update(SnapshotId=snapshot.id, Encrypted=encrypted)
        tags = {tag["key"]: tag["value"] for tag in source.get_tags()} if self._get_param("CopyImageTags") else {}
        attributes = {
            "description": self._get_param("Description") or source.description,
            "source_image_id": source.id,
            "source_image_region": region,
            **{name: getattr(source, name, None) for name in ("architecture", "platform", "root_device_name", *map(_snake, ATTRIBUTES))},
        }
        return ActionResult({"ImageId": RigImage(backend, name, mappings, tags | tags_of(self, "image"), attributes).id})

    def deregister_image(self: t.Any) -> ActionResult:
        backend = self.ec2_backend
        image = find_image(backend, self._get_param("ImageId"))
        self.error_on_dryrun()
        if getattr(image, "deregistration_protection", "disabled") != "disabled":
            refuse("OperationNotPermitted", f"Deregistration protection is enabled for {image.id}")
        backend.deregister_image(image.id)
        results = []
        if self._get_param("DeleteAssociatedSnapshots"):
            for mapping in image.block_device_mappings:
                snapshot = mapping.get("Ebs", {}).get("SnapshotId")
                if snapshot in backend.snapshots:
                    backend.delete_snapshot(snapshot)
                    results.append({"SnapshotId": snapshot, "ReturnCode": "success"})
        return ActionResult({"Return": True, "DeleteSnapshotResults": results})

    def modify_image_attribute(self: t.Any) -> t.Any:
        image = find_image(self.ec2_backend, self._get_param("ImageId"))
        changed = False
        for attribute in ("Description", "ImdsSupport"):
            value = self._get_param(attribute)
            if value:
                setattr(image, _snake(attribute), value["Value"])
                changed = True
        return EmptyResult() if changed else Calls.was.modify_image_attribute(self)

    def describe_image_attribute(self: t.Any) -> t.Any:
        image = find_image(self.ec2_backend, self._get_param("ImageId"))
        if self._get_param("Attribute") == "uefiData":
            return ActionResult({"ImageId": image.id, "UefiData": {"Value": getattr(image, "uefi_data", None)}})
        if self._get_param("Attribute") == "deregistrationProtection":
            return ActionResult({"ImageId": image.id, "DeregistrationProtection": {"Value": image.deregistration_protection}})
        return Calls.was.describe_image_attribute(self)

    def enable_image_deprecation(self: t.Any) -> ActionResult:
        return _set(self, deprecation_time=_iso(self._get_param("DeprecateAt")))

    def disable_image_deprecation(self: t.Any) -> ActionResult:
        return _set(self, deprecation_time=None)

    def enable_image_deregistration_protection(self: t.Any) -> ActionResult:
        return _set(self, deregistration_protection=PROTECTED)

    def disable_image_deregistration_protection(self: t.Any) -> ActionResult:
        return _set(self, deregistration_protection="disabled")
