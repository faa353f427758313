# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Refusals of AWS become sentences that say what to do."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError

from ansible_collections.golden.images.plugins.module_utils._builders.aws import errors
from ansible_collections.golden.images.plugins.module_utils._builders.aws.errors import AwsError, code_of, doing, missing, once_visible
from ansible_collections.golden.images.plugins.module_utils._lifecycle.waiting import Waiter


def refusal(code: str, message: str = "because") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "RunInstances")


@pytest.mark.parametrize(
    ("code", "message", "hint"),
    [
        ("ExpiredToken", "The security token is expired.", "Log in again"),
        ("RequestExpired", "Request has expired.", "Log in again"),
        ("AuthFailure", "AWS was not able to validate the provided access credentials", "does not know these credentials"),
        ("RequestLimitExceeded", "Request limit exceeded.", "max_retries"),
        ("InsufficientInstanceCapacity", "We currently do not have sufficient capacity", "instance_types"),
        ("VcpuLimitExceeded", "You have requested more vCPU capacity", "Service Quotas"),
        ("OptInRequired", "not subscribed", "Enable the region"),
        ("UnauthorizedOperation", "You are not authorized to perform this operation.", "Allow the action RunInstances"),
        ("UnauthorizedOperation", "User: arn:aws:iam::1:user/x is not authorized to perform: ec2:CreateTags on resource: y", "Allow the action ec2:CreateTags"),
    ],
)
def test_each_refusal_says_what_to_do(code: str, message: str, hint: str) -> None:
    with pytest.raises(AwsError) as caught, doing("launch the guest", "instance golden-web"):
        raise refusal(code, message)
    assert str(caught.value).startswith("AWS could not launch the guest: ")
    assert f"({code})" in str(caught.value)
    assert hint in str(caught.value)
    assert caught.value.resource == "instance golden-web"


def test_an_encoded_reason_goes_into_the_command_that_decodes_it() -> None:
    text = "You are not authorized to perform this operation. Encoded authorization failure message: AbC-123_xyz"
    with pytest.raises(AwsError) as caught, doing("launch the guest"):
        raise refusal("UnauthorizedOperation", text)
    assert "AbC-123_xyz" not in caught.value.message
    assert "aws sts decode-authorization-message --encoded-message AbC-123_xyz" in str(caught.value.hint)


def test_where_the_code_tells_nothing_the_caller_does() -> None:
    with pytest.raises(AwsError, match="Check the name"), doing("find it", hint="Check the name"):
        raise refusal("InvalidParameterValue")


def test_not_being_answered_is_told_apart() -> None:
    with pytest.raises(AwsError, match="Check the network") as caught, doing("find it"):
        raise EndpointConnectionError(endpoint_url="http://127.0.0.1:1")
    assert caught.value.code == "EndpointConnectionError"
    with pytest.raises(AwsError, match="AWS_PROFILE"), doing("find it"):
        raise NoCredentialsError()


@pytest.mark.parametrize(
    ("code", "is_missing"),
    [
        ("InvalidInstanceID.NotFound", True),
        ("InvalidLaunchTemplateName.NotFoundException", True),
        ("NoSuchEntity", True),
        ("InvalidAMIID.Unavailable", True),
        ("ParameterNotFound", True),
        ("DependencyViolation", False),
        ("UnauthorizedOperation", False),
    ],
)
def test_what_is_not_there(code: str, is_missing: bool) -> None:
    assert missing(refusal(code)) is is_missing
    assert code_of(refusal(code)) == code
    assert missing(AwsError("no", code=code)) is is_missing
    assert not missing(ValueError(code))


def test_a_new_thing_is_asked_for_until_it_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(errors, "Waiter", lambda what, timeout, interval, growth: Waiter(what, timeout, 0.0))
    answers: list[AwsError | str] = [AwsError("no", code="InvalidGroup.NotFound"), AwsError("no", code="InvalidGroup.NotFound"), "there"]

    def ask() -> str:
        answer = answers.pop(0)
        if isinstance(answer, AwsError):
            raise answer
        return answer

    assert once_visible(ask, "it") == "there"
    answers.append(AwsError("no", code="UnauthorizedOperation"))
    with pytest.raises(AwsError):
        once_visible(ask, "it")


def test_a_new_thing_that_never_appears_ends_with_the_refusal() -> None:
    def ask() -> None:
        raise AwsError("it is not there", code="InvalidGroup.NotFound")

    with pytest.raises(AwsError, match="it is not there"):
        once_visible(ask, "it", timeout=0.0)
