# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run as JUnit XML, as Jenkins, GitLab and others read it: a suite per run, a case per build and phase."""

from __future__ import annotations

import datetime
import re
import xml.etree.ElementTree as ET

from .._lifecycle.progress import PHASES
from .collecting import BuildReport, RunReport

# What XML 1.0 cannot hold, however it is written.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _text(value: str) -> str:
    return _FORBIDDEN.sub("\ufffd", value)


def junit_xml(run: RunReport) -> str:
    """Phases that were not reached, or had nothing to do, are skipped cases."""
    cases = [case for build in run.builds for case in _cases(build)]
    counts = {
        "tests": str(len(cases)),
        "failures": str(sum(case.find("failure") is not None for case in cases)),
        "errors": str(sum(case.find("error") is not None for case in cases)),
        "skipped": str(sum(case.find("skipped") is not None for case in cases)),
        "time": f"{run.ended - run.started:.3f}",
    }
    suites = ET.Element("testsuites", {"name": "golden.images", **counts})
    started = datetime.datetime.fromtimestamp(run.started, tz=datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S")
    suite = ET.SubElement(suites, "testsuite", {"name": f"run {run.run_id}", "hostname": _text(run.host) or "unknown", "timestamp": started, **counts})
    properties = ET.SubElement(suite, "properties")
    for build in run.builds:
        for artifact in build.artifacts:
            ET.SubElement(properties, "property", name=f"artifact {build.name}", value=_text(f"{artifact['id']} {artifact['location']}"))
    suite.extend(cases)
    ET.indent(suites)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(suites, encoding="unicode") + "\n"


def _cases(build: BuildReport) -> list[ET.Element]:
    reached = {phase.name: phase for phase in build.phases}
    cases = []
    for name in PHASES:
        seconds = sum(phase.seconds for phase in build.phases if phase.name == name)
        case = ET.Element("testcase", classname=_text(build.name), name=name, time=f"{seconds:.3f}")
        if name not in reached:
            ET.SubElement(case, "skipped", message="nothing to do" if build.well else "not reached")
        elif reached[name].failed:
            _add_failure(case, build)
        cases.append(case)
    if not build.well and not build.phases:
        case = ET.Element("testcase", classname=_text(build.name), name="build", time="0.000")
        _add_failure(case, build)
        cases.append(case)
    last = cases[-1]
    for tag, lines in (("system-out", build.outcome.reasons), ("system-err", build.outcome.warnings)):
        if lines:
            ET.SubElement(last, tag).text = _text("\n".join(lines))
    return cases


def _add_failure(case: ET.Element, build: BuildReport) -> None:
    text = _text(build.outcome.text or build.outcome.outcome)
    # An interruption is nobody's mistake in the image.
    tag = "error" if build.outcome.outcome == "interrupted" else "failure"
    ET.SubElement(case, tag, message=text.splitlines()[0], type=build.outcome.outcome).text = text
