# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An account whose clients answer as a test says; botocore checks every request and answer against AWS' own description."""

from __future__ import annotations

import typing as t

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from botocore.stub import Stubber

from ansible_collections.golden.images.plugins.module_utils._builders.aws import role_credentials
from ansible_collections.golden.images.plugins.module_utils._builders.aws.guest import OPERATION
from ansible_collections.golden.images.plugins.module_utils._builders.aws.session import Account
from ansible_collections.golden.images.plugins.module_utils._lifecycle.operation import Context

Json = dict[str, t.Any]

IMAGE_ID = "ami-0123456789abcdef0"


class StubbedAccount:
    """Expectations of one test, in order for each client."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self._stubbers: dict[tuple[str, int | None], Stubber] = {}
        self._listening: list[t.Callable[[], None]] = []

    def _stubber(self, service: str, attempts: int | None) -> Stubber:
        key = (service, attempts)
        if key not in self._stubbers:
            self._stubbers[key] = Stubber(self.account.client(service, attempts=attempts))
            self._stubbers[key].activate()
        return self._stubbers[key]

    def answer(self, service: str, call: str, answer: Json | None = None, request: Json | None = None, attempts: int | None = None) -> None:
        """Expect a call."""
        self._stubber(service, attempts).add_response(call, answer or {}, request)

    def refuse(self, service: str, call: str, code: str, message: str = "no", status: int = 400, attempts: int | None = None) -> None:
        """Expect a call and refuse it."""
        self._stubber(service, attempts).add_client_error(call, code, message, status)

    def requests(self, service: str, call: str, attempts: int | None = None) -> list[Json]:
        """Arguments of the calls of an operation (``RunInstances``) from now on, where only some of them matter."""
        seen: list[Json] = []

        def note(params: Json, **_kwargs: t.Any) -> None:
            seen.append(dict(params))

        events, event = self.account.client(service, attempts=attempts).meta.events, f"before-parameter-build.{service}.{call}"
        events.register_last(event, note)
        self._listening.append(lambda: events.unregister(event, note))
        return seen

    def close(self) -> None:
        """All that was expected has to have happened."""
        try:
            for stubber in self._stubbers.values():
                stubber.assert_no_pending_responses()
        finally:
            for stubber in self._stubbers.values():
                stubber.deactivate()
            for stop in self._listening:
                stop()


@pytest.fixture(scope="session")
def _account() -> Account:
    return Account({"region": "eu-west-1", "access_key": "AKIDEXAMPLE", "secret_key": "wJalrXUtnFEMI", "max_retries": 0}, None)


@pytest.fixture
def aws(_account: Account) -> t.Iterator[StubbedAccount]:
    """See :class:`StubbedAccount`."""
    stubbed = StubbedAccount(_account)
    yield stubbed
    stubbed.close()


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Nothing of this user's AWS settings takes part, and no account is known yet."""
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    nowhere = tmp_path_factory.getbasetemp() / "nowhere"
    monkeypatch.setenv("AWS_CONFIG_FILE", str(nowhere))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(nowhere))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr(Account, "_known", {})
    monkeypatch.setattr(role_credentials, "_MEMORY", {})


@pytest.fixture
def said() -> list[str]:
    """Progress lines and warnings."""
    return []


@pytest.fixture
def context(said: list[str]) -> Context:
    """One that writes down what is said."""
    return Context(say=said.append, warn=said.append)


@pytest.fixture
def guest_options() -> t.Callable[..., Json]:
    """Validated options of ``aws_guest``, with little said."""

    def validated(**given: t.Any) -> Json:
        least = {"name": "golden-web", "source": {"image_id": IMAGE_ID}, "directory": "/nowhere", "instance_types": ["t3.small"]}
        checked = ArgumentSpecValidator(OPERATION.argument_spec, **OPERATION.constraints).validate({**least, **given})
        assert not checked.error_messages, checked.error_messages
        return dict(checked.validated_parameters)

    return validated
