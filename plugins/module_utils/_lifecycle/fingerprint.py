# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fingerprints: what decides an image's content, and what of it changed."""

from __future__ import annotations

import hashlib
import json
import os
import pathlib
import stat
import typing as t

from .files import sha256_file

Inputs = dict[str, str]
"""Label for people (``role website: tasks/main.yml``) to hex digest of the content."""


def digest(value: t.Any) -> str:
    """Digest of plain data, independent of key order and of string subclasses."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)
    # Names of files may be no UTF-8.
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def fingerprint(inputs: Inputs) -> str:
    """One digest over all inputs."""
    return digest(sorted(inputs.items()))


def digest_file(path: str | os.PathLike[str], *, follow: bool = True) -> str:
    """Content and executable bit of a file, also of one that a link leads to, target of a link, ``absent`` for a file that vanished.

    :param follow: ``False`` where links are used as such.
    """
    try:
        status = os.lstat(path)
        if stat.S_ISLNK(status.st_mode):
            return digest(["link", os.readlink(path), *(_behind(path) if follow else ())])
        if _is_special(status.st_mode):
            return digest(["special", stat.S_IFMT(status.st_mode)])
        return digest(_content(path, status))
    except FileNotFoundError:
        return "absent"


def _content(path: str | os.PathLike[str], status: os.stat_result) -> list[str | bool]:
    return [sha256_file(path), bool(status.st_mode & stat.S_IXUSR)]


def _behind(path: str | os.PathLike[str]) -> list[str | bool]:
    """What a link to a file leads to; nothing for other links, and for those whose target cannot be read."""
    try:
        status = os.stat(path)
        return _content(path, status) if stat.S_ISREG(status.st_mode) else []
    except OSError:
        return []


def _is_special(mode: int) -> bool:
    """A pipe, a socket or a device: reading one may never end."""
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def digest_files(label: str, root: str | os.PathLike[str], files: t.Iterable[str | os.PathLike[str]], *, follow: bool = True) -> Inputs:
    """An input per file, labelled by its path below ``root``.

    :param follow: as :func:`digest_file` has it.
    """
    inputs: Inputs = {}
    for file in files:
        path = pathlib.Path(file)
        shown = path.relative_to(root) if path.is_relative_to(root) else path
        # Labels are shown and recorded, and a file's name may be no UTF-8.
        inputs[f"{label}: {os.fsencode(shown).decode(errors='backslashreplace')}"] = digest_file(path, follow=follow)
    return inputs


def content_of(value: t.Any, spec: t.Mapping[str, t.Any]) -> t.Any:
    """What an option means: files count with their bytes, folders with those of all below them.

    :param spec: of the option, as AnsibleModule takes it.
    """
    if isinstance(value, list):
        return [content_of(item, {**spec, "type": spec.get("elements")}) for item in value]
    if isinstance(value, dict) and "options" in spec:
        return {name: content_of(item, spec["options"].get(name, {})) for name, item in value.items()}
    if spec.get("type") != "path" or not value:
        return value
    path = pathlib.Path(str(value))
    if path.is_dir():
        return {str(file.relative_to(path)): digest_file(file) for file in sorted(path.rglob("*")) if file.is_file()}
    return digest_file(path) if path.is_file() else value


def explain(before: Inputs, after: Inputs) -> list[str]:
    """What differs, one sentence each, in the order of ``after``; empty when nothing does."""
    reasons = []
    for label, value in after.items():
        if label not in before:
            reasons.append(f"{label} is new")
        elif before[label] != value:
            reasons.append(f"{label} changed")
    reasons.extend(f"{label} is gone" for label in before if label not in after)
    return reasons
