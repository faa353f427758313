# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Removes old images: deprecated first, then deleted, and never one that is in use."""

from __future__ import annotations

import dataclasses
import datetime
import typing as t

from ..._lifecycle import retention
from ..._lifecycle.errors import BuilderError
from ..._lifecycle.operation import Context, Params, Result
from ..._lifecycle.planning import parse_age
from ..._lifecycle.run import iso, utc_now
from . import image_tags as tags
from .errors import doing
from .image_lookup import search
from .image_removal import remove_image
from .image_usage import users_of_images
from .placements import target_regions
from .session import Account

Json = dict[str, t.Any]

#: EC2 takes no deprecation in the past, and rounds to the minute.
_SOON = datetime.timedelta(minutes=2)


@dataclasses.dataclass(frozen=True)
class Retention(retention.Retention):
    """How many images of a build stay.

    :ivar grace: how long an image is deprecated before it is removed.
    """

    grace: datetime.timedelta

    @classmethod
    def of(cls, option: t.Mapping[str, t.Any]) -> Retention:
        """See :meth:`retention.Retention.of`."""
        common = retention.Retention.of(option)
        return cls(common.keep, common.max_age, parse_age(option["deprecate_for"]))


@dataclasses.dataclass(frozen=True)
class Verdict:
    """What becomes of one image.

    :ivar action: ``keep``, ``deprecate`` or ``remove``.
    """

    image: Json
    action: str
    reason: str

    def to_dict(self, region: str) -> Json:
        """As the module returns it."""
        image = self.image
        return {
            "image_id": image["ImageId"],
            "name": image.get("Name", ""),
            "region": region,
            "created": iso(_created(image)),
            "action": self.action,
            "reason": self.reason,
        }


def pruned(params: Params, context: Context, account: Account) -> Result:
    """State ``pruned``."""
    rule = Retention.of(params["retention"])
    entries: list[Json] = []
    changed = False
    for region in dict.fromkeys([account.region, *target_regions(params, account.region)]):
        there = account.in_region(region)
        images = _selected(there, params)
        users = users_of_images(there) if images else {}
        for verdict in verdicts(images, rule, users, utc_now()):
            entries.append(verdict.to_dict(region))
            if verdict.action != "keep":
                changed = True
                would = "would " if context.check_mode else ""
                context.say(f"{would}{verdict.action} {verdict.image.get('Name')} ({verdict.image['ImageId']}) in {region}: {verdict.reason}")
                if not context.check_mode:
                    _ACTIONS[verdict.action](there, verdict.image)
    result: Result = {"changed": changed, "images": entries}
    if context.diff:
        result["diff"] = {"prepared": "\n".join(f"{entry['action']} {entry['image_id']} {entry['name']}" for entry in entries if entry["action"] != "keep")}
    return result


def _selected(account: Account, params: Params) -> list[Json]:
    """Published images only: what is not published is a running build's, or a leftover."""
    wanted: Json = {f"tag:{key}": str(value) for key, value in (params["select_tags"] or {}).items()}
    if params["names"]:
        wanted["name"] = params["names"]
    if not wanted:
        raise BuilderError("nothing says which images to prune", hint="Give names or select_tags")
    return [image for image in search(account, wanted) if tags.tags_of(image).get(tags.STATE) != tags.CAPTURED]


def verdicts(images: t.Sequence[Json], rule: Retention, users: t.Mapping[str, str], now: datetime.datetime) -> list[Verdict]:
    """What becomes of each image, the newest of each build first.

    :param users: id of an image to what uses it.
    """
    candidates = map(_candidate, images)
    return [_verdict(common, rule.grace, now) for common in retention.verdicts(candidates, rule, now, lambda candidate: users.get(candidate.id))]


def _candidate(image: Json) -> retention.Candidate:
    is_protected = str(image.get("DeregistrationProtection") or "disabled").startswith("enabled")
    held = "protected against deregistration" if is_protected else None
    return retention.Candidate(image["ImageId"], tags.tags_of(image).get(tags.BUILD, ""), _created(image), image, held)


def _verdict(common: retention.Verdict, grace: datetime.timedelta, now: datetime.datetime) -> Verdict:
    """An image that may go is deprecated first, when it is to be."""
    image, why = common.candidate.thing, common.reason
    if not common.goes:
        return Verdict(image, "keep", why)
    if not grace:
        return Verdict(image, "remove", why)
    deprecated = _moment(image["DeprecationTime"]) if image.get("DeprecationTime") else None
    if deprecated is None or deprecated > now + _SOON:
        return Verdict(image, "deprecate", why)
    if deprecated + grace > now:
        return Verdict(image, "keep", f"deprecated, to be removed after {deprecated + grace:%Y-%m-%d %H:%M} UTC")
    return Verdict(image, "remove", f"{why}, deprecated since {deprecated:%Y-%m-%d}")


def _created(image: Json) -> datetime.datetime:
    return _moment(tags.tags_of(image).get(tags.CREATED) or str(image["CreationDate"]))


def _moment(text: str) -> datetime.datetime:
    moment = datetime.datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    return moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)


def _deprecate(account: Account, image: Json) -> None:
    identifier = image["ImageId"]
    with doing(f"deprecate the image {identifier} in {account.region}", f"image {identifier}"):
        account.client("ec2").enable_image_deprecation(ImageId=identifier, DeprecateAt=utc_now() + _SOON)


_ACTIONS: dict[str, t.Callable[[Account, Json], None]] = {"deprecate": _deprecate, "remove": remove_image}
