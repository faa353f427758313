# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The reports of real runs: good ones, failed ones, interrupted ones; and the page in a browser."""

from __future__ import annotations

import itertools
import json
import signal
import struct
import typing as t
import xml.etree.ElementTree as ET
import zlib

import pytest
import yaml

from .browser import DARK, LIGHT, Browser

if t.TYPE_CHECKING:
    from .conftest import Workspace

IMAGE: dict[str, t.Any] = {"provisioners": [{"tasks": "configure.yml"}], "verify": [{"tasks": "check.yml"}], "post_processors": [{"type": "checksum"}]}
BAD: dict[str, t.Any] = {"provisioners": [{"tasks": "bad.yml", "retries": 1}]}
FAIL = """
- name: Fail somewhere
  ansible.builtin.command: sh -c 'echo "<b>bold</b> reason" >&2; exit 3'
"""
WANTED = ("-e", "golden_report=reports/run.html", "-e", "golden_junit=reports/run.xml")


def colours(png: bytes) -> set[bytes]:
    """Colours of some pixels of a picture without filters that matter: enough to tell an empty page from a full one."""
    data, position = b"", 8
    while position < len(png):
        (length,) = struct.unpack(">I", png[position : position + 4])
        if png[position + 4 : position + 8] == b"IDAT":
            data += png[position + 8 : position + 8 + length]
        position += length + 12
    raw = zlib.decompress(data)
    return {raw[index : index + 3] for index in range(0, len(raw) - 3, 997)}


@pytest.mark.smoke
def test_a_run_with_a_failed_build_has_its_reports(workspace: Workspace) -> None:
    workspace.write("bad.yml", FAIL)
    workspace.define({"web": IMAGE})
    workspace.run().ok()
    workspace.define({"web": {**IMAGE, "labels": {"team": "web"}}, "bad": BAD}, builder={"token": "a-secret-token"})
    result = workspace.run("-f", "2", *WANTED)
    assert result.rc == 2
    assert "Report: reports/run.html" in result.stdout
    page = (workspace.folder / "reports/run.html").read_text(encoding="utf-8")
    for part in (
        "2 builds: 1 built, 1 failed",
        "What changed since the last build",
        "labels changed",
        "&lt;b&gt;bold&lt;/b&gt; reason",
        "attempt 1 of 2",
        "web-1-folder.txt.sha256",
        "Usually",
    ):
        assert part in page or part.replace("1 built, 1 failed", "1 failed, 1 built") in page, part
    assert "<b>" not in page
    assert "a-secret-token" not in page
    suites = ET.parse(workspace.folder / "reports/run.xml").getroot()
    assert (suites.get("tests"), suites.get("failures")) == ("12", "1")
    assert "a-secret-token" not in (workspace.folder / "reports/run.xml").read_text(encoding="utf-8")
    workspace.quiet()
    assert workspace.private_files() == []


def test_no_report_is_written_unasked_and_none_in_check_mode(workspace: Workspace) -> None:
    workspace.define({"web": IMAGE})
    workspace.run("--check", *WANTED).ok()
    workspace.run().ok()
    assert not (workspace.folder / "reports").exists()
    workspace.write("host_vars/web.folder.yml", "golden_report: '{{ playbook_dir }}/nowhere/{{ golden_version }}.html'\n")
    workspace.write("file", "")
    result = workspace.run("-e", f"golden_report={workspace.folder}/file/run.html").ok()
    assert "could not be written" in result.output, "a build does not fail for its report"


