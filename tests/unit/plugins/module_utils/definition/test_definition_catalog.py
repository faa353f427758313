# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Builder types that are found, and provisioners whose files are there."""

from __future__ import annotations

import pathlib
import typing as t

import pytest

from ansible_collections.golden.images.plugins.module_utils._definition import catalog
from ansible_collections.golden.images.plugins.module_utils._definition.problems import InvalidError
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import DefinitionError
from ansible_collections.golden.images.plugins.module_utils._provisioners.contract import CompileContext, Input, Provisioner

Entry = dict[str, t.Any]


def inputs_of_copy(entry: Entry, context: CompileContext) -> list[Input]:
    """What an entry says it reads."""
    return [Input(kind, name) for kind, name in entry["copy"]]


def validate_entry(entry: Entry, *, file: str | None = None, key: str | None = None) -> None:
    """Refuses entries that say so."""
    if "bad" in entry:
        raise DefinitionError("is bad", file=file, key=f"{key}.bad", hint="Be good.")


@pytest.fixture(autouse=True)
def _one_provisioner(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalog, "validate_entry", validate_entry)
    monkeypatch.setattr(catalog, "entry_type", lambda entry: "copy")
    monkeypatch.setattr(catalog, "provisioner", lambda name: Provisioner("copy", {}, lambda entry, context: [], inputs=inputs_of_copy))


@pytest.mark.parametrize(
    "needed",
    [
        [("file", "there.txt")],
        [("tasks", "folder")],
        [("file", "{{ name }}.txt")],
        [("role", "nowhere")],
        [("glob", "*.nothing")],
    ],
)
def test_files_that_are_there_or_cannot_be_judged(tmp_path: pathlib.Path, needed: list[tuple[str, str]]) -> None:
    (tmp_path / "there.txt").touch()
    (tmp_path / "folder").mkdir()
    catalog.installed().check_provisioner({"copy": needed}, "images.web.provisioners[0]", str(tmp_path))


@pytest.mark.parametrize("kind", ["file", "tasks", "playbook"])
def test_missing_file(tmp_path: pathlib.Path, kind: str) -> None:
    with pytest.raises(InvalidError) as caught:
        catalog.installed().check_provisioner({"copy": [(kind, "scripts/gone.sh")]}, "images.web.provisioners[0]", str(tmp_path))
    assert caught.value.key == "images.web.provisioners[0].copy"
    assert caught.value.message == f"there is no file {tmp_path}/scripts/gone.sh"


def test_what_the_provisioner_says_is_kept(tmp_path: pathlib.Path) -> None:
    with pytest.raises(InvalidError) as caught:
        catalog.installed().check_provisioner({"bad": 1}, "defaults.verify[2]", str(tmp_path))
    assert (caught.value.key, caught.value.message, caught.value.hint) == ("defaults.verify[2].bad", "is bad", "Be good.")


def test_builder_types_are_the_folders() -> None:
    offered = catalog.installed()
    with pytest.raises(InvalidError, match="unknown builder type 'nothing'"):
        offered.builder("nothing", "builders.x.type")
    assert offered.builder("acme.infra.builder_nothing", "builders.x.type") is None
