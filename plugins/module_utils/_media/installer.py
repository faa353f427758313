# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Installation media, and whatever else is downloaded: from the first URL that works, checked, kept by content."""

from __future__ import annotations

import contextlib
import os
import pathlib
import re
import typing as t

from .._lifecycle.errors import BuilderError
from .._lifecycle.files import fsync_directory, locked
from .._lifecycle.operation import Context, Operation, Params, Result
from .._lifecycle.run import StateFolder
from .checksums import Digest, base_name, find_digest, is_digest, parse_digest
from .download import fetch, fetch_text, is_url, shown

_SUMS_PREFIX = "file:"
_MOST_SUMS = 8 * 1024 * 1024
_SUFFIX = re.compile(r"(?:\.tar)?\.[A-Za-z0-9]{1,8}\Z")
_CORRECT = "Correct the checksum, or find out who changed the file."


def expected_digest(checksum: str, urls: t.Sequence[str], option: str = "checksum") -> Digest:
    """What the content is to be.

    :param checksum: a digest, or the URL or path (also after ``file:``) of a file of checksums.
    :param urls: where the content is; a file of checksums lists it by the name that one of them ends in.
    :raises BuilderError: when it cannot be found out.
    """
    if is_digest(checksum):
        return parse_digest(checksum, option)
    where = checksum.removeprefix(_SUMS_PREFIX)
    if is_url(where):
        return find_digest(fetch_text(where, _MOST_SUMS), urls, shown(where))
    path = pathlib.Path(where).expanduser()
    if not path.is_file():
        raise BuilderError(
            f"{option}: {checksum!r} is neither a checksum nor a file of checksums", hint="Write sha256: and 64 hex digits, or where the file is."
        )
    try:
        return find_digest(path.read_text(encoding="utf-8", errors="replace"), urls, str(path))
    except OSError as error:
        raise BuilderError(f"{path} cannot be read: {error.strerror}") from error


class Downloads:
    """Files kept by content, shared by all runs.

    :param folder: is created when needed.
    """

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder

    def place(self, digest: Digest) -> pathlib.Path:
        """Where the content is kept."""
        return self.folder / (digest.value if digest.algorithm == "sha256" else f"{digest.algorithm}-{digest.value}")

    def has(self, digest: Digest) -> bool:
        """Whether the content is there and whole."""
        place = self.place(digest)
        return place.is_file() and digest.of_file(place) == digest

    def obtain(self, urls: t.Sequence[str], digest: Digest, context: Context) -> pathlib.Path:
        """The content, see :meth:`ensure`."""
        self.ensure(urls, digest, context)
        return self.place(digest)

    def ensure(self, urls: t.Sequence[str], digest: Digest, context: Context) -> bool:
        """Have the content here; whether it had to be downloaded. One that another run downloads now is waited for.

        :param urls: tried in this order.
        :raises BuilderError: when it cannot be had from any of them.
        """
        place = self.place(digest)
        lock = place.with_name(f"{place.name}.lock")
        with locked(lock, waiting=lambda: context.say(f"waits for another download of {base_name(urls[0])}")):
            missing = not self.has(digest)
            if missing:
                self._download(urls, digest, context)
        return missing

    def named(self, digest: Digest, suffix: str) -> pathlib.Path:
        """The content under a name that ends in ``suffix``, which some programs go by."""
        place = self.place(digest)
        if not suffix:
            return place
        name = place.with_name(f"{place.name}{suffix}")
        with contextlib.suppress(FileNotFoundError):
            if os.path.samefile(name, place):
                return name
            name.unlink()
        try:
            os.link(place, name)
        except OSError:
            # Not every file system has hard links.
            os.symlink(place.name, name)
        return name

    def forget(self, digest: Digest, dry: bool = False) -> bool:
        """Remove the content under all its names; whether there was any."""
        place = self.place(digest)
        known = [path for path in self.folder.glob(f"{place.name}*") if path.name != f"{place.name}.lock"]
        if known and not dry:
            with locked(place.with_name(f"{place.name}.lock")):
                for path in known:
                    path.unlink(missing_ok=True)
        return bool(known)

    def _download(self, urls: t.Sequence[str], digest: Digest, context: Context) -> None:
        place = self.place(digest)
        partial = place.with_name(f"{place.name}.partial")
        failures: list[BuilderError] = []
        for url in urls:
            context.say(f"downloads {shown(url)}")
            try:
                _fetch_checked(url, partial, digest, context)
                break
            except BuilderError as error:
                failures.append(error)
                if url != urls[-1]:
                    context.say(f"{error.message}; tries the next URL")
        else:
            raise BuilderError("; ".join(failure.message for failure in failures), hint=failures[-1].hint)
        os.replace(partial, place)
        fsync_directory(self.folder)


