# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Source images: the one AMI that a definition means."""

from __future__ import annotations

import re
import typing as t

from ..._lifecycle.builder import Source
from ..._lifecycle.errors import BuilderError
from ..._lifecycle.operation import Context
from .errors import doing, missing
from .session import Account
from .tagging import filters

Json = dict[str, t.Any]
Options = t.Mapping[str, t.Any]

_IMAGE_ID = re.compile(r"ami-[0-9a-f]{8,17}\Z")
_RESOLVE = "resolve:ssm:"
_SHOWN = 5


def check_source(source: Options) -> None:
    """:raises BuilderError: for what can be refused without asking AWS."""
    for image_id in [source.get("image_id"), *(source.get("image_ids") or {}).values()]:
        if image_id and not _IMAGE_ID.match(str(image_id)):
            raise BuilderError(
                f"source: {image_id!r} is not the id of an AMI", hint="For instance ami-0123456789abcdef0; a parameter's name goes into ssm_parameter"
            )
    if not source.get("name") and not source.get("filters"):
        searched = [key for key in ("owners", "most_recent", "include_deprecated") if source.get(key)]
        if searched:
            raise BuilderError(f"source: {', '.join(searched)} only mean something with name or filters")


def resolve(source: Options, account: Account, context: Context) -> Source:
    """The AMI that ``source`` means right now.

    :raises BuilderError: when there is none, several, or one that cannot be built from.
    """
    image = find_image(source, account)
    _check_image(image, context)
    name = image.get("Name") or image["ImageId"]
    return Source(image["ImageId"], f"{name} ({image['ImageId']} in {account.region})", {"image_id": image["ImageId"]})


def find_image(source: Options, account: Account) -> Json:
    """The AMI as AWS describes it."""
    if source.get("name") or source.get("filters"):
        return _search(source, account)
    image_id = source.get("image_id")
    if source.get("image_ids"):
        image_id = _of_region(source["image_ids"], account.region)
    if source.get("ssm_parameter"):
        image_id = _parameter(str(source["ssm_parameter"]), account)
    return image_by_id(str(image_id), account)


def image_by_id(image_id: str, account: Account) -> Json:
    """:raises BuilderError: when it is not there, or not for this account."""
    hint = f"Check the id and the region ({account.region}), and whether the image is shared with this account"
    with doing(f"find the image {image_id}", f"image {image_id}", hint):
        found = account.client("ec2").describe_images(ImageIds=[image_id], IncludeDeprecated=True)["Images"]
    if not found:
        raise BuilderError(f"there is no image {image_id} in {account.region}", hint=hint)
    return dict(found[0])


def _of_region(image_ids: Options, region: str) -> str:
    if region not in image_ids:
        raise BuilderError(f"source: image_ids has none for the region {region}", hint=f"It has those of {', '.join(sorted(image_ids))}")
    return str(image_ids[region])


def _parameter(name: str, account: Account) -> str:
    name = name.removeprefix(_RESOLVE)
    try:
        with doing(f"read the SSM parameter {name}"):
            value = str(account.client("ssm").get_parameter(Name=name)["Parameter"]["Value"]).strip()
    except BuilderError as error:
        if not missing(error):
            raise
        raise BuilderError(f"there is no SSM parameter {name} in {account.region}", hint="Check its name; versions and labels follow after a colon") from error
    if not _IMAGE_ID.match(value):
        raise BuilderError(f"the SSM parameter {name} does not hold the id of an AMI, but {value[:60]!r}")
    return value


def _search(source: Options, account: Account) -> Json:
    wanted = {"state": "available", **({"name": source["name"]} if source.get("name") else {}), **(source.get("filters") or {})}
    with doing("look for the source image"):
        pages = (
            account.client("ec2")
            .get_paginator("describe_images")
            .paginate(Filters=filters(wanted), Owners=list(source["owners"]), IncludeDeprecated=bool(source.get("include_deprecated")))
        )
        found = [dict(image) for page in pages for image in page["Images"]]
    described = ", ".join(f"{key}={value}" for key, value in wanted.items())
    if not found:
        raise BuilderError(
            f"no image in {account.region} of the owners {', '.join(source['owners'])} matches {described}",
            hint="Check the pattern and the owners; images past their deprecation need include_deprecated: true",
        )
    newest = sorted(found, key=lambda image: (image.get("CreationDate") or "", image["ImageId"]), reverse=True)
    if len(found) > 1 and not source.get("most_recent"):
        shown = ", ".join(f"{image['ImageId']} ({image.get('Name')})" for image in newest[:_SHOWN])
        raise BuilderError(
            f"{len(found)} images match {described}: {shown}" + (" …" if len(found) > _SHOWN else ""),
            hint="Narrow the filters, or take the newest with most_recent: true",
        )
    return newest[0]


def _check_image(image: Json, context: Context) -> None:
    image_id = image["ImageId"]
    if image.get("State", "available") != "available":
        raise BuilderError(f"the source image {image_id} is {image['State']}", hint="Wait until it is available, or use another one")
    if image.get("RootDeviceType", "ebs") != "ebs":
        raise BuilderError(
            f"the root device of the source image {image_id} is of the type {image['RootDeviceType']}", hint="Only images on EBS can be captured again"
        )
    if image.get("VirtualizationType", "hvm") != "hvm":
        context.warn(f"the source image {image_id} is paravirtual: few instance types can run it")
    if image.get("DeprecationTime"):
        context.say(f"the source image {image_id} is deprecated, or will be, at {image['DeprecationTime']}")
