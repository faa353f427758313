# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Seed media: what is on them, that they come out the same, and what is refused."""

from __future__ import annotations

import hashlib
import os
import pathlib
import time

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.golden.images.plugins.module_utils._lifecycle.builder import load_backend
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import GoldenError, MissingDependencyError
from ansible_collections.golden.images.plugins.module_utils._lifecycle.journal import Journal
from ansible_collections.golden.images.plugins.module_utils._lifecycle.operation import Context
from ansible_collections.golden.images.plugins.module_utils._media import fat12, iso_image
from ansible_collections.golden.images.plugins.module_utils._media.seed import KINDS, OPERATION

BOTH = pytest.mark.parametrize("kind", ["cd", "floppy"])


@pytest.fixture
def tree(tmp_path):
    folder = tmp_path / "drivers"
    (folder / "win11" / "amd64").mkdir(parents=True)
    (folder / "win11" / "amd64" / "A rather long name of a driver.inf").write_bytes(bytes(range(256)) * 40)
    (folder / "ks.cfg").write_text("text")
    (folder / "empty").touch()
    (folder / "none").mkdir()
    run = folder / "run.sh"
    run.write_text("#!/bin/sh\n")
    run.chmod(0o755)
    return folder


def seed(context: Context | None = None, **options):
    checked = ArgumentSpecValidator(OPERATION.argument_spec, **OPERATION.constraints).validate(options)
    assert not checked.error_messages, checked.error_messages
    return OPERATION.run(checked.validated_parameters, context or Context())


def digests(**contents: bytes) -> dict[str, str]:
    return {path: hashlib.sha256(data).hexdigest() for path, data in contents.items()}


def read(kind: str, path: pathlib.Path) -> dict[str, str]:
    return KINDS[kind].read(path)


@BOTH
def test_files_folders_and_inline_content(kind, tree, tmp_path):
    target = tmp_path / "new" / "seed.img"
    content = {"user-data": "#cloud-config\n", "conf/a/b.yml": "deep: true\n"}
    result = seed(kind=kind, dest=str(target), files=[str(tree), str(tree / "*.cfg"), f"{tree}/win11/"], content=content)
    driver = bytes(range(256)) * 40
    assert result["changed"]
    assert read(kind, target) == digests(
        **{
            "user-data": b"#cloud-config\n",
            "conf/a/b.yml": b"deep: true\n",
            "ks.cfg": b"text",
            "amd64/A rather long name of a driver.inf": driver,
            "drivers/ks.cfg": b"text",
            "drivers/empty": b"",
            "drivers/run.sh": b"#!/bin/sh\n",
            "drivers/win11/amd64/A rather long name of a driver.inf": driver,
        }
    )
    assert set(result["files"]) == set(read(kind, target))
    assert result["sha256"] == hashlib.sha256(target.read_bytes()).hexdigest()
    assert result["size"] == target.stat().st_size
    assert target.stat().st_mode & 0o777 == 0o600


@BOTH
def test_the_same_content_gives_the_same_bytes_whenever_and_wherever(kind, tree, tmp_path, monkeypatch):
    options = {"kind": kind, "dest": str(tmp_path / "seed.img"), "files": [str(tree)], "content": {"b": "2", "a": "1"}}
    first = seed(**options)
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    os.utime(tree / "ks.cfg", (1, 1))
    monkeypatch.setattr(time, "time", lambda: 4_000_000_000.0)
    again = seed(**{**options, "content": {"a": "1", "b": "2"}})
    monkeypatch.undo()
    time.tzset()
    assert not again["changed"]
    assert again["sha256"] == first["sha256"]
    changed = seed(**{**options, "content": {"b": "2", "a": "3"}})
    assert changed["changed"]
    assert changed["sha256"] != first["sha256"]


@BOTH
def test_check_mode_and_diff_show_what_changes_and_no_content(kind, tmp_path):
    target = tmp_path / "seed.img"
    options = {"kind": kind, "dest": str(target), "content": {"user-data": "password: s3cret"}}
    checking = Context(check_mode=True, diff=True)
    foreseen = seed(checking, **options)
    assert foreseen["changed"]
    assert not target.exists()
    made = seed(**options)
    assert made["sha256"] == foreseen["sha256"]
    assert not seed(checking, **options)["changed"]
    other = seed(checking, **{**options, "content": {"user-data": "password: 0ther", "meta-data": ""}})
    assert other["changed"]
    assert [line.split()[1] for line in other["diff"]["before"].splitlines()] == ["user-data"]
    assert [line.split()[1] for line in other["diff"]["after"].splitlines()] == ["meta-data", "user-data"]
    assert "s3cret" not in str(foreseen) + str(other)
    assert "0ther" not in str(other)
    assert target.stat().st_size == made["size"]


def test_a_build_removes_its_media(tmp_path):
    context = Context(journal=Journal(tmp_path / "journal.jsonl"))
    target = tmp_path / "seed.iso"
    seed(context, dest=str(target), content={"a": "b"})
    (resource,) = context.journal.unfinished()
    assert resource.name == str(target)
    assert load_backend(resource.backend).discard(resource, {})
    assert not target.exists()
    assert not load_backend(resource.backend).discard(resource, {})


def test_a_medium_that_was_there_is_not_the_builds(tmp_path):
    target = tmp_path / "seed.iso"
    seed(dest=str(target), content={"a": "b"})
    context = Context(journal=Journal(tmp_path / "journal.jsonl"))
    assert not seed(context, dest=str(target), content={"a": "b"})["changed"]
    assert context.journal.unfinished() == []


