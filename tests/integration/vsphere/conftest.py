# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Workspaces against the vSphere rig."""

from __future__ import annotations

import pathlib

import pytest

from tests.rigs.vsphere.rig import VSphereRig

from .workspace import Workspace, make_workspace


@pytest.fixture(scope="module")
def workspace(vsphere: VSphereRig, tmp_path_factory: pytest.TempPathFactory, collection_path: pathlib.Path) -> Workspace:
    """A user's folder, for all tests of a module."""
    return make_workspace(tmp_path_factory.mktemp("vsphere"), vsphere, collection_path)
