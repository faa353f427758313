# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds images of the account. Whoever asks gives the account in the region that is meant."""

from __future__ import annotations

import typing as t

from . import image_tags as tags
from .errors import AwsError, doing, missing
from .session import Account
from .tagging import filters

Json = dict[str, t.Any]

_GONE = ("deregistered",)


def describe(account: Account, image_id: str) -> Json | None:
    """An image by its id; ``None`` when there is none, or no longer."""
    try:
        with doing(f"look at the image {image_id} in {account.region}", f"image {image_id}"):
            found = account.client("ec2").describe_images(ImageIds=[image_id], IncludeDeprecated=True)["Images"]
    except AwsError as error:
        if missing(error):
            return None
        raise
    return next((image for image in found if image.get("State") not in _GONE), None)


def search(account: Account, wanted: t.Mapping[str, t.Any], owners: t.Sequence[str] = ("self",)) -> list[Json]:
    """Images by filters, deprecated ones included."""
    with doing(f"look for images in {account.region}"):
        pages = account.client("ec2").get_paginator("describe_images").paginate(Owners=list(owners), Filters=filters(wanted), IncludeDeprecated=True)
        return [image for page in pages for image in page["Images"] if image.get("State") not in _GONE]


def named(account: Account, name: str) -> Json | None:
    """The account's image with this name: EC2 gives a name once in a region."""
    return next((image for image in search(account, {"name": _literal(name)}) if image.get("Name") == name), None)


def _literal(name: str) -> str:
    """A filter's value that is no pattern; brackets are allowed in names, and nothing special to EC2."""
    return name.replace("\\", "\\\\").replace("*", "\\*").replace("?", "\\?")


def made_from(account: Account, origin: str) -> list[Json]:
    """Images that were made from a captured one, published ones first."""
    found = search(account, {f"tag:{tags.ORIGIN}": origin})
    return sorted(found, key=lambda image: tags.tags_of(image).get(tags.STATE) != tags.PUBLISHED)


def origin_of(region: str, image_id: str) -> str:
    """The tag ``golden.origin`` of images that were made from this one."""
    return f"{region}/{image_id}"
