# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import base64
import re
import sys
import typing as t

import boto3
import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from botocore.stub import Stubber

from ansible_collections.golden.images.plugins.module_utils._builders.docker.registry_login import LOGIN_SPEC, auth_config
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import BuilderError, MissingDependencyError

TOKEN = base64.b64encode(b"AWS:pass:word").decode()
IMAGE = "registry.example.org/web:1"
PRIVATE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"


@pytest.fixture(autouse=True)
def _no_login_of_the_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SERVER", "USERNAME", "PASSWORD"):
        monkeypatch.delenv(f"GOLDEN_REGISTRY_{name}", raising=False)


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> dict[tuple[str, str], t.Any]:
    """What ECR answers, by service and region; checked against the service's model."""
    found: dict[tuple[str, str], t.Any] = {}
    make = boto3.Session.client

    def client(session: boto3.Session, service: str, region_name: str) -> t.Any:
        made = make(session, service, region_name=region_name, aws_access_key_id="test", aws_secret_access_key="test")
        stubber = Stubber(made)
        answer = found[service, region_name]
        if isinstance(answer, str):
            stubber.add_client_error("get_authorization_token", answer)
        else:
            stubber.add_response("get_authorization_token", {"authorizationData": answer})
        stubber.activate()
        return made

    monkeypatch.setattr(boto3.Session, "client", client)
    return found


def login(**options: t.Any) -> dict[str, t.Any]:
    checked = ArgumentSpecValidator(LOGIN_SPEC).validate({"login": options})
    assert not checked.error_messages, checked.error_messages
    return dict(checked.validated_parameters)


def test_a_login_is_what_was_given() -> None:
    assert auth_config(login(username="u", password="p"), IMAGE) == {"username": "u", "password": "p"}
    assert auth_config(login(username="u", password="p", server="s"), IMAGE) == {"username": "u", "password": "p", "serveraddress": "s"}
    assert auth_config({"login": None}, IMAGE) is None


@pytest.mark.parametrize(
    ("server", "image", "known"),
    [
        ("registry.example.org", IMAGE, True),
        ("https://registry.example.org/", IMAGE, True),
        ("registry.example.org", "registry.example.org:5000/web:1", False),
        ("registry.example.org", "web:1", False),
        ("docker.io", "team/web:1", True),
        ("https://index.docker.io/v1/", "web", True),
        ("", IMAGE, False),
    ],
)
def test_the_login_of_the_environment_is_for_its_registry_alone(monkeypatch: pytest.MonkeyPatch, server: str, image: str, known: bool) -> None:
    for name, value in (("SERVER", server), ("USERNAME", "u"), ("PASSWORD", "p")):
        monkeypatch.setenv(f"GOLDEN_REGISTRY_{name}", value)
    assert auth_config({}, image) == ({"username": "u", "password": "p", "serveraddress": server} if known else None)
    assert auth_config(login(username="mine", password="p"), image) == {"username": "mine", "password": "p"}


@pytest.mark.parametrize(
    ("server", "service", "data"),
    [
        (PRIVATE, ("ecr", "eu-west-1"), [{"authorizationToken": TOKEN}]),
        (f"https://{PRIVATE}", ("ecr", "eu-west-1"), [{"authorizationToken": TOKEN}]),
        (PRIVATE.replace("ecr", "ecr-fips"), ("ecr", "eu-west-1"), [{"authorizationToken": TOKEN}]),
        ("public.ecr.aws", ("ecr-public", "us-east-1"), {"authorizationToken": TOKEN}),
    ],
)
def test_ecr_gives_a_token(answers: dict[tuple[str, str], t.Any], server: str, service: tuple[str, str], data: t.Any) -> None:
    answers[service] = data
    assert auth_config(login(ecr=True, server=server), IMAGE) == {"username": "AWS", "password": "pass:word", "serveraddress": server}


def test_ecr_that_refuses_is_told_of(answers: dict[tuple[str, str], t.Any]) -> None:
    answers["ecr", "eu-west-1"] = "AccessDeniedException"
    with pytest.raises(BuilderError, match=rf"gives no token for {re.escape(PRIVATE)}: .*AccessDeniedException") as caught:
        auth_config(login(ecr=True, server=PRIVATE), IMAGE)
    assert "GetAuthorizationToken" in str(caught.value.hint)


def test_another_registry_is_not_asked() -> None:
    with pytest.raises(BuilderError, match=r"docker\.io is no registry of Amazon ECR"):
        auth_config(login(ecr=True, server="docker.io"), IMAGE)


def test_without_boto3_one_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(MissingDependencyError, match="boto3"):
        auth_config(login(ecr=True, server=PRIVATE), IMAGE)


@pytest.mark.parametrize("options", [{}, {"username": "u"}, {"ecr": True}, {"ecr": True, "server": PRIVATE, "password": "p"}])
def test_half_a_login_is_refused(options: dict[str, t.Any]) -> None:
    assert ArgumentSpecValidator(LOGIN_SPEC).validate({"login": options}).error_messages
