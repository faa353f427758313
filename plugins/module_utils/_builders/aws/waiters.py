# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waits that live through what AWS fails to answer now and then."""

from __future__ import annotations

import typing as t

from ..._access.waits import longer
from ..._lifecycle.errors import WaitTimeoutError
from ..._lifecycle.waiting import Waiter
from .errors import PASSING, AwsError

_Value = t.TypeVar("_Value")


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
