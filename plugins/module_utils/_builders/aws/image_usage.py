# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who uses an image: instances, launch templates in any version, launch configurations of auto scaling groups."""

from __future__ import annotations

import typing as t

from .errors import doing
from .session import Account
from .ssm_parameters import parameter_value
from .tagging import filters

Json = dict[str, t.Any]

_BY_PARAMETER = "resolve:ssm:"
_ALIVE = ["pending", "running", "stopping", "stopped", "shutting-down"]


def users_of_images(account: Account) -> dict[str, str]:
    """Id of each image that is in use in the account's region, and by what.

    Read as a whole: asking for each image would take a call per image and launch template.
    """
    found: dict[str, str] = {}
    for users in (_launch_configurations(account), _launch_templates(account), _instances(account)):
        found.update(users)
    return found


def _pages(account: Account, service: str, call: str, key: str, **arguments: t.Any) -> t.Iterator[Json]:
    with doing(f"look for users of images in {account.region}"):
        for page in account.client(service).get_paginator(call).paginate(**arguments):
            yield from page[key]


def _instances(account: Account) -> t.Iterator[tuple[str, str]]:
    for reservation in _pages(account, "ec2", "describe_instances", "Reservations", Filters=filters({"instance-state-name": _ALIVE})):
        for instance in reservation["Instances"]:
            yield instance["ImageId"], f"the instance {instance['InstanceId']}"


def _launch_templates(account: Account) -> t.Iterator[tuple[str, str]]:
    for template in _pages(account, "ec2", "describe_launch_templates", "LaunchTemplates"):
        identifier = template["LaunchTemplateId"]
        for version in _pages(account, "ec2", "describe_launch_template_versions", "LaunchTemplateVersions", LaunchTemplateId=identifier):
            image = _resolved(account, version["LaunchTemplateData"].get("ImageId"))
            if image:
                yield image, f"version {version['VersionNumber']} of the launch template {template['LaunchTemplateName']}"


def _launch_configurations(account: Account) -> t.Iterator[tuple[str, str]]:
    """Auto scaling groups use these, where they do not use launch templates."""
    for configuration in _pages(account, "autoscaling", "describe_launch_configurations", "LaunchConfigurations"):
        yield configuration["ImageId"], f"the launch configuration {configuration['LaunchConfigurationName']}"


def _resolved(account: Account, image: str | None) -> str | None:
    if not image or not image.startswith(_BY_PARAMETER):
        return image
    # With a version or label after a colon, which reading a parameter takes as well.
    return parameter_value(account, image.removeprefix(_BY_PARAMETER))
