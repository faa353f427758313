# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run tells the next job of a workflow: the artifacts of ``set_stats``, which AWX passes on as variables."""

from __future__ import annotations

import typing as t

from .._lifecycle.progress import Outcome

VARIABLE = "golden_artifacts"
"""Variable that the next job gets: build to what it made."""

_MOST_FILES = 10
_PLAIN = ("id", "type", "image", "builder", "version", "location", "created", "fingerprint")


def workflow_data(outcome: Outcome) -> dict[str, t.Any]:
    """Small, since AWX keeps it in its database and hands it to every following job; nothing when no artifact is there.

    :returns: ``{"golden_artifacts": {<build>: {"outcome", "id", "type", "image", "builder", "version", "location", "created", "fingerprint",
        "images" (region to id, where there are any), "names" (of a container image), "files": [{"path", "kind", "sha256"}], "more_files"}}}``.
    """
    artifact = outcome.artifact
    if not artifact:
        return {}
    # The newest entry of a path wins: a post-processor may have added to an artifact.
    files = list({file["path"]: file for made in [artifact, *outcome.outputs] for file in made["files"]}.values())
    data: dict[str, t.Any] = {"outcome": outcome.outcome, **{key: artifact[key] for key in _PLAIN}}
    for key, name in (("images", "images"), ("tags", "names")):
        if value := artifact.get("metadata", {}).get(key):
            data[name] = value
    data["files"] = [{key: file[key] for key in ("path", "kind", "sha256")} for file in files[:_MOST_FILES]]
    if len(files) > _MOST_FILES:
        data["more_files"] = len(files) - _MOST_FILES
    return {VARIABLE: {outcome.build: data}}
