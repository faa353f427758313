# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What people read when a guest cannot be reached."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleConnectionFailure

from ansible_collections.golden.images.plugins.plugin_utils._guest_connection import GuestLostError, lost_guest_fails


@pytest.mark.parametrize(
    ("reason", "hint"),
    [
        ("Failed to connect to the host via ssh: x@192.0.2.1: Permission denied (publickey).", "Check the name of the user"),
        ("Failed to connect to the host via ssh: Connection timed out", "Find out what ended the guest"),
    ],
)
def test_the_hint_suits_the_reason(reason: str, hint: str) -> None:
    def connect() -> None:
        raise AnsibleConnectionFailure(reason)

    with pytest.raises(GuestLostError, match=hint):
        lost_guest_fails(connect)()
