# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What AWS refused, in sentences that say what to do about it."""

from __future__ import annotations

import contextlib
import re
import typing as t

from ..._lifecycle.errors import BuilderError, WaitTimeoutError
from ..._lifecycle.waiting import Waiter

try:
    from botocore.exceptions import (
        BotoCoreError,
        ClientError,
        EndpointConnectionError,
        HTTPClientError,
        NoCredentialsError,
        PartialCredentialsError,
        ProfileNotFound,
        UnauthorizedSSOTokenError,
    )
except ImportError:
    BotoCoreError = ClientError = EndpointConnectionError = HTTPClientError = NoCredentialsError = PartialCredentialsError = ProfileNotFound = ()
    UnauthorizedSSOTokenError = ()

_Value = t.TypeVar("_Value")

EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"})
FORBIDDEN = frozenset({"UnauthorizedOperation", "AccessDenied", "AccessDeniedException", "UnauthorizedAccess", "Client.UnauthorizedOperation"})
UNKNOWN_CREDENTIALS = frozenset({"AuthFailure", "InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch", "InvalidAccessKeyId"})
THROTTLED = frozenset(
    {"RequestLimitExceeded", "Throttling", "ThrottlingException", "RequestThrottled", "TooManyRequestsException", "SlowDown", "EC2ThrottledException"}
)
#: Nothing is known to be wrong with the request: the same may work the next time.
PASSING = THROTTLED | frozenset(
    {
        "InternalError",
        "InternalFailure",
        "Unavailable",
        "ServiceUnavailable",
        "RequestTimeout",
        "EndpointConnectionError",
        "ReadTimeoutError",
        "ConnectTimeoutError",
    }
    | {"ConnectionClosedError", "ConnectionError", "HTTPClientError", "500", "502", "503", "504"}
)
#: AWS has none of that type there now; elsewhere it may.
NO_CAPACITY = frozenset(
    {
        "InsufficientInstanceCapacity",
        "InsufficientCapacity",
        "InsufficientHostCapacity",
        "InsufficientReservedInstanceCapacity",
        "InsufficientCapacityOnHost",
        "InsufficientFreeAddressesInSubnet",
        "ReservationCapacityExceeded",
        "SpotMaxPriceTooLow",
        "UnfulfillableCapacity",
    }
)
#: The account's own limit for a family of types.
QUOTA_EXCEEDED = frozenset(
    {"VcpuLimitExceeded", "InstanceLimitExceeded", "MaxSpotInstanceCountExceeded", "MaxSpotFleetRequestCountExceeded", "VolumeLimitExceeded"}
)

_MISSING = frozenset({"NoSuchEntity", "NoSuchEntityException", "NoSuchBucket", "NoSuchKey", "NoSuchUpload", "InvalidAMIID.Unavailable", "404"})
_DENIED_ACTION = re.compile(r"not authorized to perform:? (?P<action>[A-Za-z0-9-]+:[A-Za-z0-9]+)")
_ENCODED = re.compile(r"\s*Encoded authorization failure message:?\s*(?P<blob>\S+)")


class AwsError(BuilderError):
    """AWS, or the way there, refused a call.

    :ivar code: AWS' word for it, ``InvalidAMIID.NotFound``; the class of the error when AWS was not reached.
    """

    def __init__(self, message: str, *, code: str, hint: str | None = None, resource: str | None = None) -> None:
        super().__init__(message, hint=hint, resource=resource)
        self.code = code


def code_of(error: BaseException) -> str:
    """The code of an error of ours or of botocore's; empty for any other."""
    if isinstance(error, AwsError):
        return error.code
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code") or "")
    return ""


def missing(error: BaseException) -> bool:
    """Whether a call failed because what it was about does not exist (or not yet: AWS is eventually consistent)."""
    code = code_of(error)
    return "NotFound" in code or code in _MISSING


