# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``file``: uploads a file, a folder or text, makes a folder, or downloads either."""

from __future__ import annotations

from .._lifecycle.errors import DefinitionError
from ._options import given
from .contract import CompileContext, Entry, Input, Provisioner, Task, is_template, options_of

_OWNERSHIP = ("owner", "group", "mode")


def _direction(entry: Entry) -> str:
    options = options_of(entry)
    direction = options.get("direction") or ("directory" if "src" not in options and "content" not in options else "upload")
    if is_template(direction):
        raise DefinitionError("it decides what is read on the controller and cannot be Jinja", key="file.direction")
    return str(direction)


def _compile(entry: Entry, context: CompileContext) -> list[Task]:
    options = options_of(entry)
    direction = _direction(entry)
    ownership = given(options, *_OWNERSHIP)
    if direction == "directory":
        return [{"name": "Make the folder", "ansible.builtin.file": {"path": options["dest"], "state": "directory", **ownership}}]
    if direction == "download":
        return [{"name": "Download", "golden.images.download": {"src": options["src"], "dest": context.path(options["dest"])}}]
    source = {"content": options["content"]} if "content" in options else {"src": context.path(options["src"])}
    folder_modes = {"directory_mode": options["directory_mode"]} if "directory_mode" in options else {}
    return [{"name": "Upload", "ansible.builtin.copy": {**source, "dest": options["dest"], **folder_modes, **ownership}}]


def _inputs(entry: Entry, context: CompileContext) -> list[Input]:
    options = options_of(entry)
    return [Input("file", options["src"])] if _direction(entry) == "upload" and "src" in options else []


def _describe(entry: Entry) -> str:
    options = options_of(entry)
    return str(options.get("dest", ""))


PROVISIONER = Provisioner(
    key="file",
    argument_spec={
        "file": {
            "type": "dict",
            "required": True,
            "options": {
                "src": {"type": "str"},
                "content": {"type": "raw"},
                "dest": {"type": "str", "required": True},
                "direction": {"type": "str", "choices": ["upload", "download", "directory"]},
                "owner": {"type": "str"},
                "group": {"type": "str"},
                "mode": {"type": "raw"},
                "directory_mode": {"type": "raw"},
            },
            "mutually_exclusive": [("src", "content")],
            "required_if": [("direction", "download", ("src",)), ("direction", "upload", ("src", "content"), True)],
        }
    },
    compile=_compile,
    inputs=_inputs,
    describe=_describe,
    nested=True,
)
