# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Volumes of guests and images: what each type can be, and how calls take them."""

from __future__ import annotations

import dataclasses
import typing as t

from ..._lifecycle.errors import BuilderError

Json = dict[str, t.Any]
Device = t.Mapping[str, t.Any]


@dataclasses.dataclass(frozen=True)
class VolumeType:
    """What a volume of one type can be.

    :ivar size: least and most GiB.
    :ivar iops: least and most, ``None`` when they cannot be chosen.
    :ivar iops_per_gib: most for each GiB.
    :ivar throughput: least and most MiB/s, ``None`` when it cannot be chosen.
    """

    size: tuple[int, int]
    iops: tuple[int, int] | None = None
    iops_per_gib: int = 0
    iops_required: bool = False
    throughput: tuple[int, int] | None = None


VOLUME_TYPES = {
    "gp3": VolumeType((1, 65536), iops=(3000, 80000), iops_per_gib=500, throughput=(125, 2000)),
    "gp2": VolumeType((1, 16384)),
    "io1": VolumeType((4, 16384), iops=(100, 64000), iops_per_gib=50, iops_required=True),
    "io2": VolumeType((4, 65536), iops=(100, 256000), iops_per_gib=1000, iops_required=True),
    "st1": VolumeType((125, 16384)),
    "sc1": VolumeType((125, 16384)),
    "standard": VolumeType((1, 1024)),
}

_GP3_FREE_IOPS = 3000
_IOPS_PER_THROUGHPUT = 4
_INITIALIZATION_RATE = (100, 300)


def check_devices(devices: t.Sequence[Device], option: str) -> None:
    """Refuse volumes that AWS would refuse, or would silently make otherwise.

    :raises BuilderError: naming the device and the limit.
    """
    seen: set[str] = set()
    for device in devices:
        name = device["device_name"]
        if name in seen:
            raise BuilderError(f"{option} has {name} twice")
        seen.add(name)
        check_device(device, f"{option}: {name}")


def check_device(device: Device, where: str) -> None:
    """As :func:`check_devices`, for one volume."""
    ways = [key for key in ("virtual_name", "no_device") if device.get(key)]
    volume = [
        key for key in ("volume_size", "volume_type", "iops", "throughput", "snapshot_id", "encrypted", "kms_key_id") if device.get(key) not in (None, False)
    ]
    if len(ways) > 1 or (ways and volume):
        raise BuilderError(
            f"{where}: {' and '.join([*ways, *volume])} exclude each other", hint="A device is a volume, an ephemeral disk (virtual_name), or none"
        )
    if ways:
        return
    if device.get("kms_key_id") and device.get("encrypted") is not True:
        raise BuilderError(f"{where}: kms_key_id encrypts nothing without encrypted: true")
    _check_performance(device, where)


def _check_performance(device: Device, where: str) -> None:
    given = device.get("volume_type")
    size, iops, throughput = device.get("volume_size"), device.get("iops"), device.get("throughput")
    if not given:
        if iops or throughput:
            raise BuilderError(f"{where}: iops and throughput mean nothing without volume_type")
        return
    kind = VOLUME_TYPES[given]
    _check_range(size, kind.size, f"{where}: volume_size", "GiB", given)
    if iops and not kind.iops:
        raise BuilderError(f"{where}: the iops of {given} cannot be chosen", hint="Remove iops, or use gp3, io1 or io2")
    if kind.iops_required and not iops:
        raise BuilderError(f"{where}: {given} needs iops")
    if throughput and not kind.throughput:
        raise BuilderError(f"{where}: the throughput of {given} cannot be chosen", hint="Remove throughput, or use gp3")
    _check_range(iops, kind.iops, f"{where}: iops", "", given)
    _check_range(throughput, kind.throughput, f"{where}: throughput", "MiB/s", given)
    _check_range(device.get("volume_initialization_rate"), _INITIALIZATION_RATE, f"{where}: volume_initialization_rate", "MiB/s", given)
    if iops and size and iops > size * kind.iops_per_gib and iops > _free_iops(given):
        raise BuilderError(f"{where}: {iops} iops are too many for {size} GiB of {given}", hint=f"At most {kind.iops_per_gib} for each GiB")
    if throughput and throughput * _IOPS_PER_THROUGHPUT > (iops or _GP3_FREE_IOPS):
        raise BuilderError(f"{where}: {throughput} MiB/s need at least {throughput * _IOPS_PER_THROUGHPUT} iops", hint="Raise iops, or lower throughput")


def _free_iops(volume_type: str) -> int:
    return _GP3_FREE_IOPS if volume_type == "gp3" else 0


def _check_range(value: int | None, limits: tuple[int, int] | None, what: str, unit: str, volume_type: str) -> None:
    if value is not None and limits and not limits[0] <= value <= limits[1]:
        raise BuilderError(f"{what} is {value}, {volume_type} takes {limits[0]} to {limits[1]} {unit}".rstrip())


def device_mapping(device: Device) -> Json:
    """An entry of ``BlockDeviceMappings``."""
    if device.get("no_device"):
        return {"DeviceName": device["device_name"], "NoDevice": ""}
    if device.get("virtual_name"):
        return {"DeviceName": device["device_name"], "VirtualName": device["virtual_name"]}
    ebs = {
        "VolumeSize": device.get("volume_size"),
        "VolumeType": device.get("volume_type"),
        "Iops": device.get("iops"),
        "Throughput": device.get("throughput"),
        "VolumeInitializationRate": device.get("volume_initialization_rate"),
        "SnapshotId": device.get("snapshot_id"),
        "Encrypted": device.get("encrypted"),
        "KmsKeyId": device.get("kms_key_id"),
        "DeleteOnTermination": device.get("delete_on_termination", True),
    }
    return {"DeviceName": device["device_name"], "Ebs": {key: value for key, value in ebs.items() if value is not None}}


def launch_mappings(image: Json, devices: t.Sequence[Device]) -> list[Json]:
    """Devices of a guest: those asked for, and the source image's other volumes, which would outlive the guest where the image says so."""
    wanted = {device["device_name"]: device_mapping(device) for device in devices}
    for known in image.get("BlockDeviceMappings") or ():
        name, volume = known["DeviceName"], known.get("Ebs")
        if volume is None:
            continue
        if name not in wanted and not volume.get("DeleteOnTermination", True):
            wanted[name] = {"DeviceName": name, "Ebs": {"DeleteOnTermination": True}}
        if "Ebs" in wanted.get(name, {}) and "SnapshotId" not in wanted[name]["Ebs"] and volume.get("VolumeSize"):
            wanted[name]["Ebs"].setdefault("VolumeSize", volume["VolumeSize"])
    return list(wanted.values())


def kept_devices(devices: t.Sequence[Device]) -> list[str]:
    """Names of devices whose volumes are to outlive the guest."""
    return [device["device_name"] for device in devices if not device.get("delete_on_termination", True) and not device.get("no_device")]
