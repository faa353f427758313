# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Applies the layers of an image, in order, to a tree."""

from __future__ import annotations

import json
import pathlib
import tarfile

from ..._lifecycle.errors import BuilderError
from . import layer_program
from .archive import Image, ImageArchive, Layer
from .inside import program, run_inside
from .tree import unpack


def apply_image(archive: ImageArchive, image: Image, root: pathlib.Path, scratch: pathlib.Path) -> None:
    """Unpack every layer into ``root``, an empty folder.

    :param scratch: folder for small working files.
    :raises BuilderError: when a layer is damaged or would write outside the tree.
    """
    for position, layer in enumerate(image.layers):
        if position:
            _apply_upper(archive, layer, root, scratch / "layer.json")
        else:
            _unpack(archive, layer, root)


def _unpack(archive: ImageArchive, layer: Layer, root: pathlib.Path) -> None:
    with archive.layer(layer) as stream:
        unpack(root, stream, f"the layer {layer.digest or layer.member} of {archive.path}", layer=True)


def _apply_upper(archive: ImageArchive, layer: Layer, root: pathlib.Path, work: pathlib.Path) -> None:
    names, directories = list_layer(archive, layer)
    work.write_text(json.dumps({"names": names, "directories": directories}), encoding="utf-8", errors="surrogateescape")
    argv = program(layer_program.__name__, str(root), str(work))
    try:
        run_inside(argv)
        _unpack(archive, layer, root)
        run_inside(argv)
    finally:
        work.unlink(missing_ok=True)


def list_layer(archive: ImageArchive, layer: Layer) -> tuple[list[str], list[str]]:
    """Names of a layer's members: those that are not directories, and those that are.

    :raises BuilderError: when the layer cannot be read, or a name would leave the tree.
    """
    names: list[str] = []
    directories: list[str] = []
    with archive.layer(layer) as stream:
        try:
            with tarfile.open(fileobj=stream, mode="r|") as tar:
                for member in tar:
                    name = _inner(member.name, archive)
                    if member.islnk():
                        # The target of a hard link is reached through its parents too.
                        directories.append(_inner(member.linkname, archive).rpartition("/")[0])
                    (directories if member.isdir() else names).append(name)
        except (tarfile.TarError, OSError, EOFError) as error:
            raise BuilderError(
                f"the layer {layer.digest or layer.member} of {archive.path} cannot be read: {error}", hint="Fetch the archive again."
            ) from error
    return names, directories


def _inner(name: str, archive: ImageArchive) -> str:
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise BuilderError(f"{archive.path} has a member {name!r} that would leave the tree")
    return "/".join(parts)
