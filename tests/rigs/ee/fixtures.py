# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``ee_rig`` is Podman with the execution environment of this checkout, for the whole session."""

from __future__ import annotations

import typing as t

import pytest

from ..docker.fixtures import CACHE, or_skip
from .rig import EeRig


@pytest.fixture(scope="session")
def ee_rig() -> t.Iterator[EeRig]:
    """The execution environment."""
    rig = EeRig(CACHE)
    try:
        or_skip("execution environment", rig.start)
        yield rig
    finally:
        rig.stop()
