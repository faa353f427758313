# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Manifests: their shape, and that nobody's entry is lost."""

from __future__ import annotations

import concurrent.futures
import json

import pytest

from ansible_collections.golden.images.plugins.module_utils._lifecycle import manifest as manifests
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import GoldenError
from ansible_collections.golden.images.plugins.module_utils._post_processors import manifest


def test_both_manifests_are_written_once(process, output, tmp_path):
    result = process(manifest.OPERATION, custom_data={"commit": "3f2a"})
    assert result["changed"]
    written = json.loads((output / "manifest.json").read_text())
    assert written["artifact"]["files"][0]["kind"] == "rootfs.tar"
    assert written["custom_data"] == {"commit": "3f2a"}
    packer = json.loads((tmp_path / "output" / "packer-manifest.json").read_text())
    [build] = packer["builds"]
    assert packer["last_run_uuid"] == build["packer_run_uuid"] == "0123456789ab"
    assert build["build_time"] == 1769860800
    assert set(build) == {"name", "builder_type", "build_time", "files", "artifact_id", "packer_run_uuid", "custom_data"}
    assert build["files"][1]["size"] == 300
    assert not process(manifest.OPERATION, custom_data={"commit": "3f2a"})["changed"]


def test_strip_and_check_mode(process, output, context):
    context.check_mode = True
    assert process(manifest.OPERATION)["changed"]
    assert not (output / "manifest.json").exists()
    context.check_mode = False
    process(manifest.OPERATION, strip_path=True, strip_time=True)
    written = json.loads((output / "manifest.json").read_text())["artifact"]
    assert str(output) not in json.dumps(written)
    assert "created" not in written


def test_another_run_is_appended(tmp_path, artifact):
    path = tmp_path / "packer-manifest.json"
    for run in ("one", "one", "two"):
        manifests.merge_packer_manifest(path, manifests.packer_entry(artifact, run))
    written = json.loads(path.read_text())
    assert [build["packer_run_uuid"] for build in written["builds"]] == ["one", "two"]
    assert written["last_run_uuid"] == "two"


def test_builds_side_by_side_keep_each_others_entries(tmp_path, artifact):
    path = tmp_path / "golden-manifest.json"

    def merge(number: int) -> None:
        build = manifests.build_manifest(artifact.replace(build=f"web.b{number}"), f"run{number % 2}")
        manifests.merge_run_manifest(path, f"run{number % 2}", build)

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(merge, range(24)))
    assert set(json.loads(path.read_text())["builds"]) == {f"web.b{number}" for number in range(24)}


def test_a_damaged_manifest_is_not_overwritten(tmp_path, artifact):
    path = tmp_path / "packer-manifest.json"
    path.write_text("{")
    with pytest.raises(GoldenError, match="is not a manifest"):
        manifests.merge_packer_manifest(path, manifests.packer_entry(artifact, "one"))
    assert path.read_text() == "{"
