# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What options mean for the fingerprint."""

from __future__ import annotations

import pathlib

from ansible_collections.golden.images.plugins.module_utils._lifecycle.fingerprint import content_of

SPEC = {"type": "dict", "options": {"files": {"type": "list", "elements": "path"}, "label": {"type": "str"}}}


def test_an_option_means_the_bytes_it_names(tmp_path: pathlib.Path) -> None:
    folder = tmp_path / "drivers"
    folder.mkdir()
    (folder / "one.inf").write_text("1")
    (tmp_path / "ks.cfg").write_text("a")
    value = {"files": [f"{folder}/", str(tmp_path / "ks.cfg"), str(tmp_path / "absent")], "label": str(tmp_path / "ks.cfg")}
    before = content_of(value, SPEC)
    assert before["label"] == value["label"]
    assert before["files"][2] == value["files"][2]
    assert list(before["files"][0]) == ["one.inf"]
    (folder / "one.inf").write_text("2")
    (changed, same, _absent) = content_of(value, SPEC)["files"]
    assert changed != before["files"][0]
    assert same == before["files"][1]
