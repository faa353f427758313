# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guest: a virtual machine, an address, and a way in."""

from __future__ import annotations

import contextlib
import dataclasses
import pathlib
import typing as t

from ..._access import host_keys
from ..._access.connecting import CONNECTIONS, Way, build_key, forget_files, guest_facts, login_command, port_of, user_of
from ..._access.waits import waiter_of
from ..._lifecycle.operation import Context, Operation, Params, Result
from ..._media import guest_media, http_server, leftovers
from . import finding, launching, machines, questions
from .addresses import wait_for_address
from .customization import wait_until_customized
from .discarding import remove_guest
from .installing import await_installation, is_unattended
from .launch_validation import check_launch
from .options import AUTH_SPEC, CONNECTION_SPEC, LAUNCH_SPEC, SOURCE_CONSTRAINTS, SOURCE_SPEC, guest_view
from .planning import plan_launch
from .remembering import Remembered
from .sdk import Managed
from .session import VCenter

Json = dict[str, t.Any]

_STATES = ["started", "stopped", "absent"]
#: What ``guest_media`` makes in the folder of a guest.
_MEDIA_FILES = ("seed.iso", "cd.iso", "floppy.img")


def run(params: Params, context: Context) -> Result:
    """Entry point of ``vsphere_guest``."""
    states = {"started": _started, "stopped": _stopped, "absent": _absent}
    return states[params["state"]](params, context)


def _started(params: Params, context: Context) -> Result:
    check_launch(params, params["source"])
    guest = params["name"]
    vcenter = VCenter.of(params)
    existing = finding.guest(vcenter, guest)
    # One that was installed without anybody is off when it is ready.
    running = existing is not None and (is_unattended(params) or machines.power_state(vcenter, existing) == machines.ON)
    if context.check_mode:
        if existing is None:
            plan_launch(params["source"], params, vcenter)
        return {"changed": not running, "guest": {"name": guest, "connection": CONNECTIONS.get(params["connection"]), "vars": {}}}
    directory = _directory(params)
    if existing is None:
        with _removed_on_failure(params, context) as inside:
            access, vm = launching.launch(params, directory, vcenter, inside)
            wait_until_customized(vcenter, vm, guest, params, inside)
            return {"changed": True, "guest": _reachable(params, directory, access.private_key_file, vm, vcenter, inside)}
    if not running:
        machines.power_on(vcenter, existing, guest, machines.task_waiter(params), lambda: questions.look(vcenter, existing, guest, params["answers"], context))
    key = guest_media.private_key_of(guest_view(params), guest, directory)
    return {"changed": not running, "guest": _reachable(params, directory, key, existing, vcenter, context)}


@contextlib.contextmanager
def _removed_on_failure(params: Params, context: Context) -> t.Iterator[Context]:
    """The context to launch in. Within a build the journal sees to what is left; a module used alone has nobody else."""
    if context.build:
        yield context
        return
    journal = Remembered()
    try:
        yield dataclasses.replace(context, journal=journal)
    except Exception:
        journal.discard(params, context.warn)
        forget_files(params["directory"], params["name"])
        raise


def _directory(params: Params) -> str:
    """Folder of keys, made for this user alone."""
    directory = pathlib.Path(params["directory"])
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    return str(directory)


def _reachable(params: Params, directory: str, key: str | None, vm: Managed, vcenter: VCenter, context: Context) -> Json:
    """Wait for the end of the installation or for the address, and say how to connect."""
    guest, view = params["name"], guest_view(params)
    more = {"name": guest, "id": vm._moId}
    requests = http_server.Requests(_server_log(directory, guest))
    if is_unattended(params):
        await_installation(vcenter, vm, guest, params, context, lambda: requests.tell(context.say))
    if params["connection"] == "none":
        return guest_facts(None, view, **more)
    address = wait_for_address(vcenter, vm, guest, params, context, lambda: requests.tell(context.say))
    context.say(f"{guest} has the address {address}")
    pinned = host_keys.is_pinned(directory, guest)
    way = Way(guest, directory, address, port_of(view), user_of(view), private_key_file=key, trusts_first=not pinned)
    login = login_command(way, view)
    context.journal.created(vcenter.resource(machines.KIND, guest, login=login))
    facts = guest_facts(way, view, **more)
    facts["vars"] = facts["vars"] | build_key(directory, guest, params["purpose"])
    return facts


def _stopped(params: Params, context: Context) -> Result:
    vcenter = VCenter.of(params)
    existing = finding.guest(vcenter, params["name"])
    running = existing is not None and machines.power_state(vcenter, existing) != machines.OFF
    if running and not context.check_mode:
        machines.power_off(vcenter, existing, params["name"], machines.task_waiter(params))
    return {"changed": running}


def _absent(params: Params, context: Context) -> Result:
    if context.check_mode:
        return {"changed": finding.guest(VCenter.of(params), params["name"]) is not None}
    return {"changed": _remove(params, context)}


def _remove(params: Params, context: Context) -> bool:
    """The guest and all that was made for it; whether there was anything in vSphere."""
    guest = params["name"]
    vcenter = VCenter.of(params)
    removed = remove_guest(vcenter, guest, None, waiter_of(params, "remove_wait", f"the virtual machine {guest} to go"))
    context.journal.discarded(vcenter.resource(machines.KIND, guest))
    if params["directory"]:
        _forget_files(params["directory"], guest, context)
    return removed


def _server_log(directory: str, guest: str) -> str:
    """Log and mark of the server for the installer, see :func:`.guest_media.start_http`."""
    return str(pathlib.Path(directory) / f"{guest}.http.log")


def _forget_files(directory: str, guest: str, context: Context) -> None:
    """Keys, media and the server for the installer."""
    forget_files(directory, guest)
    folder = pathlib.Path(directory).absolute()
    http_server.stop(_server_log(directory, guest), context)
    for name in _MEDIA_FILES:
        resource = leftovers.seed_medium(str(folder / f"{guest}.{name}"))
        if leftovers.BUILDER.discard(resource, {}):
            context.journal.discarded(resource)


ARGUMENT_SPEC: dict[str, t.Any] = {
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": _STATES, "default": "started"},
    "source": {"type": "dict", "options": SOURCE_SPEC, **SOURCE_CONSTRAINTS},
    "directory": {"type": "path"},
    "purpose": {"type": "str", "choices": ["build", "verify"], "default": "build"},
    "labels": {"type": "dict", "default": {}},
    **LAUNCH_SPEC,
    **CONNECTION_SPEC,
    **AUTH_SPEC,
}

OPERATION = Operation(
    argument_spec=ARGUMENT_SPEC,
    run=run,
    constraints={"required_if": [["state", "started", ["source", "directory"]]]},
    hidden=frozenset({"cloud_init", "cd", "floppy", "http", "customization", "extra_config"}),
)
