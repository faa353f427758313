# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the report says of one build."""

from __future__ import annotations

import html
import os
import typing as t

from .._lifecycle.summary import human_seconds, human_size
from .collecting import BuildReport

_FLAT = 0.005
_PICTURES = {**{code: 0x2400 + code for code in range(32) if chr(code) not in "\t\n"}, 0x7F: 0x2421}


_END_BADGES = {False: ' <span class="badge worse">failed here</span>', True: ' <span class="badge warn">stopped here</span>'}


def shown(value: object) -> str:
    """A text that is only text, wherever it came from; what controls a terminal is shown as a symbol."""
    return html.escape(str(value).translate(_PICTURES))


def badge(build: BuildReport) -> str:
    """How it ended, in a word."""
    kind = build.outcome.kind
    look = ("good" if kind.worked else "calm") if kind.well else "warn" if build.outcome.outcome == "interrupted" else "worse"
    return f'<span class="badge {look}">{kind.word.lower()}</span>'


def build_card(build: BuildReport, anchor: str) -> str:
    """A section of the page; one of a build with nothing to do is folded."""
    name, about = shown(build.name), build.outcome.about
    facts = [f"version {about['version']}" if about.get("version") else "", about.get("type", "")]
    described = shown(", ".join(fact for fact in facts if fact))
    head = f'<h3>{name}</h3> {badge(build)} <span class="soft">{described}</span>'
    if build.outcome.outcome == "unchanged":
        inside = _text(build) + _artifacts(build)
        return f'<details class="card" id="{anchor}"><summary>{head}</summary>\n{inside}</details>\n'
    inside = _text(build) + _warnings(build) + _reasons(build) + _phases(build) + _artifacts(build) + _next_steps(build) + _discarded(build)
    return f'<article class="card{_kind(build)}" id="{anchor}"><div class="head">{head}</div>\n{inside}</article>\n'


def _kind(build: BuildReport) -> str:
    return "" if build.well else " stopped" if build.outcome.outcome == "interrupted" else " bad"


def _text(build: BuildReport) -> str:
    if not build.outcome.text:
        return "" if build.well else "<p>It was stopped before it could say how it went.</p>\n"
    if build.well:
        return f"<p>{shown(build.outcome.text[:1].upper() + build.outcome.text[1:])}.</p>\n"
    where = f" in the phase {shown(build.outcome.phase)}" if build.outcome.phase else ""
    return f'<h4>Why it failed{where}</h4>\n<pre class="error" tabindex="0">{shown(build.outcome.text)}</pre>\n'


def _list(title: str, items: t.Iterable[str]) -> str:
    entries = "".join(f"<li>{shown(item)}</li>" for item in items)
    return f"<h4>{title}</h4>\n<ul>{entries}</ul>\n" if entries else ""


def _warnings(build: BuildReport) -> str:
    left = "Still there, and to be removed by hand or with golden.images.discard"
    return _list("Warnings", build.outcome.warnings) + _list(left, build.outcome.left_behind)


def _reasons(build: BuildReport) -> str:
    title = "What changed since the last build" if build.previous else "Why it was built" if build.well else "Why it was to be built"
    return _list(title, build.outcome.reasons)


def _phases(build: BuildReport) -> str:
    if not build.phases:
        return ""
    compared = any(phase.usual is not None for phase in build.phases)
    rows = ""
    for phase in build.phases:
        usual = "" if phase.usual is None else human_seconds(phase.usual)
        failed = _END_BADGES[build.outcome.outcome == "interrupted"] if phase.failed else ""
        rows += f'<tr><th scope="row"><i class="{phase.name} dot"></i>{phase.name}{failed}</th><td class="number">{human_seconds(phase.seconds)}</td>'
        rows += f'<td class="number">{usual}</td></tr>' if compared else "</tr>"
    head = '<th scope="col">Phase</th><th scope="col" class="number">Took</th>' + ('<th scope="col" class="number">Usually</th>' if compared else "")
    table = f'<table class="data narrow"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
    return f"<details{'' if build.well else ' open'}><summary><h4>Phases, {human_seconds(build.seconds)}</h4></summary>\n{table}</details>\n"


def _artifacts(build: BuildReport) -> str:
    if not build.artifacts:
        return ""
    image = build.artifacts[0]
    facts = {"Image": image["id"], "Where": image["location"], "Source": image.get("source", {}).get("description", ""), "Created": image["created"]}
    images = image.get("metadata", {}).get("images")
    if isinstance(images, dict):
        facts.update({f"In {region}": str(identifier) for region, identifier in sorted(images.items())})
    if build.previous and build.previous.artifact != image["id"]:
        facts["Before"] = f"{build.previous.artifact} (version {build.previous.version}, {build.previous.at})"
    listed = "".join(f"<dt>{shown(name)}</dt><dd><code>{shown(value)}</code></dd>" for name, value in facts.items() if value)
    return f"<h4>Artifact</h4>\n<dl>{listed}</dl>\n{_files(build)}"


def _files(build: BuildReport) -> str:
    files = {file["path"]: file for artifact in build.artifacts for file in artifact["files"]}
    if not files:
        return ""
    # A post-processor of somebody else may name what is no file here.
    is_local = all(map(os.path.isabs, files))
    folder = os.path.commonpath(list(map(os.path.dirname, files))) if is_local else ""
    before = build.previous.files if build.previous else {}
    rows = ""
    for path, file in files.items():
        name = shown(os.path.relpath(path, folder) if folder else path)
        rows += f'<tr><td class="path"><code>{name}</code></td><td class="number">{human_size(file["size"])}</td>'
        rows += f'<td class="number">{_difference(file["size"], before.get(file["kind"]))}</td>' if before else ""
        rows += f'<td class="path"><code>{shown(file["sha256"])}</code></td></tr>'
    compared = '<th scope="col" class="number">Than before</th>' if before else ""
    head = f'<tr><th scope="col">File</th><th scope="col" class="number">Size</th>{compared}<th scope="col">SHA-256</th></tr>'
    table = f'<table class="data"><thead>{head}</thead><tbody>{rows}</tbody></table>'
    where = "" if not folder or folder == build.artifacts[0]["location"] else f'<p class="soft">Files in <code>{shown(folder)}</code></p>'
    return f'{where}\n<div class="wide" tabindex="0" role="region" aria-label="Files of {shown(build.name)}">{table}</div>\n'


def _difference(size: int, before: int | None) -> str:
    if before is None:
        return "new"
    change = size - before
    if abs(change) <= before * _FLAT:
        return "same" if not change else "about the same"
    percent = f" ({change / before * 100:+.0f} %)" if before else ""
    return f"{'+' if change > 0 else '−'}{human_size(abs(change))}{percent}"


def _next_steps(build: BuildReport) -> str:
    steps = "\n".join(build.outcome.next_steps)
    return f"<h4>Next</h4>\n<pre>{shown(steps)}</pre>\n" if steps else ""


def _discarded(build: BuildReport) -> str:
    return _list("Removed again", build.outcome.discarded)
