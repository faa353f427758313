# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What guests are launched from: resolved to something exact, and never changed."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import pathlib
import typing as t

from ..._lifecycle.builder import Source
from ..._lifecycle.errors import BuilderError
from ..._lifecycle.operation import Context
from ..._media.checksums import Digest
from ..._media.download import is_url, shown
from ..._media.installer import Downloads, default_cache, expected_digest
from . import library, uploads
from .errors import doing
from .finding import path_of, snapshot, virtual_machine
from .image_marks import INSTANCE, read_record
from .properties import properties
from .sdk import Managed, vim
from .session import VCenter

Options = t.Mapping[str, t.Any]

KINDS = ("template", "vm", "library", "ova", "iso")
_IDENTIFYING = ("config.instanceUuid", "config.uuid", "config.changeVersion", "config.modified", "config.annotation", "config.hardware.device")
#: States in which a virtual machine cannot be copied.
_UNREADY = ("inaccessible", "invalid", "orphaned", "disconnected")


@dataclasses.dataclass(frozen=True)
class Origin:
    """A virtual machine to clone.

    :ivar snapshot: the snapshot to clone, ``None`` for what it is now.
    """

    vm: Managed
    path: str
    is_template: bool
    snapshot: Managed | None
    linked: bool


def kind_of(source: Options) -> str:
    """Which of :data:`KINDS` it is."""
    return next(kind for kind in KINDS if source.get(kind))


def check_source(source: Options) -> None:
    """:raises BuilderError: for what cannot be; asks nobody."""
    package = source.get("ova") or source.get("iso") or {}
    what = kind_of(source)
    for url in package.get("urls") or ():
        if not is_url(url):
            raise BuilderError(f"source: {what}: urls: {url!r} is no http or https URL", hint="A file of this machine goes into path.")
    if package.get("path") and not pathlib.Path(str(package["path"])).is_file():
        raise BuilderError(f"source: {what}: there is no file {package['path']}")
    if (source.get("iso") or {}).get("datastore_path"):
        uploads.parse_path(source["iso"]["datastore_path"])


def resolve(source: Options, options: Options, vcenter: VCenter, context: Context) -> Source:
    """Find the exact source; changes nothing.

    :raises BuilderError: when it is not there or not clear.
    """
    kind = kind_of(source)
    if kind in ("template", "vm"):
        return _resolved_vm(source, options, vcenter, context)
    if kind == "library":
        wanted = source["library"]
        item_id, version, _content = library.item_identity(vcenter, wanted["library"], wanted["item"])
        return Source(f"library:{item_id}:{version}", f"{wanted['library']}/{wanted['item']} (version {version})", {"library": dict(wanted)})
    return _resolved_iso(source, options, vcenter) if kind == "iso" else _resolved_package(source)


def _resolved_vm(source: Options, options: Options, vcenter: VCenter, context: Context) -> Source:
    origin = find_origin(source, options, vcenter)
    identity = _identity(vcenter, origin)
    if origin.is_template:
        return Source(f"template:{identity}", origin.path, {"template": origin.vm._moId})
    if origin.snapshot is None:
        context.say(f"the source {origin.path} is no template and no snapshot of it is named: what is written to its disks between two builds may go unnoticed")
    wanted = source.get("vm") or {"snapshot": None, "linked": False}
    exact = {"name": origin.vm._moId, "snapshot": wanted["snapshot"], "linked": origin.linked}
    described = f"{origin.path} at snapshot {wanted['snapshot']}" if wanted["snapshot"] else origin.path
    return Source(f"vm:{identity}", described, {"vm": exact})


def find_origin(source: Options, options: Options, vcenter: VCenter) -> Origin:
    """The virtual machine or template to clone.

    :raises BuilderError: when it is not there, not clear, or cannot be cloned like this.
    """
    wanted = source.get("vm") or {"name": source.get("template"), "snapshot": None, "linked": False}
    what = "template" if source.get("template") else "virtual machine"
    vm = virtual_machine(vcenter, wanted["name"], options, what)
    with doing(f"read the {what} {wanted['name']}"):
        props = properties(vcenter, vm, "config.template", "runtime.connectionState")
    path = path_of(vcenter, vm)
    if props["runtime.connectionState"] in _UNREADY:
        raise BuilderError(f"the source {path} is {props['runtime.connectionState']}", hint="See its state in vCenter.", resource=f"{what} {path}")
    tree = snapshot(vcenter, vm, wanted["snapshot"]) if wanted["snapshot"] or wanted["linked"] else None
    if wanted["linked"] and tree is None:
        raise BuilderError(
            f"{path} has no snapshot, which a linked clone is made of", hint="Make a snapshot of it (the source is never changed here), or set linked to false."
        )
    return Origin(vm, path, bool(props["config.template"]), tree.snapshot if tree else None, bool(wanted["linked"]))


