# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A good definition to change, and the reader of definitions."""

from __future__ import annotations

import copy
import pathlib

import pytest

from ansible_collections.golden.images.plugins.module_utils._definition.model import Definition
from ansible_collections.golden.images.plugins.module_utils._definition.reading import read_definition
from ansible_collections.golden.images.tests.unit.plugins.module_utils.definition.samples import CATALOG, DATA, Data, Read


@pytest.fixture
def data() -> Data:
    """A good definition, the test's to change."""
    return copy.deepcopy(DATA)


@pytest.fixture
def read(tmp_path: pathlib.Path) -> Read:
    """Reads the data of a definition that lies in tmp_path."""

    def reader(data: object, environ: dict[str, str] | None = None) -> Definition:
        return read_definition(data, str(tmp_path / "images.golden.yml"), CATALOG, environ or {})

    return reader
