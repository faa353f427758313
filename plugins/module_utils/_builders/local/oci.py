# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes an image with one layer as an archive that Docker, Podman and skopeo load: an OCI layout with Docker's manifest beside it."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import pathlib
import re
import subprocess
import tarfile
import typing as t

from ..._lifecycle.errors import BuilderError
from ..._lifecycle.process import require_program, tail
from .configuration import Config, architecture_of, to_oci

_CHUNK = 1024 * 1024
_MEDIA = "application/vnd.oci.image"
_LAYER_SUFFIX = {"none": "", "gzip": "+gzip", "zstd": "+zstd"}
# One thread of zstd and gzip without a name or time: the same bytes for the same layer.
_COMPRESSORS = {"gzip": ["gzip", "-n", "-6", "-c"], "zstd": ["zstd", "-q", "-3", "-c"]}
_NOT_IN_NAME = re.compile(r"[^a-z0-9._/:-]+")
_NOT_IN_TAG = re.compile(r"[^A-Za-z0-9_.-]+")


@dataclasses.dataclass(frozen=True)
class Blob:
    """A file of known digest.

    :ivar sha256: hex digest.
    """

    path: pathlib.Path
    sha256: str
    size: int


@dataclasses.dataclass(frozen=True)
class Description:
    """What an image says of itself.

    :ivar tags: names with tags; the first is the one podman gives it.
    :ivar created: ISO 8601.
    :ivar epoch: the same, seconds.
    """

    tags: list[str]
    version: str
    created: str
    epoch: int
    annotations: dict[str, str] = dataclasses.field(default_factory=dict)


def tag_of(image: str, version: str) -> str:
    """``image:version`` as image tools accept it."""
    name = _NOT_IN_NAME.sub("-", image.lower()).strip("-._/") or "image"
    return f"{name}:{_NOT_IN_TAG.sub('-', version).lstrip('.-')[:128] or 'latest'}"


def compress(layer: Blob, compression: str, target: pathlib.Path) -> Blob:
    """The layer as it is stored; the layer itself without compression.

    :raises BuilderError: when it cannot be compressed.
    """
    if compression == "none":
        return layer
    argv = [*_COMPRESSORS[compression], str(layer.path)]
    require_program(argv[0])
    digest = hashlib.sha256()
    with (
        open(target, "wb") as sink,
        # pylint: disable-next=ansible-bad-function
        subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process,
    ):
        try:
            copy(t.cast("t.IO[bytes]", process.stdout), sink, digest)
        except BaseException:
            process.kill()
            raise
        errors = t.cast("t.IO[bytes]", process.stderr).read().decode(errors="replace")
    if process.returncode:
        raise BuilderError(f"the layer could not be compressed: {tail(errors, 3)}")
    return Blob(target, digest.hexdigest(), target.stat().st_size)


class Digest(t.Protocol):
    """What of hashlib is used."""

    def update(self, data: bytes, /) -> None:
        """Take in more."""


class Sink(t.Protocol):
    """What an archive is written to."""

    def write(self, data: bytes, /) -> int:
        """Write all of it."""


def copy(source: t.IO[bytes], sink: t.IO[bytes], digest: Digest) -> int:
    """Copy to the end, digesting; returns how much."""
    size = 0
    while chunk := source.read(_CHUNK):
        digest.update(chunk)
        sink.write(chunk)
        size += len(chunk)
    return size


def write_archive(sink: Sink, config: Config, diff_id: str, layer: Blob, compression: str, description: Description) -> str:
    """Write the archive, the same bytes for the same arguments.

    :param diff_id: hex digest of the uncompressed layer.
    :returns: digest of the image's configuration, which is its id for Docker.
    """
    image = _json(to_oci(config, diff_id=f"sha256:{diff_id}", created=description.created))
    manifest = _json(_manifest(image, layer, compression, description))
    layer_path = f"blobs/sha256/{layer.sha256}"
    with tarfile.open(fileobj=t.cast("t.IO[bytes]", sink), mode="w|", format=tarfile.GNU_FORMAT) as tar:
        for folder in ("blobs", "blobs/sha256"):
            tar.addfile(_entry(folder, 0, description.epoch, tarfile.DIRTYPE))
        _add(tar, "oci-layout", _json({"imageLayoutVersion": "1.0.0"}), description.epoch)
        _add(tar, "index.json", _json(_index(config, manifest, description)), description.epoch)
        _add(tar, "manifest.json", _json([{"Config": _path(image), "RepoTags": description.tags, "Layers": [layer_path]}]), description.epoch)
        _add(tar, _path(image), image, description.epoch)
        _add(tar, _path(manifest), manifest, description.epoch)
        with open(layer.path, "rb") as stream:
            tar.addfile(_entry(layer_path, layer.size, description.epoch), stream)
    return f"sha256:{_sha256(image)}"


def _manifest(image: bytes, layer: Blob, compression: str, description: Description) -> dict[str, t.Any]:
    return {
        "schemaVersion": 2,
        "mediaType": f"{_MEDIA}.manifest.v1+json",
        "config": _descriptor("config.v1+json", _sha256(image), len(image)),
        "layers": [_descriptor(f"layer.v1.tar{_LAYER_SUFFIX[compression]}", layer.sha256, layer.size)],
        "annotations": {
            "org.opencontainers.image.created": description.created,
            "org.opencontainers.image.version": description.version,
            **description.annotations,
        },
    }


def _index(config: Config, manifest: bytes, description: Description) -> dict[str, t.Any]:
    descriptor = {
        **_descriptor("manifest.v1+json", _sha256(manifest), len(manifest)),
        "platform": {"architecture": architecture_of(config.get("architecture")), "os": "linux"},
        "annotations": {
            "org.opencontainers.image.ref.name": description.tags[0],
            "org.opencontainers.image.version": description.version,
            "org.opencontainers.image.created": description.created,
        },
    }
    return {"schemaVersion": 2, "mediaType": f"{_MEDIA}.index.v1+json", "manifests": [descriptor]}


def _descriptor(kind: str, sha256: str, size: int) -> dict[str, t.Any]:
    return {"mediaType": f"{_MEDIA}.{kind}", "digest": f"sha256:{sha256}", "size": size}


def _json(value: t.Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _path(data: bytes) -> str:
    return f"blobs/sha256/{_sha256(data)}"


def _entry(name: str, size: int, epoch: int, kind: bytes = tarfile.REGTYPE) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mtime, entry.type = size, epoch, kind
    entry.mode = 0o755 if kind == tarfile.DIRTYPE else 0o644
    return entry


def _add(tar: tarfile.TarFile, name: str, data: bytes, epoch: int) -> None:
    tar.addfile(_entry(name, len(data), epoch), io.BytesIO(data))
