# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where there is room: instance types and subnets, tried in order until EC2 has one to give."""

from __future__ import annotations

import dataclasses
import typing as t
import uuid

from ..._access.waits import longer, waiter_of
from ..._lifecycle.errors import BuilderError, WaitTimeoutError
from ..._lifecycle.operation import Context
from ..._lifecycle.waiting import Waiter
from .errors import NO_CAPACITY, PASSING, QUOTA_EXCEEDED, AwsError, code_of, doing, insist, missing
from .instance_profile import not_yet_known
from .launch_request import network_interface
from .session import Account
from .tagging import filters

Json = dict[str, t.Any]
Options = t.Mapping[str, t.Any]

#: Another zone, or another type, may do.
_ELSEWHERE = NO_CAPACITY | QUOTA_EXCEEDED | frozenset({"Unsupported", "UnsupportedHostConfiguration", "InstanceTypeNotSupported"})
#: How long a place is asked again that did not answer, was asked too often, or does not know yet what was just made for the guest.
_ANSWER = Waiter("an answer", timeout=10, interval=0.5, growth=2.0)


@dataclasses.dataclass(frozen=True)
class Place:
    """One way to launch the guest."""

    instance_type: str
    subnet: Json

    def __str__(self) -> str:
        return f"{self.instance_type} in {self.subnet['AvailabilityZone']} ({self.subnet['SubnetId']})"


def places(types: t.Sequence[str], subnets: t.Sequence[Json], account: Account) -> list[Place]:
    """Types in the order given, each in all the subnets in whose zones it is offered.

    :raises BuilderError: when no zone offers any.
    """
    with doing("ask where the instance types are offered", hint="Check the names of instance_types"):
        pages = (
            account.client("ec2")
            .get_paginator("describe_instance_type_offerings")
            .paginate(LocationType="availability-zone", Filters=filters({"instance-type": list(types)}))
        )
        offered = {(offer["InstanceType"], offer["Location"]) for page in pages for offer in page["InstanceTypeOfferings"]}
    found = [Place(kind, subnet) for kind in types for subnet in subnets if (kind, subnet["AvailabilityZone"]) in offered]
    if not found:
        zones = ", ".join(sorted({subnet["AvailabilityZone"] for subnet in subnets}))
        raise BuilderError(f"{' and '.join(types)}: not offered in {zones}", hint="Check the names, or give other instance_types, subnets or another region")
    return found


def launch(wanted: Json, group_ids: t.Sequence[str], found: t.Sequence[Place], guest: str, options: Options, account: Account, context: Context) -> Json:
    """The instance, in the first place that has room for it; every place is asked again until ``capacity_wait`` ends.

    :param wanted: what :func:`.launch_request.request` made.
    :raises BuilderError: with the reason of each place when none had room.
    """
    waiter = waiter_of(options, "capacity_wait", "room for the guest")
    refused: dict[str, str] = {}
    for _elapsed in waiter.ticks():
        for place in found:
            try:
                return _launch_in(place, wanted, group_ids, options, account)
            except AwsError as error:
                if not _may_succeed_elsewhere(error):
                    raise
                refused[str(place)] = str(error.message)
                context.say(f"{place}: {code_of(error)}")
                hint = error.hint
    reasons = "; ".join(f"{place}: {reason}" for place, reason in refused.items())
    raise WaitTimeoutError(
        f"no place could be found for the guest in {waiter.timeout:g} s: {reasons}", hint=f"{hint or 'See above'}. {longer('capacity_wait')}"
    )


def _may_succeed_elsewhere(error: AwsError) -> bool:
    return code_of(error) in _ELSEWHERE or code_of(error) in PASSING or not_yet_known(error)


def _launch_in(place: Place, wanted: Json, group_ids: t.Sequence[str], options: Options, account: Account) -> Json:
    # Once only: botocore would spend minutes on the same place when it is full, which is an error of the server's to it.
    ec2 = account.client("ec2", attempts=1)
    request = {
        **wanted,
        "InstanceType": place.instance_type,
        "NetworkInterfaces": [network_interface(options, group_ids, place.subnet["SubnetId"])],
        "MinCount": 1,
        "MaxCount": 1,
        # A new one each time: AWS refuses to launch with that of an instance that was terminated within the hour.
        "ClientToken": uuid.uuid4().hex,
    }

    def launch_it() -> Json:
        with doing(f"launch the guest as {place}"):
            return dict(ec2.run_instances(**request)["Instances"][0])

    return insist(launch_it, lambda error: code_of(error) in PASSING or missing(error), _ANSWER)
