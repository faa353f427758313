# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs provisioners on a guest that is this machine's user in an empty folder."""

from __future__ import annotations

import pathlib
import typing as t

import pytest
import yaml

from ansible_collections.golden.images.plugins.module_utils._provisioners.contract import CompileContext, compile_provisioners, validate_entry

CONNECTION = pathlib.Path(__file__).parent / "connection_plugins"
PLAY = """
- hosts: web.test
  gather_facts: false
  strategy: host_pinned
  tasks:
    - block:
        - include_tasks: "{{ golden_definition_dir }}/generated.yml"
      rescue:
        - copy:
            content: "{{ ansible_failed_result.msg }}"
            dest: "{{ golden_definition_dir }}/failure"
          delegate_to: localhost
        - fail:
            msg: "{{ ansible_failed_result.msg }}"
"""


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: t.Any) -> bool:
        return True


class Definition:
    """A definition's folder with one build, ``web.test``."""

    def __init__(self, folder: pathlib.Path, ansible_playbook: t.Callable[..., t.Any]) -> None:
        self.folder = folder
        self.run_dir = folder / "run"
        self.run_dir.mkdir(mode=0o700)
        self._ansible_playbook = ansible_playbook
        self.host_vars: dict[str, t.Any] = {
            "ansible_connection": "local",
            "ansible_pipelining": True,
            "ansible_python_interpreter": "{{ ansible_playbook_python }}",
            "ansible_remote_tmp": str(folder / "remote_tmp"),
            "golden_definition_dir": str(folder),
            "golden_guest_can_reboot": False,
            "golden_build": {
                "name": "web.test",
                "image": "web",
                "builder": "test",
                "type": "local",
                "version": "1.0.0",
                "run_id": "0123456789ab",
                "run_dir": str(self.run_dir),
                "output_dir": str(folder / "output"),
                "state_dir": str(folder / "state"),
                "source": {"id": "sha256:1", "description": "a test"},
            },
        }

    def write(self, **files: str) -> None:
        """Files; ``__`` in a name is a slash, and the suffix is part of the text's key: ``roles__r__tasks__main_yml``."""
        for name, text in files.items():
            path = self.folder / "{}.{}".format(*name.replace("__", "/").rsplit("_", 1))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    def prepare(self, entries: list[dict[str, t.Any]]) -> tuple[str, ...]:
        """Compile the entries; returns the arguments of ansible-playbook."""
        for entry in entries:
            validate_entry(entry)
        tasks = compile_provisioners(entries, CompileContext(definition_dir=self.folder))
        (self.folder / "generated.yml").write_text(yaml.dump(tasks, Dumper=_Dumper, sort_keys=False), encoding="utf-8")
        inventory = {"all": {"children": {"webservers": {"hosts": {"web.test": self.host_vars}, "vars": {"from_group": "the group"}}}}}
        (self.folder / "hosts.yml").write_text(yaml.dump(inventory), encoding="utf-8")
        (self.folder / "play.yml").write_text(PLAY, encoding="utf-8")
        return ("-i", "hosts.yml", "play.yml")

    def provision(self, *entries: dict[str, t.Any], arguments: tuple[str, ...] = (), **options: t.Any) -> t.Any:
        """Run the entries and return the ended ansible-playbook."""
        options["env"] = {"ANSIBLE_CONNECTION_PLUGINS": str(CONNECTION), **options.get("env", {})}
        return self._ansible_playbook(*self.prepare(list(entries)), *arguments, cwd=self.folder, **options)

    def read(self, name: str) -> str:
        """A file's text."""
        return (self.folder / name).read_text(encoding="utf-8")

    def temporary_files(self) -> list[pathlib.Path]:
        """What is left of what was made for single tasks."""
        return [path for path in (*self.run_dir.iterdir(), *(self.folder / "remote_tmp").glob("*")) if path.name != "warnings.jsonl"]


@pytest.fixture
def definition(tmp_path: pathlib.Path, ansible_playbook: t.Callable[..., t.Any]) -> Definition:
    """An empty definition."""
    folder = tmp_path / "definition"
    folder.mkdir()
    return Definition(folder, ansible_playbook)
