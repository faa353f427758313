# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of templates, machines and library items: what vCenter allows, and names that nobody but a running build may use."""

from __future__ import annotations

import datetime
import re
import typing as t

from ..._lifecycle.errors import BuilderError
from ..._lifecycle.name_templates import render

LONGEST = 80

#: First part of the names of images that are not verified yet, or that are about to go.
TEMPORARY = "golden-temporary-"

_FORBIDDEN = re.compile(r"[^A-Za-z0-9 ()\[\].,'@+=~_-]+")


def rendered(template: str, option: str, build: t.Mapping[str, t.Any], moment: datetime.datetime) -> str:
    """A name; characters that vCenter or a file system escapes become dashes.

    :raises BuilderError: when it is empty or too long: cut off, names of two images could become one.
    """
    name = _FORBIDDEN.sub("-", render(template, option, build, moment)).strip()
    if not 0 < len(name) <= LONGEST:
        raise BuilderError(f"{option}: {name!r} has {len(name)} characters, and vCenter takes 1 to {LONGEST}", hint=f"Set {option} to something else")
    if name.startswith(TEMPORARY):
        raise BuilderError(f"{option}: names that begin with {TEMPORARY} are of images that are not finished", hint=f"Set {option} to something else")
    return name


def temporary_name(stem: str) -> str:
    """A name for what lives no longer than the build; the same for the same guest."""
    return f"{TEMPORARY}{_FORBIDDEN.sub('-', stem)}"[:LONGEST]


def is_temporary(name: str) -> bool:
    """Whether a name is one of :func:`temporary_name`."""
    return name.startswith(TEMPORARY)
