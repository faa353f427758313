# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures of the AWS rig.

``aws_rig`` is the server of the session, ``aws`` the same with an empty account for each test module; ``untouched_account``
fails the test when it leaves anything in any region.
"""

from __future__ import annotations

import pathlib
import tempfile
import typing as t

import pytest

from ..docker.fixtures import CACHE, or_skip
from ..docker.rig import DockerRig
from ..leftovers import left
from .rig import AwsRig


@pytest.fixture(scope="session")
def aws_rig(docker_rig: DockerRig) -> t.Iterator[AwsRig]:
    """The server."""
    rig = AwsRig(docker_rig, pathlib.Path(tempfile.mkdtemp(prefix="golden-aws-")))
    try:
        or_skip("AWS", lambda: rig.start(CACHE))
        yield rig
    finally:
        rig.stop()
        rig.discard_folder()


@pytest.fixture(scope="module")
def aws(aws_rig: AwsRig) -> t.Iterator[AwsRig]:
    """An empty account."""
    aws_rig.reset()
    yield aws_rig
    aws_rig.reset()


@pytest.fixture
def untouched_account(aws: AwsRig) -> t.Iterator[None]:
    """Nothing may be left in any region that was not there before."""
    before = aws.everything()
    yield
    aws.faults()
    now = left(before, aws.everything())
    if now:
        # For the next test.
        aws.reset()
    assert not now
