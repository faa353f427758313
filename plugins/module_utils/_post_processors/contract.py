# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The post-processor types, and how a definition's list becomes tasks.

A type is one file of this folder with an object ``OPERATION`` whose options include
``artifact`` (dict, required) and which returns ``artifact``. It may also have

- ``MODULE``: the module's name where it is not the type's,
- ``DEFINITION_PATHS``: options that name files below the definition's folder,
- ``INPUTS``: those of them whose content decides what it does,
- ``defaults``: options to add to an entry, as a function of the entry.
"""

from __future__ import annotations

import collections.abc as c
import dataclasses
import functools
import importlib
import pathlib
import re
import typing as t

from .._lifecycle.errors import DefinitionError
from .._lifecycle.operation import Operation

_PACKAGE = __name__.rpartition(".")[0]
_COLLECTION = "golden.images"
_FQCN = re.compile(r"[a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*\Z")
_DEFINITION_DIR = "{{ golden_definition_dir }}"

Entry = dict[str, t.Any]
Task = dict[str, t.Any]

COMMON_SPEC: dict[str, t.Any] = {
    "name": {"type": "str"},
    "when": {"type": "raw"},
    "ignore_errors": {"type": "bool"},
    "no_log": {"type": "bool"},
    "keep_input": {"type": "bool"},
    "vars": {"type": "dict"},
}
"""Argument spec of the keys that every post-processor has."""

_TASK_KEYWORDS = ("when", "ignore_errors", "no_log")
_OF_MODULES = ("environment",)


def _nothing(entry: Entry) -> dict[str, t.Any]:
    return {}


@dataclasses.dataclass(frozen=True)
class PostProcessor:
    """One type.

    :ivar operation: what it does.
    :ivar module: full name of its module.
    :ivar definition_paths: options that name files below the definition's folder.
    :ivar inputs: those whose content decides what it does.
    :ivar defaults: options to add to an entry.
    """

    operation: Operation
    module: str
    definition_paths: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    defaults: c.Callable[[Entry], dict[str, t.Any]] = _nothing


@functools.cache
def post_processors() -> dict[str, PostProcessor]:
    """All types by name: the files of this folder."""
    found = {}
    for path in sorted(pathlib.Path(__file__).parent.glob("*.py")):
        if path.stem.startswith("_") or path.stem == "contract":
            continue
        module = importlib.import_module(f"{_PACKAGE}.{path.stem}")
        found[path.stem] = PostProcessor(
            operation=module.OPERATION,
            module=f"{_COLLECTION}.{getattr(module, 'MODULE', path.stem)}",
            definition_paths=getattr(module, "DEFINITION_PATHS", ()),
            inputs=getattr(module, "INPUTS", ()),
            defaults=getattr(module, "defaults", _nothing),
        )
    return found


def post_processor_types() -> dict[str, Operation]:
    """What each type of this collection does, by name."""
    return {name: kind.operation for name, kind in post_processors().items()}


def is_third_party(kind: str) -> bool:
    """Whether a type is the full name of someone's module, which takes ``artifact`` and returns ``artifact``."""
    return bool(_FQCN.match(kind))


def compile_post_processors(entries: c.Sequence[Entry | list[Entry]]) -> list[Task]:
    """Tasks that run all chains one after the other; Jinja in the entries stays as it is.

    An entry that is a mapping is a chain of one; one that is a list is a chain in which each
    step gets what the step before it returned. Every chain starts with ``golden_artifact``.
    Within a step ``golden_chain_artifact`` is the artifact that it gets.

    :raises DefinitionError: for an entry that cannot be compiled.
    """
    chains = [entry if isinstance(entry, list) else [entry] for entry in entries]
    tasks: list[Task] = []
    links: list[dict[str, t.Any]] = []
    for chain, steps in enumerate(chains, start=1):
        before = "golden_artifact"
        for step, entry in enumerate(steps, start=1):
            register = f"golden_post_processed_{chain}_{step}"
            tasks += _step(entry, chain, step, before, register)
            links.append({"chain": chain, "keep_input": entry.get("keep_input", True), "result": f"{{{{ {register} }}}}"})
            # A skipped step, or one whose error is ignored, has no artifact: the chain goes on with what it was given.
            before = f"{register}.artifact | default({before})"
    if any(link["keep_input"] is not True for link in links):
        tasks.append(_removal(links))
    return tasks


