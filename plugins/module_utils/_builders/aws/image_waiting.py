# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waits for images and snapshots, several at a time, and tells how far they are."""

from __future__ import annotations

import re
import typing as t

from ..._access.waits import waiter_of
from ..._lifecycle.errors import BuilderError
from ..._lifecycle.operation import Context, Params
from ..._lifecycle.waiting import Waiter
from .errors import doing
from .image_lookup import describe
from .image_removal import owned_snapshots, snapshots_made_for
from .session import Account
from .waiters import patiently

Json = dict[str, t.Any]
Say = t.Callable[[str], None]

_FAILED = ("failed", "invalid", "error", "deregistered", "disabled")
_PERCENT = re.compile(r"(\d+)")
#: Percent of progress that are worth a line.
_STEP = 10


class Progress:
    """Says how far something is, when it got noticeably further."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._told: dict[str, int] = {}

    def tell(self, what: str, percent: int | None, detail: str = "") -> None:
        """One line per tenth of the way."""
        if percent is None or percent // _STEP <= self._told.get(what, 0) // _STEP:
            return
        self._told[what] = percent
        self._say(f"{what}: {percent} %" + (f", {detail}" if detail else ""))


def percent_of(texts: t.Iterable[str | None]) -> int | None:
    """The mean of ``45%`` and the like; ``None`` when there is nothing to go by."""
    numbers = [int(match[1]) for match in (_PERCENT.match(text or "") for text in texts) if match]
    return sum(numbers) // len(numbers) if numbers else None


def await_images(images: t.Sequence[tuple[Account, str]], waiter: Waiter, option: str, say: Say) -> list[Json]:
    """Images as they are described when all of them are available, in the same order.

    :param images: each with the account in its region.
    :param option: the option to raise when time is short.
    :raises BuilderError: as soon as one of them failed, with the reason that EC2 gives.
    :raises WaitTimeoutError: at the deadline, naming those that are not there.
    """
    progress = Progress(say)
    ready: dict[int, Json] = {}
    seen: set[int] = set()

    def look() -> list[Json] | None:
        for number, (account, image_id) in enumerate(images):
            if number not in ready:
                image = describe(account, image_id)
                if image is not None and image.get("State") == "available":
                    ready[number] = image
                    continue
                _check(account, image_id, image, number in seen)
                if image is not None:
                    seen.add(number)
                    _tell(progress, account, image_id)
        return [ready[number] for number in range(len(images))] if len(ready) == len(images) else None

    def late() -> str:
        return ", ".join(f"{image_id} in {account.region}" for number, (account, image_id) in enumerate(images) if number not in ready) + " still pending"

    return patiently(look, waiter, option, late)


def await_image(account: Account, image_id: str, params: Params, context: Context) -> Json:
    """The image when it is available, as long as ``image_wait`` allows."""
    waiter = waiter_of(params, "image_wait", f"the image {image_id}")
    return await_images([(account, image_id)], waiter, "image_wait", context.say)[0]


def _check(account: Account, image_id: str, image: Json | None, was_seen: bool) -> None:
    if image is None:
        if was_seen:
            raise BuilderError(f"the image {image_id} in {account.region} was deregistered by somebody else", resource=f"image {image_id}")
        return
    if image.get("State") in _FAILED:
        reason = (image.get("StateReason") or {}).get("Message") or f"its state is {image['State']}"
        raise BuilderError(f"AWS could not make the image {image_id} in {account.region}: {reason}", resource=f"image {image_id}")


def _tell(progress: Progress, account: Account, image_id: str) -> None:
    percent = percent_of(snapshot.get("Progress") for snapshot in snapshots_made_for(account, image_id))
    progress.tell(f"image {image_id} in {account.region}", percent)


def await_snapshots(account: Account, snapshots: t.Sequence[str], waiter: Waiter, option: str, say: Say) -> None:
    """Until all of them are complete.

    :raises BuilderError: when one of them failed.
    """
    progress = Progress(say)

    def look() -> bool | None:
        found = {snapshot["SnapshotId"]: snapshot for snapshot in owned_snapshots(account, {"snapshot-id": list(snapshots)})}
        for identifier, snapshot in found.items():
            if snapshot.get("State") == "error":
                raise BuilderError(f"AWS could not make the snapshot {identifier}: {snapshot.get('StateMessage') or 'no reason was given'}")
            progress.tell(f"snapshot {identifier}", percent_of([snapshot.get("Progress")]))
        return all(found.get(identifier, {}).get("State") == "completed" for identifier in snapshots) or None

    patiently(look, waiter, option)


def await_instance(account: Account, instance_id: str, state: str, waiter: Waiter, option: str) -> Json:
    """The instance when it has reached a state.

    :raises BuilderError: when it is gone instead.
    """

    def look() -> Json | None:
        with doing(f"look at the instance {instance_id}", f"instance {instance_id}"):
            answer = account.client("ec2").describe_instances(InstanceIds=[instance_id])
        instance: Json = next(found for reservation in answer["Reservations"] for found in reservation["Instances"])
        current = instance["State"]["Name"]
        if current in ("terminated", "shutting-down"):
            reason = (instance.get("StateReason") or {}).get("Message") or "no reason was given"
            raise BuilderError(
                f"the instance {instance_id} was terminated before it was captured: {reason}",
                hint="When the guest shuts itself down, set shutdown_behavior to stop",
            )
        return instance if current == state else None

    return patiently(look, waiter, option)
