# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads images from OCI layouts and from what ``docker save`` writes, straight from their tar."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import io
import json
import pathlib
import posixpath
import subprocess
import tarfile
import threading
import typing as t

from ..._lifecycle.errors import BuilderError
from ..._lifecycle.process import die_with_parent, require_program
from .configuration import Config, architecture_of, from_oci

_MAGIC = {b"\x1f\x8b": ("gzip", "gzip"), b"\x28\xb5": ("zstd", "zstd"), b"BZ": ("bzip2", "bzip2"), b"\xfd7": ("xz", "xz-utils")}
_INDEXES = frozenset({"application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json"})
_REF_NAMES = ("org.opencontainers.image.ref.name", "io.containerd.image.name")
_MAX_JSON = 16 * 1024 * 1024


@dataclasses.dataclass(frozen=True)
class Layer:
    """A layer as its archive has it.

    :ivar member: name of the file in the archive.
    :ivar digest: ``sha256:…`` of that file, ``None`` when the archive does not say.
    """

    member: str
    digest: str | None


@dataclasses.dataclass(frozen=True)
class Image:
    """An image in an archive.

    :ivar id: digest of its configuration, which names every layer.
    """

    id: str
    config: Config
    layers: tuple[Layer, ...]


class ImageArchive:
    """An archive with images, open for reading.

    :raises BuilderError: when it cannot be read.
    """

    def __init__(self, path: pathlib.Path) -> None:
        self.path = path
        try:
            self._tar = tarfile.open(path, "r:")  # noqa: SIM115
            self._members = {posixpath.normpath(member.name): member for member in self._tar.getmembers()}
        except (OSError, tarfile.TarError) as error:
            raise BuilderError(
                f"{path} cannot be read as an image archive: {error}", hint="It has to be an uncompressed tar; decompress it first when it is not."
            ) from error

    def __enter__(self) -> ImageArchive:
        return self

    def __exit__(self, *_reason: object) -> None:
        self._tar.close()

    def has(self, name: str) -> bool:
        """Whether the archive has a file of this name."""
        return name in self._members

    def oci_image(self, reference: str | None = None) -> Image:
        """The image of an OCI layout.

        :param reference: which one, when there are several.
        """
        entries = self._json("index.json").get("manifests", [])
        for _depth in range(4):
            chosen = self._choose(entries, reference)
            document = self._json(_blob(chosen["digest"]), chosen["digest"])
            if chosen.get("mediaType") not in _INDEXES and "manifests" not in document:
                break
            entries, reference = document["manifests"], None
        else:
            raise BuilderError(f"{self.path} has indexes inside indexes")
        config_digest = document["config"]["digest"]
        config = self._json(_blob(config_digest), config_digest)
        return Image(config_digest, from_oci(config), tuple(Layer(_blob(layer["digest"]), layer["digest"]) for layer in document["layers"]))

    def docker_image(self, reference: str | None = None) -> Image:
        """The image of a ``docker save`` archive."""
        entries = self._json("manifest.json")
        matching = [entry for entry in entries if reference is None or reference in (entry.get("RepoTags") or [])]
        if len(matching) != 1:
            self._refuse(len(matching), reference, [tag for entry in entries for tag in entry.get("RepoTags") or []])
        raw = self._bytes(matching[0]["Config"])
        return Image(
            f"sha256:{hashlib.sha256(raw).hexdigest()}",
            from_oci(self._parse(raw, matching[0]["Config"])),
            tuple(Layer(name, None) for name in matching[0]["Layers"]),
        )

    @contextlib.contextmanager
    def layer(self, layer: Layer) -> t.Iterator[t.IO[bytes]]:
        """The uncompressed tar of a layer; its digest is checked when it was read to its end."""
        member = self._member(layer.member)
        stored = _Hashing(t.cast("t.IO[bytes]", self._tar.extractfile(member)))
        with decompressed(stored) as stream:
            yield stream
            while stream.read(1024 * 1024):
                pass
        while stored.read(1024 * 1024):
            pass
        if layer.digest and layer.digest != f"sha256:{stored.digest.hexdigest()}":
            raise BuilderError(f"{self.path}: the layer {layer.digest} is damaged", hint="Fetch the archive again.")

    def _choose(self, entries: list[dict[str, t.Any]], reference: str | None) -> dict[str, t.Any]:
        names = [name for entry in entries for key in _REF_NAMES if (name := (entry.get("annotations") or {}).get(key))]
        if reference is not None:
            entries = [entry for entry in entries if reference in [(entry.get("annotations") or {}).get(key) for key in _REF_NAMES]]
        if len(entries) > 1:
            entries = [entry for entry in entries if (entry.get("platform") or {}).get("architecture") == architecture_of()] or entries
        if len(entries) != 1:
            self._refuse(len(entries), reference, names)
        return entries[0]

    def _refuse(self, count: int, reference: str | None, names: list[str]) -> t.NoReturn:
        hint = f"Set reference to one of: {', '.join(names)}." if names else None
        asked = f" named {reference}" if reference else ""
        raise BuilderError(f"{self.path} has {count or 'no'} images{asked}, one is needed", hint=hint)

    def _member(self, name: str) -> tarfile.TarInfo:
        member = self._members.get(posixpath.normpath(name))
        if member is not None and (member.issym() or member.islnk()):
            base = posixpath.dirname(member.name) if member.issym() else ""
            member = self._members.get(posixpath.normpath(posixpath.join(base, member.linkname)))
        if member is None or not member.isfile():
            raise BuilderError(f"{self.path} has no file {name}", hint="It has to be an OCI layout (oci_archive) or what docker save writes (docker_archive).")
        return member

    def _bytes(self, name: str) -> bytes:
        member = self._member(name)
        if member.size > _MAX_JSON:
            raise BuilderError(f"{self.path}: {name} is too large")
        return t.cast("t.IO[bytes]", self._tar.extractfile(member)).read()

    def _parse(self, raw: bytes, name: str) -> t.Any:
        try:
            return json.loads(raw)
        except ValueError as error:
            raise BuilderError(f"{self.path}: {name} is not JSON") from error

    def _json(self, name: str, digest: str | None = None) -> t.Any:
        raw = self._bytes(name)
        if digest is not None and digest != f"sha256:{hashlib.sha256(raw).hexdigest()}":
            raise BuilderError(f"{self.path}: {digest} is damaged", hint="Fetch the archive again.")
        return self._parse(raw, name)


