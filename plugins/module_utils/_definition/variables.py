# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables that a definition declares: their declarations, and their values at run time."""

from __future__ import annotations

import re
import typing as t

from .problems import InvalidError, join, listed
from .schema import VALIDATION, VARIABLE, check_mapping, expect
from .values import check_variable_name, described, has_template

Declared = t.Mapping[str, t.Mapping[str, t.Any]]
"""Name of a variable to its declaration."""

_TRUTH = frozenset({"true", "false", "yes", "no", "on", "off", "1", "0"})


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _reads_as(kind: t.Callable[[str], object], value: object) -> bool:
    try:
        kind(t.cast(str, value))
    except ValueError:
        return False
    return True


# Values of -e name=value are always strings, so a string that reads as the type is taken for it.
_FITS: dict[str, t.Callable[[object], bool]] = {
    "str": lambda value: isinstance(value, str),
    "path": lambda value: isinstance(value, str) and value != "" and "\0" not in value,
    "int": lambda value: (isinstance(value, int) and not isinstance(value, bool)) or (isinstance(value, str) and _reads_as(int, value)),
    "float": lambda value: _is_number(value) or (isinstance(value, str) and _reads_as(float, value)),
    "bool": lambda value: isinstance(value, bool) or (isinstance(value, str) and value.lower() in _TRUTH),
    "list": lambda value: isinstance(value, list),
    "dict": lambda value: isinstance(value, dict),
}


def check_declarations(variables: object, key: str = "variables") -> dict[str, dict[str, t.Any]]:
    """The declarations, when every one of them can be meant.

    :raises InvalidError: otherwise; a default that breaks its own validation included.
    """
    declared = expect(variables, dict, key, "variables")
    for name, declaration in declared.items():
        path = join(key, name)
        check_variable_name(name, path, connection_allowed=False)
        check_mapping(declaration, VARIABLE, path, kind="a variable")
        _check_validation(declaration, path)
        if "default" in declaration:
            _check_default(name, declaration, path)
    return t.cast(dict[str, dict[str, t.Any]], declared)


def check_variables(declared: Declared, values: t.Mapping[str, t.Any]) -> list[str]:
    """What is wrong with the values of a build, one sentence a problem, empty when nothing is.

    :param declared: the definition's variables, as the host variable ``golden_variables`` has them.
    :param values: templated values by name; a variable that is not set is absent or ``None``.

    Sensitive values are in no sentence.
    """
    problems = []
    for name, declaration in declared.items():
        value = values.get(name)
        if value is None:
            if declaration.get("required"):
                description = declaration.get("description")
                about = f" ({description})" if description else ""
                problems.append(f"variable {name}{about} is required and not set; set it with -e {name}=..., in group_vars or in host_vars")
        elif problem := problem_with(declaration, value):
            problems.append(f"variable {name} {problem}")
    return problems


def problem_with(declaration: t.Mapping[str, t.Any], value: object) -> str | None:
    """Why a value breaks its declaration, as the end of a sentence; ``None`` when it does not."""
    kind = declaration.get("type", "str")
    sensitive = bool(declaration.get("sensitive"))
    if not _FITS[kind](value):
        shown = described(value) if sensitive or isinstance(value, (dict, list)) else repr(value)
        return f"must be of type {kind}, but is {shown}"
    rules = declaration.get("validation") or {}
    broken = _broken_rule(kind, rules, value)
    if broken is None:
        return None
    message = rules.get("error") or broken
    return message if sensitive else f"{message} (the value is {value!r})"


def _broken_rule(kind: str, rules: t.Mapping[str, t.Any], value: t.Any) -> str | None:
    if "choices" in rules and value not in rules["choices"] and str(value) not in [str(choice) for choice in rules["choices"]]:
        return f"must be one of {listed(rules['choices'])}"
    if "pattern" in rules and not re.fullmatch(rules["pattern"], str(value)):
        return f"must match the pattern {rules['pattern']}"
    size, unit = (float(value), "") if kind in ("int", "float") else (len(value) if isinstance(value, (str, list, dict)) else 0, " in length")
    if "min" in rules and size < rules["min"]:
        return f"must be at least {rules['min']}{unit}"
    if "max" in rules and size > rules["max"]:
        return f"must be at most {rules['max']}{unit}"
    return None


def _check_validation(declaration: dict[str, t.Any], key: str) -> None:
    if "validation" not in declaration:
        return
    path = join(key, "validation")
    rules = check_mapping(declaration["validation"], VALIDATION, path, kind="a validation")
    kind = declaration.get("type", "str")
    if "pattern" in rules:
        if kind in ("list", "dict", "bool"):
            raise InvalidError(join(path, "pattern"), f"a variable of type {kind} has no pattern")
        try:
            re.compile(rules["pattern"])
        except re.error as error:
            raise InvalidError(join(path, "pattern"), f"not a regular expression: {error}") from error
    for name in ("min", "max"):
        if name in rules and kind == "bool":
            raise InvalidError(join(path, name), "a variable of type bool has no size")


def _check_default(name: str, declaration: dict[str, t.Any], key: str) -> None:
    if declaration.get("required"):
        raise InvalidError(join(key, "required"), "a variable with a default is never unset: remove one of the two")
    default = declaration["default"]
    if has_template(default):
        return
    if problem := problem_with(declaration, default):
        raise InvalidError(join(key, "default"), f"the default of {name} {problem}")
