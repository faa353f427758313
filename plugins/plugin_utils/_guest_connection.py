# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connections to guests turn a lost guest into an ordinary failure.

Ansible runs neither ``rescue`` nor ``always`` for a host that became unreachable, so a build
could not clean up after its guest died.
"""

from __future__ import annotations

import functools
import re
import typing as t

from ansible.errors import AnsibleConnectionFailure

_REFUSED = re.compile(r"Permission denied \(|Authentication fail|credentials were rejected")
_REFUSED_HINT = "Check the name of the user, which differs between systems, and the key or password that the guest was given."
_Call = t.TypeVar("_Call", bound=t.Callable[..., t.Any])


class GuestLostError(AnsibleConnectionFailure):
    """The guest cannot be reached (any more).

    Actions that expect to lose the connection, such as a reboot, catch it as they catch any such failure. When it becomes a task's
    result, that is a failure and not an unreachable host.
    """

    @property
    def result_contribution(self) -> dict[str, t.Any]:
        """For ansible-core before 2.21."""
        return {}

    def as_task_result(self, utr: t.Any) -> t.Any:
        """For ansible-core 2.21 and newer."""
        return utr

    @property
    def omit_failed_key(self) -> bool:
        """It is a failure."""
        return False


def lost_guest_fails(method: _Call) -> _Call:
    """Decorate a method of a connection plugin: its connection failures become :class:`GuestLostError`."""

    @functools.wraps(method)
    def guarded(*args: t.Any, **kwargs: t.Any) -> t.Any:
        try:
            return method(*args, **kwargs)
        except GuestLostError:
            raise
        except AnsibleConnectionFailure as error:
            reason = str(error)
        hint = _REFUSED_HINT if _REFUSED.search(reason) else "Find out what ended the guest or cut the way to it, and run the build again."
        raise GuestLostError(f"The guest does not answer: {reason.rstrip('.')}. {hint}") from None

    return t.cast(_Call, guarded)
