# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files on datastores: media of guests, and installers, which are kept there by their content."""

from __future__ import annotations

import dataclasses
import pathlib
import re
import typing as t
import urllib.parse

from ..._lifecycle.errors import BuilderError
from ..._lifecycle.operation import Context
from ..._lifecycle.waiting import Waiter
from ..._media.checksums import Digest
from .errors import VsphereError, doing, is_fault
from .finding import datacenter, find_all, one, path_of, plain
from .properties import properties
from .sdk import Managed, vim
from .session import VCenter
from .tasks import run_task

try:
    import requests
except ImportError:
    requests = None

Options = t.Mapping[str, t.Any]

KIND = "datastore file"
_PATH = re.compile(r"\[(?P<datastore>[^\]]+)\]\s*(?P<path>[^/\s].*)\Z")
_FILES = Waiter("the files on the datastore", timeout=600, interval=0.2, longest=2.0)
_NAME_DIGITS = 16
_PIECE = 1024 * 1024
_SMALL = 16 * _PIECE
_STEP = 10
_FIRST_ERROR = 400
_UNAUTHORIZED = "401"
#: Answers that may be others the next time.
_PASSING = frozenset({401, 408, 429, 500, 502, 503, 504})
_UPLOAD_TRIES = 3
_STATUS_HINTS = {
    401: "The session ended; run the build again.",
    403: "Give the user the privilege Datastore > Low level file operations on the datastore.",
    404: "Check that the datastore is in this data centre.",
    507: "Make room on the datastore, or give another one (media_datastore).",
}


@dataclasses.dataclass(frozen=True)
class StoredFile:
    """A file on a datastore.

    :ivar path: ``[datastore] folder/file``.
    :ivar modified: ISO 8601.
    """

    path: str
    size: int
    modified: str


def parse_path(path: str) -> tuple[str, str]:
    """Datastore and path of ``[datastore] folder/file``.

    :raises BuilderError: for anything else.
    """
    found = _PATH.match(path)
    if found is None:
        raise BuilderError(f"{path!r} is no path on a datastore", hint="It is written '[datastore] folder/file'.")
    return found["datastore"], found["path"]


def find_file(vcenter: VCenter, path: str, options: Options) -> StoredFile | None:
    """A file by its ``[datastore] folder/file``, ``None`` when there is none."""
    name, inner = parse_path(path)
    root = datacenter(vcenter, options.get("datacenter"))
    store = one("datastore", name, find_all(vcenter, ["Datastore"], root=root)).object
    return stored_file(vcenter, store, inner)


def stored_file(vcenter: VCenter, store: Managed, path: str) -> StoredFile | None:
    """A file of a datastore, ``None`` when there is none."""
    folder, _slash, name = path.rpartition("/")
    with doing(f"look for {path}"):
        props = properties(vcenter, store, "browser", "name")
    where = f"[{plain(props['name'])}] {folder}".rstrip()
    browser = vim.host.DatastoreBrowser
    details = browser.FileInfo.Details(fileSize=True, modification=True, fileType=False, fileOwner=False)
    spec = browser.SearchSpec(details=details, matchPattern=[name])
    try:
        found = run_task(vcenter, lambda: props["browser"].SearchDatastore_Task(where, spec), f"look for {path}", _FILES)
    except VsphereError as error:
        if is_fault(error, "FileNotFound", "InvalidDatastorePath", "CannotAccessFile"):
            return None
        raise
    for entry in found.file or ():
        if entry.path == name:
            return StoredFile(
                f"{where}/{name}" if folder else f"{where} {name}", int(entry.fileSize or 0), entry.modification.isoformat() if entry.modification else ""
            )
    return None


def name_of(vcenter: VCenter, store: Managed) -> str:
    """Name of a datastore."""
    with doing("read the name of a datastore"):
        return plain(properties(vcenter, store, "name")["name"])


def make_folder(vcenter: VCenter, root: Managed, store: Managed, folder: str) -> None:
    """Make a folder on a datastore with those above it; one that is there stays."""
    try:
        with doing(f"make the folder {folder} on the datastore"):
            vcenter.content.fileManager.MakeDirectory(f"[{name_of(vcenter, store)}] {folder}", root, True)
    except VsphereError as error:
        if not is_fault(error, "FileAlreadyExists"):
            raise


def upload(vcenter: VCenter, root: Managed, store: Managed, file: pathlib.Path, path: str, context: Context) -> None:
    """Write a file of this machine to a datastore.

    :param root: the data centre.
    :param path: on the datastore; its folder has to be there.
    :raises VsphereError: when the datastore is full, or the connection breaks.
    """
    store_name = name_of(vcenter, store)
    what = f"upload {file.name} to [{store_name}] {path}"
    url = f"{vcenter.base_url}/folder/{urllib.parse.quote(path)}?" + urllib.parse.urlencode({"dcPath": _datacenter_path(vcenter, root), "dsName": store_name})
    size = file.stat().st_size
    last: VsphereError | None = None
    for attempt in range(_UPLOAD_TRIES):
        if attempt:
            context.say(f"{t.cast(VsphereError, last).message}; tries again")
        try:
            _put(vcenter, url, file, _Telling(size, lambda per_cent: context.say(f"{what}: {per_cent} %")), what)
            return
        except VsphereError as error:
            last = error
            if error.code.isdigit() and int(error.code) not in _PASSING:
                break
            if error.code == _UNAUTHORIZED:
                vcenter.relogin()
    raise t.cast(VsphereError, last)


