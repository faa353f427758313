# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""CD images: ISO 9660 with Rock Ridge, which Linux reads, and Joliet, which Windows reads. The same content gives the same bytes."""

from __future__ import annotations

import contextlib
import hashlib
import io
import pathlib
import posixpath
import re
import sys
import time
import typing as t

from .._lifecycle.errors import BuilderError, MissingDependencyError
from .seed_contents import SeedContents, SeedFile

try:
    import pycdlib
except ImportError:
    pycdlib = None  # type: ignore[assignment,unused-ignore]

LONGEST_LABEL = 16
"""Characters: Joliet has room for no more."""

_LONGEST_NAME = 64
_LONGEST_ISO_STEM, _LONGEST_ISO_SUFFIX = 20, 8
_NOT_ISO = re.compile(r"[^A-Z0-9_]")
_FILE_MODE, _PROGRAM_MODE, _FOLDER_MODE = 0o100444, 0o100555, 0o040555
#: The time of everything on a CD, 1980 like on a floppy, so that it does not depend on when it is made.
_MOMENT = 315532800.0
_IN_UTC = time.gmtime


def write_iso(contents: SeedContents, label: str, stream: t.BinaryIO) -> None:
    """Write a CD image.

    :raises BuilderError: for what no CD can hold.
    :raises MissingDependencyError: without pycdlib.
    """
    _require()
    for name in [*contents.folders, *(file.path for file in contents.files)]:
        if len(posixpath.basename(name).encode()) > _LONGEST_NAME:
            raise BuilderError(f"{name}: a name on a CD has at most {_LONGEST_NAME} bytes")
    with _at_a_fixed_time():
        image = pycdlib.PyCdlib()
        try:
            image.new(interchange_level=3, vol_ident=label, joliet=3, rock_ridge="1.09")
            _fill(image, contents)
            image.write_fp(stream)
        except pycdlib.pycdlibexception.PyCdlibException as error:
            raise BuilderError(f"these files cannot be put on a CD: {error}") from error
        finally:
            with contextlib.suppress(pycdlib.pycdlibexception.PyCdlibException):
                image.close()


def read_iso(path: pathlib.Path) -> dict[str, str]:
    """Sha256 of every file of a CD image, by path; nothing when it is no CD image."""
    _require()
    image = pycdlib.PyCdlib()
    found: dict[str, str] = {}
    try:
        image.open(str(path))
        for folder, _folders, names in image.walk(rr_path="/"):
            for name in names:
                content = io.BytesIO()
                image.get_file_from_iso_fp(content, rr_path=posixpath.join(folder, name))
                found[posixpath.join(folder, name).lstrip("/")] = hashlib.sha256(content.getvalue()).hexdigest()
        image.close()
    except pycdlib.pycdlibexception.PyCdlibException:
        return {}
    return found


def _require() -> None:
    if pycdlib is None:
        raise MissingDependencyError("a CD image needs the Python package pycdlib, which is not installed", hint="Install it: pip install pycdlib.")


def _fill(image: t.Any, contents: SeedContents) -> None:
    names = _IsoNames()
    for folder in contents.folders:
        iso_path, name = names.folder(folder), posixpath.basename(folder)
        image.add_directory(iso_path, rr_name=name, joliet_path=f"/{folder}", file_mode=_FOLDER_MODE)
    for file in contents.files:
        _add(image, file, names.file(file.path))


def _add(image: t.Any, file: SeedFile, iso_path: str) -> None:
    options = {
        "iso_path": iso_path,
        "rr_name": posixpath.basename(file.path),
        "joliet_path": f"/{file.path}",
        "file_mode": _PROGRAM_MODE if file.is_executable else _FILE_MODE,
    }
    if file.source:
        image.add_file(str(file.source), **options)
    else:
        image.add_fp(io.BytesIO(file.content), len(file.content), **options)


class _IsoNames:
    """Plain ISO 9660 names, which systems read that know neither extension: few characters, unique in their folder."""

    def __init__(self) -> None:
        self._folders = {"": ""}
        self._taken: set[str] = set()

    def folder(self, path: str) -> str:
        """The name of a folder; its parent must have been asked for before."""
        self._folders[path] = self._unique(path, "", "")
        return self._folders[path]

    def file(self, path: str) -> str:
        """The name of a file."""
        suffix = posixpath.splitext(path)[1].lstrip(".")
        return self._unique(path, "." + _NOT_ISO.sub("_", suffix.upper())[:_LONGEST_ISO_SUFFIX], ";1")

    def _unique(self, path: str, suffix: str, version: str) -> str:
        parent, name = posixpath.split(path)
        stem = _NOT_ISO.sub("_", (posixpath.splitext(name)[0] if suffix else name).upper())[:_LONGEST_ISO_STEM]
        number = 0
        while True:
            candidate = f"{self._folders[parent]}/{stem}{number or ''}{suffix}{version}"
            if candidate not in self._taken:
                self._taken.add(candidate)
                return candidate
            number += 1


class _FixedTime:
    """Stands in for the module ``time`` where pycdlib asks what time it is, and where."""

    localtime = staticmethod(_IN_UTC)

    @staticmethod
    def time() -> float:
        """Always the same."""
        return _MOMENT

    def __getattr__(self, name: str) -> t.Any:
        return getattr(time, name)


@contextlib.contextmanager
def _at_a_fixed_time() -> t.Iterator[None]:
    """pycdlib stamps the present time in the local zone on everything, and has no option for another."""
    users = [module for name, module in list(sys.modules.items()) if name.startswith("pycdlib.") and getattr(module, "time", None) is time]
    for module in users:
        module.time = _FixedTime()  # type: ignore[attr-defined]
    try:
        yield
    finally:
        for module in users:
            module.time = time  # type: ignore[attr-defined]
