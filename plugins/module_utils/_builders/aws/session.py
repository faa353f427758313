# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who asks AWS, and where: credentials, region, clients."""

from __future__ import annotations

import copy
import functools
import json
import os
import pathlib
import threading
import typing as t

from ..._lifecycle.errors import BuilderError, MissingDependencyError
from ..._lifecycle.journal import Resource
from ..._lifecycle.operation import Context
from .errors import doing
from .options import BACKEND
from .role_credentials import RoleCredentials

try:
    import boto3
    import botocore.loaders
    import botocore.session
    from botocore.config import Config
    from botocore.credentials import RefreshableCredentials
except ImportError:
    boto3 = None

Options = t.Mapping[str, t.Any]

ASSUME_ROLE_SPEC: dict[str, t.Any] = {
    "role_arn": {"type": "str", "required": True},
    "external_id": {"type": "str"},
    "session_name": {"type": "str"},
    "duration": {"type": "int"},
    "mfa_serial": {"type": "str"},
    "mfa_token": {"type": "str", "no_log": True},
    "tags": {"type": "dict", "default": {}},
    "transitive_tag_keys": {"type": "list", "elements": "str", "default": [], "no_log": False},
    "policy": {"type": "dict"},
    "policy_arns": {"type": "list", "elements": "str", "default": []},
}

AUTH_SPEC: dict[str, t.Any] = {
    "region": {"type": "str"},
    "profile": {"type": "str"},
    "credentials_file": {"type": "path"},
    "access_key": {"type": "str", "no_log": True},
    "secret_key": {"type": "str", "no_log": True},
    "session_token": {"type": "str", "no_log": True},
    "assume_role": {"type": "dict", "options": ASSUME_ROLE_SPEC, "required_by": {"mfa_token": ["mfa_serial"]}},
    "endpoint_url": {"type": "str"},
    "endpoint_urls": {"type": "dict", "default": {}},
    "validate_certs": {"type": "bool", "default": True},
    "ca_bundle": {"type": "path"},
    "max_retries": {"type": "int", "default": 10},
    "retry_mode": {"type": "str", "choices": ["standard", "adaptive"], "default": "standard"},
    "api_timeout": {"type": "int", "default": 60},
}

#: What a journal line may hold; everything else of :data:`AUTH_SPEC` is secret or of no use to another process.
_PUBLIC = ("region", "profile", "credentials_file", "endpoint_url", "endpoint_urls", "validate_certs", "ca_bundle")
_PUBLIC_ROLE = ("role_arn", "external_id", "session_name", "duration", "mfa_serial", "tags", "transitive_tag_keys", "policy", "policy_arns")
_SECRET = ("access_key", "secret_key", "session_token")


@functools.cache
def _service_models() -> t.Any:
    """What botocore knows of services, for all sessions of this process and of those that are forked from it; what it has of EC2 alone is 20 MB of JSON."""
    return botocore.loaders.create_loader(botocore.session.Session().get_config_variable("data_path"))


def load_service_models() -> None:
    """Load what every build asks for."""
    if boto3 is not None:
        _service_models().load_service_model("ec2", "service-2")


def _new_session(profile: str | None) -> t.Any:
    session = botocore.session.Session(profile=profile)
    session.register_component("data_loader", _service_models())
    return session


