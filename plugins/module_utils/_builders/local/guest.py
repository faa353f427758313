# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Guests: a tree, and a process 1 in namespaces of its own. The operation ``local_guest``."""

from __future__ import annotations

import functools
import json
import os
import pathlib
import shutil
import stat
import typing as t

from ..._lifecycle.errors import BuilderError, CommandError
from ..._lifecycle.files import write_atomically, write_json_atomically
from ..._lifecycle.found_processes import end, find_by_argument
from ..._lifecycle.journal import Resource
from ..._lifecycle.operation import Context, Operation, Params, Result
from ..._lifecycle.process import require_program, tail
from ..._lifecycle.run import StateFolder, process_start
from ..._lifecycle.waiting import Waiter
from . import keeper
from .entering import ENVIRONMENT, login_command
from .folder import GuestFolder
from .inside import is_root, program, require_user_namespace, run_inside
from .options import BACKEND, CONNECTION, RUN_SPEC, SOURCE_CONSTRAINTS, SOURCE_SPEC
from .processes import listening_ports
from .source import obtain_base
from .tree import copy_tree, remove_tree

_NO_DAEMONS = "#!/bin/sh\n# Packages do not start their services while an image is made.\nexit 101\n"

ARGUMENT_SPEC: dict[str, t.Any] = {
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["started", "stopped", "absent"], "default": "started"},
    "state_dir": {"type": "path", "required": True},
    "source": {"type": "dict", "options": SOURCE_SPEC, **SOURCE_CONSTRAINTS},
    "marks": {"type": "dict", "default": {}},
    "prevent_daemons": {"type": "bool", "default": True},
    **RUN_SPEC,
}


def guest_resource(folder: GuestFolder) -> Resource:
    """A guest in the journal."""
    return Resource(BACKEND, "guest", folder.path.name, {"path": str(folder.path)})


def run(params: Params, context: Context) -> Result:
    """The operation."""
    folder = GuestFolder.of(params["state_dir"], params["name"])
    running = folder.pid() is not None
    if params["state"] == "started":
        if not context.check_mode and not running:
            start(folder, params, context)
        return {"changed": not running, "guest": describe(folder)}
    present = folder.path.exists()
    changed = present if params["state"] == "absent" else running
    if changed and not context.check_mode:
        if params["state"] == "stopped":
            shut_down(folder)
        else:
            remove(folder)
    if params["state"] == "absent" and not context.check_mode:
        context.journal.discarded(guest_resource(folder))
    return {"changed": changed}


def describe(folder: GuestFolder) -> dict[str, t.Any]:
    """How Ansible reaches the guest."""
    return {
        "name": folder.path.name,
        "connection": CONNECTION,
        "vars": {
            "ansible_host": folder.path.name,
            "ansible_user": "root",
            "ansible_namespace_folder": str(folder.path),
            "golden_guest_can_reboot": False,
        },
    }


def start(folder: GuestFolder, params: Params, context: Context) -> None:
    """Start a guest, from its source when it has no tree yet; one that cannot start leaves nothing.

    :raises GoldenError: when it cannot be started.
    """
    require_program("nsenter", "util-linux")
    require_program("tar")
    require_user_namespace()
    if folder.read():
        _run_keeper(folder, params)
        return
    resource = guest_resource(folder)
    context.journal.creating(resource)
    try:
        _create(folder, params, context)
        _run_keeper(folder, params)
        _await_services(folder, params)
    except OSError as error:
        _withdraw(folder, resource, context)
        raise BuilderError(f"the guest cannot be made: {error.strerror}", resource=str(folder.path)) from error
    except BaseException:
        _withdraw(folder, resource, context)
        raise
    context.journal.created(resource)


def _withdraw(folder: GuestFolder, resource: Resource, context: Context) -> None:
    remove(folder)
    context.journal.discarded(resource)


