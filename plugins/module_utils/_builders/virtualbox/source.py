# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a guest comes from: resolved for the plan, put on this machine for a launch."""

from __future__ import annotations

import os
import pathlib
import typing as t

from ..._appliance.package import open_package
from ..._lifecycle.builder import Source
from ..._lifecycle.errors import BuilderError
from ..._lifecycle.fingerprint import digest
from ..._lifecycle.operation import Context
from ..._media.checksums import Digest
from ..._media.download import is_url
from ..._media.installer import Downloads, default_cache, expected_digest, suffix_of
from .options import SOURCE_KINDS
from .parsing import attachments
from .vboxmanage import MissingMachineError, VBoxManage

Options = t.Mapping[str, t.Any]

_STOPPED = ("poweroff", "aborted")


def kind_of(source: Options) -> str:
    """``iso``, ``ova``, ``vm`` or ``disk``."""
    return next(kind for kind in SOURCE_KINDS if source.get(kind))


def check_source(source: Options, options: Options) -> None:
    """:raises BuilderError: for what an argument spec cannot express."""
    kind = kind_of(source)
    given = source[kind]
    for url in given.get("urls") or ():
        if not is_url(url):
            raise BuilderError(f"source.{kind}.urls: {url!r} is no http or https URL", hint="A file of this machine goes into path.")
    if kind == "ova" and given.get("urls") and any(suffix_of(url) == ".ovf" for url in given["urls"]):
        raise BuilderError(
            "source.ova.urls: an .ovf is one of several files and cannot be downloaded alone", hint="Download its folder and give path, or give an .ova."
        )
    if kind == "vm":
        if options.get("isolated"):
            raise BuilderError("an isolated VirtualBox knows no source.vm", hint="Remove isolated, or give an exported appliance as source.ova.")
        if given["linked"] and options.get("disk_size"):
            raise BuilderError("the disk of a linked clone cannot be given another size", hint="Remove disk_size, or set source.vm.linked to false.")


def resolve(source: Options, vbox: t.Callable[[], VBoxManage], context: Context) -> Source:
    """What the source is right now.

    :param vbox: is asked for machines only.
    """
    kind = kind_of(source)
    # None is given too, as far as Ansible is concerned.
    given = {name: value for name, value in source[kind].items() if value is not None}
    if kind == "vm":
        return _resolve_machine(given, vbox())
    if given.get("urls"):
        found = expected_digest(given["checksum"], given["urls"], f"source.{kind}.checksum")
        return Source(str(found), str(given["urls"][0]), {kind: {**given, "checksum": str(found)}})
    path = _existing(kind, given["path"])
    found = _digest_of(path, given.get("checksum"), f"source.{kind}")
    if kind == "ova":
        package = open_package(path)
        package.check_whole()
        identity = str(found) if path.suffix == ".ova" else _identity(found, [member.path for member in package.members])
    else:
        identity = str(found)
    return Source(identity, str(path), {kind: {**given, "path": str(path), "checksum": str(found)}})


def _identity(found: Digest, files: t.Iterable[str | os.PathLike[str]]) -> str:
    """Of an appliance in several files."""
    digests = sorted({str(Digest("sha256", "").of_file(pathlib.Path(file))) for file in files})
    return f"sha256:{digest([str(found), digests])}"


def _existing(kind: str, path: str) -> pathlib.Path:
    found = pathlib.Path(path).absolute()
    if not found.is_file():
        raise BuilderError(f"source.{kind}: there is no file {found}")
    return found


def _digest_of(path: pathlib.Path, checksum: str | None, option: str) -> Digest:
    expected = expected_digest(checksum, [str(path)], f"{option}.checksum") if checksum else None
    try:
        actual = (expected or Digest("sha256", "")).of_file(path)
    except OSError as error:
        raise BuilderError(f"{option}: {path} cannot be read: {error.strerror}") from error
    if expected is not None and actual != expected:
        raise BuilderError(
            f"{path} has the {actual.algorithm} {actual.value}, not {expected.value}", hint=f"Correct {option}.checksum, or find out who changed the file."
        )
    return actual


def obtain(source: Options, context: Context) -> pathlib.Path:
    """The file of a source on this machine, checked; downloaded when need be."""
    kind = kind_of(source)
    return obtain_file(source[kind], f"source.{kind}", context)


def obtain_file(given: Options, option: str, context: Context) -> pathlib.Path:
    """A file given by ``path`` or ``urls``, with its ``checksum``."""
    if given.get("path"):
        path = pathlib.Path(given["path"]).absolute()
        if not path.is_file():
            raise BuilderError(f"{option}: there is no file {path}")
        if given.get("checksum"):
            _digest_of(path, given["checksum"], option)
        return path
    found = expected_digest(given["checksum"], given["urls"], f"{option}.checksum")
    downloads = Downloads(default_cache(context).absolute())
    downloads.obtain(given["urls"], found, context)
    return downloads.named(found, suffix_of(given["urls"][0]))


def _resolve_machine(given: Options, vbox: VBoxManage) -> Source:
    name = str(given["name"])
    info = source_machine(vbox, name)
    exact = {**given, "name": info["UUID"]}
    if given.get("snapshot"):
        uuid = snapshot_uuid(vbox, name, str(given["snapshot"]))
        return Source(f"snapshot:{uuid}", f"{name}, snapshot {given['snapshot']}", {"vm": {**exact, "snapshot": uuid}})
    if info.get("VMState") not in _STOPPED:
        raise BuilderError(
            f"the machine {name} is {info.get('VMState')}, and its disks may change any moment",
            hint="Shut it down, or give the snapshot to clone.",
            resource=name,
        )
    files = [pathlib.Path(place.medium) for place in attachments(info) if place.medium.startswith("/")]
    states = [[str(file), file.stat().st_mtime_ns, file.stat().st_size] for file in sorted(files) if file.is_file()]
    # Its settings change with every start; what is on its disks is what counts.
    return Source(f"machine:{digest([info['UUID'], states])}", f"machine {name}", {"vm": exact})


def source_machine(vbox: VBoxManage, name: str) -> dict[str, str]:
    """:raises BuilderError: when it is not there."""
    try:
        return vbox.info(name)
    except MissingMachineError as error:
        known = ", ".join(sorted(vbox.machines())[:10]) or "none"
        raise BuilderError(f"source.vm: VirtualBox knows no machine {name}", hint=f"Registered machines: {known}.") from error


def snapshots(vbox: VBoxManage, machine: str) -> dict[str, str]:
    """UUIDs to names of a machine's snapshots."""
    info = vbox.info(machine)
    return {value: info[key.replace("SnapshotUUID", "SnapshotName", 1)] for key, value in info.items() if key.startswith("SnapshotUUID")}


def snapshot_uuid(vbox: VBoxManage, machine: str, wanted: str) -> str:
    """UUID of a snapshot given by its name or UUID.

    :raises BuilderError: when there is none, or several have the name.
    """
    known = snapshots(vbox, machine)
    found = [uuid for uuid, name in known.items() if wanted in (name, uuid)]
    if len(found) == 1:
        return found[0]
    if found:
        raise BuilderError(f"source.vm: {len(found)} snapshots of {machine} are called {wanted}", hint=f"Give the UUID of one of them: {', '.join(found)}.")
    shown = ", ".join(known.values()) or "none"
    raise BuilderError(f"source.vm: the machine {machine} has no snapshot {wanted}", hint=f"Its snapshots: {shown}.")
