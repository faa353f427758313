# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which files ``keep_input: false`` lets go once all chains are through."""

from __future__ import annotations

import dataclasses
import typing as t

from .._lifecycle.artifact import Artifact, ArtifactFile


@dataclasses.dataclass(frozen=True)
class Step:
    """A post-processor that ran.

    :ivar keep_input: whether the files it was given stay.
    :ivar artifact: what it returned; ``None`` when it was skipped or failed.
    :ivar failed: whether it failed, and the play went on.
    """

    chain: int
    keep_input: bool
    artifact: Artifact | None
    failed: bool = False


def unneeded_files(published: Artifact, steps: t.Sequence[Step]) -> list[str]:
    """Paths that no chain keeps.

    A file goes when every step that was given it said so and it is no part of a chain's result. A
    chain with a failed step keeps all it had.
    """
    given: set[str] = set()
    kept: set[str] = set()
    for chain in {step.chain for step in steps}:
        links = [step for step in steps if step.chain == chain]
        broken = any(step.failed for step in links)
        current = published
        ran = False
        for step in links:
            if step.artifact is None:
                continue
            (kept if step.keep_input or broken else given).update(_paths(current))
            current, ran = step.artifact, True
        if ran or broken:
            kept.update(_paths(current))
    return sorted(given - kept)


def without_files(artifact: Artifact, removed: t.Collection[str]) -> Artifact:
    """The record after files of it were removed; their paths stay in ``metadata.removed_files``."""
    gone = [file.path for file in artifact.files if file.path in removed]
    if not gone:
        return artifact
    left: tuple[ArtifactFile, ...] = tuple(file for file in artifact.files if file.path not in removed)
    return artifact.replace(files=left, metadata={**artifact.metadata, "removed_files": gone})


def _paths(artifact: Artifact) -> set[str]:
    return {file.path for file in artifact.files}
