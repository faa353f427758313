# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Removes what a build made at AWS, from its journal or from its marks, and finds what expired."""

from __future__ import annotations

import datetime
import typing as t

from ..._lifecycle.errors import GoldenError
from ..._lifecycle.journal import Resource
from ..._lifecycle.waiting import Waiter
from . import image_discarding, image_records, instance, instance_profile, key_pair, security_group, spot
from .errors import AwsError, code_of, doing
from .session import Account
from .tagging import EXPIRES_TAG, GUEST_TAG, as_dict, filters

Json = dict[str, t.Any]
Options = t.Mapping[str, t.Any]

#: How long something may take to be seen whose create call was sent, and nobody knows with what result.
_APPEARANCE = Waiter("it to appear", timeout=6, interval=1.5, growth=1.0)


def _appeared(resource: Resource, remove: t.Callable[[], bool]) -> bool:
    """Remove something that may not be visible yet."""
    if resource.details.get("id"):
        return remove()
    return any(remove() for _elapsed in _APPEARANCE.ticks())


def _instance(account: Account, resource: Resource) -> bool:
    return _appeared(resource, lambda: instance.terminate(account, resource.name, resource.details.get("id")))


def _security_group(account: Account, resource: Resource) -> bool:
    return security_group.remove_group(resource.name, resource.details.get("id"), account)


def _fleet(account: Account, resource: Resource) -> bool:
    """Of one whose id nobody wrote down, the instance tells: see :func:`.instance.terminate`."""
    fleet_id = resource.details.get("id")
    return bool(fleet_id) and instance.remove_fleet(account, str(fleet_id))


#: How each kind of resource goes.
KINDS: dict[str, t.Callable[[Account, Resource], bool]] = {
    instance.KIND: _instance,
    security_group.KIND: _security_group,
    key_pair.KIND: lambda account, resource: key_pair.remove_key(resource.name, account),
    instance_profile.PROFILE_KIND: lambda account, resource: instance_profile.remove_profile(resource.name, account),
    instance_profile.ROLE_KIND: lambda account, resource: instance_profile.remove_role(resource.name, account),
    spot.TEMPLATE_KIND: lambda account, resource: spot.remove_template(resource.name, account),
    spot.FLEET_KIND: _fleet,
    **image_discarding.KINDS,
}


def discard(resource: Resource, options: Options) -> bool:
    """Remove a journalled resource.

    :returns: whether there was something.
    """
    if resource.kind not in KINDS:
        raise GoldenError(f"the AWS builder knows no {resource.kind}")
    return KINDS[resource.kind](Account.of_resource(resource, options), resource)


def leftovers(account: Account, now: datetime.datetime) -> list[Resource]:
    """What of guests carries the collection's marks and has expired, in the order in which it can be removed."""
    return [
        *_named(account, instance.KIND, _instances(account), now),
        *_named(account, spot.TEMPLATE_KIND, _listed(account, "describe_launch_templates", "LaunchTemplates"), now),
        *_named(account, security_group.KIND, _listed(account, "describe_security_groups", "SecurityGroups"), now),
        *_named(account, key_pair.KIND, _key_pairs(account), now),
        *_expired_iam(account, now),
    ]


def _named(account: Account, kind: str, tagged: t.Iterable[Json], now: datetime.datetime) -> list[Resource]:
    names = {as_dict(entry.get("Tags")).get(GUEST_TAG) for entry in tagged if is_expired(as_dict(entry.get("Tags")), now)} - {None}
    return [account.resource(kind, str(name)) for name in sorted(map(str, names))]


def is_expired(tags: t.Mapping[str, str], now: datetime.datetime) -> bool:
    """Whether the moment in the mark has passed; one that nobody can read never does."""
    try:
        return datetime.datetime.fromisoformat(tags[EXPIRES_TAG].replace("Z", "+00:00")) < now
    except (KeyError, ValueError):
        return False


def _listed(account: Account, call: str, key: str) -> list[Json]:
    with doing("look for leftovers"):
        pages = account.client("ec2").get_paginator(call).paginate(Filters=filters({"tag-key": EXPIRES_TAG}))
        return [dict(entry) for page in pages for entry in page[key]]


def _instances(account: Account) -> list[Json]:
    """Instances that are not terminated, and volumes that one left."""
    reservations = _listed(account, "describe_instances", "Reservations")
    instances = [entry for reservation in reservations for entry in reservation["Instances"] if entry["State"]["Name"] not in ("terminated", "shutting-down")]
    volumes = [entry for entry in _listed(account, "describe_volumes", "Volumes") if entry.get("State") == "available"]
    return [*instances, *volumes]


def _key_pairs(account: Account) -> list[Json]:
    with doing("look for leftover key pairs"):
        return [dict(entry) for entry in account.client("ec2").describe_key_pairs(Filters=filters({"tag-key": EXPIRES_TAG}))["KeyPairs"]]


def _expired_iam(account: Account, now: datetime.datetime) -> list[Resource]:
    """Profiles, then roles; nothing where the credentials may not look at them, for they made none then."""
    iam = account.client("iam")
    try:
        with doing("look for leftover roles"):
            pages = iam.get_paginator("list_roles").paginate(PathPrefix=instance_profile.IAM_PATH)
            names = [role["RoleName"] for page in pages for role in page["Roles"]]
            expired = [name for name in names if is_expired(as_dict(iam.list_role_tags(RoleName=name)["Tags"]), now)]
    except AwsError as error:
        if code_of(error) not in ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation"):
            raise
        return []
    kinds = (instance_profile.PROFILE_KIND, instance_profile.ROLE_KIND)
    return [account.resource(kind, name) for kind in kinds for name in expired]


def all_leftovers(account: Account, now: datetime.datetime, regions: t.Iterable[str]) -> list[Resource]:
    """Of guests, and of images in all regions that a build puts them in."""
    return [*leftovers(account, now), *image_records.leftovers(account, now, regions)]
