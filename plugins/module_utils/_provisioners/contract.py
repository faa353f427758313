# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The contract of a provisioner type, and how a list of entries becomes Ansible tasks.

A provisioner type is one Python file of this folder with an object ``PROVISIONER``; its name
is the key that an entry of the definition has: ``- role: nginx`` is of the type ``role``. Files
that start with ``_`` are helpers. Nothing here needs a running Ansible: entries go in as they
stand in the definition, Jinja unrendered, and plain lists and dicts come out.
"""

from __future__ import annotations

import collections.abc as c
import dataclasses
import difflib
import functools
import importlib
import pathlib
import typing as t

from .._lifecycle.errors import DefinitionError

Entry = dict[str, t.Any]
"""A provisioner as it stands in the definition."""

Task = dict[str, t.Any]
"""A task or a block as it would stand in a task file."""

_PACKAGE = "ansible_collections.golden.images.plugins.module_utils._provisioners"
_JINJA = ("{{", "{%", "{#")

COMMON_KEYS: dict[str, t.Any] = {
    "name": {"type": "str"},
    "only": {"type": "list", "elements": "str"},
    "except": {"type": "list", "elements": "str"},
    "vars": {"type": "dict"},
    "become": {"type": "bool"},
    "become_user": {"type": "str"},
    "environment": {"type": "dict"},
    "timeout": {"type": "int"},
    "retries": {"type": "int"},
    "pause_before": {"type": "float"},
    "when": {"type": "raw"},
    "ignore_errors": {"type": "bool"},
    "inputs": {"type": "list", "elements": "str"},
}
"""Argument spec of the keys that every provisioner has; seconds for all durations."""


def _unchanged(value: t.Any) -> t.Any:
    """Nothing is known of the variables."""
    return value


def _no_collections(name: str) -> pathlib.Path | None:
    """No collection is installed."""
    return None


@dataclasses.dataclass(frozen=True)
class CompileContext:
    """What compiling and looking for inputs needs to know.

    :ivar definition_dir: folder of the definition; relative paths start here.
    :ivar roles_path: the image's own role folders, relative ones start at ``definition_dir``.
    :ivar ansible_roles_paths: Ansible's configured role folders and those beside the playbook; empty when unknown.
    :ivar generated_dir: private folder of the build in this run.
    :ivar build: ``image.builder``.
    :ivar what: what people call an entry of this list: ``Provisioner``, ``Check``.
    :ivar find_collection_role: absolute path of ``namespace.collection.role``, ``None`` when not installed.
    :ivar render: renders a value that may contain Jinja; used to find files only, never for what is compiled.
    """

    definition_dir: pathlib.Path
    roles_path: tuple[str, ...] = ()
    ansible_roles_paths: tuple[pathlib.Path, ...] = ()
    generated_dir: pathlib.Path | None = None
    build: str = ""
    what: str = "Provisioner"
    find_collection_role: c.Callable[[str], pathlib.Path | None] = _no_collections
    render: c.Callable[[t.Any], t.Any] = _unchanged

    def path(self, name: str) -> str:
        """``name`` below the definition's folder; an absolute name, or one that begins with Jinja, stays as it is.

        A slash at the end, which means a folder's content, stays too.
        """
        if name.startswith(("/", "~", "{{")):
            return name
        return f"{self.definition_dir / name}{'/' if name.endswith('/') else ''}"


@dataclasses.dataclass(frozen=True)
class Input:
    """Something on the controller that decides what a provisioner does.

    :ivar kind: how it is followed: ``file`` (a file, or all below a folder), ``tasks``, ``role``, ``playbook``, ``glob``.
    :ivar name: a path or pattern below the definition's folder, or a role's name.
    """

    kind: t.Literal["file", "tasks", "role", "playbook", "glob"]
    name: str


def _no_inputs(entry: Entry, context: CompileContext) -> list[Input]:
    """Everything that matters is in the entry."""
    return []


@dataclasses.dataclass(frozen=True)
class Provisioner:
    """One type of provisioner.

    :ivar key: the entry's key that selects it.
    :ivar argument_spec: of the entry's keys apart from :data:`COMMON_KEYS`, ``key`` included.
    :ivar compile: the tasks that do it, without the common keys.
    :ivar inputs: what it reads on the controller.
    :ivar describe: says in a few words which one it is; must not repeat values that may be secret.
    :ivar constraints: ``mutually_exclusive`` and the like, of the entry.
    :ivar nested: the options are the value of ``key``; nothing or ``true`` there means no options.
    """

    key: str
    argument_spec: dict[str, t.Any]
    compile: c.Callable[[Entry, CompileContext], list[Task]]
    inputs: c.Callable[[Entry, CompileContext], list[Input]] = _no_inputs
    describe: c.Callable[[Entry], str] = lambda entry: ""
    constraints: dict[str, t.Any] = dataclasses.field(default_factory=dict)
    nested: bool = False


@functools.cache
def provisioner_types() -> tuple[str, ...]:
    """Names of all types, sorted: the files of this folder."""
    folder = pathlib.Path(__file__).parent
    return tuple(sorted(path.stem for path in folder.glob("*.py") if not path.stem.startswith("_") and path.stem != "contract"))


@functools.cache
def provisioner(name: str) -> Provisioner:
    """The type called ``name``, one of :func:`provisioner_types`."""
    return t.cast(Provisioner, importlib.import_module(f"{_PACKAGE}.{name}").PROVISIONER)


def entry_type(entry: Entry) -> str:
    """The type of an entry, known by its key.

    :raises DefinitionError: when the entry names no type, or several.
    """
    if not isinstance(entry, c.Mapping):
        raise DefinitionError(f"expected a mapping with one of the keys {', '.join(provisioner_types())}, got {type(entry).__name__}")
    found = [name for name in provisioner_types() if name in entry]
    if len(found) == 1:
        return found[0]
    if found:
        raise DefinitionError(f"the keys {' and '.join(found)} exclude each other", hint="Make two entries of it.")
    hint = next((f"Did you mean {near}?" for key in entry for near in _nearest(str(key), provisioner_types())), None)
    raise DefinitionError(f"none of the keys {', '.join(provisioner_types())}, one of which says what to do", hint=hint)


def options_of(entry: Entry) -> dict[str, t.Any]:
    """The options of an entry whose type has them in the value of its key.

    :raises DefinitionError: when it is not a mapping.
    """
    key = entry_type(entry)
    value = entry[key]
    if value is None or value is True:
        return {}
    if not isinstance(value, dict):
        raise DefinitionError(f"expected a mapping of options, got {type(value).__name__}", key=key)
    return value


def is_template(value: t.Any) -> bool:
    """Whether its value is known only when Ansible has rendered it."""
    return isinstance(value, str) and any(mark in value for mark in _JINJA)


def describe(entry: Entry) -> str:
    """What people call this entry: its name, else its type and subject; may contain Jinja of the name only."""
    if entry.get("name"):
        return str(entry["name"])
    kind = provisioner(entry_type(entry))
    subject = kind.describe(entry)
    return f"{kind.key} {subject}" if subject and not is_template(subject) else kind.key


def _nearest(word: str, known: c.Iterable[str]) -> list[str]:
    return difflib.get_close_matches(word, list(known), n=1)


def validate_entry(entry: Entry, *, file: str | None = None, key: str | None = None) -> None:
    """Refuse an entry that cannot work, as far as it can be known before Jinja is rendered.

    :param file: the definition, for the message.
    :param key: dotted path of the entry, for the message.
    :raises DefinitionError: names file and key.
    """
    from ._validation import validate

    validate(entry, file, key)


def compile_provisioners(entries: c.Sequence[Entry], context: CompileContext) -> list[Task]:
    """Tasks that do all entries in order; Jinja and tagged strings of the entries are in them untouched.

    :raises DefinitionError: for an entry that cannot be compiled.
    """
    from ._compile import compile_entry

    return [compile_entry(entry, position, context) for position, entry in enumerate(entries, start=1)]


def collect_inputs(entries: c.Sequence[Entry], context: CompileContext, key: str = "") -> dict[str, list[pathlib.Path]]:
    """The files on the controller that decide what the entries do, by the entry's description.

    Roles with their dependencies, task files and playbooks with what they include by a fixed
    name, scripts, uploaded files and the entry's ``inputs``.

    :param key: of the list in the definition, for messages.
    :raises DefinitionError: when one that must be there is not.
    """
    from ._inputs import files_of

    collected: dict[str, list[pathlib.Path]] = {}
    for position, entry in enumerate(entries):
        label = describe(entry)
        while label in collected:
            label = f"{label}, again"
        collected[label] = files_of(entry, context, f"{key}[{position}].{entry_type(entry)}")
    return collected
