# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is to be on a seed medium: files, folders and inline content of this machine, by their path there."""

from __future__ import annotations

import collections.abc as c
import dataclasses
import glob
import io
import os
import pathlib
import posixpath
import re
import stat
import typing as t

from .._lifecycle.errors import BuilderError

_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f"*:;<>?\\|]')


@dataclasses.dataclass(frozen=True)
class SeedFile:
    """A file of the medium.

    :ivar path: where it is there, without a slash at the beginning.
    :ivar source: the file of this machine; ``None`` for inline content.
    """

    path: str
    source: pathlib.Path | None = None
    content: bytes = b""

    @property
    def size(self) -> int:
        """Bytes."""
        return self.source.stat().st_size if self.source else len(self.content)

    @property
    def is_executable(self) -> bool:
        """Whether its owner may execute it here."""
        return self.source is not None and bool(self.source.stat().st_mode & stat.S_IXUSR)

    def open(self) -> t.BinaryIO:
        """Its content."""
        return open(self.source, "rb") if self.source else io.BytesIO(self.content)


@dataclasses.dataclass(frozen=True)
class SeedContents:
    """Everything on a medium, in the order in which it is written: sorted by path."""

    folders: tuple[str, ...]
    files: tuple[SeedFile, ...]


def collect(patterns: t.Iterable[str], inline: t.Mapping[str, t.Any]) -> SeedContents:
    """What the options ``files`` and ``content`` ask for.

    :param patterns: files and folders, also with wildcards. A file comes into the root; so does a folder with all that is in it,
        and only what is in it when a slash follows its name.
    :param inline: path on the medium to text.
    :raises BuilderError: for what is not there, cannot be on a medium, or would be there twice.
    """
    folders: set[str] = set()
    found: list[SeedFile] = []
    for pattern in patterns:
        for entry in _matches(pattern):
            below = list(_read(entry, "" if entry.endswith("/") else os.path.basename(entry), ()))
            folders.update(item for item in below if isinstance(item, str))
            found += [item for item in below if isinstance(item, SeedFile)]
    found += [_inline(path, text) for path, text in inline.items()]
    for file in found:
        folders.update(str(parent) for parent in list(pathlib.PurePosixPath(file.path).parents)[:-1])
    _refuse_clashes(found, folders)
    return SeedContents(tuple(sorted(folders)), tuple(sorted(found, key=lambda file: file.path)))


def _matches(pattern: str) -> list[str]:
    path = os.path.expanduser(pattern)
    if os.path.lexists(path):
        return [path]
    found = sorted(glob.glob(path, recursive=True))
    if not found:
        raise BuilderError(
            f"files: there is no {pattern}",
            hint="Relative names start at the folder where ansible-playbook runs; {{ playbook_dir }} or {{ golden_definition_dir }} before it names another.",
        )
    return found


def _read(path: str, name: str, above: tuple[str, ...]) -> c.Iterator[SeedFile | str]:
    """Files, and folders by their path on the medium."""
    if not os.path.isdir(path):
        yield SeedFile(_checked(name, path), _readable(path))
        return
    real = os.path.realpath(path)
    if real in above:
        raise BuilderError(f"files: {path} links to a folder that it is in")
    if name:
        yield _checked(name, path)
    try:
        entries = sorted(os.listdir(path))
    except OSError as error:
        raise BuilderError(f"files: {path} cannot be read: {error.strerror}") from error
    for entry in entries:
        yield from _read(os.path.join(path, entry), posixpath.join(name, entry), (*above, real))


def _readable(path: str) -> pathlib.Path:
    if not os.path.isfile(path):
        raise BuilderError(f"files: {path} is neither a file nor a folder")
    if not os.access(path, os.R_OK):
        raise BuilderError(f"files: {path} cannot be read: permission denied")
    return pathlib.Path(path)


def _inline(path: str, text: t.Any) -> SeedFile:
    if not isinstance(text, str):
        raise BuilderError(f"content: {path} is no text", hint="Write it after a | in YAML, or give it through the filter to_yaml or to_json.")
    return SeedFile(_checked(path, f"content: {path}"), content=text.encode())


def _checked(path: str, where: str) -> str:
    parts = path.split("/")
    bad = [part for part in parts if part in ("", ".", "..") or _FORBIDDEN.search(part) or part[-1] in " ."]
    if bad:
        raise BuilderError(
            f"{where}: {path!r} cannot be the path of a file on a medium", hint='Names must not have any of " * : ; < > ? \\ | nor end in a dot.'
        )
    return path


def _refuse_clashes(files: list[SeedFile], folders: set[str]) -> None:
    """Media are read without regard to case by some systems."""
    seen: dict[str, str] = {}
    for path in [*sorted(folders), *(file.path for file in files)]:
        known = seen.get(path.lower())
        if known is not None:
            raise BuilderError(f"{path} would be on the medium twice" + (f", also as {known}" if known != path else ""))
        seen[path.lower()] = path
