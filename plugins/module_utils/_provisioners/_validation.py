# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks an entry before anything is rendered: what Jinja will decide is taken to be right."""

from __future__ import annotations

import difflib
import typing as t

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from .._lifecycle.errors import DefinitionError
from .contract import COMMON_KEYS, Entry, entry_type, is_template, provisioner

MOST_RETRIES = 10

_SAMPLES: dict[str, t.Any] = {"int": 1, "float": 1.0, "bool": True, "list": [], "dict": {}}
_PLAIN = (str, bool, int, float, list, dict, type(None))


def validate(entry: Entry, file: str | None, key: str | None) -> None:
    """See :func:`.contract.validate_entry`."""
    try:
        kind = provisioner(entry_type(entry))
    except DefinitionError as error:
        raise DefinitionError(error.message, file=file, key=key, hint=error.hint) from error
    spec = {**COMMON_KEYS, **kind.argument_spec}
    checked = dict(entry)
    if kind.nested and (checked[kind.key] is None or checked[kind.key] is True):
        checked[kind.key] = {}
    _refuse_unknown(checked, spec, kind.key, file, key)
    retries = entry.get("retries")
    if retries is not None and (isinstance(retries, bool) or not isinstance(retries, int) or not 0 <= retries <= MOST_RETRIES):
        raise DefinitionError(f"expected a number from 0 to {MOST_RETRIES} without Jinja, got {retries!r}", file=file, key=_join(key, "retries"))
    result = ArgumentSpecValidator(spec, **kind.constraints).validate(_with_samples(checked, spec))
    if result.error_messages:
        raise DefinitionError("; ".join(result.error_messages), file=file, key=_join(key, kind.key))


def _refuse_unknown(values: dict[str, t.Any], spec: dict[str, t.Any], kind: str, file: str | None, key: str | None) -> None:
    for name, value in values.items():
        if name not in spec:
            near = difflib.get_close_matches(str(name), list(spec), n=1)
            hint = f"Did you mean {near[0]}?" if near else f"Keys of {kind}: {', '.join(sorted(spec))}."
            raise DefinitionError(f"unknown key {name} of the provisioner {kind}", file=file, key=_join(key, str(name)), hint=hint)
        if "options" in spec[name] and isinstance(value, dict):
            _refuse_unknown(value, spec[name]["options"], kind, file, _join(key, name))


def _with_samples(values: dict[str, t.Any], spec: dict[str, t.Any]) -> dict[str, t.Any]:
    return {name: _sample(value, spec[name]) for name, value in values.items()}


def _sample(value: t.Any, spec: dict[str, t.Any]) -> t.Any:
    """``value``, or one of the right type in place of what is not known yet."""
    kind = spec.get("type", "str")
    if is_template(value) or not isinstance(value, _PLAIN):
        if "choices" in spec:
            return spec["choices"][0]
        return _SAMPLES.get(kind, "text")
    if kind == "dict" and "options" in spec and isinstance(value, dict):
        return _with_samples(value, spec["options"])
    if kind == "list" and isinstance(value, list) and "elements" in spec:
        return [_sample(item, {"type": spec["elements"]}) for item in value]
    return value


def _join(key: str | None, name: str) -> str:
    return f"{key}.{name}" if key else name
