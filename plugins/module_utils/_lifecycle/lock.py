# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run at a time builds a given build; a dead run holds nothing."""

from __future__ import annotations

import dataclasses
import os
import pathlib
import typing as t

from . import presence
from .errors import BusyError
from .files import locked, read_json, write_json_atomically
from .run import Owner, StateFolder, iso, utc_now
from .waiting import Waiter


@dataclasses.dataclass(frozen=True)
class BuildLock:
    """The lock of one build: a file that names its owner, valid while that process lives.

    The owner is the ansible-playbook process, not the worker that takes the lock, so a kernel
    lock would be gone with the first task. Of processes elsewhere :mod:`presence` knows.

    :ivar path: as :meth:`StateFolder.lock` has it.
    """

    path: pathlib.Path
    build: str

    def holder(self) -> Owner | None:
        """The living owner."""
        owner = self._named()
        return None if owner is None or presence.is_over(StateFolder(self.path.parent.parent), owner) else owner

    def _named(self) -> Owner | None:
        data = read_json(self.path)
        return Owner(**data["owner"]) if data else None

    def take(self, owner: Owner) -> Owner | None:
        """Take it when free or already ours; else return who has it."""
        with locked(self._guard):
            holder = self.holder()
            if holder is not None and holder != owner:
                return holder
            write_json_atomically(self.path, {"build": self.build, "owner": dataclasses.asdict(owner), "since": iso(utc_now())})
            return None

    def wait(self, owner: Owner, waiter: Waiter, say: t.Callable[[str], None]) -> None:
        """Take it, waiting for its present owner.

        :raises BusyError: when it is still held at the waiter's timeout.
        """
        told = False
        for _elapsed in waiter.ticks():
            holder = self.take(owner)
            if holder is None:
                return
            if not told:
                say(f"is being built by another run ({holder}); waiting for it to end")
                told = True
        raise BusyError(
            f"another run ({holder}) is still building it after {waiter.timeout:g} s",
            hint="Wait for that run or stop it; golden_lock_timeout sets how many seconds to wait."
            " One that was killed on another machine counts as ended five minutes later.",
        )

    def release(self, owner: Owner) -> None:
        """Give it up on behalf of its owner, who may be dead by now."""
        with locked(self._guard):
            if self._named() == owner:
                os.unlink(self.path)

    @property
    def _guard(self) -> pathlib.Path:
        return self.path.with_suffix(".guard")
