# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiters as data: how long, how often."""

from __future__ import annotations

import dataclasses
import time
import typing as t

from .errors import WaitTimeoutError

_Value = t.TypeVar("_Value")


@dataclasses.dataclass(frozen=True)
class Waiter:
    """How to wait for something.

    :ivar what: what is awaited, for messages: ``the guest to stop``.
    :ivar timeout: seconds in all.
    :ivar interval: seconds before the second look; grows by ``growth`` up to ``longest``.
    """

    what: str
    timeout: float
    interval: float = 0.1
    growth: float = 1.3
    longest: float = 5.0

    def ticks(self, clock: t.Callable[[], float] = time.monotonic, sleep: t.Callable[[float], None] = time.sleep) -> t.Iterator[float]:
        """Yield seconds elapsed: at once, then at every look, the last one at the deadline."""
        start = clock()
        delay = self.interval
        while True:
            elapsed = clock() - start
            yield elapsed
            left = self.timeout - (clock() - start)
            if left <= 0:
                return
            sleep(min(delay, left))
            delay = min(delay * self.growth, self.longest)

    def until(self, look: t.Callable[[], _Value | None], hint: str | None = None) -> _Value:
        """The first true value of ``look``.

        :raises WaitTimeoutError: at the deadline.
        """
        for _elapsed in self.ticks():
            value = look()
            if value:
                return value
        raise WaitTimeoutError(f"gave up waiting for {self.what} after {self.timeout:g} s", hint=hint)
