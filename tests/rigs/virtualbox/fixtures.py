# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures of the VirtualBox rig.

``vbox_rig`` is a VirtualBox for the whole session. ``untouched_vbox`` fails the test when it leaves a machine, a medium,
a process, a port or a file.
"""

from __future__ import annotations

import pathlib
import tempfile
import typing as t

import pytest

from ..docker.fixtures import CACHE, or_skip
from ..leftovers import left
from .rig import VirtualBoxRig


@pytest.fixture(scope="session")
def vbox_rig() -> t.Iterator[VirtualBoxRig]:
    """A user's VirtualBox."""
    # A short path: a unix socket's may have 107 bytes only.
    rig = VirtualBoxRig(pathlib.Path(tempfile.mkdtemp(prefix="golden-vbox-")))
    try:
        or_skip("VirtualBox", lambda: rig.start(CACHE))
        yield rig
    finally:
        rig.stop()


@pytest.fixture
def untouched_vbox(vbox_rig: VirtualBoxRig) -> t.Iterator[None]:
    """Nothing may be left that was not there before."""
    before = vbox_rig.everything()
    yield
    now = left(before, vbox_rig.everything())
    if now:
        # For the next test.
        vbox_rig.clear()
    assert not now
