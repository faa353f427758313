# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""checksum, compress, files: what they write, and that a second run changes nothing."""

from __future__ import annotations

import errno
import os
import pathlib
import shutil
import subprocess
import tarfile
import zipfile

import pytest

from ansible_collections.golden.images.plugins.module_utils._lifecycle.artifact import Artifact
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import GoldenError
from ansible_collections.golden.images.plugins.module_utils._post_processors import _streams, checksum, compress, files


def names(folder: pathlib.Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.mark.parametrize("algorithm", ["sha256", "sha512", "md5"])
def test_checksum_files_are_verified_by_coreutils(process, output, algorithm):
    result = process(checksum.OPERATION, algorithms=[algorithm])
    assert result["changed"]
    for name in ("web-1.0.0-local.rootfs.tar", "web-1.0.0-local.oci.tar"):
        subprocess.run([f"{algorithm}sum", "--strict", "-c", f"{name}.{algorithm}"], cwd=output, check=True)
    kinds = [file["kind"] for file in result["artifact"]["files"]]
    assert kinds == ["rootfs.tar", "oci.tar", f"oci.tar.{algorithm}", f"rootfs.tar.{algorithm}"]


def test_one_sums_file_has_all_files_and_not_itself(process, output):
    first = process(checksum.OPERATION, sums_file=True)
    again = process(checksum.OPERATION, given=Artifact.from_dict(first["artifact"]), sums_file=True)
    assert not again["changed"]
    assert (output / "SHA256SUMS").read_text().count("\n") == 2
    subprocess.run(["sha256sum", "--strict", "-c", "SHA256SUMS"], cwd=output, check=True)


def test_checksum_is_idempotent_and_check_mode_writes_nothing(process, output, context):
    context.check_mode = True
    assert process(checksum.OPERATION)["changed"]
    assert len(names(output)) == 2
    context.check_mode = False
    assert process(checksum.OPERATION)["changed"]
    assert not process(checksum.OPERATION)["changed"]


def test_checksum_refuses_a_file_that_is_not_what_was_captured(process, output):
    (output / "web-1.0.0-local.oci.tar").write_bytes(b"something else")
    with pytest.raises(GoldenError, match="not what was captured"):
        process(checksum.OPERATION)


def test_a_strange_name_is_escaped_as_coreutils_do(process, output, artifact):
    path = output / "a\\b"
    path.write_bytes(b"x")
    given = artifact.replace(files=(files.recorded(path, "file"),))
    process(checksum.OPERATION, given=given)
    subprocess.run(["sha256sum", "--strict", "-c", "a\\b.sha256"], cwd=output, check=True)


@pytest.mark.parametrize("chosen", ["tar", "tar.gz", "tar.xz", "tar.zst"])
def test_archives_are_read_by_tar_and_come_out_the_same(process, output, chosen):
    result = process(compress.OPERATION, format=chosen)
    target = output / f"web-1.0.0-local.{chosen}"
    listing = subprocess.run(["tar", "--utc", "--numeric-owner", "-tvf", target], check=True, capture_output=True, text=True).stdout.splitlines()
    assert [line.split() for line in listing] == [
        ["-rw-r--r--", "0/0", "300", "2026-01-31", "12:00", "web-1.0.0-local.oci.tar"],
        ["-rw-r--r--", "0/0", "20000", "2026-01-31", "12:00", "web-1.0.0-local.rootfs.tar"],
    ]
    assert result["changed"]
    before = target.stat().st_mtime_ns
    assert not process(compress.OPERATION, format=chosen)["changed"]
    assert target.stat().st_mtime_ns == before
    assert [file["kind"] for file in result["artifact"]["files"]] == [chosen]
    assert result["artifact"]["id"] == "sha256:" + result["artifact"]["files"][0]["sha256"]
    assert (output / "web-1.0.0-local.rootfs.tar").exists()


@pytest.mark.parametrize(("chosen", "program"), [("gz", "gzip"), ("xz", "xz"), ("zst", "zstd")])
def test_single_files_keep_the_others(process, output, chosen, program):
    result = process(compress.OPERATION, format=chosen, kinds=["rootfs.tar"], level=1, threads=2)
    compressed = output / f"web-1.0.0-local.rootfs.tar.{chosen}"
    plain = subprocess.run([program, "-dc", compressed], check=True, capture_output=True).stdout
    assert plain == (output / "web-1.0.0-local.rootfs.tar").read_bytes()
    assert [file["kind"] for file in result["artifact"]["files"]] == [f"rootfs.tar.{chosen}", "oci.tar"]
    assert not process(compress.OPERATION, format=chosen, kinds=["rootfs.tar"], level=1, threads=2)["changed"]


def test_zip(process, output):
    process(compress.OPERATION, format="zip", output="all.zip", level=9)
    with zipfile.ZipFile(output / "all.zip") as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["web-1.0.0-local.oci.tar", "web-1.0.0-local.rootfs.tar"]
        assert archive.infolist()[0].date_time == (2026, 1, 31, 12, 0, 0)


def test_the_level_counts(process, output):
    sizes = []
    for level in (0, 9):
        process(compress.OPERATION, format="zip", output=f"{level}.zip", level=level)
        sizes.append((output / f"{level}.zip").stat().st_size)
    assert sizes[0] > 10 * sizes[1]
    with pytest.raises(GoldenError, match="level 20"):
        process(compress.OPERATION, format="tar.zst", level=20)


def test_a_full_disk_is_told_and_leaves_nothing(process, output, monkeypatch):
    def full(*_args: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(compress, "_write_tar", full)
    before = names(output)
    with pytest.raises(GoldenError, match=r"No space left.*Free space"):
        process(compress.OPERATION)
    assert names(output) == before


def test_the_partial_file_is_journalled_before_it_exists(process, context, output):
    events: list[tuple[str, bool]] = []

    class Journal:
        def creating(self, resource):
            events.append(("creating", pathlib.Path(resource.details["path"]).exists()))

        def discarded(self, resource):
            events.append(("discarded", pathlib.Path(resource.details["path"]).exists()))

    context.journal = Journal()
    process(compress.OPERATION)
    assert events == [("creating", False), ("discarded", False)]


def test_without_zstd_it_is_said_what_to_install(process, monkeypatch):
    monkeypatch.setattr(_streams, "zstandard", None)
    monkeypatch.setattr(shutil, "which", lambda *_args, **_kwargs: None)
    with pytest.raises(GoldenError, match="apt install zstd"):
        process(compress.OPERATION, format="tar.zst")


def test_an_archive_does_not_overwrite_a_file_of_the_artifact(process):
    with pytest.raises(GoldenError, match="would be overwritten"):
        process(compress.OPERATION, output="web-1.0.0-local.oci.tar")


def test_kinds_that_are_not_there_are_an_error(process):
    with pytest.raises(GoldenError, match=r"Kinds that it has: rootfs.tar, oci.tar"):
        process(compress.OPERATION, kinds=["ova"])


def test_files_replaces_the_list(process, tmp_path):
    for name in ("b.deb", "a.deb"):
        (tmp_path / name).write_text(name)
    result = process(files.OPERATION, files=[str(tmp_path / "*.deb")])
    assert not result["changed"]
    assert [pathlib.Path(file["path"]).name for file in result["artifact"]["files"]] == ["a.deb", "b.deb"]
    assert result["artifact"]["files"][0]["kind"] == "deb"
    with pytest.raises(GoldenError, match="no file matches"):
        process(files.OPERATION, files=[str(tmp_path / "*.rpm")])


def test_tar_of_a_build_is_whole(process, output):
    process(compress.OPERATION, format="tar")
    with tarfile.open(output / "web-1.0.0-local.tar") as archive:
        member = archive.extractfile("web-1.0.0-local.oci.tar")
        assert member is not None
        assert member.read() == b"oci" * 100
