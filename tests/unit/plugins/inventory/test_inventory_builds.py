# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory plugin, in this process, with invented builders."""

from __future__ import annotations

import pathlib
import textwrap
import typing as t

import pytest
from ansible.inventory.data import InventoryData
from ansible.parsing.dataloader import DataLoader
from ansible.template import is_trusted_as_template
from ansible.utils.display import Display

from ansible_collections.golden.images.plugins.inventory import builds
from ansible_collections.golden.images.tests.unit.plugins.module_utils.definition.samples import CATALOG

HEAD = """plugin: golden.images.builds
builders:
  small: {type: box, region: here, source: {image: "debian:{{ suite }}"}}
"""

Parse = t.Callable[..., InventoryData]


@pytest.fixture
def parse(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Parse:
    """Writes a definition and reads it."""
    monkeypatch.setattr(builds, "installed", lambda: CATALOG)

    def parser(text: str, name: str = "images.golden.yml", inventory: InventoryData | None = None) -> InventoryData:
        path = tmp_path / name
        path.write_text(textwrap.dedent(text))
        filled = inventory or InventoryData()
        builds.InventoryModule().parse(filled, DataLoader(), str(path))
        return filled

    return parser


@pytest.fixture
def errors(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the plugin tells the user."""
    said: list[str] = []
    monkeypatch.setattr(Display, "error", lambda self, message: said.append(str(message)))
    return said


def test_hosts_groups_and_variables(parse: Parse) -> None:
    inventory = parse(HEAD + "variables: {domain: {default: 'a.{{ tld }}'}}\nimages:\n  web: {version: '1', depends_on: [base]}\n  base: {version: '1'}\n")
    assert [host.name for host in inventory.groups["golden_builds"].hosts] == ["base.small", "web.small"]
    web = inventory.hosts["web.small"]
    assert {group.name for group in web.groups} == {"golden_builds", "golden_image_web", "golden_builder_small", "golden_type_box"}
    assert inventory.groups["golden_image_web"].vars["domain"] == "a.{{ tld }}"
    assert inventory.groups["golden_image_web"].priority == 0
    assert web.vars["golden_settings"]["depends_on"] == ["base.small"]


def test_templates_stay_templates_and_unsafe_stays_unsafe(parse: Parse) -> None:
    variables = parse(HEAD + "images: {web: {version: '1', vars: {a: '{{ x }}', b: !unsafe '{{ x }}'}}}\n").hosts["web.small"].vars
    assert is_trusted_as_template(variables["golden_source"]["image"])
    assert is_trusted_as_template(variables["a"])
    assert not is_trusted_as_template(variables["b"])
    assert is_trusted_as_template(variables["golden_definition_dir"])


def test_a_folder_that_looks_like_a_template_is_none(parse: Parse, tmp_path: pathlib.Path) -> None:
    (tmp_path / "{{ x }}").mkdir()
    variables = parse(HEAD + "images: {web: {version: '1'}}\n", name="{{ x }}/images.golden.yml").hosts["web.small"].vars
    assert variables["golden_definition_dir"] == f"{tmp_path}/{{{{ x }}}}"
    assert not is_trusted_as_template(variables["golden_definition_dir"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "images.golden.yml: the definition is empty."),
        ("a: 1\n}\n", "images.golden.yml: not valid YAML: line 2, column 1"),
        ("plugin: golden.images.builds\nplugin: x\n", "images.golden.yml: plugin: given twice, on lines 1 and 2."),
        ("plugin: other\n", "images.golden.yml:1: plugin: must be golden.images.builds."),
        (HEAD + "images:\n  web:\n    version: '1'\n    provisoners: []\n", "images.golden.yml:7: images.web.provisoners: unknown key"),
        (HEAD + "images:\n  web: {}\n", "images.golden.yml:5: images.web: the version is missing"),
    ],
)
def test_mistakes_end_the_process(parse: Parse, errors: list[str], tmp_path: pathlib.Path, text: str, message: str) -> None:
    with pytest.raises(SystemExit) as caught:
        parse(text)
    assert caught.value.code == 4
    [error] = errors
    assert error.startswith(f"{tmp_path}/{message}")


def _bug(*arguments: object) -> t.NoReturn:
    raise RuntimeError("a bug")


def test_a_bug_ends_the_process_too(parse: Parse, errors: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(builds, "read_definition", _bug)
    with pytest.raises(SystemExit):
        parse(HEAD)
    assert errors == ["a bug"]


def test_an_image_of_two_definitions(parse: Parse, errors: list[str], tmp_path: pathlib.Path) -> None:
    text = HEAD + "images: {web: {version: '1'}}\n"
    inventory = parse(text, name="a.golden.yml")
    parse(text, name="a.golden.yml", inventory=inventory)
    with pytest.raises(SystemExit):
        parse(text, name="b.golden.yml", inventory=inventory)
    assert errors == [f"{tmp_path}/b.golden.yml: images.web: the image is already defined in {tmp_path}/a.golden.yml. Rename one of them."]


def test_wrong_name_of_the_file(parse: Parse, errors: list[str]) -> None:
    with pytest.raises(SystemExit):
        parse(HEAD, name="images.yml")
    assert "ends in .golden.yml or .golden.yaml" in errors[0]


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("images.golden.yml", "", True),
        ("images.golden.yaml", "", True),
        ("hosts.yml", "all: {}", False),
        ("images.yml", "---\nplugin: golden.images.builds\n", True),
        ("images.yml", 'plugin: "golden.images.builds"  # ours', True),
        ("images.yml", "plugin: golden.images.builds_of_others\n", False),
        ("images.ini", "plugin: golden.images.builds\n", False),
    ],
)
def test_which_files_are_ours(tmp_path: pathlib.Path, name: str, text: str, expected: bool) -> None:
    path = tmp_path / name
    path.write_text(text)
    assert builds.InventoryModule().verify_file(str(path)) is expected


def test_a_definition_that_is_missing_is_ours_to_report(parse: Parse, errors: list[str], tmp_path: pathlib.Path) -> None:
    path = str(tmp_path / "gone.golden.yml")
    plugin = builds.InventoryModule()
    assert plugin.verify_file(path)
    with pytest.raises(SystemExit):
        plugin.parse(InventoryData(), DataLoader(), path)
    assert errors == [f"{path}: there is no such file."]
