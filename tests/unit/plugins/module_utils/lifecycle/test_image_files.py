# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Images that are files: published whole, the old ones last, again after any interruption; captured whole or not at all."""

from __future__ import annotations

import errno
import os
import pathlib
import typing as t

import pytest

from ansible_collections.golden.images.plugins.module_utils._lifecycle import image_files
from ansible_collections.golden.images.plugins.module_utils._lifecycle.artifact import Artifact, ArtifactFile
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import BuilderError
from ansible_collections.golden.images.plugins.module_utils._lifecycle.journal import Journal
from ansible_collections.golden.images.plugins.module_utils._lifecycle.operation import Context

KINDS = ("oci.tar", "rootfs.tar")


def publish(artifact: Artifact, output: pathlib.Path, stem: str, context: Context) -> dict[str, t.Any]:
    return image_files.publish_files(artifact, output, stem, context, KINDS.__contains__)


def captured(folder: pathlib.Path, content: str, kinds: tuple[str, ...] = KINDS) -> Artifact:
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
    publish(captured(folder, "old"), output, "web-1", Context())
    result = publish(captured(folder, "new"), output, "web-1", Context())
    assert result["changed"]
    assert listing(output) == {"web-1.oci.tar": "new oci.tar", "web-1.rootfs.tar": "new rootfs.tar"}
    assert [file["path"] for file in result["artifact"]["files"]] == [str(output / "web-1.oci.tar"), str(output / "web-1.rootfs.tar")]
    assert not folder.parent.exists()


def test_a_second_time_there_is_nothing_to_do(folder: pathlib.Path, output: pathlib.Path) -> None:
    result = publish(captured(folder, "new"), output, "web-1", Context())
    again = publish(Artifact.from_dict(result["artifact"]), output, "web-1", Context())
    assert not again["changed"]
    assert again["artifact"] == result["artifact"]


def test_a_kind_that_is_no_longer_made_goes_and_other_files_stay(folder: pathlib.Path, output: pathlib.Path) -> None:
    publish(captured(folder, "old"), output, "web-1", Context())
    (output / "manifest.json").write_text("{}")
    publish(captured(folder, "new", ("oci.tar",)), output, "web-1", Context())
    assert sorted(listing(output)) == ["manifest.json", "web-1.oci.tar"]


def test_another_file_system_is_copied_to(folder: pathlib.Path, output: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: t.Any) -> None:
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))

    monkeypatch.setattr(os, "link", refuse)
    publish(captured(folder, "new"), output, "web-1", Context())
    assert listing(output) == {"web-1.oci.tar": "new oci.tar", "web-1.rootfs.tar": "new rootfs.tar"}


def test_a_full_disk_leaves_the_old_files_and_the_captured_ones(folder: pathlib.Path, output: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(captured(folder, "old"), output, "web-1", Context())
    fresh = captured(folder, "new")

    def copy(_source: pathlib.Path, partial: pathlib.Path) -> None:
        partial.write_text("half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(image_files, "_copy", copy)
    with pytest.raises(BuilderError, match=r"No space left.*Free space"):
        publish(fresh, output, "web-1", Context())
    assert listing(output) == {"web-1.oci.tar": "old oci.tar", "web-1.rootfs.tar": "old rootfs.tar"}
    assert all(pathlib.Path(file.path).exists() for file in fresh.files)


def test_check_mode_moves_nothing(folder: pathlib.Path, output: pathlib.Path) -> None:
    assert publish(captured(folder, "new"), output, "web-1", Context(check_mode=True))["changed"]
    assert not output.exists()


def test_removal_is_idempotent(folder: pathlib.Path) -> None:
    artifact = captured(folder, "new")
    for _time in range(2):
        image_files.remove_files(artifact)
    assert not folder.parent.exists()


def test_files_are_there_with_their_size(folder: pathlib.Path) -> None:
    artifact = captured(folder, "new")
    assert image_files.are_there(artifact)
    pathlib.Path(artifact.files[1].path).write_text("cut")
    assert not image_files.are_there(artifact)
    assert not image_files.are_there(artifact.replace(files=()))
    given_up = {"removed_files": [file.path for file in artifact.files]}
    assert image_files.are_there(artifact.replace(files=(), metadata=given_up))
    assert not image_files.are_there(artifact.replace(metadata=given_up))


@pytest.mark.parametrize(("error", "message"), [(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), "No space left.*Free space"), (KeyboardInterrupt(), "")])
def test_a_capture_that_fails_leaves_no_file(folder: pathlib.Path, tmp_path: pathlib.Path, error: BaseException, message: str) -> None:
    context = Context(journal=Journal(tmp_path / "journal"))

    def capture() -> None:
        with image_files.capturing(folder, image_files.captured_resource(folder), context):
            (folder / "half").write_text("half")
            assert context.journal.unfinished()
            raise error

    with pytest.raises(BuilderError if message else KeyboardInterrupt, match=message or None):
        capture()
    assert not folder.exists()
    assert not context.journal.unfinished()


def test_what_a_killed_capture_left_is_discarded(folder: pathlib.Path) -> None:
    captured(folder, "half")
    resource = image_files.captured_resource(folder)
    assert image_files.BUILDER.discard(resource, {})
    assert not image_files.BUILDER.discard(resource, {})
    assert not folder.exists()


def test_too_little_space_is_said_early(tmp_path: pathlib.Path) -> None:
    image_files.check_space(tmp_path, None)
    with pytest.raises(BuilderError, match="free_space asks for 1000000000"):
        image_files.check_space(tmp_path, 1_000_000_000)
