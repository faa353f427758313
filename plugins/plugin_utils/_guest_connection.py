# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connections to guests turn a lost guest into an ordinary failure.

Ansible runs neither ``rescue`` nor ``always`` for a host that became unreachable, so a build
could not clean up after its guest died. Ansible decides by the exception's cause chain, which
is why these are raised ``from None``.
"""

from __future__ import annotations

import functools
import typing as t

from ansible.errors import AnsibleConnectionFailure, AnsibleError

_Call = t.TypeVar("_Call", bound=t.Callable[..., t.Any])


class GuestLostError(AnsibleError):
    """The guest cannot be reached (any more)."""


def lost_guest_fails(method: _Call) -> _Call:
    """Decorate a method of a connection plugin: its connection failures become :class:`GuestLostError`."""

    @functools.wraps(method)
    def guarded(*args: t.Any, **kwargs: t.Any) -> t.Any:
        try:
            return method(*args, **kwargs)
        except AnsibleConnectionFailure as error:
            reason = str(error)
        raise GuestLostError(f"The guest does not answer: {reason}") from None

    return t.cast(_Call, guarded)
