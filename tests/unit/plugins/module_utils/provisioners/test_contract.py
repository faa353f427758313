# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Types, validation and compiling of provisioners."""

from __future__ import annotations

import pathlib
import typing as t

import pytest

from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import DefinitionError
from ansible_collections.golden.images.plugins.module_utils._provisioners.contract import (
    COMMON_KEYS,
    CompileContext,
    compile_provisioners,
    describe,
    entry_type,
    provisioner,
    provisioner_types,
    validate_entry,
)

CONTEXT = CompileContext(definition_dir=pathlib.Path("/definition"))

ENTRIES: dict[str, dict[str, t.Any]] = {
    "role": {"role": "nginx", "tasks_from": "install"},
    "tasks": {"tasks": "tasks/web.yml"},
    "playbook": {"playbook": "site.yml", "extra_vars": {"a": 1}, "tags": ["web"]},
    "script": {"script": "scripts/a.sh", "args": ["x"], "valid_exit_codes": [0, 3]},
    "inline": {"inline": ["true"]},
    "file": {"file": {"src": "files/a", "dest": "/etc/a", "mode": "0600"}},
    "reboot": {"reboot": None},
    "pause": {"pause": 3},
    "updates": {"updates": {"scope": "security"}},
    "local": {"local": "make"},
    "generalize": {"generalize": True},
}


def compiled(entry: dict[str, t.Any], context: CompileContext = CONTEXT) -> dict[str, t.Any]:
    """The only block of one entry."""
    validate_entry(entry)
    (block,) = compile_provisioners([entry], context)
    return block


def work(entry: dict[str, t.Any], context: CompileContext = CONTEXT) -> dict[str, t.Any]:
    """The block with the keywords."""
    return next(step for step in compiled(entry, context)["block"] if "block" in step)


def task(entry: dict[str, t.Any], context: CompileContext = CONTEXT) -> dict[str, t.Any]:
    """The task that does it."""
    return t.cast(dict[str, t.Any], work(entry, context)["block"][0])


def test_every_type_is_tested() -> None:
    """A new file in the folder needs an example here."""
    assert set(provisioner_types()) == set(ENTRIES)


@pytest.mark.parametrize("name", sorted(ENTRIES))
def test_every_type_compiles_to_one_task(name: str) -> None:
    """One task keeps ``when`` from being asked more than once."""
    assert entry_type(ENTRIES[name]) == name
    assert provisioner(name).key == name
    assert len(work(ENTRIES[name])["block"]) == 1


@pytest.mark.parametrize("name", sorted(ENTRIES))
def test_no_option_has_the_name_of_a_common_key_or_of_a_type(name: str) -> None:
    """Otherwise an entry would be ambiguous."""
    options = set(provisioner(name).argument_spec) - {name}
    assert not options & (set(COMMON_KEYS) | set(provisioner_types()))


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"rolee": "x"}, "Did you mean role?"),
        ({"role": "x", "tasks": "y"}, "role and tasks exclude each other"),
        ({"role": "x", "retrys": 2}, "Did you mean retries?"),
        ({"role": "x", "retries": 11}, "from 0 to 10"),
        ({"role": "x", "retries": "{{ n }}"}, "without Jinja"),
        ({"role": "x", "retries": True}, "from 0 to 10"),
        ({"script": "a.sh", "valid_exit_codes": ["many"]}, "many"),
        ({"file": {"src": "a", "content": "b", "dest": "/c"}}, "mutually exclusive"),
        ({"file": {"src": "a", "dest": "/c", "mod": "1"}}, "Did you mean mode?"),
        ({"file": {"dest": "/c", "direction": "download"}}, "src"),
        ({"updates": {"scope": "some"}}, "some"),
        ({"pause": "long"}, "float"),
    ],
)
def test_refuses(entry: dict[str, t.Any], words: str) -> None:
    """The message names file and key and says what is right."""
    with pytest.raises(DefinitionError, match=r"my\.golden\.yml: images\.web\.provisioners") as refused:
        validate_entry(entry, file="my.golden.yml", key="images.web.provisioners[0]")
    assert words in str(refused.value)


@pytest.mark.parametrize(
    "entry",
    [
        {"role": "{{ role }}", "timeout": "{{ t }}", "become": "{{ b }}", "vars": {"a": "{{ b }}"}},
        {"pause": "{{ seconds }}"},
        {"updates": {"scope": "{{ scope }}", "exclude": "{{ list }}"}},
        {"script": "a.sh", "valid_exit_codes": ["{{ code }}"]},
        {"updates": "{{ options }}"},
    ],
)
def test_takes_jinja_to_be_right(entry: dict[str, t.Any]) -> None:
    """What it renders to is known later."""
    validate_entry(entry)


def test_keywords_are_on_the_block_and_when_on_the_task() -> None:
    """A dynamic include does not hand its own ``when`` to the tasks of the role, a block would."""
    entry = {"role": "x", "when": "a is defined", "become": True, "become_user": "www", "environment": {"A": "{{ b }}"}, "vars": {"v": "{{ w }}"}}
    block = work(entry)
    assert {name: block[name] for name in ("become", "become_user", "environment", "vars")} == {
        name: entry[name] for name in entry if name not in ("role", "when")
    }
    assert "when" not in block
    assert block["block"][0]["when"] == "a is defined"
    assert block["block"][0]["vars"] == {"v": "{{ w }}"}


def test_false_is_a_value() -> None:
    """``become: false`` and ``when: false`` are said on purpose."""
    block = work({"inline": "x", "become": False, "when": False})
    assert block["become"] is False
    assert block["block"][0]["when"] is False


