# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `make ee EE_BUILDERS=…` leaves out."""

from __future__ import annotations

import importlib.util
import pathlib
import types

import pytest
import yaml

PROGRAM = pathlib.Path(__file__).resolve().parents[2] / "tools/ee.py"


@pytest.fixture(scope="module")
def ee() -> types.ModuleType:
    spec = importlib.util.spec_from_file_location("ee", PROGRAM)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_packages_stand_below_their_group(ee: types.ModuleType) -> None:
    assert ee.groups("# Text.\n# [one] For one.\na>=1\nb [platform:dpkg]\n\n# [two]\nc\n") == {"one": ["a", "b"], "two": ["c"]}


def test_other_groups_are_left_out(ee: types.ModuleType, tmp_path: pathlib.Path) -> None:
    left_out = yaml.safe_load(ee.write_definition(tmp_path, ["docker", "aws"]).read_text())["dependencies"]["exclude"]
    assert {"pyvmomi", "pycdlib", "pywinrm"} <= set(left_out["python"])
    assert not {"docker", "requests", "boto3"} & set(left_out["python"])
    assert {"mmdebstrap", "openssh-client"} <= set(left_out["system"])


def test_without_builders_nothing_is_left_out(ee: types.ModuleType, tmp_path: pathlib.Path) -> None:
    assert "exclude" not in yaml.safe_load(ee.write_definition(tmp_path, []).read_text())["dependencies"]


def test_an_unknown_group_is_refused(ee: types.ModuleType) -> None:
    with pytest.raises(SystemExit, match="no group azure of packages; there are aws, docker"):
        ee.excluded(["azure"])
