# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of images: what EC2 allows, and names that nobody but a running build may use."""

from __future__ import annotations

import datetime
import re

from ..._lifecycle.errors import BuilderError
from ..._lifecycle.name_templates import Build, render
from ..._lifecycle.naming import guest_name

SHORTEST, LONGEST = 3, 128

#: First part of the names of images that are not verified yet: no pattern that people look for images with begins like this.
TEMPORARY = "golden-temporary/"

_FORBIDDEN = re.compile(r"[^A-Za-z0-9 ()\[\]./'@_-]+")


def image_name(template: str, build: Build, moment: datetime.datetime) -> str:
    """The name of an image; characters that EC2 does not take become dashes.

    :raises BuilderError: when it is too short or too long: cut off, names of two images could become one.
    """
    name = _FORBIDDEN.sub("-", render(template, "image_name", build, moment))
    if not SHORTEST <= len(name) <= LONGEST:
        raise BuilderError(
            f"the image name {name!r} has {len(name)} characters, and EC2 takes {SHORTEST} to {LONGEST}",
            hint="Set image_name to something else",
        )
    return name


def temporary_name(guest: str, purpose: str) -> str:
    """A name for an image that lives no longer than the build; the same for the same guest.

    :param purpose: what it is for: ``captured``, ``copied``.
    """
    return f"{TEMPORARY}{_FORBIDDEN.sub('-', guest)[: LONGEST - len(TEMPORARY) - len(purpose) - 1]}-{purpose}"


def temporary_stem(build: Build, fallback: str) -> str:
    """What temporary names of a build begin with."""
    return guest_name(str(build["image"]), str(build["builder"]), str(build["run_id"])) if build else fallback


def is_temporary(name: str) -> bool:
    """Whether a name is one of :func:`temporary_name`."""
    return name.startswith(TEMPORARY)
