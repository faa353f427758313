# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names and marks of what a build creates."""

from __future__ import annotations

import datetime
import hashlib
import re

from .run import iso

EXPIRY = datetime.timedelta(hours=24)
"""How long after its start a build's resources are taken for abandoned, wherever they are found."""

_LONGEST_STEM = 40


def guest_name(image: str, builder: str, run_id: str) -> str:
    """A name every platform accepts: lower case, digits and dashes, at most 60 characters; the same for the same build and run."""
    stem = re.sub(r"[^a-z0-9]+", "-", f"{image}-{builder}".lower()).strip("-")
    if len(stem) > _LONGEST_STEM or stem != f"{image}-{builder}":
        stem = f"{stem[: _LONGEST_STEM - 7].rstrip('-')}-{hashlib.sha256(f'{image}.{builder}'.encode()).hexdigest()[:6]}"
    return f"golden-{stem}-{run_id[:12]}"


def build_marks(run_id: str, build: str, host: str, now: datetime.datetime) -> dict[str, str]:
    """Labels or tags that every resource of a build carries from its creation on."""
    return {"golden.run": run_id, "golden.build": build, "golden.host": host, "golden.expires": iso(now + EXPIRY)}
