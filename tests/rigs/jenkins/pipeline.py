# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Jenkinsfile as Jenkins would read it: with its Groovy, and with nothing in a section that does not belong there."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import tempfile
import typing as t

from ..docker.processes import RigError
from ..docker.rig import program

_READER = pathlib.Path(__file__).with_name("read_pipeline.groovy")


def read_pipeline(text: str) -> list[dict[str, t.Any]]:
    """Sections of a declarative pipeline, as ``name``, ``arguments`` and what is ``inside``.

    :raises RigError: when Jenkins would refuse it.
    """
    # Debian's program looks at one place for Java, which another package makes.
    environment = {**os.environ, "JAVA_HOME": str(pathlib.Path(program("java")).resolve().parents[1])}
    with tempfile.NamedTemporaryFile("w", suffix=".groovy") as file:
        file.write(text)
        file.flush()
        argv = [program("groovy"), str(_READER), file.name]
        done = subprocess.run(argv, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode:
        raise RigError(done.stderr)
    return list(json.loads(done.stdout))