def _create(folder: GuestFolder, params: Params, context: Context) -> None:
    state = StateFolder(pathlib.Path(params["state_dir"]).absolute())
    state.guests.mkdir(parents=True, exist_ok=True)
    folder.path.mkdir(mode=0o700)
    write_json_atomically(folder.path / "marks.json", params["marks"], 0o600)
    folder.root.mkdir(mode=0o755)
    base = obtain_base(params["source"], folder, state, context)
    lower = str(base.lower) if base.lower else None
    overlay = _overlay(folder, base.lower) if base.lower else None
    if base.lower and overlay is None:
        copy_tree(base.lower, folder.root)
    folder.write({"config": base.config, "lower": lower, "overlay": overlay, "placeholders": []})


def _overlay(folder: GuestFolder, lower: pathlib.Path) -> dict[str, str] | None:
    """Where the layers are, when an overlay keeps everything: as root only, for in a user namespace hard links break."""
    paths = {"lower": str(lower), "upper": str(folder.path / "upper"), "work": str(folder.path / "work")}
    if not is_root() or any(character in path for path in paths.values() for character in ",:\\"):
        return None
    upper = pathlib.Path(paths["upper"])
    upper.mkdir()
    pathlib.Path(paths["work"]).mkdir()
    status = lower.stat()
    os.chown(upper, status.st_uid, status.st_gid)
    upper.chmod(stat.S_IMODE(status.st_mode))
    os.utime(upper, ns=(status.st_atime_ns, status.st_mtime_ns))
    return paths


def _run_keeper(folder: GuestFolder, params: Params) -> None:
    known = folder.read()
    try:
        _start_keeper(folder, params, known)
    except _OverlayRefusedError:
        shutil.rmtree(folder.path / "upper")
        shutil.rmtree(folder.path / "work")
        copy_tree(pathlib.Path(known["lower"]), folder.root)
        _start_keeper(folder, params, {**known, "overlay": None})


class _OverlayRefusedError(BuilderError):
    """The file system of the state folder cannot be an upper layer."""


def _start_keeper(folder: GuestFolder, params: Params, known: dict[str, t.Any]) -> None:
    write_json_atomically(folder.spec, _spec(folder, params, known), 0o600)
    try:
        report = json.loads(run_inside(program(keeper.__name__, str(folder.spec))).stdout)
    except CommandError as error:
        if isinstance(error.hint, str):
            raise
        raise BuilderError(f"the guest cannot be started: {tail(error.stderr, 1)}", hint=_namespace_hint()) from error
    if "error" in report:
        if report["error"].startswith("mounting overlay") and not known["placeholders"]:
            raise _OverlayRefusedError(report["error"])
        raise BuilderError(f"the guest cannot be started: {report['error']}", hint=_namespace_hint())
    started = process_start(report["pid"])
    placeholders = sorted({*known["placeholders"], *report["placeholders"]})
    environment = {**ENVIRONMENT, **_strings(known["config"].get("env", {})), **_strings(params["environment"])}
    folder.write({**known, "pid": report["pid"], "started": started, "placeholders": placeholders, "network": params["network"], "environment": environment})


def _namespace_hint() -> str:
    if is_root():
        return "Making namespaces and mounts needs a machine or a privileged container."
    return "Unprivileged user namespaces have to be allowed on this machine; else run as root."


def _strings(mapping: t.Mapping[str, t.Any]) -> dict[str, str]:
    return {str(key): str(value) for key, value in mapping.items()}


def _spec(folder: GuestFolder, params: Params, known: dict[str, t.Any]) -> dict[str, t.Any]:
    environment = {**ENVIRONMENT, **_strings(known["config"].get("env", {})), **_strings(params["environment"])}
    return {
        "root": str(folder.root),
        "overlay": known["overlay"],
        "hostname": params["hostname"],
        "network": params["network"],
        "tmpfs": params["tmpfs"],
        "mounts": [{**mount, "source": str(_mount_source(mount["source"]))} for mount in params["mounts"]],
        "files": _files(folder, params, known),
        "service_ends": str(folder.service_ends),
        "services": [
            {"command": service["command"], "environment": {**environment, **_strings(service["environment"])}, "log": str(_service_log(folder, position))}
            for position, service in enumerate(params["services"])
        ],
    }


