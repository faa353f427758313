# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The version of this collection: from the installed artifact, or from the checkout."""

from __future__ import annotations

import functools
import json
import pathlib
import re


@functools.cache
def collection_version() -> str:
    """As galaxy.yml or MANIFEST.json says it."""
    root = pathlib.Path(__file__).parents[3]
    manifest = root / "MANIFEST.json"
    if manifest.exists():
        return str(json.loads(manifest.read_text(encoding="utf-8"))["collection_info"]["version"])
    found = re.search(r"^version:\s*[\"']?([^\s\"']+)", (root / "galaxy.yml").read_text(encoding="utf-8"), re.MULTILINE)
    return found[1] if found else "0.0.0"
