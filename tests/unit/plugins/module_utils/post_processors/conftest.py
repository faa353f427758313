# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An artifact with two files."""

from __future__ import annotations

import pathlib

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.golden.images.plugins.module_utils._lifecycle.artifact import Artifact
from ansible_collections.golden.images.plugins.module_utils._lifecycle.operation import Context, Operation, Result
from ansible_collections.golden.images.plugins.module_utils._post_processors._artifact_files import recorded


@pytest.fixture
def output(tmp_path: pathlib.Path) -> pathlib.Path:
    """Output folder of the build."""
    folder = tmp_path / "output" / "web" / "1.0.0" / "local"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def artifact(output: pathlib.Path) -> Artifact:
    """As a builder publishes it."""
    files = []
    for kind, content in (("rootfs.tar", b"root" * 5000), ("oci.tar", b"oci" * 100)):
        path = output / f"web-1.0.0-local.{kind}"
        path.write_bytes(content)
        files.append(recorded(path, kind))
    return Artifact(
        id="sha256:abc",
        type="local",
        build="web.local",
        image="web",
        builder="local",
        version="1.0.0",
        fingerprint="f" * 64,
        location=str(output),
        created="2026-01-31T12:00:00Z",
        files=tuple(files),
    )


@pytest.fixture
def context(output: pathlib.Path) -> Context:
    """A run inside a build."""
    return Context(build={"output_dir": str(output), "file_stem": "web-1.0.0-local", "run_id": "0123456789ab", "name": "web.local"})


@pytest.fixture
def process(artifact: Artifact, context: Context):
    """Runs an operation as the action plugin does."""

    def run(operation: Operation, given: Artifact | None = None, **options: object) -> Result:
        checked = ArgumentSpecValidator(operation.argument_spec, **operation.constraints).validate({"artifact": (given or artifact).to_dict(), **options})
        assert not checked.error_messages, checked.error_messages
        return operation.run(checked.validated_parameters, context)

    return run
