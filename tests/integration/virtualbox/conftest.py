# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Workspaces against the VirtualBox rig."""

from __future__ import annotations

import pathlib

import pytest

from tests.rigs.virtualbox.rig import VirtualBoxRig

from .workspace import Workspace, make_workspace


@pytest.fixture(scope="module")
def workspace(vbox_rig: VirtualBoxRig, tmp_path_factory: pytest.TempPathFactory, collection_path: pathlib.Path) -> Workspace:
    """A user's folder, for all tests of a module."""
    return make_workspace(tmp_path_factory.mktemp("virtualbox"), vbox_rig, collection_path)
