# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds the files behind an entry, by reading the YAML files the way Ansible would look for them.

Only names that stand fixed in the YAML, or that the context can render, are followed; the whole
folder of a role counts anyway, so that this matters for what lies outside of roles.
"""

from __future__ import annotations

import functools
import glob
import os
import pathlib
import typing as t

from .._lifecycle.errors import DefinitionError
from ._roles import find_role, searched
from .contract import CompileContext, Entry, Input, entry_type, is_template, provisioner

try:
    import yaml
except ImportError:  # never beside ansible-core, which needs it; but a module may be sent to where it is not
    yaml = None  # type: ignore[assignment]

_IGNORED_FOLDERS = frozenset({".git", "__pycache__", ".ansible", ".molecule"})
_TASK_LISTS = ("block", "rescue", "always", "tasks", "pre_tasks", "post_tasks", "handlers")
_INCLUDES_TASKS = frozenset({"include_tasks", "import_tasks"})
_INCLUDES_ROLES = frozenset({"include_role", "import_role"})
_READS_FILES = {"copy": "files", "template": "templates", "script": "files", "unarchive": "files", "include_vars": "vars", "assemble": "files"}
_FILE_OPTIONS = ("file", "src", "cmd", "_raw_params", "dir")


@functools.cache
def _any_tag_loader() -> t.Any:
    """Reads ``!vault``, ``!unsafe`` and whatever else Ansible knows as nothing."""
    loader: t.Any = type("_AnyTagLoader", (yaml.SafeLoader,), {})
    loader.add_multi_constructor("!", lambda found, suffix, node: None)
    return loader


def files_of(entry: Entry, context: CompileContext, key: str) -> list[pathlib.Path]:
    """Existing files, absolute, sorted.

    :param key: of the entry, for messages.
    :raises DefinitionError: for a file or role that is not there.
    """
    search = _Search(context, key)
    for needed in provisioner(entry_type(entry)).inputs(entry, context):
        search.follow(needed)
    for pattern in entry.get("inputs") or ():
        search.follow(Input("glob", str(pattern)))
    return sorted(search.files)


class _Search:
    def __init__(self, context: CompileContext, key: str) -> None:
        self.files: set[pathlib.Path] = set()
        self._context = context
        self._key = key
        self._read: set[pathlib.Path] = set()
        self._playbook_folders: list[pathlib.Path] = []

    def follow(self, needed: Input) -> None:
        """Add what an input leads to."""
        name = self._context.render(needed.name)
        if not isinstance(name, str) or is_template(name):
            return
        if needed.kind == "role":
            self._role(name, required=True)
            return
        path = pathlib.Path(os.path.expanduser(self._context.path(name)))
        if needed.kind == "glob":
            for found in glob.glob(str(path), recursive=True):
                self._add(pathlib.Path(found))
            return
        if not path.exists():
            raise DefinitionError(f"there is no file {path}", key=self._key)
        if needed.kind == "file":
            self._add(path)
        else:
            self._beside(path.parent)
            self._yaml(path)

    def _add(self, path: pathlib.Path) -> None:
        if path.is_file():
            self.files.add(path)
            return
        for folder, names, files in os.walk(path):
            names[:] = [name for name in names if name not in _IGNORED_FOLDERS]
            self.files.update(pathlib.Path(folder) / name for name in files if not name.endswith(".pyc"))

    def _beside(self, folder: pathlib.Path, *more: str) -> None:
        for name in ("files", "templates", *more):
            if (folder / name).is_dir():
                self._add(folder / name)

    def _role(self, name: str, *, required: bool = False) -> None:
        beside = (playbooks / "roles" / name for playbooks in self._playbook_folders)
        folder = next((path for path in beside if path.is_dir()), None) or find_role(name, self._context)
        if folder is None:
            # Without Ansible's own folders, and for a role that another role includes under a condition, nothing is proven.
            if required and self._context.ansible_roles_paths:
                hint = f"Looked in {searched(self._context)} and in the installed collections; image.roles_path adds folders."
                raise DefinitionError(f"there is no role {name}", key=self._key, hint=hint)
            return
        if folder in self._read:
            return
        self._read.add(folder)
        self._add(folder)
        for path in sorted(file for part in ("tasks", "handlers") for suffix in ("yml", "yaml") for file in (folder / part).rglob(f"*.{suffix}")):
            self._yaml(path)
        for path in (folder / "meta" / "main.yml", folder / "meta" / "main.yaml"):
            meta = self._load(path) if path.is_file() else None
            for dependency in (meta.get("dependencies") or []) if isinstance(meta, dict) else []:
                self._role_reference(dependency)

    def _role_reference(self, reference: t.Any) -> None:
        name = reference.get("role") or reference.get("name") if isinstance(reference, dict) else reference
        name = self._context.render(name) if isinstance(name, str) else None
        if isinstance(name, str) and name and not is_template(name):
            self._role(name)

    def _yaml(self, path: pathlib.Path) -> None:
        if path in self._read or not path.is_file():
            return
        self._read.add(path)
        self.files.add(path)
        content = self._load(path)
        for item in content if isinstance(content, list) else []:
            if isinstance(item, dict):
                self._play_or_task(item, path)

    def _load(self, path: pathlib.Path) -> t.Any:
        try:
            # A SafeLoader that knows no constructor for Ansible's tags.
            return yaml.load(path.read_text(encoding="utf-8", errors="replace"), Loader=_any_tag_loader())
        except yaml.YAMLError:
            return None

    def _play_or_task(self, item: dict[str, t.Any], path: pathlib.Path) -> None:
        if "hosts" in item:
            # Of a playbook that another ansible-playbook runs: it has what Ansible looks for beside it.
            self._playbook_folders.append(path.parent)
            self._beside(path.parent, "group_vars", "host_vars")
        for name in _TASK_LISTS:
            for nested in item.get(name) or () if isinstance(item.get(name), list) else ():
                if isinstance(nested, dict):
                    self._play_or_task(nested, path)
        if "hosts" in item:
            for reference in item.get("roles") or ():
                self._role_reference(reference)
            vars_files = item.get("vars_files") or ()
            for name in [vars_files] if isinstance(vars_files, str) else vars_files:
                self._file(name, path, "vars")
        for name, value in item.items():
            self._action(str(name).rpartition(".")[2], value, path)

    def _action(self, action: str, value: t.Any, path: pathlib.Path) -> None:
        options = value if isinstance(value, dict) else {"_raw_params": value}
        if action in _INCLUDES_ROLES:
            self._role_reference(options)
        elif action == "import_playbook" or action in _INCLUDES_TASKS:
            found = self._file(options.get("file") or options.get("_raw_params"), path, "tasks")
            if found is not None:
                self._yaml(found)
        elif action in _READS_FILES:
            for name in _FILE_OPTIONS:
                self._file(options.get(name), path, _READS_FILES[action])

    def _file(self, name: t.Any, path: pathlib.Path, folder: str) -> pathlib.Path | None:
        name = self._context.render(name) if isinstance(name, str) else None
        if not isinstance(name, str) or not name or is_template(name):
            return None
        name = name.partition(" ")[0] if not (path.parent / name).exists() else name
        for start in (path.parent, path.parent / folder, path.parent.parent / folder):
            found = pathlib.Path(os.path.normpath(start / name))
            if found.exists():
                self._add(found)
                return found
        return None
