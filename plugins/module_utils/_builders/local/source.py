# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a guest's tree comes from: resolved for the plan, put into a guest's folder at its launch."""

from __future__ import annotations

import dataclasses
import pathlib
import typing as t

from ..._lifecycle.builder import Source
from ..._lifecycle.errors import BuilderError
from ..._lifecycle.fingerprint import digest
from ..._lifecycle.operation import Context
from ..._lifecycle.planning import parse_age
from ..._lifecycle.run import StateFolder
from ..._media.checksums import Digest, parse_digest
from ..._media.download import is_url
from ..._media.installer import Downloads
from . import bootstrap, configuration
from .archive import Image, ImageArchive, open_tar
from .configuration import Config
from .folder import GuestFolder
from .layers import apply_image
from .tree import copy_tree, unpack

Options = dict[str, t.Any]

_ARCHIVES = ("oci_archive", "docker_archive")


@dataclasses.dataclass(frozen=True)
class Base:
    """What a guest starts from.

    :ivar config: how the source image says it is run.
    :ivar lower: root of a tree that is shared and must not change; ``None`` when the guest's folder has its own.
    """

    config: Config
    lower: pathlib.Path | None = None


def kind_of(source: Options) -> str:
    """Which of the alternatives is given."""
    return next(kind for kind in ("bootstrap", "rootfs_archive", *_ARCHIVES, "directory") if source.get(kind))


def check(source: Options) -> None:
    """:raises GoldenError: for what an argument spec cannot express."""
    kind = kind_of(source)
    configuration.check(source.get("config"))
    if source.get("checksum"):
        _digest_of(source["checksum"])
        if kind in ("bootstrap", "directory"):
            raise BuilderError(f"source.checksum cannot be used with source.{kind}")
    if source.get("reference") and kind not in _ARCHIVES:
        raise BuilderError(f"source.reference cannot be used with source.{kind}")
    if kind == "rootfs_archive" and is_url(source[kind]) and not source.get("checksum"):
        raise BuilderError("source.rootfs_archive: a download needs source.checksum", hint="Write checksum: sha256:… beside it.")
    if kind == "bootstrap":
        _check_bootstrap(source[kind])


def _check_bootstrap(options: Options) -> None:
    parse_age(options["max_age"])
    words = [options["suite"], *options["packages"], *options["components"], options.get("architecture") or "x"]
    for word in words:
        if not word or word.startswith("-") or any(character.isspace() or character == "," for character in word):
            raise BuilderError(f"source.bootstrap: {word!r} cannot be a suite, package, component or architecture")


def resolve(source: Options) -> Source:
    """The source with an id that follows its content; reads local files only.

    :raises GoldenError: when a file is missing or is not what it should be.
    """
    check(source)
    kind = kind_of(source)
    value = source[kind]
    given = {key: value for key, value in source.items() if value is not None}
    # How the source says it is run becomes part of the image, unlike the tree's own id.
    suffix = f"+{digest(configuration.given(source['config']))[:12]}" if source.get("config") else ""
    if kind == "bootstrap":
        return Source(f"bootstrap:{bootstrap.key_of(value)}{suffix}", bootstrap.describe(value), given)
    if kind == "rootfs_archive" and is_url(value):
        return Source(f"{_digest_of(source['checksum'])}{suffix}", value, given)
    path = _existing(value)
    given[kind] = str(path)
    if kind == "directory":
        return Source(f"directory:{_digest_directory(path)}{suffix}", f"directory {path}", given)
    if kind in _ARCHIVES:
        with ImageArchive(path) as archive:
            image = _image(archive, kind, source)
        return Source(f"{image.id}{suffix}", f"{path} ({image.id[:19]})", given)
    given["checksum"] = str(_checked(path, source.get("checksum")))
    return Source(f"{given['checksum']}{suffix}", str(path), given)


def _image(archive: ImageArchive, kind: str, source: Options) -> Image:
    reference = source.get("reference")
    return archive.oci_image(reference) if kind == "oci_archive" else archive.docker_image(reference)


def _existing(value: str) -> pathlib.Path:
    path = pathlib.Path(value).expanduser().absolute()
    if not path.exists():
        raise BuilderError(f"the source {path} does not exist")
    return path


def _digest_of(checksum: str) -> Digest:
    digest = parse_digest(checksum, "source.checksum")
    if digest.is_broken:
        raise BuilderError(f"source.checksum: other contents with the same {digest.algorithm} can be made", hint="Give the sha256.")
    return digest


def _checked(path: pathlib.Path, checksum: str | None) -> Digest:
    expected = _digest_of(checksum) if checksum else None
    try:
        actual = (expected or Digest("sha256", "")).of_file(path)
    except OSError as error:
        raise BuilderError(f"the source {path} cannot be read: {error.strerror}") from error
    if expected is not None and actual != expected:
        raise BuilderError(
            f"{path} has the {actual.algorithm} {actual.value}, not {expected.value}", hint="Correct source.checksum, or find out who changed the file."
        )
    return actual


def _digest_directory(path: pathlib.Path) -> str:
    try:
        return digest([_entry(path, entry) for entry in sorted(path.rglob("*"))])
    except OSError as error:
        raise BuilderError(f"the source {path} cannot be read: {error}") from error


def _entry(root: pathlib.Path, path: pathlib.Path) -> list[t.Any]:
    status = path.lstat()
    target = str(path.readlink()) if path.is_symlink() else ""
    return [str(path.relative_to(root)), status.st_mode, status.st_uid, status.st_gid, status.st_size if path.is_file() else 0, status.st_mtime_ns, target]


def obtain_base(source: Options, folder: GuestFolder, state: StateFolder, context: Context) -> Base:
    """Put the source's tree into a guest's folder, whose ``root`` is there and empty, or find the shared tree to use.

    :raises GoldenError: when it cannot be had.
    """
    check(source)
    kind = kind_of(source)
    config = configuration.given(source.get("config"))
    if kind == "bootstrap":
        return Base(config, bootstrap.BootstrapCache(state).obtain(source[kind], context))
    if kind == "directory":
        copy_tree(_existing(source[kind]), folder.root)
        return Base(config)
    if kind in _ARCHIVES:
        return Base(configuration.merge(_unpack_image(kind, source, folder), config))
    _unpack_rootfs(_rootfs_file(source, state, context), folder)
    return Base(config)


def _unpack_image(kind: str, source: Options, folder: GuestFolder) -> Config:
    path = _existing(source[kind])
    if source.get("checksum"):
        _checked(path, source["checksum"])
    with ImageArchive(path) as archive:
        image = _image(archive, kind, source)
        apply_image(archive, image, folder.root, folder.path)
    return image.config


def _rootfs_file(source: Options, state: StateFolder, context: Context) -> pathlib.Path:
    location, checksum = source["rootfs_archive"], source.get("checksum")
    if is_url(location):
        return Downloads(state.cache / "downloads").obtain([location], _digest_of(str(checksum)), context)
    path = _existing(location)
    if checksum:
        _checked(path, checksum)
    return path


def _unpack_rootfs(path: pathlib.Path, folder: GuestFolder) -> None:
    with open_tar(path) as stream:
        unpack(folder.root, stream, str(path))
