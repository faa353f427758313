# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of a run, as HTML and as JUnit XML."""

from __future__ import annotations

import html.parser
import importlib.util
import itertools
import pathlib
import re
import sys
import xml.etree.ElementTree as ET

import pytest

from ansible_collections.golden.images.plugins.module_utils._lifecycle.progress import Outcome, note_warning, noted_warnings
from ansible_collections.golden.images.plugins.module_utils._lifecycle.run import StateFolder
from ansible_collections.golden.images.plugins.module_utils._reports.collecting import collect
from ansible_collections.golden.images.plugins.module_utils._reports.html_page import html_page
from ansible_collections.golden.images.plugins.module_utils._reports.wanted import want, wanted
from ansible_collections.golden.images.plugins.module_utils._reports.writing import write_reports

# Not a package: pytest imports test files by path.
_SPEC = importlib.util.spec_from_file_location("report_samples", pathlib.Path(__file__).with_name("samples.py"))
samples = importlib.util.module_from_spec(_SPEC)
sys.modules["report_samples"] = samples
_SPEC.loader.exec_module(samples)


class Page(html.parser.HTMLParser):
    """Tags, texts, and whether every tag that is opened is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


@pytest.fixture
def state(tmp_path):
    return samples.make_run(tmp_path / "state", tmp_path / "report")


@pytest.fixture
def page(state):
    return Page(html_page(collect(state, samples.RUN, list(samples.BUILDS))))


def test_the_page_is_whole_and_needs_nothing(page):
    assert page.open == []
    names = {tag for tag, _attributes in page.tags}
    assert not names & {"script", "link", "img", "iframe", "object", "form"}
    assert not [value for _tag, attributes in page.tags for name, value in attributes.items() if name in ("src", "srcset") or name.startswith("on")]
    assert all(attributes["href"].startswith("#") for tag, attributes in page.tags if tag == "a")
    assert "url(" not in page.text
    assert "@import" not in page.text
    assert ("meta", {"http-equiv": "Content-Security-Policy", "content": "default-src 'none'; style-src 'unsafe-inline'"}) in page.tags


def test_the_page_says_what_happened(page):
    for part in (
        "5 builds: 1 failed, 1 interrupted, 2 built, 1 up to date",
        "31 January 2026, 12:00 UTC",
        "No package matching 'postgresql-19' is available",
        "roles/website/templates/index.html.j2 changed",
        "Trying it again.",
        "ami-0def67890abc12345",
        samples.BUILDS["web.local"][1].artifact["files"][0]["sha256"],
        "182.0 MB",
        "+5.5 MB (+3 %)",
        "network golden-net: the host is away",
        "debian bookworm, bootstrapped",
        "builder1.example.org",
    ):
        assert part in page.text, part
    assert "What changed since the last build" in page.text
    assert "Why it was to be built" in page.text


def test_headings_and_anchors_are_in_order(page):
    levels = [int(tag[1]) for tag, _attributes in page.tags if re.fullmatch(r"h\d", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    anchors = [attributes["id"] for _tag, attributes in page.tags if "id" in attributes]
    assert len(anchors) == len(set(anchors))
    assert {attributes["href"][1:] for tag, attributes in page.tags if tag == "a"} <= set(anchors)
    assert ("html", {"lang": "en"}) in page.tags
    bars = [attributes for _tag, attributes in page.tags if attributes.get("class") == "bar"]
    assert len(bars) == 4
    assert "configure 1 min 2 s (failed)" in bars[0]["aria-label"]
    assert "configure 3 min 0 s (stopped)" in bars[1]["aria-label"]


def test_what_comes_from_elsewhere_is_only_text(tmp_path):
    evil = samples.EVIL + "'\" onmouseover=x"
    outcome = Outcome(
        "web.local", "failed", text=evil, phase="configure", reasons=[evil], warnings=[evil], discarded=[evil], left_behind=[evil], next_steps=[evil],
        about={"version": evil, "type": evil},
        artifact=samples.artifact("web.local", evil, evil, {evil: 1}, location=evil, source={"description": evil}, metadata={"images": {evil: evil}}),
    )  # fmt: skip
    state = samples.make_run(tmp_path / "state", tmp_path / "report", {"web.local": ({"plan": 1, "configure": 2}, outcome)})
    text = html_page(collect(state, samples.RUN, ["web.local"]))
    page = Page(text)
    assert page.open == []
    assert "script" not in {tag for tag, _attributes in page.tags}
    assert not [name for _tag, attributes in page.tags for name in attributes if name.startswith("on")]
    assert "\x00" not in text
    assert "\x1b" not in text
    assert page.text.count("<script>alert('x')</script>") >= 8


def test_a_run_without_phases_has_a_page(tmp_path):
    state = StateFolder(tmp_path / "state")
    (state.run_build(samples.RUN, "web.local")).mkdir(parents=True)
    assert "interrupted" in html_page(collect(state, samples.RUN, ["web.local"]))


def test_reports_are_written_where_they_are_wanted(state, tmp_path):
    written, problems = write_reports([state], samples.RUN)
    assert (sorted(pathlib.Path(path).name for path in written), problems) == (["report.html", "report.junit"], [])
    (tmp_path / "file").write_text("")
    want(state, samples.RUN, "web.aws", "html", tmp_path / "file" / "report.html")
    want(state, samples.RUN, "web.aws", "html", tmp_path / "aws" / "report.html")
    _written, problems = write_reports([state], samples.RUN)
    assert len(problems) == 1
    assert "could not be written" in problems[0]
    assert "1 build: 1 built" in (tmp_path / "aws" / "report.html").read_text()


def test_what_a_post_processor_made_elsewhere_is_shown_as_it_says(tmp_path):
    state = StateFolder(tmp_path / "state")
    files = [{"path": path, "kind": "copy", "size": 1000, "sha256": "0" * 64} for path in ("s3://bucket/web.tar", "/srv/web.tar", "web.tar")]
    made = {**samples.artifact("web.local", "1", "x", {}), "files": files}
    Outcome("web.local", "built", artifact=made).save(state.run_build(samples.RUN, "web.local"))
    want(state, samples.RUN, "web.local", "html", tmp_path / "report.html")
    assert write_reports([state], samples.RUN) == ([str(tmp_path / "report.html")], [])
    page = (tmp_path / "report.html").read_text()
    assert all(f"<code>{file['path']}</code>" in page for file in files)


def test_a_report_that_cannot_be_made_is_a_problem_and_no_failure(tmp_path):
    state = StateFolder(tmp_path / "state")
    made = {**samples.artifact("web.local", "1", "x", {}), "files": [{"path": "/srv/web.tar"}]}
    Outcome("web.local", "built", artifact=made).save(state.run_build(samples.RUN, "web.local"))
    want(state, samples.RUN, "web.local", "html", tmp_path / "report.html")
    assert write_reports([state], samples.RUN) == ([], [f"the report {tmp_path}/report.html could not be made: KeyError: 'size'"])


def test_a_build_that_asks_twice_is_there_once(tmp_path):
    state = StateFolder(tmp_path)
    for _number in range(2):
        want(state, "run", "web.aws", "html", tmp_path / "r.html")
    assert wanted(state, "run") == {("html", str(tmp_path / "r.html")): ["web.aws"]}
    assert wanted(state, "other") == {}


def test_warnings_are_noted_once(tmp_path):
    for text in ("a", "b", "a"):
        note_warning(tmp_path, text)
    assert noted_warnings(tmp_path) == ["a", "b"]
    assert noted_warnings(tmp_path / "nothing") == []


# What Jenkins' and GitLab's schemas of JUnit XML agree on: element to its attributes, required ones first, and its children in order.
SCHEMA = {
    "testsuites": ({"name"}, {"tests", "failures", "errors", "skipped", "time"}, ["testsuite"]),
    "testsuite": ({"name", "tests", "failures", "errors", "time", "timestamp", "hostname"}, {"skipped"}, ["properties", "testcase"]),
    "properties": (set(), set(), ["property"]),
    "property": ({"name", "value"}, set(), []),
    "testcase": ({"name", "classname", "time"}, set(), ["skipped", "error", "failure", "system-out", "system-err"]),
    "skipped": (set(), {"message"}, []),
    "failure": ({"type"}, {"message"}, []),
    "error": ({"type"}, {"message"}, []),
    "system-out": (set(), set(), []),
    "system-err": (set(), set(), []),
}


def check(element: ET.Element) -> None:
    required, optional, children = SCHEMA[element.tag]
    assert required <= set(element.attrib) <= required | optional, element.tag
    order = [children.index(child.tag) for child in element]
    assert order == sorted(order), element.tag
    for child in element:
        check(child)


def test_junit_is_valid_and_counts_right(state):
    write_reports([state], samples.RUN)
    root = ET.parse(state.root.parent / "report.junit").getroot()
    check(root)
    [suite] = root
    cases = {(case.get("classname"), case.get("name")): case for case in suite.iter("testcase")}
    assert len(cases) == 5 * 6 == int(suite.get("tests"))
    assert [key for key, case in cases.items() if case.find("failure") is not None] == [("database.vsphere", "configure")]
    assert [key for key, case in cases.items() if case.find("error") is not None] == [("cache.docker", "configure")]
    assert (suite.get("failures"), suite.get("errors"), suite.get("timestamp")) == ("1", "1", "2026-01-31T12:00:00")
    assert "postgresql-19" in cases["database.vsphere", "configure"].find("failure").text
    assert cases["database.vsphere", "capture"].find("skipped").get("message") == "not reached"
    assert cases["base.docker", "launch"].find("skipped").get("message") == "nothing to do"
    assert cases["web.aws", "capture"].get("time") == "160.000"
    assert "the source image changed" in cases["web.aws", "export"].find("system-out").text
    assert sum(case.find("skipped") is not None for case in cases.values()) == int(suite.get("skipped"))


def test_a_run_that_only_verified_says_so(tmp_path):
    made = samples.artifact("web.local", "1.4.0", "sha256:" + "9f" * 32, {"oci.tar": 74_500_000})
    builds = {"web.local": ({"plan": 0.4, "verify": 31}, Outcome("web.local", "verified", artifact=made))}
    state = samples.make_run(tmp_path / "state", tmp_path / "report", builds)
    text = Page(html_page(collect(state, samples.RUN, list(builds)))).text
    assert "1 build: 1 verified" in text
    assert "74.5 MB" in text
    assert not [title for title in ("Why it was built", "What changed since the last build") if title in text]
    write_reports([state], samples.RUN)
    cases = {case.get("name"): [tag.tag for tag in case] for case in ET.parse(tmp_path / "report.junit").getroot().iter("testcase")}
    assert [name for name, inside in cases.items() if not inside] == ["plan", "verify"]
