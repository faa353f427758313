# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guest: a machine of its own with a key that nobody else has, and a way in that leads from this machine only."""

from __future__ import annotations

import contextlib
import pathlib
import typing as t

from ..._access import host_keys
from ..._access.connecting import CONNECTIONS, Way, build_key, forget_files, guest_facts, login_command, user_of
from ..._access.waits import waiter_of
from ..._lifecycle.errors import BuilderError, GoldenError
from ..._lifecycle.operation import Context, Operation, Params, Result
from ..._media.guest_media import private_key_of
from . import additions, discarding, forwarding, machine
from .launch_checks import check_launch, check_place
from .launching import Launch, launch, reach, start
from .options import HOST_SPEC, LAUNCH_SPEC, SOURCE_CONSTRAINTS, SOURCE_SPEC
from .vboxmanage import VBoxManage

Json = dict[str, t.Any]

_STATES = ["started", "stopped", "absent"]


def run(params: Params, context: Context) -> Result:
    """Entry point of ``virtualbox_guest``."""
    states = {"started": _started, "stopped": _stopped, "absent": _absent}
    return states[params["state"]](params, context, VBoxManage.of(params, context, params["name"]))


def _started(params: Params, context: Context, vbox: VBoxManage) -> Result:
    check_launch(params, params["source"])
    guest = params["name"]
    directory = str(pathlib.Path(params["directory"]).absolute())
    folder = machine.folder_of(params, guest, directory)
    existing = vbox.find(guest)
    if existing is not None and not machine.is_ours(vbox, guest, existing, folder):
        raise BuilderError(f"there is a machine {guest} already, and it was not made by golden.images", hint="Give the guest another name.")
    if context.check_mode:
        _check_place(params, context)
        running = existing is not None and existing.get("VMState") == "running"
        return {"changed": not running, "guest": {"name": guest, "connection": CONNECTIONS.get(params["connection"]), "vars": {}}}
    pathlib.Path(directory).mkdir(mode=0o700, parents=True, exist_ok=True)
    if existing is None:
        _check_place(params, context)
        with _removed_on_failure(params, vbox, context):
            found = _launched(params, directory, vbox, context)
            return {"changed": True, "guest": _facts(params, directory, found, vbox, context)}
    was_running = existing.get("VMState") == "running"
    found = _again(params, directory, folder, was_running, vbox, context)
    return {"changed": not was_running, "guest": _facts(params, directory, found, vbox, context)}


def _check_place(params: Params, context: Context) -> None:
    """Of the VirtualBox that is there: an own one would be made by asking."""
    check_place(params, VBoxManage.of({**params, "isolated": False}, context))


def _launched(params: Params, directory: str, vbox: VBoxManage, context: Context) -> tuple[str, int] | None:
    if vbox.is_isolated:
        context.journal.creating(machine.home_resource(vbox))
        pathlib.Path(str(vbox.user_home)).mkdir(mode=0o700, parents=True, exist_ok=True)
    return launch(params, directory, vbox, context)


def _again(params: Params, directory: str, folder: pathlib.Path, was_running: bool, vbox: VBoxManage, context: Context) -> tuple[str, int] | None:
    """A guest that is there already."""
    launching = Launch(params, directory, folder, vbox, context)
    if not was_running:
        return reach(launching, start(launching))
    port = forwarding.forwarded_port(vbox, params["name"])
    way = (forwarding.LOOPBACK, port) if port else None
    return reach(launching, way)


@contextlib.contextmanager
def _removed_on_failure(params: Params, vbox: VBoxManage, context: Context) -> t.Iterator[None]:
    """Within a build the journal sees to that; a module used alone has nobody else."""
    try:
        yield
    except GoldenError:
        if not context.build:
            try:
                _remove(params, vbox, context)
            except GoldenError as error:
                context.warn(f"what was made for the guest {params['name']} could not be removed: {error}")
        raise


def _facts(params: Params, directory: str, found: tuple[str, int] | None, vbox: VBoxManage, context: Context) -> Json:
    """Say how to connect, and write down how a person does."""
    guest = params["name"]
    info = vbox.info(guest)
    way = _way(params, directory, found) if found else None
    login = login_command(way, params) if way else None
    folder = machine.folder_of(params, guest, directory)
    context.journal.created(machine.resource(vbox, guest, folder, uuid=info["UUID"], login=login))
    path = additions.obtain_additions(params, vbox, context) if params["purpose"] == "build" and found else None
    facts = guest_facts(way, params, name=guest, id=info["UUID"], state=info.get("VMState"), uploads=additions.uploads(params, path))
    return {**facts, "vars": facts["vars"] | (build_key(directory, guest, params["purpose"]) if way else {})}


def _way(params: Params, directory: str, found: tuple[str, int]) -> Way:
    guest = params["name"]
    return Way(
        guest,
        directory,
        *found,
        user_of(params),
        private_key_of(params, guest, directory),
        trusts_first=not host_keys.is_pinned(directory, guest),
    )


def _stopped(params: Params, context: Context, vbox: VBoxManage) -> Result:
    running = vbox.state(params["name"]) in machine.RUNNING
    if running and not context.check_mode:
        _shut_down(params, vbox)
    return {"changed": running}


def _shut_down(params: Params, vbox: VBoxManage) -> None:
    """Press the power button, and take the power away from a guest that does not heed it."""
    guest = params["name"]
    vbox.run("controlvm", guest, "acpipowerbutton", what=f"press the power button of {guest}")
    waiter = waiter_of(params, "power_off_wait", f"the guest {guest} to shut down")
    if not any(vbox.state(guest) not in machine.RUNNING for _elapsed in waiter.ticks()):
        machine.power_off(vbox, guest)


def _absent(params: Params, context: Context, vbox: VBoxManage) -> Result:
    if context.check_mode:
        return {"changed": vbox.find(params["name"]) is not None}
    return {"changed": _remove(params, vbox, context)}


def _remove(params: Params, vbox: VBoxManage, context: Context) -> bool:
    """The guest and all that was made for it; whether there was anything."""
    guest, directory = params["name"], params["directory"]
    removed = False
    for resource in discarding.belongings(params, vbox):
        removed = discarding.discard(resource, params) or removed
        context.journal.discarded(resource)
    if directory:
        forget_files(directory, guest)
        pathlib.Path(discarding.http_log(directory, guest)).unlink(missing_ok=True)
    return removed


ARGUMENT_SPEC: dict[str, t.Any] = {
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": _STATES, "default": "started"},
    "source": {"type": "dict", "options": SOURCE_SPEC, **SOURCE_CONSTRAINTS},
    "directory": {"type": "path"},
    "purpose": {"type": "str", "choices": ["build", "verify"], "default": "build"},
    "labels": {"type": "dict", "default": {}},
    **LAUNCH_SPEC,
    **HOST_SPEC,
}

OPERATION = Operation(
    argument_spec=ARGUMENT_SPEC,
    run=run,
    constraints={"required_if": [["state", "started", ["source", "directory"]]]},
    hidden=frozenset({"cloud_init", "cd", "floppy", "http"}),
)