@contextlib.contextmanager
def doing(what: str, resource: str | None = None, hint: str | None = None) -> t.Iterator[None]:
    """Turn botocore's errors into :class:`AwsError`.

    :param what: completes "AWS could not …": ``launch the instance``.
    :param hint: what to do about it where the code tells nothing better.
    """
    try:
        yield
    except ClientError as error:
        code = code_of(error)
        text = str(error.response.get("Error", {}).get("Message") or "").strip()
        reason = _ENCODED.sub("", text).rstrip(". ")
        raise AwsError(
            f"AWS could not {what}: {reason} ({code})" if reason else f"AWS could not {what} ({code})",
            code=code,
            hint=_hint_of(code, text, getattr(error, "operation_name", ""), hint),
            resource=resource,
        ) from error
    except BotoCoreError as error:
        raise AwsError(
            f"AWS could not {what}: {str(error).rstrip('. ')}", code=type(error).__name__, hint=_hint_without_answer(error) or hint, resource=resource
        ) from error


def _hint_of(code: str, text: str, operation: str, given: str | None) -> str | None:
    if code in FORBIDDEN:
        return ". ".join(filter(None, (given, _how_to_allow(text, operation))))
    hints = (
        (
            EXPIRED,
            "The credentials have expired. Log in again (or have the builder assume a role, with a longer duration), and run the build again: it cleans up",
        ),
        (
            UNKNOWN_CREDENTIALS,
            "AWS does not know these credentials: check access_key and secret_key, the profile, the environment, and the clock of this machine",
        ),
        (THROTTLED, "AWS limits how many calls an account makes; raise max_retries, or run fewer builds at a time"),
        (NO_CAPACITY, "Give several instance_types, several subnets, or allow on-demand beside spot"),
        (QUOTA_EXCEEDED, "Ask for a higher quota in the Service Quotas console, or give an instance type of another family"),
        (frozenset({"OptInRequired"}), "Enable the region, or subscribe to the product, in the console of the account"),
    )
    return next((hint for codes, hint in hints if code in codes), given)


def _how_to_allow(text: str, operation: str) -> str:
    denied = _DENIED_ACTION.search(text)
    what = denied["action"] if denied else operation
    encoded = _ENCODED.search(text)
    hint = f"Allow the action {what} in the policy of the user or role, see the list of permissions in the guide of the aws builder"
    if encoded:
        hint += f". Why it was refused: aws sts decode-authorization-message --encoded-message {encoded['blob']}"
    return hint


def _hint_without_answer(error: BaseException) -> str | None:
    if isinstance(error, (NoCredentialsError, PartialCredentialsError)):
        return "Give profile, or access_key and secret_key, or the environment variables AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
    if isinstance(error, ProfileNotFound):
        return "Check the option profile, AWS_PROFILE, and the files ~/.aws/config and ~/.aws/credentials"
    if isinstance(error, UnauthorizedSSOTokenError):
        return "Log in again: aws sso login"
    if isinstance(error, (EndpointConnectionError, HTTPClientError)):
        return "Check the network, the region, and endpoint_url"
    return None


def insist(call: t.Callable[[], _Value], again: t.Callable[[BaseException], bool], waiter: Waiter) -> _Value:
    """The result of a call, repeated as long as its failure is one that passes.

    :param again: whether a failure may pass.
    :raises BuilderError: that of the last call at the deadline, any other at once.
    """
    last: BaseException = WaitTimeoutError(f"gave up waiting for {waiter.what}")
    for _elapsed in waiter.ticks():
        try:
            return call()
        except (BuilderError, ClientError) as error:
            if not again(error):
                raise
            last = error
    raise last


def once_visible(call: t.Callable[[], _Value], what: str, timeout: float = 60, interval: float = 0.2) -> _Value:
    """The result of a call about something just made, which parts of AWS do not know of at once.

    :param what: what is awaited, for messages.
    """
    return insist(call, missing, Waiter(what, timeout, interval, growth=1.6))
