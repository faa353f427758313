# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which reports of a run are wanted, noted in its folder so that the watcher knows it too."""

from __future__ import annotations

import pathlib

from .._lifecycle.progress import append_line, read_lines
from .._lifecycle.run import StateFolder

VARIABLES = {"html": "golden_report", "junit": "golden_junit"}
"""Kind of a report to the variable that names its file."""


def _path(state: StateFolder, run_id: str) -> pathlib.Path:
    return state.run(run_id) / "reports.jsonl"


def want(state: StateFolder, run_id: str, build: str, kind: str, path: pathlib.Path) -> None:
    """Have a build appear in a report of its run."""
    append_line(_path(state, run_id), {"build": build, "kind": kind, "path": str(path)})


def wanted(state: StateFolder, run_id: str) -> dict[tuple[str, str], list[str]]:
    """Kind and path of every report to the builds in it."""
    found: dict[tuple[str, str], list[str]] = {}
    for entry in read_lines(_path(state, run_id)):
        builds = found.setdefault((entry["kind"], entry["path"]), [])
        if entry["build"] not in builds:
            builds.append(entry["build"])
    return found
