# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of builders, sources and post-processors against their argument specs, as far as templates let them be judged."""

from __future__ import annotations

import os
import typing as t

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.validation import (
    check_mutually_exclusive,
    check_required_by,
    check_required_if,
    check_required_one_of,
    check_required_together,
)

from .problems import InvalidError, join, listed, unknown
from .values import described, has_template, is_template

Spec = t.Mapping[str, t.Any]

_CONSTRAINTS: dict[str, t.Callable[[t.Any, dict[str, t.Any]], object]] = {
    "mutually_exclusive": check_mutually_exclusive,
    "required_together": check_required_together,
    "required_one_of": check_required_one_of,
    "required_if": check_required_if,
    "required_by": check_required_by,
}


def check_options(values: t.Mapping[str, t.Any], spec: Spec, key: str) -> None:
    """Names, and the types of what is no template, down through suboptions.

    :param spec: as AnsibleModule takes it.
    :raises InvalidError: naming the option.
    """
    names = {alias: name for name, option in spec.items() for alias in (name, *option.get("aliases", ()))}
    for name, value in values.items():
        if name not in names:
            raise InvalidError(join(key, name), unknown("option", name, spec))
        _check_value(value, spec[names[name]], join(key, name))


def absolute_paths(values: t.Mapping[str, t.Any], spec: Spec, folder: str) -> dict[str, t.Any]:
    """Validated values whose relative paths are relative to ``folder``, down through suboptions; addresses stay as they are."""
    return {name: _absolute(value, spec.get(name, {}), folder) for name, value in values.items()}


def _absolute(value: t.Any, option: Spec, folder: str) -> t.Any:
    if isinstance(value, list):
        element = {**option, "type": option.get("elements")}
        return [_absolute(item, element, folder) for item in value]
    if isinstance(value, dict) and "options" in option:
        return absolute_paths(value, option["options"], folder)
    if option.get("type") == "path" and isinstance(value, str) and "://" not in value:
        return os.path.join(folder, value)
    return value


def given_values(values: t.Mapping[str, t.Any], spec: Spec) -> dict[str, t.Any]:
    """Validated values without those that nobody gave, down through suboptions: validating once more would refuse them where there are choices."""
    return {name: _given(value, spec.get(name, {})) for name, value in values.items() if value is not None}


def _given(value: t.Any, option: Spec) -> t.Any:
    if "options" not in option:
        return value
    if isinstance(value, list):
        return [_given(item, option) for item in value]
    return given_values(value, option["options"]) if isinstance(value, dict) else value


def check_presence(values: t.Mapping[str, t.Any], spec: Spec, constraints: Spec, key: str, what: str) -> None:
    """Options that must be there, and those that go only with or without others, down through suboptions.

    :param constraints: ``mutually_exclusive`` and the like, as AnsibleModule takes them.
    :param what: what has the options, for messages.
    :raises InvalidError: naming the mapping that lacks the option.
    """
    given = _by_name(values, spec)
    missing = [name for name, option in spec.items() if option.get("required") and "fallback" not in option and name not in given]
    if missing:
        raise InvalidError(key, f"{what} needs the option {missing[0]!r}. Known: {listed(spec)}.")
    for name, check in _CONSTRAINTS.items():
        if constraints.get(name):
            try:
                check(constraints[name], given)
            except TypeError as error:
                raise InvalidError(key, str(error)) from error
    for name, value in given.items():
        option = spec.get(name, {})
        if "options" in option:
            for path, item in _mappings(value, join(key, name)):
                check_presence(item, option["options"], option, path, name)


def validated(values: dict[str, t.Any], spec: Spec) -> dict[str, t.Any]:
    """Options without templates as a builder takes them: converted, defaults filled in; those that must be there may lack."""
    optional = {name: {**option, "required": False} for name, option in spec.items()}
    return dict(ArgumentSpecValidator(optional).validate(values).validated_parameters)


def _by_name(values: t.Mapping[str, t.Any], spec: Spec) -> dict[str, t.Any]:
    names = {alias: name for name, option in spec.items() for alias in option.get("aliases", ())}
    return {names.get(name, name): value for name, value in values.items() if value is not None}


def _mappings(value: t.Any, key: str) -> t.Iterator[tuple[str, dict[str, t.Any]]]:
    if isinstance(value, dict):
        yield key, value
    elif isinstance(value, list):
        for index, item in enumerate(value):
            if isinstance(item, dict):
                yield f"{key}[{index}]", item


def _check_value(value: t.Any, option: Spec, key: str) -> None:
    if value is None or is_template(value):
        return
    if "options" in option:
        kind = option.get("type", "str")
        if not isinstance(value, dict if kind == "dict" else list):
            raise InvalidError(key, f"must be {'a mapping' if kind == 'dict' else 'a list of mappings'}, but this is {described(value)}")
        for path, item in _mappings(value, key):
            check_options(item, option["options"], path)
    elif not has_template(value):
        _check_literal(value, option, key)


def _check_literal(value: t.Any, option: Spec, key: str) -> None:
    judged = {name: option[name] for name in ("type", "elements", "choices") if name in option}
    if not ArgumentSpecValidator({"value": judged}).validate({"value": value}).error_messages:
        return
    shown = described(value) if option.get("no_log") or isinstance(value, (dict, list)) else repr(value)
    elements = f" of {option['elements']}" if "elements" in option else ""
    choices = f", one of {listed(option['choices'])}" if "choices" in option else ""
    raise InvalidError(key, f"must be of type {option.get('type', 'str')}{elements}{choices}, but is {shown}")
