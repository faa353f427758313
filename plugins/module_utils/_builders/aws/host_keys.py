# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Host keys that a guest writes to its console."""

from __future__ import annotations

import base64
import re
import typing as t

from ..._access.waits import longer, waiter_of
from ..._lifecycle.errors import BuilderError
from .errors import AwsError, code_of, doing
from .session import Account

Options = t.Mapping[str, t.Any]

_BEGIN = "-----BEGIN SSH HOST KEY KEYS-----"
_END = "-----END SSH HOST KEY KEYS-----"
_KEY = re.compile(r"\b(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(?:256|384|521)) (AAAA[0-9A-Za-z+/]+={0,2})")


def keys_on_console(text: str) -> list[str]:
    """Host keys that the newest boot wrote to the console, as cloud-init and EC2's own images do."""
    before, begin, after = text.rpartition(_BEGIN)
    keys, end, _rest = after.partition(_END)
    if not begin or not end:
        # A line that is being written now may be cut.
        _older, begin, after = before.rpartition(_BEGIN)
        keys, end, _rest = after.partition(_END)
    return [f"{kind} {key}" for kind, key in _KEY.findall(keys)] if begin and end else []


def wait_for_console_keys(account: Account, instance_id: str, options: Options) -> list[str]:
    """:raises WaitTimeoutError: when the guest did not write them in time.

    :param options: with ``console_wait``.
    """
    waiter = waiter_of(options, "console_wait", f"the host keys on the console of {instance_id}")
    hint = (
        f"{longer('console_wait')}; an image that never writes them needs host_key: user_data (with cloud-init), or host_key: first_contact, "
        "which trusts whoever answers first"
    )
    return waiter.until(lambda: keys_on_console(_console(account, instance_id)), hint=hint)


def _console(account: Account, instance_id: str) -> str:
    ec2 = account.client("ec2")
    what = f"read the console of {instance_id}"
    try:
        with doing(what):
            answer = ec2.get_console_output(InstanceId=instance_id, Latest=True)
    except AwsError as error:
        if code_of(error) not in ("UnsupportedOperation", "InvalidParameterCombination", "InvalidParameterValue"):
            raise
        # Only Nitro tells the latest; elsewhere EC2 writes it down from time to time.
        with doing(what):
            answer = ec2.get_console_output(InstanceId=instance_id)
    return _decoded(str(answer.get("Output") or ""))


def _decoded(output: str) -> str:
    """Some servers send it encoded once more than botocore decodes."""
    if _BEGIN in output:
        return output
    try:
        return base64.b64decode(output, validate=True).decode("utf-8", errors="replace")
    except ValueError:
        return output


def check_host_key(options: Options) -> None:
    """:raises BuilderError: where there is no ssh."""
    if options.get("connection") != "ssh" and options.get("host_key") not in (None, "auto"):
        raise BuilderError("host_key is for ssh", hint="Remove it, or set connection to ssh")
