# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Add up the pytest reports of one ``make test``: ``summary.py FOLDER`` ends like pytest does, non-zero after a failure."""

from __future__ import annotations

import collections
import pathlib
import sys
from xml.etree import ElementTree


def outcomes(report: pathlib.Path) -> collections.Counter[str]:
    """Count what happened to the tests of one JUnit report."""
    found: collections.Counter[str] = collections.Counter()
    for case in ElementTree.parse(report).iter("testcase"):
        kinds = {child.tag for child in case}
        found["failed" if "failure" in kinds else "error" if "error" in kinds else "skipped" if "skipped" in kinds else "passed"] += 1
    return found


def main(folder: pathlib.Path) -> int:
    total: collections.Counter[str] = collections.Counter()
    for report in sorted(folder.glob("*.xml")):
        counts = outcomes(report)
        print(f"{report.stem}: {describe(counts)}")
        total += counts
    print(f"==== all together: {describe(total)} ====")
    return 1 if total["failed"] or total["error"] or not total["passed"] else 0


def describe(counts: collections.Counter[str]) -> str:
    kinds = ("failed", "passed", "skipped", "error")
    return ", ".join(f"{counts[kind]} {kind}" for kind in kinds if counts[kind]) or "no tests ran"


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
