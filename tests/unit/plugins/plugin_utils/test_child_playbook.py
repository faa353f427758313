# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a child ansible-playbook is given: values that keep their trust, and passwords that nobody asks for again."""

from __future__ import annotations

import json
import pathlib
import types
import typing as t

import pytest
from ansible import constants as C, context
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, is_trusted_as_template
from ansible.utils.context_objects import CLIArgs

from ansible_collections.golden.images.plugins.module_utils._post_processors.contract import compile_post_processors
from ansible_collections.golden.images.plugins.module_utils._provisioners.contract import CompileContext, compile_provisioners
from ansible_collections.golden.images.plugins.plugin_utils._child_playbook import child_environment, template_yaml, vault_arguments, vault_environment

VAULTED = """
secret: !vault |
  $ANSIBLE_VAULT;1.1;AES256
  3333
"""


def load(folder: pathlib.Path, text: str) -> t.Any:
    """What Ansible reads from a file with this text."""
    path = folder / "values.yml"
    path.write_text(text, encoding="utf-8")
    return DataLoader().load_from_file(str(path), cache="none", trusted_as_template=True)


@pytest.mark.parametrize("value", ["{{ lookup('pipe', 'id') }}", "{% if x %}", "a\nb: {# c #}\n", "lookup('pipe', 'id')", "#jinja2: x"])
def test_unsafe_text_stays_unsafe_text(tmp_path: pathlib.Path, value: str) -> None:
    """At any depth; it would be rendered, or evaluated as a condition, otherwise."""
    [unsafe] = load(tmp_path, f"[!unsafe {json.dumps(value)}]")
    read = load(tmp_path, template_yaml({"a": unsafe, "b": [{"c": unsafe}]}))
    assert read == {"a": value, "b": [{"c": value}]}
    assert not any(is_trusted_as_template(item) for item in (read["a"], read["b"][0]["c"]))


@pytest.mark.parametrize("value", ["5", "true", "", "null", "2026-01-01", "<<", "1e3"])
def test_untrusted_text_stays_text(tmp_path: pathlib.Path, value: str) -> None:
    """Also where Ansible would make something else of it when it is marked."""
    assert load(tmp_path, template_yaml({"a": value})) == {"a": value}


def test_templates_and_vaulted_values_stay(tmp_path: pathlib.Path) -> None:
    """As they were written, keys too."""
    given = load(tmp_path, "a: '{{ 1 + 1 }}'\nb{c: [plain, 5, null, {d: '{{ 3 }}'}]\n" + VAULTED)
    text = template_yaml(given)
    assert "!unsafe" not in text
    assert "secret: !vault |" in text
    read = load(tmp_path, text)
    assert list(read) == list(given)
    assert read["b{c"] == ["plain", 5, None, {"d": "{{ 3 }}"}]
    assert Templar(DataLoader()).template(read["a"]) == 2


def test_unsafe_lines_are_compiled_as_such(tmp_path: pathlib.Path) -> None:
    """And templates next to them, the user's and ours, as templates."""
    entries = load(tmp_path, """[{inline: !unsafe 'docker inspect -f "{{ .Id }}"', environment: {A: '{{ x }}'}, timeout: 5}]""")
    text = template_yaml(compile_provisioners(entries, CompileContext(definition_dir=tmp_path)), with_own=True, width=1000)
    assert 'inline: !unsafe docker inspect -f "{{ .Id }}"\n' in text
    assert text.count("!unsafe") == 1
    assert "A: '{{ x }}'" in text
    assert "golden_deadline: '{{ (now(" in text


def test_unsafe_options_of_post_processors_are_compiled_as_such(tmp_path: pathlib.Path) -> None:
    """Likewise."""
    entries = load(tmp_path, "[{type: command, argv: [echo, !unsafe '{{ .Id }}', '{{ x }}']}]")
    text = template_yaml(compile_post_processors(entries), with_own=True, width=1000)
    assert "!unsafe '{{ .Id }}'" in text
    assert text.count("!unsafe") == 1
    assert "artifact: '{{ golden_chain_artifact }}'" in text


def secrets(*names: str) -> list[tuple[str, t.Any]]:
    """Passwords as Ansible keeps them."""
    return [(name, types.SimpleNamespace(bytes=f"password of {name}".encode())) for name in names]


@pytest.mark.parametrize(
    ("arguments", "identities"),
    [({"ask_vault_pass": True}, []), ({"vault_ids": ["prod@prompt"]}, []), ({}, ["prod@prompt"]), ({}, ["a@file", "prod@prompt_ask_vault_pass"])],
)
def test_typed_vault_passwords_are_not_asked_for_again(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, arguments: dict[str, t.Any], identities: list[str]
) -> None:
    """Wherever it was said that they are typed in."""
    monkeypatch.setattr(context, "CLIARGS", CLIArgs(arguments))
    monkeypatch.setattr(C, "DEFAULT_VAULT_IDENTITY_LIST", identities)
    given = vault_arguments(secrets("a", "prod"), tmp_path)
    assert given == ["--vault-id", f"a@{tmp_path}/vault-0", "--vault-id", f"prod@{tmp_path}/vault-1"]
    assert (tmp_path / "vault-1").read_text(encoding="utf-8") == "password of prod"
    settings = vault_environment(given)
    assert settings["ANSIBLE_ASK_VAULT_PASS"] == "0"
    assert settings.get("ANSIBLE_VAULT_IDENTITY_LIST") == (given[1] if identities else None)


def test_vault_files_of_the_configuration_are_left_to_the_child(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It reads the same configuration."""
    monkeypatch.setattr(context, "CLIARGS", CLIArgs({"vault_ids": ["b@other"]}))
    monkeypatch.setattr(C, "DEFAULT_VAULT_IDENTITY_LIST", ["a@file"])
    given = vault_arguments(secrets("a", "b"), tmp_path)
    assert given == ["--vault-id", "b@other"]
    assert vault_environment(given) == {}
    assert list(tmp_path.iterdir()) == []
    assert "ANSIBLE_VAULT_IDENTITY_LIST" not in child_environment([])