def _identity(vcenter: VCenter, origin: Origin) -> str:
    """Changes with the content of the disks."""
    with doing(f"read the source {origin.path}"):
        props = properties(vcenter, origin.vm, *_IDENTIFYING)
    record = read_record(props["config.annotation"])
    known: list[t.Any] = [props["config.instanceUuid"] or props["config.uuid"]]
    disks = [device for device in props["config.hardware.device"] or () if isinstance(device, vim.vm.device.VirtualDisk)]
    contents = [(getattr(disk.backing, "uuid", None), getattr(disk.backing, "contentId", None), disk.capacityInKB) for disk in disks]
    if origin.snapshot is not None:
        known.append(origin.snapshot._moId)
    elif record.get("fingerprint") and record.get(INSTANCE) == known[0]:
        # An image of ours: its notes and its name change without its content.
        known.append(record["fingerprint"])
    elif disks and all(content for _uuid, content, _size in contents):
        known.append(contents)
    else:
        known += [props["config.changeVersion"], str(props["config.modified"])]
    return hashlib.sha256(json.dumps(known, sort_keys=True, default=str).encode()).hexdigest()


def _exact(kind: str, wanted: Options, **more: str) -> dict[str, t.Any]:
    """Options of a source without those that are not set: a key that is there counts where only one of several may be."""
    return {kind: {name: value for name, value in {**wanted, **more}.items() if value is not None}}


def _resolved_package(source: Options) -> Source:
    wanted = source["ova"]
    digest = digest_of(wanted)
    name = shown(wanted["urls"][0]) if wanted["urls"] else str(wanted["path"])
    return Source(str(digest), name, _exact("ova", wanted, checksum=str(digest)))


def _resolved_iso(source: Options, options: Options, vcenter: VCenter) -> Source:
    wanted = source["iso"]
    if wanted["datastore_path"]:
        found = uploads.find_file(vcenter, wanted["datastore_path"], options)
        if found is None:
            raise BuilderError(f"source: iso: there is no file {wanted['datastore_path']}", hint="Check the path; it is written '[datastore] folder/file'.")
        return Source(f"{wanted['datastore_path']}:{found.size}:{found.modified}", wanted["datastore_path"], _exact("iso", wanted))
    if wanted["library"]:
        item_id, version, _content = library.item_identity(vcenter, wanted["library"], wanted["item"])
        return Source(f"library:{item_id}:{version}", f"{wanted['library']}/{wanted['item']} (version {version})", _exact("iso", wanted))
    digest = digest_of(wanted)
    name = shown(wanted["urls"][0]) if wanted["urls"] else str(wanted["path"])
    return Source(str(digest), name, _exact("iso", wanted, checksum=str(digest)))


def digest_of(wanted: Options) -> Digest:
    """What a file is, or has to be.

    :raises BuilderError: for a file of this machine that is not what it has to be.
    """
    names = wanted["urls"] or [str(wanted["path"])]
    expected = expected_digest(wanted["checksum"], names) if wanted["checksum"] else None
    if wanted["urls"]:
        return t.cast(Digest, expected)
    path = pathlib.Path(str(wanted["path"]))
    actual = (expected or Digest("sha256", "")).of_file(path)
    if expected is not None and actual != expected:
        raise BuilderError(
            f"{path} has the {actual.algorithm} {actual.value}, not {expected.value}", hint="Correct the checksum, or find out who changed the file."
        )
    return actual


def local_file(wanted: Options, suffix: str, context: Context) -> tuple[pathlib.Path, Digest]:
    """The file itself, downloaded where it is not here yet, and checked."""
    digest = digest_of(wanted)
    if not wanted["urls"]:
        return pathlib.Path(str(wanted["path"])), digest
    downloads = Downloads(default_cache(context))
    downloads.obtain(wanted["urls"], digest, context)
    return downloads.named(digest, suffix), digest
