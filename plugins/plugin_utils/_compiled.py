# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The task files that a build's lists of provisioners and post-processors become."""

from __future__ import annotations

import pathlib
import typing as t

from ansible_collections.golden.images.plugins.module_utils._lifecycle.builder import role_of
from ansible_collections.golden.images.plugins.module_utils._lifecycle.files import write_atomically
from ansible_collections.golden.images.plugins.module_utils._post_processors.contract import compile_post_processors, post_processor_files
from ansible_collections.golden.images.plugins.module_utils._provisioners.contract import CompileContext, Task, collect_inputs, compile_provisioners
from ansible_collections.golden.images.plugins.plugin_utils._build_view import BuildView, collection_role_path
from ansible_collections.golden.images.plugins.plugin_utils._child_playbook import template_yaml

Files = dict[str, list[pathlib.Path]]


class CompiledLists:
    """Compiles, and finds the files behind, the lists of one build.

    :raises DefinitionError: at once, for an entry that cannot work.
    """

    def __init__(self, view: BuildView, folder: pathlib.Path) -> None:
        self._view = view
        self._folder = folder
        self.tasks = {
            "configure": self._with_layers(compile_provisioners(view.raw("golden_provisioners"), self._context("Provisioner"))),
            "verify": compile_provisioners(view.raw("golden_verify"), self._context("Check")),
            "export": compile_post_processors(view.raw("golden_post_processors")),
        }

    def files(self, variable: str) -> Files:
        """Files on the controller that decide what the entries of a list do, by the entry's description."""
        key = f"images.{self._view.image}.{variable.removeprefix('golden_')}"
        return collect_inputs(self._view.raw(variable), self._context("Provisioner"), key)

    def post_processor_files(self) -> Files:
        """The same for the list of post-processors."""
        return post_processor_files(self._view.raw("golden_post_processors"), self._view.definition_dir, self._view.render)

    def write(self) -> None:
        """Put the task files into the build's folder, readable by their owner only."""
        for name, tasks in self.tasks.items():
            write_atomically(self._folder / f"{name}.yml", template_yaml(tasks, with_own=True, sort_keys=False, width=1000), 0o600)

    def _context(self, what: str) -> CompileContext:
        view = self._view
        return CompileContext(
            definition_dir=view.definition_dir,
            roles_path=tuple(view.settings.get("roles_path") or ()),
            ansible_roles_paths=tuple(pathlib.Path(path) for path in view.role_paths()),
            generated_dir=self._folder,
            build=view.name,
            what=what,
            find_collection_role=_collection_role,
            render=view.render,
        )

    def _with_layers(self, tasks: list[Task]) -> list[Task]:
        if not self._view.builder.wants_layers(self._view.options):
            return tasks
        role = {"name": role_of(self._view.type), "tasks_from": "layer", "rolespec_validate": False}
        layer: Task = {"name": "Keep what was done as a layer", "ansible.builtin.include_role": role}
        return [step for task in tasks for step in (task, layer)]


def _collection_role(name: str) -> pathlib.Path | None:
    path: t.Any = collection_role_path(name)
    return pathlib.Path(path) if path else None
