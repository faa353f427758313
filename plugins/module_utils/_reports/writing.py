# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the reports of a run that is over, or about to be."""

from __future__ import annotations

import pathlib
import typing as t

from .._lifecycle.files import write_atomically
from .._lifecycle.run import StateFolder
from .collecting import RunReport, collect, joined
from .html_page import html_page
from .junit import junit_xml
from .wanted import wanted

_FORMATS: dict[str, t.Callable[[RunReport], str]] = {"html": html_page, "junit": junit_xml}


def write_reports(states: t.Iterable[StateFolder], run_id: str) -> tuple[list[str], list[str]]:
    """Write what builds of the run asked for.

    :param states: the state folders of its builds.
    :returns: paths that were written, and sentences about those that could not be.
    """
    reports: dict[tuple[str, str], list[RunReport]] = {}
    for state in states:
        for report, builds in wanted(state, run_id).items():
            reports.setdefault(report, []).append(collect(state, run_id, builds))
    written, problems = [], []
    for (kind, path), parts in reports.items():
        try:
            write_atomically(pathlib.Path(path), _FORMATS[kind](joined(parts)))
            written.append(path)
        except OSError as error:
            problems.append(f"the report {path} could not be written: {error.strerror}")
        except Exception as error:
            # A build that went well stays so, whatever somebody's post-processor said of what it made.
            problems.append(f"the report {path} could not be made: {type(error).__name__}: {error}")
    return written, problems
