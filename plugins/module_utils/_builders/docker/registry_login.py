# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Logins at registries, for one call each and written nowhere."""

from __future__ import annotations

import base64
import importlib
import os
import re
import typing as t

from ..._lifecycle.errors import BuilderError, MissingDependencyError
from .names import registry_of

Spec = dict[str, t.Any]

LOGIN_SPEC: Spec = {
    "login": {
        "type": "dict",
        "options": {
            "username": {"type": "str"},
            "password": {"type": "str", "no_log": True},
            "server": {"type": "str"},
            "ecr": {"type": "bool", "default": False},
            "ecr_profile": {"type": "str"},
        },
        "required_if": [["ecr", False, ["username", "password"]], ["ecr", True, ["server"]]],
        "mutually_exclusive": [["ecr", "username"], ["ecr", "password"]],
    },
}

_PRIVATE_ECR = re.compile(r"(?P<account>\d{12})\.dkr[.-]ecr(-fips)?\.(?P<region>[a-z0-9-]+)\.(amazonaws\.com(\.cn)?|on\.(aws|amazonwebservices\.com\.cn))\Z")
_SCHEME = re.compile(r"\Ahttps?://")
_PUBLIC_ECR = "public.ecr.aws"
# The only region that answers for the public registry.
_PUBLIC_REGION = "us-east-1"


def auth_config(options: t.Mapping[str, t.Any], reference: str) -> dict[str, str] | None:
    """What the daemon needs to log in: the option ``login``, else the environment's login of just this registry, else ``None``.

    :param reference: the image to pull or push.
    :raises BuilderError: when Amazon ECR gives no token.
    """
    login = options.get("login")
    if not login:
        return _of_environment(registry_of(reference))
    user, password = _ecr_token(login["server"], login.get("ecr_profile")) if login["ecr"] else (login["username"], login["password"])
    return {"username": user, "password": password, **({"serveraddress": login["server"]} if login.get("server") else {})}


def _of_environment(registry: str) -> dict[str, str] | None:
    """As a job of AWX has it from a credential; no other registry is shown it."""
    server, user, password = (os.environ.get(f"GOLDEN_REGISTRY_{name}", "") for name in ("SERVER", "USERNAME", "PASSWORD"))
    if not (server and user and password) or registry_of(f"{_SCHEME.sub('', server)}/") != registry:
        return None
    return {"username": user, "password": password, "serveraddress": server}


def _ecr_token(server: str, profile: str | None) -> tuple[str, str]:
    """User and a password that holds for hours, from the AWS credentials of the controller."""
    try:
        # Not above: importing it takes longer than a task.
        boto3, exceptions = importlib.import_module("boto3"), importlib.import_module("botocore.exceptions")
    except ImportError as error:
        raise MissingDependencyError("login.ecr needs the Python package boto3 beside Ansible", hint="Install it: pip install boto3") from error
    registry = server.removeprefix("https://").split("/")[0]
    private = _PRIVATE_ECR.match(registry)
    if private is None and registry != _PUBLIC_ECR:
        raise BuilderError(
            f"login.server: {server} is no registry of Amazon ECR", hint="For instance 123456789012.dkr.ecr.eu-west-1.amazonaws.com, or public.ecr.aws"
        )
    service, region = ("ecr", private["region"]) if private else ("ecr-public", _PUBLIC_REGION)
    try:
        answer = boto3.Session(profile_name=profile).client(service, region_name=region).get_authorization_token()
    except (exceptions.BotoCoreError, exceptions.ClientError) as error:
        raise BuilderError(
            f"Amazon ECR gives no token for {registry}: {error}", hint="Check the AWS credentials of the controller and that they allow GetAuthorizationToken"
        ) from error
    data = answer["authorizationData"]
    token = (data[0] if isinstance(data, list) else data)["authorizationToken"]
    user, _colon, password = base64.b64decode(token).decode().partition(":")
    return user, password
