# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names that are made of what is known of a build: ``{image}-{version}``."""

from __future__ import annotations

import datetime
import re
import typing as t

from .errors import BuilderError

#: What a template may speak of, with what it is for people.
PLACEHOLDERS = {
    "image": "name of the image",
    "builder": "name of the builder",
    "version": "version of the image",
    "fingerprint": "first 12 digits of the fingerprint",
    "date": "20260131",
    "time": "20260131T120000Z",
    "run": "id of the run",
    "source": "id of the source image",
}

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")

Build = t.Mapping[str, t.Any]


def check_template(template: str, option: str) -> None:
    """:raises BuilderError: for a placeholder that nobody fills in."""
    unknown = [name for name in _PLACEHOLDER.findall(template) if name not in PLACEHOLDERS]
    if unknown:
        raise BuilderError(f"{option} has the unknown placeholder {{{unknown[0]}}}", hint=f"There are {', '.join(sorted(PLACEHOLDERS))}")


def render(template: str, option: str, build: Build, moment: datetime.datetime) -> str:
    """A template filled in.

    :param build: the facts ``golden_build``; empty outside a build, where only the date and time are known.
    :raises BuilderError: for a placeholder that is unknown, or that only a build can fill in.
    """
    check_template(template, option)
    values = _values(build, moment)

    def value(match: re.Match[str]) -> str:
        if match[1] not in values:
            raise BuilderError(f"{option} speaks of {{{match[1]}}}, which is known within a build only", hint=f"Give {option} without it")
        return values[match[1]]

    return _PLACEHOLDER.sub(value, template)


def _values(build: Build, moment: datetime.datetime) -> dict[str, str]:
    utc = moment.astimezone(datetime.UTC)
    values = {"date": f"{utc:%Y%m%d}", "time": f"{utc:%Y%m%dT%H%M%SZ}"}
    if build:
        values.update(
            image=str(build["image"]),
            builder=str(build["builder"]),
            version=str(build["version"]),
            fingerprint=str(build.get("fingerprint") or "")[:12],
            run=str(build["run_id"]),
            source=str((build.get("source") or {}).get("id", "")),
        )
    return values