def test_variables_of_the_inventory_name_reports(workspace: Workspace) -> None:
    workspace.define({"web": IMAGE, "app": IMAGE})
    workspace.write("group_vars/golden_builds.yml", "golden_report: '{{ golden_image }}.html'\n")
    workspace.run("-f", "2").ok()
    assert "1 build: 1 built" in (workspace.folder / "web.html").read_text(encoding="utf-8")
    assert "app.folder" not in (workspace.folder / "web.html").read_text(encoding="utf-8")
    workspace.run("-f", "2").ok()
    assert "1 build: 1 up to date" in (workspace.folder / "app.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_run_that_is_ended_has_its_reports(workspace: Workspace, number: signal.Signals) -> None:
    workspace.define({"web": IMAGE})
    workspace.hold("launch-web")
    running = workspace.start(*WANTED)
    workspace.held(running, "launch-web")
    if number == signal.SIGKILL:
        running.kill_with_children()
    else:
        running.process.send_signal(number)
    running.wait()
    workspace.quiet()
    page = (workspace.folder / "reports/run.html").read_text(encoding="utf-8")
    assert "1 build: 1 interrupted" in page
    assert "stopped here" in page
    assert ET.parse(workspace.folder / "reports/run.xml").getroot().get("errors") == "1"


def test_definitions_with_state_folders_of_their_own_are_one_run(workspace: Workspace) -> None:
    workspace.define({"web": IMAGE})
    definition = yaml.safe_load((workspace.folder / "images.golden.yml").read_text(encoding="utf-8"))
    for name in ("configure.yml", "check.yml"):
        workspace.write(f"other/{name}", (workspace.folder / name).read_text(encoding="utf-8"))
    workspace.write("other/more.golden.yml", yaml.safe_dump({**definition, "images": {"app": definition["images"]["web"]}}))
    both = ("-i", "other/more.golden.yml", "-f", "2", "-e", f"golden_report={workspace.folder}/run.html")
    report = workspace.folder / "run.html"
    workspace.hold("launch-web", "launch-app")
    running = workspace.start(*both)
    workspace.held(running, "launch-web", "launch-app")
    running.kill_with_children()
    workspace.quiet()
    assert workspace.there() == set()
    assert not list(workspace.folder.rglob("locks/*.lock"))
    assert "2 builds: 2 interrupted" in report.read_text(encoding="utf-8")
    workspace.open_gates()
    finished = workspace.run(*both).ok()
    assert finished.stdout.count("2 builds: 2 built") == 1, finished.output
    assert finished.stdout.count("Report: ") == 1
    text = report.read_text(encoding="utf-8")
    assert "2 builds: 2 built" in text
    assert text.index("app.folder") < text.index("web.folder")
    assert workspace.there() == {"app-1", "web-1"}


def custom_stats(output: str) -> dict[str, t.Any]:
    """What the run set with ``set_stats``."""
    lines = [line.split("RUN: ", 1)[1] for line in output.splitlines() if "RUN: " in line]
    assert len(lines) == 1, output
    return dict(json.loads(lines[0]))


def test_workflows_get_what_was_made(workspace: Workspace) -> None:
    workspace.write("bad.yml", FAIL)
    workspace.define({"web": IMAGE, "app": IMAGE, "bad": BAD}, builder={"token": "a-secret-token"})
    environment = {"ANSIBLE_SHOW_CUSTOM_STATS": "true", "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.default"}
    output = workspace.run("-f", "3", **environment).output
    images = custom_stats(output)["golden_artifacts"]
    assert sorted(images) == ["app.folder", "web.folder"]
    web = images["web.folder"]
    assert web["id"].startswith("folder:")
    assert (web["image"], web["builder"], web["version"], web["outcome"]) == ("web", "folder", "1", "built")
    assert [file["kind"] for file in web["files"]] == ["txt", "txt.sha256"]
    assert "a-secret-token" not in output
    again = custom_stats(workspace.run("-f", "3", **environment).output)["golden_artifacts"]["web.folder"]
    assert (again["outcome"], again["id"]) == ("unchanged", web["id"])


def test_the_page_in_a_browser(workspace: Workspace, require: t.Callable[..., None]) -> None:
    require("chromium")
    workspace.write("bad.yml", FAIL)
    workspace.define({"same": IMAGE, "web": IMAGE})
    workspace.run("-f", "2").ok()
    workspace.define({"same": IMAGE, "web": {**IMAGE, "labels": {"team": "web"}}, "bad": BAD})
    assert workspace.run("-f", "3", *WANTED).rc == 2
    page = workspace.folder / "reports/run.html"
    browser = Browser(workspace.folder)
    for width, scheme in itertools.product((360, 1280), (LIGHT, DARK)):
        measured = browser.measured(page, width, scheme)
        assert measured["texts"] > 30
        assert measured["low"] == []
        assert measured["overflow"] == 0, f"sticks out of a window of {width} pixels"
        assert min(measured["bars"]) >= 1
        assert len(measured["bars"]) >= 8
        red, green, blue = (int(part) for part in measured["background"].removeprefix("rgb(").removesuffix(")").split(","))
        assert (red + green + blue < 3 * 60) is (scheme == DARK)
        assert len(colours(browser.screenshot(page, width, 1600, scheme))) > 20
