# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiters of the AWS builder: one option for each thing that is waited for, each with its own timeout and interval."""

from __future__ import annotations

import typing as t

from ..._lifecycle.errors import WaitTimeoutError
from ..._lifecycle.waiting import Waiter
from .errors import PASSING, AwsError

Spec = dict[str, t.Any]
_Value = t.TypeVar("_Value")


def wait_option(timeout: float, interval: float) -> Spec:
    """An option ``{timeout, interval}``, both in seconds."""
    return {
        "type": "dict",
        "apply_defaults": True,
        "options": {
            "timeout": {"type": "float", "default": timeout},
            "interval": {"type": "float", "default": interval},
        },
    }


def waiter_of(options: t.Mapping[str, t.Any], name: str, what: str) -> Waiter:
    """The waiter that an option of :func:`wait_option` describes; it looks at even intervals, for API calls are rationed.

    :param what: what is awaited, for messages.
    """
    given = options[name]
    return Waiter(what, timeout=given["timeout"], interval=given["interval"], growth=1.0, longest=given["interval"])


def longer(name: str) -> str:
    """What to do when such a wait was too short."""
    return f"If it only needs longer, raise {name}.timeout"


def patiently(look: t.Callable[[], _Value | None], waiter: Waiter, option: str, late: t.Callable[[], str] = str) -> _Value:
    """The first value that ``look`` has; a look that AWS had no answer to is taken again at the next one.

    :param option: the option that the waiter was made of.
    :param late: what is still missing, for the message.
    :raises WaitTimeoutError: at the deadline.
    """
    for _elapsed in waiter.ticks():
        try:
            value = look()
        except AwsError as error:
            if error.code not in PASSING:
                raise
            continue
        if value is not None:
            return value
    missing = late()
    what = f"gave up waiting for {waiter.what} after {waiter.timeout:g} s" + (f": {missing}" if missing else "")
    raise WaitTimeoutError(what, hint=longer(option))