def test_become_user_alone_means_become() -> None:
    """Nobody names the user and does not want it."""
    assert work({"inline": "x", "become_user": "www"})["become"] is True


def test_handlers_are_flushed_outside_of_when_and_inside_of_rescue() -> None:
    """A failing handler must be rescued, and ``flush_handlers`` refuses ``when``."""
    block = compiled({"role": "x", "when": "y"})
    assert block["block"][-1]["ansible.builtin.meta"] == "flush_handlers"
    assert set(block["block"][-1]) == {"name", "ansible.builtin.meta"}
    assert block["rescue"][-1]["golden.images.provisioner_failed"] == {"provisioner": "Provisioner 1 (role x)", "attempt": 1, "attempts": 1}


def test_retries_are_nested() -> None:
    """The rescue of an attempt has the next one, the last one only fails."""
    first = compiled({"role": "x", "retries": 2, "ignore_errors": "{{ i }}"})
    second = first["rescue"][1]
    third = second["rescue"][1]
    assert len(third["rescue"]) == 1
    attempts = [block["rescue"][0]["golden.images.provisioner_failed"] for block in (first, second, third)]
    assert [(attempt["attempt"], attempt["attempts"], attempt["ignore"]) for attempt in attempts] == [(number, 3, "{{ i }}") for number in (1, 2, 3)]


def test_timeout_and_pause_are_per_attempt() -> None:
    """The pause does not count for the time."""
    entry = {"inline": "x", "timeout": "{{ t }}", "pause_before": 2, "retries": 1, "when": "w", "vars": {"w": True}}
    block = compiled(entry)
    for attempt in (block, block["rescue"][1]):
        pause, deadline, inner, _handlers = attempt["block"]
        assert pause["golden.images.wait"] == {"seconds": 2}
        assert (pause["when"], pause["vars"]) == ("w", {"w": True})
        assert deadline["vars"] == {"w": True, "golden_timeout": "{{ t }}"}
        assert "golden_deadline" in inner["timeout"]


def test_relative_paths_start_at_the_definition() -> None:
    """Wherever ansible-playbook was started."""
    assert task({"script": "a.sh"})["golden.images.script"]["path"] == "/definition/a.sh"
    assert task({"tasks": "/x/a.yml"})["ansible.builtin.include_tasks"] == {"file": "/x/a.yml"}
    assert task({"playbook": "{{ dir }}/a.yml"})["golden.images.playbook"]["playbook"] == "{{ dir }}/a.yml"


def test_roles_of_the_definition_get_their_path(tmp_path: pathlib.Path) -> None:
    """Others are left to Ansible's own search."""
    (tmp_path / "roles" / "mine").mkdir(parents=True)
    (tmp_path / "more" / "theirs").mkdir(parents=True)
    context = CompileContext(definition_dir=tmp_path, roles_path=("more",))
    names = [task({"role": name}, context)["ansible.builtin.include_role"]["name"] for name in ("mine", "theirs", "other", "a.b.c", "{{ r }}")]
    assert names == [str(tmp_path / "roles" / "mine"), str(tmp_path / "more" / "theirs"), "other", "a.b.c", "{{ r }}"]


def test_a_role_that_ansible_finds_keeps_its_short_name(tmp_path: pathlib.Path) -> None:
    """Unless Ansible would take another one of that name."""
    for folder in ("definition/roles/mine", "other/mine"):
        (tmp_path / folder).mkdir(parents=True)
    own, other = tmp_path / "definition" / "roles", tmp_path / "other"
    for paths, name in (((own, other), "mine"), ((other, own), str(own / "mine")), ((tmp_path,), str(own / "mine"))):
        context = CompileContext(definition_dir=tmp_path / "definition", ansible_roles_paths=paths)
        assert task({"role": "mine"}, context)["ansible.builtin.include_role"]["name"] == name


def test_options_of_roles_are_their_variables() -> None:
    """Beside the entry's own."""
    updates = task({"updates": {"scope": "security"}, "vars": {"a": 1}})
    assert updates["ansible.builtin.include_role"] == {"name": "golden.images.updates"}
    assert updates["vars"] == {"a": 1, "updates_scope": "security"}
    assert task({"reboot": None})["vars"] == {}


@pytest.mark.parametrize(
    ("options", "module"),
    [
        ({"src": "a", "dest": "/b"}, "ansible.builtin.copy"),
        ({"content": "", "dest": "/b"}, "ansible.builtin.copy"),
        ({"dest": "/b"}, "ansible.builtin.file"),
        ({"src": "/a", "dest": "b", "direction": "download"}, "golden.images.download"),
    ],
)
def test_file_directions(options: dict[str, t.Any], module: str) -> None:
    """Each is one module."""
    assert module in task({"file": options})


def test_a_secret_that_lines_would_render_is_not_in_a_name() -> None:
    """Names of tasks are printed."""
    assert describe({"inline": "curl -H '{{ token }}' x"}) == "inline"
    assert describe({"inline": ["curl x", "{{ token }}"]}) == "inline curl x"
    assert describe({"name": "Harden", "inline": "x"}) == "Harden"


def test_strings_of_the_definition_pass_untouched() -> None:
    """Tagged strings (``!vault``, trusted templates) must stay the objects that they are."""

    class Tagged(str):
        """Stands for Ansible's own types."""

    secret, condition = Tagged("vaulted"), Tagged("{{ x }}")
    built = work({"role": "x", "vars": {"secret": secret}, "environment": {"A": secret}, "when": condition})
    assert built["vars"]["secret"] is secret
    assert built["environment"]["A"] is secret
    assert built["block"][0]["when"] is condition
