# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures of the vSphere rig.

``vsphere_rig`` is the vCenter of the session, ``vsphere`` the same with a fresh inventory for each test module;
``untouched_vcenter`` fails the test when it leaves anything: in the inventory, on a datastore, in a library, as a container or a session.
"""

from __future__ import annotations

import pathlib
import tempfile
import typing as t

import pytest

from ..docker.fixtures import CACHE, or_skip
from ..docker.rig import DockerRig
from ..leftovers import left
from .rig import VSphereRig


@pytest.fixture(scope="session")
def vsphere_rig(docker_rig: DockerRig) -> t.Iterator[VSphereRig]:
    """The vCenter, not started yet."""
    rig = VSphereRig(docker_rig, pathlib.Path(tempfile.mkdtemp(prefix="golden-vsphere-")))
    try:
        or_skip("vSphere", lambda: rig.prepare(CACHE))
        yield rig
    finally:
        rig.stop()
        rig.discard_folder()


@pytest.fixture(scope="module")
def vsphere(vsphere_rig: VSphereRig) -> t.Iterator[VSphereRig]:
    """A vCenter with a fresh inventory."""
    or_skip("vSphere", vsphere_rig.restart)
    yield vsphere_rig
    vsphere_rig.halt()


@pytest.fixture
def untouched_vcenter(vsphere: VSphereRig) -> t.Iterator[None]:
    """Nothing may be left that was not there before, and what was there is still there."""
    before = vsphere.everything()
    yield
    vsphere.faults()
    after = vsphere.everything()
    now, gone = left(before, after), left(before=after, after=before)
    if now or gone:
        # For the next test.
        vsphere.restart()
    assert not now, f"left in vCenter: {now}"
    assert not gone, f"gone from vCenter: {gone}"
