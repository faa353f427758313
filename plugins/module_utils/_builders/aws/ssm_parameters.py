# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A parameter of Systems Manager that holds the id of the newest image."""

from __future__ import annotations

import re
import typing as t

from ..._lifecycle.errors import BuilderError
from ..._lifecycle.name_templates import render
from ..._lifecycle.run import utc_now
from .errors import AwsError, doing, missing
from .image_changes import Change
from .session import Account

_NAME = re.compile(r"/?[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*\Z")
_LONGEST, _DEEPEST = 1011, 15


def check_parameter_name(name: str) -> None:
    """:raises BuilderError: when Systems Manager would not take it."""
    if not _NAME.match(name) or len(name) > _LONGEST or name.count("/") > _DEEPEST:
        raise BuilderError(
            f"ssm_parameter: {name!r} is not the name of a parameter", hint="For instance /images/web/latest: letters, digits, '.', '_', '-' and '/'"
        )
    if re.match(r"/?(aws|ssm)", name, re.IGNORECASE):
        raise BuilderError(f"ssm_parameter: {name!r} begins with aws or ssm, which AWS keeps for itself")


def parameter_of(options: t.Mapping[str, t.Any], build: t.Mapping[str, t.Any]) -> str | None:
    """Name of the parameter that the option ``ssm_parameter`` wants."""
    template = options.get("ssm_parameter")
    return render(template, "ssm_parameter", build, utc_now()) if template else None


def parameter_value(account: Account, name: str) -> str | None:
    """What the parameter holds; ``None`` when there is none.

    :raises BuilderError: when it is no plain text.
    """
    try:
        with doing(f"read the parameter {name} in {account.region}", f"parameter {name}"):
            parameter: dict[str, t.Any] = account.client("ssm").get_parameter(Name=name)["Parameter"]
    except AwsError as error:
        if missing(error) or error.code == "ParameterNotFound":
            return None
        raise
    if parameter.get("Type") != "String":
        raise BuilderError(f"the parameter {name} in {account.region} is a {parameter.get('Type')}", hint="Give ssm_parameter another name")
    return str(parameter["Value"])


def parameter_changes(account: Account, name: str | None, image_id: str) -> list[Change]:
    """Have the parameter hold the id of an image."""
    if not name or parameter_value(account, name) == image_id:
        return []

    def apply() -> None:
        with doing(f"write the parameter {name} in {account.region}", f"parameter {name}"):
            account.client("ssm").put_parameter(Name=name, Value=image_id, Type="String", DataType="aws:ec2:image", Overwrite=True)

    return [Change(f"set the parameter {name} in {account.region} to {image_id}", apply)]