def _mount_source(path: str) -> pathlib.Path:
    source = pathlib.Path(path).absolute()
    if not source.exists():
        raise BuilderError(f"mounts: {source} does not exist")
    return source


def _files(folder: GuestFolder, params: Params, known: dict[str, t.Any]) -> dict[str, str]:
    """Files of the host shown in the guest for as long as it runs: place in the guest to file."""
    files = {}
    if params["resolv_conf"] != "keep":
        text = pathlib.Path("/etc/resolv.conf").read_text(encoding="utf-8") if params["resolv_conf"] == "host" else params["resolv_conf"]
        write_atomically(folder.path / "resolv.conf", text)
        files["/etc/resolv.conf"] = str(folder.path / "resolv.conf")
    tree = pathlib.Path(known["overlay"]["lower"]) if known["overlay"] else folder.root
    if params["prevent_daemons"] and (tree / "var/lib/dpkg").is_dir():
        write_atomically(folder.path / "policy-rc.d", _NO_DAEMONS, 0o755)
        files["/usr/sbin/policy-rc.d"] = str(folder.path / "policy-rc.d")
    return files


def _service_log(folder: GuestFolder, position: int) -> pathlib.Path:
    return folder.path / f"service-{position}.log"


def _await_services(folder: GuestFolder, params: Params) -> None:
    for position, service in enumerate(params["services"]):
        if service["port"] is None:
            continue
        what = f"the service {service['command'][0]} to listen on port {service['port']}"
        waiter = Waiter(what, service["timeout"], interval=0.02, longest=0.5)
        waiter.until(functools.partial(_is_ready, folder, position, service), hint=f"Its output: {_output(folder, position)}")


def _is_ready(folder: GuestFolder, position: int, service: dict[str, t.Any]) -> bool:
    pid = folder.pid()
    if pid is None:
        raise BuilderError("the guest ended while its services started")
    if service["port"] in listening_ports(pid):
        return True
    ends = folder.service_ends.read_text(encoding="utf-8").splitlines() if folder.service_ends.exists() else []
    for status in (ended["status"] for ended in map(json.loads, ends) if ended["service"] == position and ended["status"] != 0):
        raise BuilderError(f"the service {service['command'][0]} ended with status {status}", hint=f"Its output: {_output(folder, position)}")
    return False


def _output(folder: GuestFolder, position: int) -> str:
    log = _service_log(folder, position)
    return tail(log.read_text(encoding="utf-8", errors="replace"), 10) if log.exists() else "nothing"


def stop(folder: GuestFolder) -> bool:
    """End everything in a guest, however little of it is known; the tree stays.

    :returns: whether there was something to end.
    """
    pids = find_by_argument(str(folder.spec))
    end(pids, str(folder.spec))
    return bool(pids)


def shut_down(folder: GuestFolder) -> None:
    """End a guest on purpose: it may be captured or started again."""
    stop(folder)
    folder.write({**folder.read(), "pid": None, "started": None})


def remove(folder: GuestFolder) -> bool:
    """Remove a guest whole.

    :returns: whether there was something to remove.
    """
    stopped = stop(folder)
    present = folder.path.exists()
    remove_tree(folder.path)
    # One that was about to start while its folder went; later ones find no folder.
    return stop(folder) or stopped or present


def login(folder: GuestFolder) -> str | None:
    """How a person gets a shell in it; ``None`` when it does not run."""
    pid = folder.pid()
    return login_command(pid, folder.read()) if pid else None


OPERATION = Operation(ARGUMENT_SPEC, run, {"required_if": [("state", "started", ["source"])]})
