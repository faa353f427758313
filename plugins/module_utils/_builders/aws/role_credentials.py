# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Temporary credentials of an assumed role, shared by the processes of a run.

A code of an MFA device is good for one call, and each task of a build is a process of its own: so what
one process was given lies in the build's run folder, readable by its owner only, until the run ends.
"""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import json
import os
import pathlib
import typing as t

from ..._lifecycle.files import locked, read_json, write_json_atomically
from ..._lifecycle.run import utc_now
from .errors import doing

Json = dict[str, t.Any]

#: Credentials that end sooner are not worth beginning with.
_SHORTEST = datetime.timedelta(minutes=15)


#: Of this process, for its accounts in several regions.
_MEMORY: dict[str, Json] = {}


class RoleCredentials:
    """Gets, keeps and renews the credentials of one role.

    :param role: the option ``assume_role``.
    :param sts: makes a client of STS with the credentials that may assume the role.
    :param cache: run folder of a build, ``None`` to keep them in memory only.
    :param identity: tells apart who assumes the role: profile, access key, endpoint.
    """

    def __init__(self, role: t.Mapping[str, t.Any], sts: t.Callable[[], t.Any], cache: pathlib.Path | None, identity: t.Sequence[str | None]) -> None:
        self._role = role
        self._sts = sts
        self._cache = cache
        self._request = request_of(role)
        self._name = f"aws-role-{hashlib.sha256(json.dumps([self._request, list(identity)], sort_keys=True).encode()).hexdigest()[:16]}.json"

    def refresh(self) -> Json:
        """Credentials as botocore's refreshable credentials take them.

        :raises AwsError: when the role cannot be assumed.
        """
        known = self._shared(self._cache) if self._cache else _still_good(_MEMORY.get(self._name)) or self._assume()
        _MEMORY[self._name] = known
        return known

    def _shared(self, cache: pathlib.Path) -> Json:
        """What this build or another one of the run was given, or new ones."""
        cache.mkdir(mode=0o700, parents=True, exist_ok=True)
        with locked(cache.parent / "aws-role.lock"):
            files = [folder / self._name for folder in (cache, *sorted(cache.parent.glob("*")))]
            known = next(filter(None, map(_read, files)), None) or self._assume()
            write_json_atomically(cache / self._name, known, 0o600)
        return known

    def _assume(self) -> Json:
        request = dict(self._request)
        if self._role.get("mfa_token"):
            request["TokenCode"] = str(self._role["mfa_token"])
        hint = "Check its trust policy, external_id, and for MFA that mfa_serial and a fresh mfa_token are given"
        with doing(f"assume the role {self._role['role_arn']}", hint=hint):
            answer = self._sts().assume_role(**request)["Credentials"]
        return {
            "access_key": answer["AccessKeyId"],
            "secret_key": answer["SecretAccessKey"],
            "token": answer["SessionToken"],
            "expiry_time": answer["Expiration"].isoformat(),
        }


def _read(path: pathlib.Path) -> Json | None:
    with contextlib.suppress(OSError, ValueError):
        return _still_good(read_json(path))
    return None


def _still_good(credentials: Json | None) -> Json | None:
    good = credentials and datetime.datetime.fromisoformat(credentials["expiry_time"]) - utc_now() > _SHORTEST
    return credentials if good else None


def request_of(role: t.Mapping[str, t.Any]) -> Json:
    """Arguments of ``AssumeRole``, without the code of the MFA device."""
    request = {
        "RoleArn": role["role_arn"],
        "RoleSessionName": role.get("session_name") or f"golden-images-{os.getuid()}",
        "DurationSeconds": role.get("duration"),
        "ExternalId": role.get("external_id"),
        "SerialNumber": role.get("mfa_serial"),
        "Policy": json.dumps(role["policy"]) if role.get("policy") else None,
        "PolicyArns": [{"arn": arn} for arn in role.get("policy_arns") or ()],
        "Tags": [{"Key": str(key), "Value": str(value)} for key, value in (role.get("tags") or {}).items()],
        "TransitiveTagKeys": list(role.get("transitive_tag_keys") or ()),
    }
    return {key: value for key, value in request.items() if value}
