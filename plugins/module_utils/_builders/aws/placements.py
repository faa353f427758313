# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a captured image is to be, and what of it is there already."""

from __future__ import annotations

import dataclasses
import typing as t

from ..._lifecycle.artifact import Artifact
from ..._lifecycle.errors import BuilderError
from .image_lookup import describe, made_from, named, origin_of
from .image_records import images_of
from .image_tags import ORIGIN, tags_of
from .session import Account

Json = dict[str, t.Any]


@dataclasses.dataclass(frozen=True)
class Target:
    """A region that the image is wanted in.

    :ivar account: in that region.
    :ivar encrypt: whether its volumes have to be encrypted there.
    :ivar kms_key: with what; ``None`` for the account's default key of the region.
    """

    account: Account
    encrypt: bool
    kms_key: str | None


@dataclasses.dataclass(frozen=True)
class Placement:
    """One target, and what is there.

    :ivar ready: an image with the wanted content, whatever its name; ``None`` when it has to be copied there.
    :ivar holder: another image that has the final name, and is to make way.
    """

    target: Target
    ready: Json | None
    holder: Json | None

    @property
    def account(self) -> Account:
        """In the target's region."""
        return self.target.account


def target_regions(params: t.Mapping[str, t.Any], build_region: str) -> list[str]:
    """Regions where the image is to be in the end, the build's first."""
    home = [build_region] if params["keep_in_build_region"] else []
    elsewhere = [region for region in params["copy_regions"] if region != build_region]
    return list(dict.fromkeys([*home, *elsewhere]))


def targets(params: t.Mapping[str, t.Any], account: Account) -> list[Target]:
    """As :func:`target_regions`, with keys.

    :param account: in the region of the build.
    """
    found = []
    for region in target_regions(params, account.region):
        key = params["region_kms_keys"].get(region) or (params.get("kms_key_id") if region == account.region else None)
        found.append(Target(account.in_region(region), bool(params["encrypt"]), key))
    return found


def place(target: Target, artifact: Artifact, name: str, replace: bool) -> Placement:
    """What is in a target already.

    :raises BuilderError: when somebody else's image has the final name, and may not lose it.
    """
    account = target.account
    holder = named(account, name)
    if holder is not None and _is_ours(holder, artifact, target):
        return Placement(target, holder, None)
    if holder is not None:
        _check_replaceable(holder, replace, artifact, account)
    # What an earlier attempt made, and a captured image that nothing has to be done to.
    copies = made_from(account, artifact.metadata["origin"])
    own = images_of(artifact).get(account.region)
    known = describe(account, own) if own else None
    usable = [image for image in [*copies, *([known] if known else [])] if image["State"] in ("pending", "available") and _has_encryption(image, target)]
    return Placement(target, usable[0] if usable else None, holder)


def _is_ours(image: Json, artifact: Artifact, target: Target) -> bool:
    origin = artifact.metadata["origin"]
    is_made_from = tags_of(image).get(ORIGIN) == origin or origin_of(target.account.region, image["ImageId"]) == origin
    return (is_made_from or image["ImageId"] in images_of(artifact).values()) and _has_encryption(image, target)


def _has_encryption(image: Json, target: Target) -> bool:
    """A captured image may have been encrypted from the start, but only what was copied has a key that was asked for."""
    if not target.encrypt:
        return True
    volumes = [mapping["Ebs"] for mapping in image.get("BlockDeviceMappings") or [] if "Ebs" in mapping]
    if target.kms_key and ORIGIN not in tags_of(image):
        return False
    return image["State"] == "pending" or all(volume.get("Encrypted") for volume in volumes)


def _check_replaceable(holder: Json, replace: bool, artifact: Artifact, account: Account) -> None:
    identifier = holder["ImageId"]
    if not replace:
        raise BuilderError(
            f"there is already an image {holder['Name']} in {account.region}: {identifier}",
            hint="Give another image_name or version, or set replace to true",
        )
    check_unprotected(holder, account)


def check_unprotected(holder: Json, account: Account) -> None:
    """:raises BuilderError: for an image that cannot be deregistered."""
    if str(holder.get("DeregistrationProtection") or "disabled").startswith("enabled"):
        raise BuilderError(
            f"the image {holder['Name']} in {account.region} is to be replaced, and protected: {holder['ImageId']}",
            hint=f"Allow it: aws ec2 disable-image-deregistration-protection --image-id {holder['ImageId']} --region {account.region}",
        )
