# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What it takes to register an image's snapshots once more: the only way to another name, boot mode or TPM."""

from __future__ import annotations

import typing as t

from ..._lifecycle.errors import BuilderError
from .errors import doing, once_visible
from .session import Account

Json = dict[str, t.Any]


def overrides(params: t.Mapping[str, t.Any]) -> Json:
    """What only registering can decide of an image, as arguments."""
    changes = {"BootMode": params.get("boot_mode"), "TpmSupport": "v2.0" if params["tpm_support"] else None, "UefiData": params.get("uefi_data")}
    return {name: value for name, value in changes.items() if value}


def registration(image: Json, changes: t.Mapping[str, t.Any]) -> Json:
    """Arguments that register an image's snapshots once more.

    :param image: as EC2 describes it.
    :param changes: arguments that are to differ.
    """
    copied = ("Architecture", "RootDeviceName", "VirtualizationType", "EnaSupport", "SriovNetSupport", "BootMode", "TpmSupport", "ImdsSupport", "KernelId")
    arguments = {name: image[name] for name in (*copied, "RamdiskId", "Description") if image.get(name) not in (None, "")}
    devices = [_device(mapping) for mapping in image.get("BlockDeviceMappings") or []]
    return {**arguments, "BlockDeviceMappings": devices, **changes}


def _device(mapping: Json) -> Json:
    volume = mapping.get("Ebs")
    if not volume:
        return {name: mapping[name] for name in ("DeviceName", "VirtualName", "NoDevice") if name in mapping}
    # The snapshot decides what is encrypted, and EC2 refuses to be told twice.
    left_out = {"Encrypted", "KmsKeyId"} if volume.get("SnapshotId") else set()
    return {"DeviceName": mapping["DeviceName"], "Ebs": {name: value for name, value in volume.items() if name not in left_out and value is not None}}


def check_registrable(image: Json, why: str) -> None:
    """:raises BuilderError: for an image that only EC2 itself can copy."""
    if not is_registrable(image):
        kind = image.get("PlatformDetails") or image.get("Platform") or "an image with product codes"
        raise BuilderError(f"{why} cannot be done with {kind}: registered anew, the image would lose what it is billed by")


def is_registrable(image: Json) -> bool:
    """Whether registering its snapshots makes the same image: what is billed by the image gets lost by that."""
    details = image.get("PlatformDetails") or ("Windows" if image.get("Platform") == "windows" else "Linux/UNIX")
    return details == "Linux/UNIX" and not image.get("ProductCodes") and image.get("UsageOperation") in (None, "", "RunInstances")


def uefi_data(account: Account, image: Json) -> Json:
    """What the firmware keeps of an image (keys of secure boot), as an argument."""
    if not str(image.get("BootMode") or "").startswith("uefi"):
        return {}
    with doing(f"read the UEFI variables of {image['ImageId']}", f"image {image['ImageId']}"):
        answer = once_visible(
            lambda: account.client("ec2").describe_image_attribute(ImageId=image["ImageId"], Attribute="uefiData"), f"the image {image['ImageId']} to be known"
        )
    value = (answer.get("UefiData") or {}).get("Value")
    return {"UefiData": value} if value else {}