def _put(vcenter: VCenter, url: str, file: pathlib.Path, telling: _Telling, what: str) -> None:
    headers = {"Cookie": vcenter.cookie, "Content-Type": "application/octet-stream"}
    with open(file, "rb") as stream, vcenter.kept_alive():
        try:
            answer = vcenter.web().put(url, data=_Counted(stream, telling), headers=headers, timeout=vcenter.auth["api_timeout"])
        except requests.RequestException as error:
            reason = "the connection broke" if isinstance(error, requests.ConnectionError) else str(error).rstrip(". ")
            raise VsphereError(
                f"vSphere could not {what}: {reason}", code=type(error).__name__, hint="Run the build again; what this one made is removed"
            ) from error
    if answer.status_code >= _FIRST_ERROR:
        reason = " ".join(answer.text.split())[:200] or answer.reason
        hint = _STATUS_HINTS.get(answer.status_code)
        raise VsphereError(f"vSphere could not {what}: {answer.status_code} {reason}", code=str(answer.status_code), hint=hint)


def _datacenter_path(vcenter: VCenter, root: Managed) -> str:
    return path_of(vcenter, root).lstrip("/")


@dataclasses.dataclass
class _Telling:
    """Tells how far a large file is, in steps.

    :ivar size: bytes.
    """

    size: int
    say: t.Callable[[int], None]
    done: int = 0
    told: int = 0

    def more(self, count: int) -> None:
        """So many bytes more are through."""
        self.done += count
        per_cent = self.done * 100 // self.size if self.size else 100
        if self.size > _SMALL and per_cent >= self.told + _STEP:
            self.told = per_cent - per_cent % _STEP
            self.say(self.told)


class _Counted:
    """A file with its length, which ``requests`` asks for, that tells what was read of it."""

    def __init__(self, stream: t.BinaryIO, telling: _Telling) -> None:
        self._stream, self._telling = stream, telling

    def __len__(self) -> int:
        return self._telling.size

    def __iter__(self) -> t.Iterator[bytes]:
        while piece := self.read(_PIECE):
            yield piece

    def read(self, size: int = -1) -> bytes:
        """As a file has it."""
        piece = self._stream.read(size)
        self._telling.more(len(piece))
        return piece


def remove(vcenter: VCenter, root: Managed, path: str) -> bool:
    """Remove a file or a folder with what is in it; whether it was there.

    :param path: ``[datastore] folder/file``.
    """
    try:
        run_task(vcenter, lambda: vcenter.content.fileManager.DeleteDatastoreFile_Task(path, root), f"remove {path}", _FILES)
    except VsphereError as error:
        if is_fault(error, "FileNotFound"):
            return False
        raise
    return True


def cached(vcenter: VCenter, root: Managed, store: Managed, folder: str, file: pathlib.Path, name: str, digest: Digest, guest: str, context: Context) -> str:
    """The path of a file that is kept on the datastore by its name, its size and its content; uploaded when it is not there.

    It has its final name only when it is whole: an upload that broke off is never taken for it.

    :returns: ``[datastore] folder/file``.
    """
    stem, dot, suffix = name.rpartition(".")
    kept = f"{folder}/cache/{stem or suffix}-{digest.algorithm}-{digest.value[:_NAME_DIGITS]}{dot + suffix if stem else ''}"
    store_name = name_of(vcenter, store)
    known = stored_file(vcenter, store, kept)
    size = file.stat().st_size
    if known is not None and known.size == size:
        context.say(f"[{store_name}] {kept} is there already")
        return f"[{store_name}] {kept}"
    partial = f"{kept}.{guest}.partial"
    resource = vcenter.resource(KIND, f"[{store_name}] {partial}", datacenter=root._moId)
    context.journal.creating(resource)
    make_folder(vcenter, root, store, f"{folder}/cache")
    context.say(f"uploads {name} to [{store_name}] {kept}")
    upload(vcenter, root, store, file, partial, context)
    arrived = stored_file(vcenter, store, partial)
    if arrived is None or arrived.size != size:
        raise BuilderError(
            f"of {name} only {arrived.size if arrived else 0} of {size} bytes arrived on the datastore {store_name}", hint="Run the build again."
        )
    source, target = f"[{store_name}] {partial}", f"[{store_name}] {kept}"
    run_task(
        vcenter,
        lambda: vcenter.content.fileManager.MoveDatastoreFile_Task(source, root, target, root, True),
        f"give {partial} its name",
        _FILES,
        context=context,
    )
    context.journal.discarded(resource)
    return target