def _fetch_checked(url: str, partial: pathlib.Path, digest: Digest, context: Context) -> None:
    had_beginning = partial.exists()
    fetch(url, partial, context.say)
    actual = digest.of_file(partial)
    if actual != digest and had_beginning:
        # The beginning may have come from somewhere else, or be damaged.
        partial.unlink()
        fetch(url, partial, context.say)
        actual = digest.of_file(partial)
    if actual != digest:
        partial.unlink()
        raise BuilderError(f"{shown(url)} has the {actual.algorithm} {actual.value}, not {digest.value}", hint=_CORRECT)


def default_cache(context: Context) -> pathlib.Path:
    """Folder of downloads: the build's, outside of builds the user's."""
    if context.build.get("state_dir"):
        return StateFolder(pathlib.Path(context.build["state_dir"])).cache / "downloads"
    return pathlib.Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "golden.images" / "downloads"


def suffix_of(location: str) -> str:
    """What a file's name ends in: ``.iso``, ``.tar.gz``; nothing when that is not clear."""
    found = _SUFFIX.search(base_name(location))
    return found[0] if found else ""


def run(params: Params, context: Context) -> Result:
    """The operation of ``installer_media``."""
    if params["path"]:
        if params["state"] == "absent":
            raise BuilderError("state: absent removes what was downloaded, and path is a file of yours", hint="Give urls.")
        return _local(pathlib.Path(params["path"]).absolute(), params["checksum"])
    urls: list[str] = params["urls"]
    for url in urls:
        if not is_url(url):
            raise BuilderError(f"urls: {url!r} is no http or https URL", hint="A file of this machine goes into the option path.")
    if not params["checksum"]:
        raise BuilderError("a download needs the option checksum", hint="Write sha256: and 64 hex digits, or the URL of the publisher's file of checksums.")
    digest = expected_digest(params["checksum"], urls)
    if digest.is_broken:
        context.warn(f"{base_name(urls[0])} is checked by {digest.algorithm}, for which other contents can be forged; use sha256 where the publisher gives it")
    downloads = Downloads(pathlib.Path(params["cache_dir"]).absolute() if params["cache_dir"] else default_cache(context))
    if params["state"] == "absent":
        return {"changed": downloads.forget(digest, dry=context.check_mode), "checksum": str(digest)}
    return _present(downloads, urls, digest, params, context)


def _present(downloads: Downloads, urls: list[str], digest: Digest, params: Params, context: Context) -> Result:
    suffix = _suffix(params["extension"], urls[0])
    missing = not downloads.has(digest) if context.check_mode else downloads.ensure(urls, digest, context)
    result: Result = {"changed": missing, "checksum": str(digest)}
    if context.diff:
        result["diff"] = {"before": {"checksum": None if missing else str(digest)}, "after": {"checksum": str(digest)}}
    if context.check_mode:
        place = downloads.place(digest)
        return {**result, "path": f"{place}{suffix}", **({} if missing else {"size": place.stat().st_size})}
    path = downloads.named(digest, suffix)
    return {**result, "path": str(path), "size": path.stat().st_size}


def _suffix(extension: str | None, url: str) -> str:
    if extension is None:
        return suffix_of(url)
    return f".{extension.lstrip('.')}" if extension else ""


def _local(path: pathlib.Path, checksum: str | None) -> Result:
    if not path.is_file():
        raise BuilderError(f"there is no file {path}")
    expected = expected_digest(checksum, [str(path)]) if checksum else None
    try:
        actual = (expected or Digest("sha256", "")).of_file(path)
    except OSError as error:
        raise BuilderError(f"{path} cannot be read: {error.strerror}") from error
    if expected is not None and actual != expected:
        raise BuilderError(f"{path} has the {actual.algorithm} {actual.value}, not {expected.value}", hint=_CORRECT)
    return {"changed": False, "path": str(path), "checksum": str(actual), "size": path.stat().st_size}


OPERATION = Operation(
    argument_spec={
        "urls": {"type": "list", "elements": "str"},
        "path": {"type": "path"},
        "checksum": {"type": "str"},
        "extension": {"type": "str"},
        "cache_dir": {"type": "path"},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    },
    run=run,
    constraints={
        "mutually_exclusive": [("urls", "path")],
        "required_one_of": [("urls", "path")],
    },
    hidden=frozenset({"urls"}),
)
