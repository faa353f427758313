# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Image archives: the same bytes for the same image, read back whole, and refused when damaged."""

from __future__ import annotations

import hashlib
import io
import json
import pathlib
import tarfile
import typing as t

import pytest

from ansible_collections.golden.images.plugins.module_utils._builders.local.archive import ImageArchive, open_tar
from ansible_collections.golden.images.plugins.module_utils._builders.local.layers import list_layer
from ansible_collections.golden.images.plugins.module_utils._builders.local.oci import Blob, Description, compress, tag_of, write_archive
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import BuilderError

DESCRIPTION = Description(["web:1.0.0", "web:latest"], "1.0.0", "2026-01-01T00:00:00Z", 1767225600)
CONFIG = {"cmd": ["nginx"], "architecture": "amd64"}


def tar_of(files: dict[str, bytes]) -> bytes:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as tar:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    return raw.getvalue()


@pytest.fixture
def layer(tmp_path: pathlib.Path) -> Blob:
    data = tar_of({"./etc/passwd": b"root" * 1000, "./bin/sh": b"#!" * 70000})
    path = tmp_path / "layer.tar"
    path.write_bytes(data)
    return Blob(path, hashlib.sha256(data).hexdigest(), len(data))


def written(layer: Blob, target: pathlib.Path, compression: str = "none") -> pathlib.Path:
    stored = compress(layer, compression, target.with_suffix(".layer"))
    with open(target, "wb") as sink:
        write_archive(sink, CONFIG, layer.sha256, stored, compression, DESCRIPTION)
    return target


@pytest.mark.parametrize("compression", ["none", "gzip", "zstd"])
def test_an_archive_reads_back_and_is_the_same_each_time(layer: Blob, tmp_path: pathlib.Path, compression: str) -> None:
    first, second = written(layer, tmp_path / "a.tar", compression), written(layer, tmp_path / "b.tar", compression)
    assert first.read_bytes() == second.read_bytes()
    with ImageArchive(first) as archive:
        for image in (archive.oci_image(), archive.oci_image("web:1.0.0"), archive.docker_image("web:latest")):
            assert image.config["cmd"] == ["nginx"]
            with archive.layer(image.layers[0]) as stream:
                assert hashlib.sha256(b"".join(iter(lambda: stream.read(65536), b""))).hexdigest() == layer.sha256
        assert archive.oci_image().id == archive.docker_image().id


def test_docker_and_oci_see_the_same_blobs(layer: Blob, tmp_path: pathlib.Path) -> None:
    with tarfile.open(written(layer, tmp_path / "a.tar")) as tar:
        names = tar.getnames()
        manifest = json.loads(t.cast("t.IO[bytes]", tar.extractfile("manifest.json")).read())
        index = json.loads(t.cast("t.IO[bytes]", tar.extractfile("index.json")).read())
    assert manifest[0]["RepoTags"] == ["web:1.0.0", "web:latest"]
    assert {manifest[0]["Config"], *manifest[0]["Layers"]} <= set(names)
    assert index["manifests"][0]["annotations"]["org.opencontainers.image.ref.name"] == "web:1.0.0"
    assert index["manifests"][0]["annotations"]["org.opencontainers.image.created"] == "2026-01-01T00:00:00Z"


def test_a_damaged_layer_is_noticed(layer: Blob, tmp_path: pathlib.Path) -> None:
    path = written(layer, tmp_path / "a.tar")
    data = bytearray(path.read_bytes())
    place = bytes(data).index(b"rootroot")
    data[place] ^= 1
    path.write_bytes(data)
    with ImageArchive(path) as archive:
        image = archive.oci_image()
        with pytest.raises(BuilderError, match="damaged"), archive.layer(image.layers[0]) as stream:
            stream.read()


def test_a_damaged_configuration_is_noticed(layer: Blob, tmp_path: pathlib.Path) -> None:
    path = written(layer, tmp_path / "a.tar")
    path.write_bytes(path.read_bytes().replace(b'"nginx"', b'"nginy"'))
    with ImageArchive(path) as archive, pytest.raises(BuilderError, match="damaged"):
        archive.oci_image()


def test_an_unknown_reference_names_those_there_are(layer: Blob, tmp_path: pathlib.Path) -> None:
    with ImageArchive(written(layer, tmp_path / "a.tar")) as archive:
        with pytest.raises(BuilderError, match=r"no images named other.*web:1\.0\.0"):
            archive.oci_image("other")
        with pytest.raises(BuilderError, match="web:latest"):
            archive.docker_image("other")


def test_links_between_layers_of_old_docker_archives_are_followed(tmp_path: pathlib.Path) -> None:
    layer_data, config = tar_of({"x": b"1"}), b'{"config": {}}'
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as tar:
        for name, data in {
            "a/layer.tar": layer_data,
            "c.json": config,
            "manifest.json": json.dumps([{"Config": "c.json", "RepoTags": None, "Layers": ["b/layer.tar"]}]).encode(),
        }.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
        link = tarfile.TarInfo("b/layer.tar")
        link.type, link.linkname = tarfile.SYMTYPE, "../a/layer.tar"
        tar.addfile(link)
    (tmp_path / "d.tar").write_bytes(raw.getvalue())
    with ImageArchive(tmp_path / "d.tar") as archive:
        assert list_layer(archive, archive.docker_image().layers[0]) == (["x"], [])


@pytest.mark.parametrize("content", [b"", b"no tar at all" * 100])
def test_what_is_no_archive_is_refused(tmp_path: pathlib.Path, content: bytes) -> None:
    (tmp_path / "x.tar").write_bytes(content)
    with pytest.raises(BuilderError, match="cannot be read as an image archive"):
        ImageArchive(tmp_path / "x.tar")


def test_a_member_outside_the_tree_is_refused(tmp_path: pathlib.Path) -> None:
    data = tar_of({"../../etc/passwd": b"x"})
    path = tmp_path / "l.tar"
    path.write_bytes(data)
    target = written(Blob(path, hashlib.sha256(data).hexdigest(), len(data)), tmp_path / "a.tar")
    with ImageArchive(target) as archive, pytest.raises(BuilderError, match="leave the tree"):
        list_layer(archive, archive.oci_image().layers[0])


@pytest.mark.parametrize(("suffix", "compression"), [("tar", "none"), ("gz", "gzip"), ("zst", "zstd")])
def test_a_root_archive_is_read_in_whatever_compression(layer: Blob, tmp_path: pathlib.Path, suffix: str, compression: str) -> None:
    stored = compress(layer, compression, tmp_path / f"rootfs.{suffix}")
    with open_tar(stored.path) as stream:
        assert b"".join(iter(lambda: stream.read(65536), b"")) == layer.path.read_bytes()


def test_a_truncated_root_archive_is_an_error(layer: Blob, tmp_path: pathlib.Path) -> None:
    stored = compress(layer, "gzip", tmp_path / "rootfs.gz")
    stored.path.write_bytes(stored.path.read_bytes()[:-20])
    with pytest.raises(BuilderError, match="gzip could not decompress"), open_tar(stored.path) as stream:
        while stream.read(65536):
            pass


@pytest.mark.parametrize(
    ("image", "version", "tag"),
    [("web", "1.0.0", "web:1.0.0"), ("Web App", "1.0+b2", "web-app:1.0-b2"), ("registry.example.com/team/web", "1", "registry.example.com/team/web:1")],
)
def test_tags_are_what_image_tools_accept(image: str, version: str, tag: str) -> None:
    assert tag_of(image, version) == tag