class Account:
    """One set of credentials and one region; make it with :meth:`of`. Safe to use from several threads.

    :ivar region: where the build happens.
    """

    _known: t.ClassVar[dict[str, Account]] = {}

    def __init__(self, options: Options, cache: pathlib.Path | None) -> None:
        check_account(options)
        if boto3 is None:
            raise MissingDependencyError("the Python package boto3 is not installed for the Python that runs Ansible", hint="pip install boto3")
        self._options = dict(options)
        self._cache = cache
        self._clients: dict[tuple[str, str, int | None], t.Any] = {}
        self._lock = threading.RLock()
        with doing("read the credentials"):
            self._session = self._open()
        region = options.get("region") or os.environ.get("AWS_REGION") or self._session.region_name
        if not region:
            raise BuilderError("no AWS region is given", hint="Set the option region, the environment variable AWS_REGION, or the region of the profile")
        self.region = str(region)

    @classmethod
    def of(cls, options: Options, cache: pathlib.Path | None = None) -> Account:
        """The account that options of :data:`AUTH_SPEC` describe; one per process, because making clients takes 100 ms.

        :param cache: the build's run folder, where credentials of an assumed role are kept for its other processes.
        :raises MissingDependencyError: without boto3.
        :raises BuilderError: for options that cannot be, and without a region.
        """
        key = json.dumps({name: options.get(name) for name in AUTH_SPEC}, sort_keys=True, default=str)
        if key not in cls._known:
            cls._known[key] = cls(options, cache)
        return cls._known[key]

    @classmethod
    def in_context(cls, options: Options, context: Context) -> Account:
        """As :meth:`of`, in the run folder of the build that an operation is part of."""
        run_dir = context.build.get("run_dir")
        return cls.of(options, pathlib.Path(run_dir) if run_dir else None)

    @classmethod
    def of_resource(cls, resource: Resource, options: Options) -> Account:
        """The account in which a journalled resource was made, with what ``options`` add of secrets."""
        where = dict(resource.details.get("connection") or {})
        role = {**(options.get("assume_role") or {}), **where["assume_role"]} if where.get("assume_role") else options.get("assume_role")
        cache = resource.details.get("credentials_cache")
        merged = {**options, **where, "assume_role": role}
        return cls.of(merged, pathlib.Path(cache) if cache and pathlib.Path(cache).is_dir() else None)

    def client(self, service: str, region: str | None = None, attempts: int | None = None) -> t.Any:
        """A boto3 client, made once.

        :param attempts: how often a call is tried in all, for callers that have retries of their own.
        """
        key = (service, region or self.region, attempts)
        with self._lock:
            if key not in self._clients:
                config = Config(
                    retries={"mode": self._options.get("retry_mode") or "standard", "total_max_attempts": attempts or self._max_retries + 1},
                    connect_timeout=self._api_timeout,
                    read_timeout=self._api_timeout,
                    user_agent_extra="golden.images",
                )
                with doing(f"make a client of {service}"):
                    self._clients[key] = self._session.client(
                        service, region_name=key[1], endpoint_url=self._endpoint(service), verify=self._verify, config=config
                    )
            return self._clients[key]

    def to_options(self) -> dict[str, t.Any]:
        """Options of :data:`AUTH_SPEC` with which another process finds the account again; never secret."""
        known = {name: self._options.get(name) for name in _PUBLIC}
        known["region"] = self.region
        known["endpoint_url"] = self._endpoint_url
        role = self._options.get("assume_role")
        known["assume_role"] = {name: role[name] for name in _PUBLIC_ROLE if role.get(name)} if role else None
        return {name: value for name, value in known.items() if value not in (None, {}, "") and (name, value) != ("validate_certs", True)}

    def in_region(self, region: str) -> Account:
        """The same credentials elsewhere."""
        if region == self.region:
            return self
        # Not a new session: a role would be assumed once more, and a code of an MFA device is good for one time.
        there = copy.copy(self)
        there.region = region
        return there

    def resource(self, kind: str, name: str, **details: t.Any) -> Resource:
        """A journal line of something in this account and region.

        :param details: what is needed to find it, never secret.
        """
        where: dict[str, t.Any] = {"connection": self.to_options()}
        if self._cache is not None and self._options.get("assume_role"):
            where["credentials_cache"] = str(self._cache)
        return Resource(BACKEND, kind, name, {**where, **details})

    @property
    def _max_retries(self) -> int:
        given = self._options.get("max_retries")
        return 10 if given is None else int(given)

    @property
    def _api_timeout(self) -> int:
        return int(self._options.get("api_timeout") or 60)

    @property
    def _verify(self) -> bool | str | None:
        if self._options.get("validate_certs") is False:
            return False
        return self._options.get("ca_bundle")

    @property
    def _endpoint_url(self) -> str | None:
        """Whatever says it."""
        return self._options.get("endpoint_url") or os.environ.get("AWS_ENDPOINT_URL")

    def _endpoint(self, service: str) -> str | None:
        return (self._options.get("endpoint_urls") or {}).get(service) or self._options.get("endpoint_url")

    def _open(self) -> t.Any:
        options = self._options
        core = _new_session(options.get("profile"))
        if options.get("credentials_file"):
            core.set_config_variable("credentials_file", str(options["credentials_file"]))
        if options.get("access_key"):
            core.set_credentials(options["access_key"], options["secret_key"], options.get("session_token"))
        session = boto3.Session(botocore_session=core)
        role = options.get("assume_role")
        if not role:
            return session
        identity = [options.get("profile"), options.get("access_key"), self._endpoint_url]
        keeper = RoleCredentials(role, lambda: self._sts(session), self._cache, identity)
        assumed = _new_session(options.get("profile"))
        # botocore has no public way to give a session credentials that renew themselves.
        assumed._credentials = RefreshableCredentials.create_from_metadata(keeper.refresh(), keeper.refresh, "assume-role")
        return boto3.Session(botocore_session=assumed)

    def _sts(self, session: t.Any) -> t.Any:
        region = self._options.get("region") or os.environ.get("AWS_REGION") or session.region_name
        return session.client("sts", region_name=region, endpoint_url=self._endpoint("sts"), verify=self._verify)


def check_account(options: Options) -> None:
    """Refuse options of :data:`AUTH_SPEC` that contradict each other.

    :raises BuilderError: saying which.
    """
    if bool(options.get("access_key")) != bool(options.get("secret_key")):
        raise BuilderError("access_key and secret_key belong together", hint="Give both, or neither")
    if options.get("session_token") and not options.get("access_key"):
        raise BuilderError("session_token belongs to an access_key and a secret_key", hint="Give all three, or none")
    if options.get("access_key") and options.get("profile"):
        raise BuilderError("access_key and profile are two ways to say who asks", hint="Give one of them")
    if options.get("ca_bundle") and options.get("validate_certs") is False:
        raise BuilderError("ca_bundle says what certificates are checked with, validate_certs: false that none is", hint="Remove one of the two")
    if int(options.get("max_retries") or 0) < 0:
        raise BuilderError("max_retries is less than 0")
