# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which variables and options of a build are inputs of its image, and that no secret is."""

from __future__ import annotations

import pathlib
import textwrap
import types
import typing as t

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.parsing.vault import VaultLib, VaultSecret, VaultSecretsContext
from ansible.template import Templar

from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import DefinitionError
from ansible_collections.golden.images.plugins.module_utils._lifecycle.fingerprint import digest
from ansible_collections.golden.images.plugins.plugin_utils import _inputs
from ansible_collections.golden.images.plugins.plugin_utils._build_view import BuildView

Variables = dict[str, t.Any]
SECRETS = [("default", VaultSecret(b"password of the vault"))]
VAULT = VaultLib(SECRETS)
HIDDEN = digest("(secret)")


class Files:
    """Files of variables, read as Ansible does."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        self.loader = DataLoader()
        self.loader.set_vault_secrets(SECRETS)

    def read(self, name: str, text: str, encrypted: bool = False) -> Variables:
        path = self.folder / name
        path.write_bytes(VAULT.encrypt(text) if encrypted else text.encode())
        return dict(self.loader.load_from_file(str(path), trusted_as_template=True))

    def view(self, *variables: Variables, declared: Variables | None = None) -> BuildView:
        every: Variables = {"golden_type": "stub", "inventory_hostname": "web.stub", "golden_variables": declared or {}, "golden_builder_options": {}}
        for more in variables:
            every.update(more)
        return BuildView(every, Templar(loader=self.loader, variables=every))


@pytest.fixture(name="files")
def _files(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Files:
    monkeypatch.setattr(VaultSecretsContext, "_current", VaultSecretsContext(SECRETS))
    return Files(tmp_path)


def inline(name: str, value: str) -> str:
    """YAML of a variable that is encrypted by itself."""
    return f"{name}: !vault |\n" + textwrap.indent(VAULT.encrypt(value).decode(), "  ")


@pytest.mark.parametrize("name", ["vault.yml", "vault.json"])
def test_what_an_encrypted_file_holds_is_in_no_input(files: Files, name: str) -> None:
    secret = files.read(name, '{"password": "hunter2", "pin": 1234, "keys": ["a", {"b": "c"}]}', encrypted=True)
    plain = files.read("plain.yml", "port: 80\nurl: 'https://{{ password }}@web'\n")
    inputs = files.view(secret, plain).variable_inputs()
    assert inputs == {
        "variable password": HIDDEN,
        "variable pin": HIDDEN,
        "variable keys": digest(["(secret)", {"b": "(secret)"}]),
        "variable port": digest(80),
        "variable url": digest("https://{{ password }}@web"),
    }


def test_declared_variables_with_secrets_count_as_written(files: Files) -> None:
    written = "port: '8{{ 0 }}'\nurl: 'x{{ (hop) | upper }}'\nhop: '{{ password }}'\n" + inline("password", "hunter2")
    declared: Variables = {"password": {}, "url": {}, "port": {}, "file": {}, "unset": {}}
    view = files.view(files.read("plain.yml", written), files.read("vault.yml", "file: hunter3", encrypted=True), declared=declared)
    inputs = view.variable_inputs()
    assert inputs == {
        "variable file": HIDDEN,
        "variable hop": digest("{{ password }}"),
        "variable password": HIDDEN,
        "variable port": digest("80"),
        "variable url": digest("x{{ (hop) | upper }}"),
    }


@pytest.mark.parametrize("written", ["word: '{{ password }}'\n", "word: 'x{{ password }}'\n", inline("word", "hunter2")])
def test_no_message_shows_a_secret(files: Files, written: str) -> None:
    variables = files.read("plain.yml", written), files.read("vault.yml", "password: hunter2", encrypted=True)
    with pytest.raises(DefinitionError) as caught:
        files.view(*variables, declared={"word": {"validation": {"min": 20}}}).check_variables()
    assert "at least 20 in length" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_what_a_sensitive_variable_goes_into_counts_as_written(files: Files) -> None:
    view = files.view(files.read("plain.yml", "pin: hunter2\nurl: 'x{{ pin }}'"), declared={"pin": {"sensitive": True}, "url": {}})
    assert view.variable_inputs() == {"variable url": digest("x{{ pin }}")}


def test_templates_that_name_each_other_end(files: Files) -> None:
    assert not files.view(files.read("plain.yml", "a: '{{ b }}'\nb: '{{ a }}'\n")).has_secrets("{{ a }}")


def test_cached_facts_of_an_earlier_guest_are_no_inputs(files: Files) -> None:
    facts = {"distribution": "Debian", "gather_subset": ["all"], "module_setup": True, "packages": {"nginx": []}, "facter_os": "x"}
    injected = {"ansible_distribution": "Debian", **{name: facts[name] for name in ("gather_subset", "module_setup", "packages", "facter_os")}}
    view = files.view({"ansible_facts": facts}, injected, {"distribution": "stable", "port": 80})
    assert sorted(view.variable_inputs()) == ["variable distribution", "variable port"]


def test_a_declared_variable_counts_though_it_is_a_cached_fact(files: Files) -> None:
    view = files.view({"ansible_facts": {"packages": "nginx"}, "packages": "nginx"}, declared={"packages": {}})
    assert view.variable_inputs() == {"variable packages": digest("nginx")}


def test_names_that_begin_with_an_underscore_count(files: Files) -> None:
    assert files.view({"_port": 80, "_ansible_x": 1, "golden_x": 1, "ansible_x": 1}).variable_inputs() == {"variable _port": digest(80)}


SUBOPTIONS: Variables = {"name": {"type": "str"}, "password": {"type": "str", "no_log": True, "aliases": ["pass"]}}
SPEC: Variables = {
    "key": {"type": "str", "no_log": True},
    "text": {"type": "str", "aliases": ["words"]},
    "guest": {"type": "dict", "options": {"windows": {"type": "dict", "options": SUBOPTIONS}}},
    "seed": {"type": "path"},
    "users": {"type": "list", "elements": "dict", "options": SUBOPTIONS},
}


def options(files: Files, written: Variables, *variables: Variables) -> dict[str, str]:
    """The inputs that a builder's options are, by name of the option."""
    view = files.view({"golden_builder_options": written, "golden_builder": "stub", "golden_definition_dir": "/"}, *variables)
    view.builder = t.cast(t.Any, types.SimpleNamespace(argument_spec=SPEC, publish_options=frozenset({"key", "text"})))
    inputs = _inputs._option_inputs(view, frozenset(SPEC))
    assert _inputs._publish_inputs(view).items() <= inputs.items()
    return {label.removeprefix("builder option "): value for label, value in inputs.items()}


