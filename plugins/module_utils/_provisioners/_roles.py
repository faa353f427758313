# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a role is."""

from __future__ import annotations

import os
import pathlib
import re

from .contract import CompileContext, is_template

_COLLECTION_ROLE = re.compile(r"[a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*\.[a-z0-9_.]+\Z")


def _folders(context: CompileContext) -> list[pathlib.Path]:
    own = (context.definition_dir / os.path.expanduser(path) for path in context.roles_path)
    return [context.definition_dir / "roles", *own]


def local_role(name: str, context: CompileContext) -> pathlib.Path | None:
    """Folder of a role that belongs to the definition; ``None`` leaves it to Ansible's own search."""
    if is_template(name):
        return None
    return next((found for folder in _folders(context) if (found := folder / name).is_dir()), None)


def include_name(name: str, context: CompileContext) -> str:
    """What ``include_role`` is given: a path only where Ansible would not find the same role by itself, for it shows in the name of every task."""
    folder = local_role(name, context)
    if folder is None:
        return name
    by_ansible = next((path / name for path in context.ansible_roles_paths if (path / name).is_dir()), None)
    return name if by_ansible is not None and by_ansible.samefile(folder) else str(folder)


def find_role(name: str, context: CompileContext) -> pathlib.Path | None:
    """Folder of a role, wherever Ansible would find it."""
    local = local_role(name, context)
    if local is not None:
        return local
    for folder in context.ansible_roles_paths:
        if (folder / name).is_dir():
            return folder / name
    return context.find_collection_role(name) if _COLLECTION_ROLE.match(name) else None


def searched(context: CompileContext) -> str:
    """The folders that :func:`find_role` looks in, for a message."""
    return ", ".join(str(folder) for folder in (*_folders(context), *context.ansible_roles_paths))
