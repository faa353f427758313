# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Layers remove and replace what they say, and nothing outside the tree."""

from __future__ import annotations

import json
import os
import pathlib
import sys

import pytest

from ansible_collections.golden.images.plugins.module_utils._builders.local import layer_program
from ansible_collections.golden.images.plugins.module_utils._builders.local.mounting import resolve


@pytest.fixture
def root(tmp_path: pathlib.Path) -> pathlib.Path:
    tree = tmp_path / "root"
    for folder in ("etc/conf.d", "usr/lib", "run"):
        (tree / folder).mkdir(parents=True)
    for file in ("etc/passwd", "etc/conf.d/a", "etc/conf.d/b"):
        (tree / file).write_text(file)
    return tree


@pytest.fixture
def outside(tmp_path: pathlib.Path) -> pathlib.Path:
    folder = tmp_path / "host"
    folder.mkdir()
    (folder / "precious").write_text("precious")
    return folder


def test_links_are_read_as_in_a_chroot(root: pathlib.Path) -> None:
    (root / "lib").symlink_to("usr/lib")
    (root / "var").symlink_to("/usr/../etc")
    (root / "up").symlink_to("../../../../etc")
    assert resolve(str(root), "/lib/x") == str(root / "usr/lib/x")
    assert resolve(str(root), "var/passwd") == str(root / "etc/passwd")
    assert resolve(str(root), "up/passwd") == str(root / "etc/passwd")
    assert resolve(str(root), "../../x") == str(root / "x")


def test_a_circle_of_links_ends(root: pathlib.Path) -> None:
    (root / "a").symlink_to("b")
    (root / "b").symlink_to("a")
    with pytest.raises(OSError, match="too many"):
        resolve(str(root), "a/x")


def test_whiteouts_remove_files_folders_and_links(root: pathlib.Path, outside: pathlib.Path) -> None:
    (root / "link").symlink_to(outside)
    layer_program.prepare(str(root), ["etc/.wh.passwd", "etc/.wh.conf.d", ".wh.link", "usr/.wh.never-there"], [])
    assert not (root / "etc/passwd").exists()
    assert not (root / "etc/conf.d").exists()
    assert not os.path.lexists(root / "link")
    assert (outside / "precious").exists()


def test_an_opaque_folder_is_emptied(root: pathlib.Path) -> None:
    layer_program.prepare(str(root), ["etc/conf.d/.wh..wh..opq", "etc/conf.d/new"], ["etc/conf.d"])
    assert list((root / "etc/conf.d").iterdir()) == []
    assert (root / "etc/passwd").exists()


def test_whiteouts_never_follow_a_link_out_of_the_tree(root: pathlib.Path, outside: pathlib.Path) -> None:
    (root / "out").symlink_to(outside)
    layer_program.prepare(str(root), ["out/.wh.precious", "out/.wh..wh..opq", "out/.wh...", "out/.wh."], [])
    assert (outside / "precious").read_text() == "precious"
    assert root.exists()


def test_a_folder_makes_way_for_a_file(root: pathlib.Path) -> None:
    layer_program.prepare(str(root), ["etc/conf.d"], [])
    assert not (root / "etc/conf.d").exists()


def test_a_link_that_is_written_through_stays_in_the_tree_and_gets_its_target_back(root: pathlib.Path, outside: pathlib.Path) -> None:
    (root / "abs").symlink_to("/etc")
    (root / "etc/deep").symlink_to("../../../../../../etc/conf.d")
    (root / "evil").symlink_to(outside)
    links = layer_program.prepare(str(root), ["abs/x", "etc/deep/y", "evil/z"], [])
    assert os.path.realpath(root / "abs/x") == str(root / "etc/x")
    assert os.path.realpath(root / "etc/deep/y") == str(root / "etc/conf.d/y")
    assert os.path.realpath(root / "evil/z").startswith(f"{root}/")
    layer_program.restore(links)
    assert os.readlink(root / "abs") == "/etc"
    assert os.readlink(root / "etc/deep") == "../../../../../../etc/conf.d"
    assert os.readlink(root / "evil") == str(outside)


def test_a_link_that_the_layer_replaced_is_left_alone(root: pathlib.Path) -> None:
    (root / "abs").symlink_to("/etc")
    links = layer_program.prepare(str(root), ["abs/x"], [])
    (root / "abs").unlink()
    (root / "abs").mkdir()
    layer_program.restore(links)
    assert (root / "abs").is_dir()
    assert not (root / "abs").is_symlink()


def test_relative_links_inside_the_tree_are_not_touched(root: pathlib.Path) -> None:
    (root / "lib").symlink_to("usr/lib")
    assert layer_program.prepare(str(root), ["lib/x"], []) == {}


def test_the_program_works_in_two_calls(root: pathlib.Path, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "abs").symlink_to("/etc")
    work = tmp_path / "work.json"
    work.write_text(json.dumps({"names": ["abs/x", "etc/.wh.passwd"], "directories": []}))
    monkeypatch.setattr(sys, "argv", ["layer_program", str(root), str(work)])
    layer_program.main()
    assert os.readlink(root / "abs") == "etc"
    assert not (root / "etc/passwd").exists()
    layer_program.main()
    assert os.readlink(root / "abs") == "/etc"
