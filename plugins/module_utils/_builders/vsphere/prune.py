# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Removes old images of the inventory and of content libraries, and never one that is in use, where that can be told."""

from __future__ import annotations

import fnmatch
import functools
import typing as t

from ..._lifecycle.errors import BuilderError
from ..._lifecycle.operation import Context, Params, Result
from ..._lifecycle.retention import Candidate, Retention, verdicts
from ..._lifecycle.run import iso, utc_now
from . import image_marks as marks
from .finding import datacenter
from .image_names import is_temporary
from .images import Image, all_images, selected, user_of, users_of_disks
from .library import Library, LibraryItem
from .machines import destroy
from .rest import Rest
from .session import VCenter

Json = dict[str, t.Any]


def pruned(params: Params, context: Context, vcenter: VCenter) -> Result:
    """State ``pruned``."""
    if not params["names"] and not params.get("build"):
        raise BuilderError("nothing says which images to prune", hint="Give names or build")
    retention = Retention.of(params["retention"])
    libraries = list(dict.fromkeys([*params["libraries"], *([params["library"]["library"]] if params.get("library") else [])]))
    candidates = [*_machines(vcenter, params), *(item for name in libraries for item in _items(vcenter, name, params))]
    users = functools.cache(lambda: users_of_disks(vcenter))

    def user(candidate: Candidate) -> str | None:
        return user_of(vcenter, candidate.thing, users()) if isinstance(candidate.thing, Image) else None

    entries = []
    for verdict in verdicts(candidates, retention, utc_now(), user):
        entry = _described(verdict.candidate, verdict.goes, verdict.reason)
        entries.append(entry)
        if verdict.goes:
            context.say(f"{'would remove' if context.check_mode else 'removing'} {entry['path']}: {verdict.reason}")
            if not context.check_mode:
                _remove(vcenter, verdict.candidate.thing)
    result: Result = {"changed": any(entry["action"] == "remove" for entry in entries), "images": entries}
    if context.diff:
        result["diff"] = {"prepared": "\n".join(f"remove {entry['path']}" for entry in entries if entry["action"] == "remove")}
    return result


def _machines(vcenter: VCenter, params: Params) -> t.Iterator[Candidate]:
    """Published images only: what is not published is a running build's, or a leftover."""
    root = datacenter(vcenter, params["datacenter"]) if params.get("datacenter") else None
    for image in selected(all_images(vcenter, root), params["names"]):
        if image.record.get(marks.STATE) == marks.PUBLISHED and _is_wanted(image.record, params):
            yield Candidate(image.id, f"inventory {image.record.get('build', '')}", marks.moment_of(image.created), image)


def _items(vcenter: VCenter, library: str, params: Params) -> t.Iterator[Candidate]:
    libraries = Library(Rest.of(vcenter))
    for item in libraries.items(libraries.find(library)):
        record = marks.read_record(item.description)
        # One that has a temporary name is being made.
        is_ours = record.get(marks.STATE) == marks.PUBLISHED and not is_temporary(item.name)
        if not is_ours or not _is_wanted(record, params):
            continue
        if params["names"] and not any(fnmatch.fnmatchcase(item.name, name) for name in params["names"]):
            continue
        yield Candidate(item.id, f"library {library} {record.get('build', '')}", marks.moment_of(record.get("created") or item.created), (library, item))


def _is_wanted(record: marks.Record, params: Params) -> bool:
    return not params.get("build") or record.get("build") == params["build"]


def _described(candidate: Candidate, goes: bool, reason: str) -> Json:
    thing = candidate.thing
    name, path = (thing.name, thing.path) if isinstance(thing, Image) else (thing[1].name, f"{thing[0]}/{thing[1].name}")
    return {"id": candidate.id, "name": name, "path": path, "created": iso(candidate.created), "action": "remove" if goes else "keep", "reason": reason}


def _remove(vcenter: VCenter, thing: Image | tuple[str, LibraryItem]) -> None:
    if isinstance(thing, Image):
        destroy(vcenter, thing.object, thing.name)
    else:
        Library(Rest.of(vcenter)).remove(thing[1])
