# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Publishing: whole files, the old ones last, again after any interruption."""

from __future__ import annotations

import errno
import os
import pathlib
import typing as t

import pytest

from ansible_collections.golden.images.plugins.module_utils._builders.local import image
from ansible_collections.golden.images.plugins.module_utils._lifecycle.artifact import Artifact, ArtifactFile
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import BuilderError
from ansible_collections.golden.images.plugins.module_utils._lifecycle.operation import Context


def captured(folder: pathlib.Path, content: str, kinds: tuple[str, ...] = ("oci.tar", "rootfs.tar")) -> Artifact:
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for kind in kinds:
        path = folder / f"web.{kind}"
        path.write_text(f"{content} {kind}")
        files.append(ArtifactFile(str(path), kind, path.stat().st_size, "0"))
    return Artifact("sha256:0", "local", "web.local", "web", "local", "1", "f", str(folder), "2026-01-01T00:00:00Z", tuple(files))


@pytest.fixture
def output(tmp_path: pathlib.Path) -> pathlib.Path:
    return tmp_path / "output"


@pytest.fixture
def folder(tmp_path: pathlib.Path) -> pathlib.Path:
    return tmp_path / "captured" / "web.local" / "run"


def listing(folder: pathlib.Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_files_take_their_place_and_replace_older_ones(folder: pathlib.Path, output: pathlib.Path) -> None:
    image.publish(captured(folder, "old"), output, "web-1", Context())
    result = image.publish(captured(folder, "new"), output, "web-1", Context())
    assert result["changed"]
    assert listing(output) == {"web-1.oci.tar": "new oci.tar", "web-1.rootfs.tar": "new rootfs.tar"}
    assert [file["path"] for file in result["artifact"]["files"]] == [str(output / "web-1.oci.tar"), str(output / "web-1.rootfs.tar")]
    assert not folder.parent.exists()


def test_a_second_time_there_is_nothing_to_do(folder: pathlib.Path, output: pathlib.Path) -> None:
    result = image.publish(captured(folder, "new"), output, "web-1", Context())
    again = image.publish(Artifact.from_dict(result["artifact"]), output, "web-1", Context())
    assert not again["changed"]
    assert again["artifact"] == result["artifact"]


def test_a_kind_that_is_no_longer_made_goes_and_other_files_stay(folder: pathlib.Path, output: pathlib.Path) -> None:
    image.publish(captured(folder, "old"), output, "web-1", Context())
    (output / "manifest.json").write_text("{}")
    image.publish(captured(folder, "new", ("oci.tar",)), output, "web-1", Context())
    assert sorted(listing(output)) == ["manifest.json", "web-1.oci.tar"]


def test_another_file_system_is_copied_to(folder: pathlib.Path, output: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: t.Any) -> None:
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))

    monkeypatch.setattr(os, "link", refuse)
    image.publish(captured(folder, "new"), output, "web-1", Context())
    assert listing(output) == {"web-1.oci.tar": "new oci.tar", "web-1.rootfs.tar": "new rootfs.tar"}


def test_a_full_disk_leaves_the_old_files_and_the_captured_ones(folder: pathlib.Path, output: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    image.publish(captured(folder, "old"), output, "web-1", Context())
    fresh = captured(folder, "new")

    def copy(_source: pathlib.Path, partial: pathlib.Path) -> None:
        partial.write_text("half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(image, "_copy", copy)
    with pytest.raises(BuilderError, match=r"No space left.*Free space"):
        image.publish(fresh, output, "web-1", Context())
    assert listing(output) == {"web-1.oci.tar": "old oci.tar", "web-1.rootfs.tar": "old rootfs.tar"}
    assert all(pathlib.Path(file.path).exists() for file in fresh.files)


def test_check_mode_moves_nothing(folder: pathlib.Path, output: pathlib.Path) -> None:
    assert image.publish(captured(folder, "new"), output, "web-1", Context(check_mode=True))["changed"]
    assert not output.exists()


def test_removal_is_idempotent(folder: pathlib.Path) -> None:
    artifact = captured(folder, "new")
    for _time in range(2):
        image.remove_files(artifact)
    assert not folder.parent.exists()