def _blob(digest: str) -> str:
    return f"blobs/{digest.replace(':', '/', 1)}"


class _Hashing(io.RawIOBase):
    """Digests what is read through it."""

    def __init__(self, stream: t.IO[bytes]) -> None:
        super().__init__()
        self.digest = hashlib.sha256()
        self._stream = stream
        self._ahead = b""

    def peek_start(self, size: int) -> bytes:
        """The first bytes, which are read again later."""
        self._ahead = self.read(size)
        return self._ahead

    def read(self, size: int = -1) -> bytes:
        """As of any stream."""
        if self._ahead:
            data, self._ahead = self._ahead, b""
            return data
        data = self._stream.read(size)
        self.digest.update(data)
        return data


@contextlib.contextmanager
def decompressed(stored: _Hashing) -> t.Iterator[t.IO[bytes]]:
    """What a stream holds, decompressed by the program for its format when it is compressed."""
    magic = stored.peek_start(2)
    if magic not in _MAGIC:
        yield t.cast("t.IO[bytes]", stored)
        return
    program, package = _MAGIC[magic]
    # pylint: disable-next=ansible-bad-function
    process = subprocess.Popen(
        [require_program(program, package), "-dc"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=die_with_parent
    )
    pump = threading.Thread(target=_pump, args=(stored, process.stdin), daemon=True)
    with process:
        pump.start()
        try:
            yield t.cast("t.IO[bytes]", process.stdout)
        finally:
            if process.poll() is None and process.stdout and process.stdout.read(1):
                process.kill()
            pump.join()
        errors = process.stderr.read().decode(errors="replace") if process.stderr else ""
    if process.returncode:
        raise BuilderError(f"{program} could not decompress it: {errors.strip()}", hint="Fetch the archive again.")


def _pump(source: _Hashing, sink: t.IO[bytes]) -> None:
    with contextlib.suppress(BrokenPipeError), sink:
        while chunk := source.read(1024 * 1024):
            sink.write(chunk)


@contextlib.contextmanager
def open_tar(path: pathlib.Path) -> t.Iterator[t.IO[bytes]]:
    """A tar file, decompressed when it is compressed.

    :raises BuilderError: when it cannot be read.
    """
    with contextlib.ExitStack() as stack:
        try:
            file = stack.enter_context(open(path, "rb"))
        except OSError as error:
            raise BuilderError(f"{path} cannot be read: {error.strerror}") from error
        yield stack.enter_context(decompressed(_Hashing(file)))
