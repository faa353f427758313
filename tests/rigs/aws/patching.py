# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the rig's replacements of moto's calls have in common."""

from __future__ import annotations

import dataclasses
import time
import types
import typing as t

from moto.ec2.exceptions import EC2ClientError
from moto.moto_api._internal import mock_random

from .containers import Containers


@dataclasses.dataclass
class Behaviour:
    """How the platform behaves now; the tests change it.

    :ivar seconds: how long an image or a task stays pending.
    :ivar stuck: patterns of ``region/name`` of images that stay pending.
    :ivar failing: patterns of those that fail.
    :ivar windows_password: what instances of Windows have.
    """

    seconds: float = 0.3
    stuck: list[str] = dataclasses.field(default_factory=list)
    failing: list[str] = dataclasses.field(default_factory=list)
    windows_password: str = "Rig-Windows-Passw0rd"

    def ends_at(self) -> float:
        """When something that begins now is done."""
        return time.monotonic() + self.seconds


class Platform:
    """What the replacements work on; the server sets it before the first call."""

    containers: Containers
    behaviour = Behaviour()


PLATFORM = Platform()


def refuse(code: str, message: str) -> t.NoReturn:
    """End the call with an error of EC2."""
    raise EC2ClientError(code, message)


def identifier(prefix: str) -> str:
    """A new id."""
    return prefix + str(mock_random.get_random_hex(17))


def replaces(target: type) -> t.Callable[[t.Any], t.Any]:
    """Put a class's functions in the place of those of ``target``; what they replace is in its attribute ``was``."""

    def decorate(calls: t.Any) -> t.Any:
        functions = {name: function for name, function in vars(calls).items() if not name.startswith("_")}
        calls.was = types.SimpleNamespace(**{name: getattr(target, name, None) for name in functions})
        for name, function in functions.items():
            setattr(target, name, function)
        return calls

    return decorate


def tags_of(call: t.Any, kind: str) -> dict[str, str]:
    """Tags that a call gives to resources of a kind."""
    specifications = call._get_param("TagSpecifications", [])
    return {tag["Key"]: tag["Value"] for given in specifications if given["ResourceType"] == kind for tag in given.get("Tags", [])}
