# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Seed media: CD and floppy images with what an installer or cloud-init reads."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import pathlib
import re
import tempfile
import typing as t

from .._lifecycle.errors import BuilderError
from .._lifecycle.files import sha256_file
from .._lifecycle.operation import Context, Operation, Params, Result
from .._lifecycle.partial_file import partial_file, put_in_place, same_bytes
from . import fat12, iso_image
from .fat12_reading import read_floppy
from .leftovers import seed_medium
from .seed_contents import SeedContents, collect

_LABEL = re.compile(r"[A-Za-z0-9_ -]+\Z")
# Seeds hold passwords and keys.
_MODE = 0o600
_SHOWN_DIGITS = 16
_CHUNK = 1024 * 1024


@dataclasses.dataclass(frozen=True)
class _Kind:
    """A kind of medium.

    :ivar write: writes an image.
    :ivar read: digest of every file of an image, by path.
    """

    write: t.Callable[[SeedContents, str, t.BinaryIO], None]
    read: t.Callable[[pathlib.Path], dict[str, str]]
    longest_label: int


KINDS = {
    "cd": _Kind(iso_image.write_iso, iso_image.read_iso, iso_image.LONGEST_LABEL),
    "floppy": _Kind(fat12.write_floppy, read_floppy, fat12.LONGEST_LABEL),
}


def run(params: Params, context: Context) -> Result:
    """The operation of ``seed_media``."""
    target = pathlib.Path(params["dest"]).absolute()
    if target.is_dir():
        raise BuilderError(f"dest: {target} is a folder", hint="Give the path of the image file.")
    if params["state"] == "absent":
        return _absent(target, context)
    kind, label = params["kind"], params["label"]
    contents = checked_contents(kind, label, params["files"], params["content"])
    before = KINDS[kind].read(target) if context.diff and target.is_file() else {}
    if context.check_mode:
        return _result(*_tried(kind, label, contents, target), contents, before, params, context)
    changed = make_medium(kind, label, contents, target, context)
    return _result(changed, sha256_file(target), target.stat().st_size, contents, before, params, context)


def checked_contents(kind: str, label: str, files: t.Iterable[str], content: t.Mapping[str, t.Any]) -> SeedContents:
    """What goes on a medium.

    :param kind: a key of :data:`KINDS`.
    :raises BuilderError: for a label that such a medium cannot have, for no content, and for files that are not there.
    """
    _check_label(label, KINDS[kind], kind)
    contents = collect(files, content)
    if not contents.files:
        raise BuilderError("there is nothing to put on the medium", hint="Give files, content or both.")
    return contents


def make_medium(kind: str, label: str, contents: SeedContents, target: pathlib.Path, context: Context) -> bool:
    """Have the medium at ``target``, journalled; whether it had to be made."""
    with partial_file(target, context, _MODE) as stream:
        KINDS[kind].write(contents, label, stream)
        stream.flush()
        changed = not same_bytes(pathlib.Path(stream.name), target)
        if changed:
            context.journal.creating(seed_medium(str(target)))
            put_in_place(stream, target)
    return changed


def _absent(target: pathlib.Path, context: Context) -> Result:
    present = target.exists()
    if present and not context.check_mode:
        try:
            target.unlink()
        except OSError as error:
            raise BuilderError(f"{target} cannot be removed: {error.strerror}") from error
        context.journal.discarded(seed_medium(str(target)))
    return {"changed": present, "path": str(target)}


def _check_label(label: str, kind: _Kind, name: str) -> None:
    if len(label) > kind.longest_label or not _LABEL.match(label):
        raise BuilderError(
            f"label: {label!r} cannot be the label of a {name}", hint=f"It has 1 to {kind.longest_label} letters, digits, hyphens and underscores."
        )


def _tried(kind: str, label: str, contents: SeedContents, target: pathlib.Path) -> tuple[bool, str, int]:
    with tempfile.TemporaryFile() as stream:
        KINDS[kind].write(contents, label, stream)
        size = stream.seek(0, os.SEEK_END)
        stream.seek(0)
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    return not target.is_file() or sha256_file(target) != sha256, sha256, size


def _result(changed: bool, sha256: str, size: int, contents: SeedContents, before: dict[str, str], params: Params, context: Context) -> Result:
    result: Result = {
        "changed": changed,
        "path": str(pathlib.Path(params["dest"]).absolute()),
        "label": params["label"],
        "sha256": sha256,
        "size": size,
        "files": [file.path for file in contents.files],
    }
    if context.diff:
        after = {file.path: _digest(file.open()) for file in contents.files}
        result["diff"] = {"before": _listing(before), "after": _listing(after), "before_header": result["path"], "after_header": result["path"]}
    return result


def _digest(stream: t.BinaryIO) -> str:
    hashed = hashlib.sha256()
    with stream:
        while chunk := stream.read(_CHUNK):
            hashed.update(chunk)
    return hashed.hexdigest()


def _listing(files: dict[str, str]) -> str:
    """Digests in place of contents, which may be secret."""
    return "".join(f"{digest[:_SHOWN_DIGITS]}  {path}\n" for path, digest in sorted(files.items()))


OPERATION = Operation(
    argument_spec={
        "kind": {"type": "str", "choices": list(KINDS), "default": "cd"},
        "dest": {"type": "path", "required": True},
        "label": {"type": "str", "default": "cidata"},
        "files": {"type": "list", "elements": "str", "default": []},
        "content": {"type": "dict", "default": {}},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    },
    run=run,
    hidden=frozenset({"content"}),
)