@pytest.mark.parametrize("password", ["password", "pass"])
def test_options_that_no_log_shows_are_in_no_input(files: Files, password: str) -> None:
    user = {"name": "web", password: "hunter2"}
    inputs = options(files, {"key": "hunter2", "guest": {"windows": user}, "users": [user]})
    seen = {"name": "web"}
    assert inputs == {"text": digest(None), "seed": digest(None), "guest": digest({"windows": seen}), "users": digest([seen])}


def test_options_with_secrets_count_as_written(files: Files) -> None:
    variables = files.read("vault.yml", "word: hunter2", encrypted=True)
    written = files.read(
        "options.yml", "words: 'password={{ word }}'\nusers: '{{ everybody }}'\nguest: {windows: {name: '{{ port }}', password: '{{ word }}'}}"
    )
    inputs = options(files, written, variables, files.read("plain.yml", "port: 80\neverybody: [{name: '{{ word }}'}]"))
    guest = {"windows": {"name": "80"}}
    assert inputs == {"text": digest("password={{ word }}"), "seed": digest(None), "users": digest("{{ everybody }}"), "guest": digest(guest)}


def test_files_of_options_still_count(files: Files, tmp_path: pathlib.Path) -> None:
    (tmp_path / "seed").write_text("one")
    before = options(files, {"seed": str(tmp_path / "seed")})
    (tmp_path / "seed").write_text("two")
    assert options(files, {"seed": str(tmp_path / "seed")})["seed"] != before["seed"]


def test_an_encrypted_definition_counts_as_it_is(files: Files, tmp_path: pathlib.Path) -> None:
    files.read("plain.golden.yml", "a: 1")
    assert files.view({"golden_definition_file": str(tmp_path / "plain.golden.yml")}).definition_inputs() == {}
    files.read("my.golden.yml", "a: 1", encrypted=True)
    view = files.view({"golden_definition_file": str(tmp_path / "my.golden.yml")})
    before = view.definition_inputs()
    files.read("my.golden.yml", "a: 2", encrypted=True)
    assert list(before) == ["the encrypted definition"]
    assert view.definition_inputs() != before
