# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The reference of the definition names every key there is."""

from __future__ import annotations

import pathlib

import pytest
import yaml

from ansible_collections.golden.images.plugins.inventory import builds
from ansible_collections.golden.images.plugins.module_utils._definition import schema
from ansible_collections.golden.images.plugins.module_utils._definition.composing import SETTING_DEFAULTS

ROOT = pathlib.Path(__file__).parents[5]
REFERENCE = (ROOT / "docs/definition.md").read_text(encoding="utf-8")


def rows(heading: str) -> str:
    """What stands between a heading and the next one."""
    return REFERENCE.split(f"\n{heading}\n", 1)[1].split("\n#", 1)[0]


@pytest.mark.parametrize(
    ("heading", "fields"),
    [
        ("## Top level", schema.FILE),
        ("### Settings", schema.SETTINGS),
        ("## Variables", {**schema.VARIABLE, **schema.VALIDATION}),
        ("## Builders", schema.BUILDER),
        ("## Images", schema.IMAGE),
    ],
)
def test_every_key_has_a_row(heading: str, fields: schema.Fields) -> None:
    first_cells = "".join(line.split("|")[1] for line in rows(heading).splitlines() if line.startswith("|"))
    assert {name for name in fields if f"`{name}`" not in first_cells} == set()


def test_defaults_of_settings_are_the_documented_ones() -> None:
    for name, value in SETTING_DEFAULTS.items():
        shown = {None: "none", True: "`true`", False: "`false`", "": "empty"}.get(value if not isinstance(value, list) else None, f"`{value}`")
        assert f"| `{name}` | {shown} |" in rows("## Images")


def test_the_plugin_documents_the_top_level() -> None:
    assert set(yaml.safe_load(builds.DOCUMENTATION)["options"]) == set(schema.FILE)