def test_absent(tmp_path):
    context = Context(journal=Journal(tmp_path / "journal.jsonl"))
    target = tmp_path / "seed.iso"
    seed(context, dest=str(target), content={"a": "b"})
    assert seed(Context(check_mode=True), dest=str(target), state="absent")["changed"]
    assert target.exists()
    assert seed(context, dest=str(target), state="absent")["changed"]
    assert not seed(context, dest=str(target), state="absent")["changed"]
    assert context.journal.unfinished() == []


@BOTH
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "nothing to put on the medium"),
        ({"files": ["/none/x"]}, "there is no /none/x"),
        ({"files": ["/none/*.cfg"]}, r"there is no /none/\*.cfg"),
        ({"files": ["/dev/null"]}, "neither a file nor a folder"),
        ({"content": {"a": {"b": 1}}}, "content: a is no text"),
        ({"content": {"../a": "x"}}, "'../a' cannot be the path"),
        ({"content": {"/a": "x"}}, "'/a' cannot be the path"),
        ({"content": {"a:b": "x"}}, "'a:b' cannot be the path"),
        ({"content": {"a": "x", "A": "x"}}, "A would be on the medium twice, also as a"),
        ({"content": {"a": "x", "a/b": "x"}}, "a would be on the medium twice"),
        ({"content": {"a": "x"}, "label": ""}, "cannot be the label"),
        ({"content": {"a": "x"}, "label": "cidata/x"}, "cannot be the label"),
        ({"content": {"a": "x"}, "label": "x" * 17}, "cannot be the label"),
    ],
)
def test_what_is_refused(kind, options, message, tmp_path):
    with pytest.raises(GoldenError, match=message):
        seed(kind=kind, dest=str(tmp_path / "seed.img"), **options)
    assert list(tmp_path.iterdir()) == []


def test_the_same_name_from_two_folders(tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "ks.cfg").write_text(folder)
    with pytest.raises(GoldenError, match=r"ks.cfg would be on the medium twice"):
        seed(dest=str(tmp_path / "seed.iso"), files=[str(tmp_path / "?" / "ks.cfg")])


def test_links_are_followed_but_not_round_and_round(tree, tmp_path):
    (tree / "none" / "linked.cfg").symlink_to(tree / "ks.cfg")
    result = seed(dest=str(tmp_path / "seed.iso"), files=[f"{tree}/none/"])
    assert result["files"] == ["linked.cfg"]
    (tree / "none" / "up").symlink_to(tree)
    with pytest.raises(GoldenError, match="links to a folder that it is in"):
        seed(dest=str(tmp_path / "seed.iso"), files=[str(tree)])


def test_what_a_floppy_cannot_hold(tmp_path):
    big = tmp_path / "big"
    big.write_bytes(bytes(fat12.CLUSTERS * fat12.SECTOR))
    target = tmp_path / "floppy.img"
    assert seed(kind="floppy", dest=str(target), files=[str(big)], label="OEMDRV")["changed"]
    with pytest.raises(GoldenError, match=r"do not fit on a floppy, which has 1423 KiB. Use kind: cd"):
        seed(kind="floppy", dest=str(target), files=[str(big)], content={"a": "x"})
    with pytest.raises(GoldenError, match="no room for so many files"):
        seed(kind="floppy", dest=str(target), content={f"F{number}": "" for number in range(224)})
    assert seed(kind="floppy", dest=str(target), content={f"d/a long name {number}": "" for number in range(300)})["changed"]
    assert len(read("floppy", target)) == 300


def test_what_a_cd_cannot_hold(tmp_path):
    for name in ("x" * 65, "ü" * 33):
        with pytest.raises(GoldenError, match="at most 64 bytes"):
            seed(dest=str(tmp_path / "seed.iso"), content={name: ""})


def test_folders_may_be_deep(tmp_path):
    target = tmp_path / "seed.iso"
    seed(dest=str(target), content={"/".join("abcdefghijk"): "deep"})
    assert read("cd", target) == digests(**{"/".join("abcdefghijk"): b"deep"})


def test_plain_names_on_a_cd_are_unique(tmp_path):
    target = tmp_path / "seed.iso"
    content = {"user-data": "1", "user_data": "2", "user data": "3", "a.b.c": "4", ".hidden": "5", "x" * 55 + "1.yaml": "6", "x" * 55 + "2.yaml": "7"}
    seed(dest=str(target), content=content)
    assert read("cd", target) == digests(**{path: text.encode() for path, text in content.items()})


def test_without_pycdlib_it_is_said_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(iso_image, "pycdlib", None)
    with pytest.raises(MissingDependencyError, match=r"a CD image needs the Python package pycdlib, which is not installed. Install it: pip install pycdlib."):
        seed(dest=str(tmp_path / "seed.iso"), content={"a": "b"})
    assert list(tmp_path.iterdir()) == []
    assert seed(kind="floppy", dest=str(tmp_path / "seed.img"), content={"a": "b"})["changed"]


def test_something_else_in_its_place_is_replaced(tmp_path):
    target = tmp_path / "seed.iso"
    target.write_bytes(b"no image")
    result = seed(Context(diff=True), dest=str(target), content={"a": "b"})
    assert result["changed"]
    assert result["diff"]["before"] == ""
    with pytest.raises(GoldenError, match="is a folder"):
        seed(dest=str(tmp_path), content={"a": "b"})
