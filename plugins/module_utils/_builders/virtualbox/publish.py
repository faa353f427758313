# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""States ``published`` and ``absent``."""

from __future__ import annotations

import os
import pathlib

from ..._lifecycle.artifact import Artifact
from ..._lifecycle.image_files import publish_files, remove_files
from ..._lifecycle.operation import Context, Params, Result
from . import keeping
from .image_kinds import is_ours


def published(params: Params, context: Context) -> Result:
    """Give files and machine their final names; what had them before goes last. Safe to repeat."""
    artifact = Artifact.from_dict(params["artifact"])
    result = publish_files(artifact, pathlib.Path(params["output_dir"]).absolute(), params["file_stem"], context, is_ours)
    if context.check_mode:
        return result
    placed, changed = keeping.publish(Artifact.from_dict(result["artifact"]))
    return {"changed": result["changed"] or changed, "artifact": placed.to_dict()}


def absent(params: Params, context: Context) -> Result:
    """Remove the files of an artifact, and its machine when it is registered."""
    artifact = Artifact.from_dict(params["artifact"])
    present = any(os.path.lexists(file.path) for file in artifact.files) or (keeping.MACHINE in artifact.metadata and keeping.is_there(artifact))
    if present and not context.check_mode:
        remove_files(artifact)
        keeping.remove(artifact)
    return {"changed": present}