def _step(entry: Entry, chain: int, step: int, before: str, register: str) -> list[Task]:
    kind = entry.get("type")
    if not isinstance(kind, str) or not (kind in post_processors() or is_third_party(kind)):
        raise DefinitionError(
            f"unknown post-processor {kind!r}",
            key=f"post_processors[{chain - 1}]",
            hint=f"Known: {', '.join(post_processors())}, and any module given as namespace.collection.name.",
        )
    third_party = kind not in post_processors()
    module = kind if third_party else post_processors()[kind].module
    task: Task = {
        "name": f"Post-process, {entry.get('name') or kind}",
        module: {"artifact": "{{ golden_chain_artifact }}", **_options(kind, entry)},
        "register": register,
        "vars": {**entry.get("vars", {}), "golden_chain_artifact": f"{{{{ {before} }}}}"},
        **{key: entry[key] for key in _TASK_KEYWORDS if key in entry},
    }
    if third_party:
        # A module would run on the guest, which is gone by now.
        task.update({"delegate_to": "localhost", "become": False, **{key: entry[key] for key in _OF_MODULES if key in entry}})
    record: Task = {
        "name": f"Record what {kind} made",
        f"{_COLLECTION}.record": {"event": "processed", "artifact": f"{{{{ {register}.artifact }}}}", "chain": chain, "step": step, "type": kind},
        "when": f"{register}.artifact is defined",
    }
    return [task, record]


def _options(kind: str, entry: Entry) -> dict[str, t.Any]:
    if kind not in post_processors():
        return {key: value for key, value in entry.items() if key != "type" and key not in COMMON_SPEC and key not in _OF_MODULES}
    known = post_processors()[kind]
    # An option may have the name of a common key, as terraform's ``name``: it is both then.
    options = {key: value for key, value in entry.items() if key != "type" and (key not in COMMON_SPEC or key in known.operation.argument_spec)}
    for name in known.definition_paths:
        if name in options:
            options[name] = _below_definition(options[name])
    return {**known.defaults(entry), **options}


def _below_definition(value: t.Any) -> t.Any:
    if isinstance(value, (list, tuple)):
        return [_below_definition(item) for item in value]
    if not isinstance(value, str) or value.startswith(("/", "~", "{{")):
        return value
    return f"{_DEFINITION_DIR}/{value}"


def _removal(links: list[dict[str, t.Any]]) -> Task:
    return {
        "name": "Remove files that were needed on the way only",
        f"{_COLLECTION}.post_processed": {"artifact": "{{ golden_artifact }}", "steps": links},
    }


def post_processor_files(
    entries: c.Sequence[Entry | list[Entry]],
    definition_dir: pathlib.Path,
    render: c.Callable[[t.Any], t.Any] = lambda value: value,
) -> dict[str, list[pathlib.Path]]:
    """Files on the controller whose content decides what the entries do, by a description of the entry.

    :param render: renders a value that may contain Jinja.
    """
    found: dict[str, list[pathlib.Path]] = {}
    for chain, entry in enumerate(entries, start=1):
        for step, link in enumerate(entry if isinstance(entry, list) else [entry], start=1):
            kind = post_processors().get(str(link.get("type")))
            values = [render(link[option]) for option in (kind.inputs if kind else ()) if link.get(option)]
            names = [str(name) for value in values for name in (value if isinstance(value, (list, tuple)) else [value])]
            paths = [definition_dir / pathlib.Path(name).expanduser() for name in names]
            if paths:
                found[f"post-processor {chain}.{step}"] = [path for path in paths if path.is_file()]
    return found
