# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guest: an instance with a key, a door for the caller alone, and a host key that is known beforehand."""

from __future__ import annotations

import contextlib
import pathlib
import typing as t

from ..._access import host_keys
from ..._access.connecting import CONNECTIONS, forget_files, login_command, variables
from ..._access.waits import waiter_of
from ..._lifecycle.errors import GoldenError
from ..._lifecycle.journal import Resource
from ..._lifecycle.operation import Context, Operation, Params, Result
from . import instance, instance_profile, key_pair, launching, proxying, security_group, spot, windows_password
from .connecting import way_to
from .discarding import KINDS
from .host_keys import wait_for_console_keys
from .image_options import SURROGATE_SPEC
from .key_pair import GuestKey
from .launch_validation import check_launch
from .options import CONNECTION_SPEC, LAUNCH_SPEC, SOURCE_CONSTRAINTS, SOURCE_SPEC
from .session import AUTH_SPEC, Account

Json = dict[str, t.Any]

_STATES = ["started", "stopped", "absent"]


def run(params: Params, context: Context) -> Result:
    """Entry point of ``aws_guest``."""
    account = Account.in_context(params, context)
    states = {"started": _started, "stopped": _stopped, "absent": _absent}
    return states[params["state"]](params, context, account)


def _started(params: Params, context: Context, account: Account) -> Result:
    check_launch(params, params["source"])
    guest = params["name"]
    existing = instance.find(account, guest)
    if context.check_mode:
        running = bool(existing and instance.state_of(existing) == "running")
        return {"changed": not running, "guest": {"name": guest, "connection": CONNECTIONS[params["connection"]], "vars": {}}}
    directory = _directory(params)
    if existing is None:
        with _removed_on_failure(params, account, context):
            key, launched = launching.launch(params, directory, account, context)
            return {"changed": True, "guest": _reachable(params, directory, key, launched, account, context)}
    was_running = instance.state_of(existing) == "running"
    running_now = existing if was_running else instance.start(account, existing, params)
    key = launching.key_of(params, guest, directory)
    return {"changed": not was_running, "guest": _reachable(params, directory, key, running_now, account, context)}


@contextlib.contextmanager
def _removed_on_failure(params: Params, account: Account, context: Context) -> t.Iterator[None]:
    """Within a build the journal sees to that; a module used alone has nobody else."""
    try:
        yield
    except GoldenError:
        if not context.build:
            try:
                _remove(params, account, context)
            except GoldenError as error:
                context.warn(f"what was made for the guest {params['name']} could not be removed: {error}")
        raise


def _directory(params: Params) -> str:
    """Folder of keys, made for this user alone."""
    directory = pathlib.Path(params["directory"])
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    return str(directory)


def _reachable(params: Params, directory: str, key: GuestKey, running: Json, account: Account, context: Context) -> Json:
    """Have everything ready to connect with, and say how."""
    guest, instance_id = params["name"], running["InstanceId"]
    password_file = None
    if params["connection"] == "ssh":
        _pin_host_key(params, directory, instance_id, account, context)
        if params["address"] == "session_manager":
            context.say("waiting for the Session Manager agent")
            proxying.wait_for_agent(account, instance_id, params)
    else:
        if not params["windows_password"]:
            context.say("waiting for the password of the administrator")
        password_file = windows_password.provide_password(account, guest, instance_id, str(key.private_key_file), directory, params)
    way = way_to(guest, directory, key, running, params)
    context.journal.created(account.resource(instance.KIND, guest, id=instance_id, login=login_command(way, params)))
    wait = params["connection_wait"]
    return {
        "name": guest,
        "id": instance_id,
        "type": running.get("InstanceType"),
        "availability_zone": (running.get("Placement") or {}).get("AvailabilityZone"),
        "connection": CONNECTIONS[params["connection"]],
        "vars": variables(way, params) | _build_key(params, directory, account),
        "password_file": str(password_file) if password_file else None,
        "wait": True,
        "wait_timeout": wait["timeout"],
        "wait_interval": wait["interval"],
    }


def _build_key(params: Params, directory: str, account: Account) -> Json:
    """The key to be removed from the image. A guest that verifies an image is told nothing: it looks for the key of the guest that was captured."""
    if params["connection"] != "ssh" or params["purpose"] == "verify":
        return {}
    return {"golden_build_public_key": key_pair.public_line(params, params["name"], directory, account)}


def _pin_host_key(params: Params, directory: str, instance_id: str, account: Account, context: Context) -> None:
    """Where user data carried none, the console tells it; nothing for ``first_contact``."""
    guest = params["name"]
    if params["host_key"] == "first_contact" or host_keys.is_pinned(directory, guest):
        return
    context.say("waiting for the host keys on the console")
    host_keys.pin(directory, guest, wait_for_console_keys(account, instance_id, params))


def _stopped(params: Params, context: Context, account: Account) -> Result:
    existing = instance.find(account, params["name"])
    running = bool(existing and instance.state_of(existing) != "stopped")
    if existing and running and not context.check_mode:
        instance.stop(account, existing, params)
    return {"changed": running}


def _absent(params: Params, context: Context, account: Account) -> Result:
    if context.check_mode:
        return {"changed": instance.find(account, params["name"]) is not None}
    return {"changed": _remove(params, account, context)}


def _remove(params: Params, account: Account, context: Context) -> bool:
    """The guest and all that was made for it; whether there was anything."""
    guest = params["name"]
    removed = instance.terminate(account, guest, waiter=waiter_of(params, "terminate_wait", f"the instance of {guest} to be terminated"))
    context.journal.discarded(account.resource(instance.KIND, guest))
    for resource in _belongings(params, guest, account):
        removed = KINDS[resource.kind](account, resource) or removed
        context.journal.discarded(resource)
    if params["directory"]:
        _forget_files(params["directory"], guest)
    return removed


def _belongings(params: Params, guest: str, account: Account) -> list[Resource]:
    """What the guest may have beside its instance, by its options, in the order in which it goes."""
    kinds = [(security_group.KIND, guest)] if security_group.is_temporary(params) else []
    if key_pair.is_temporary(params):
        kinds.append((key_pair.KIND, guest))
    if params["temporary_instance_profile"]:
        name = instance_profile.role_name(guest)
        kinds += [(instance_profile.PROFILE_KIND, name), (instance_profile.ROLE_KIND, name)]
    if params["spot"]:
        kinds += [(spot.FLEET_KIND, guest), (spot.TEMPLATE_KIND, guest)]
    return [account.resource(kind, name) for kind, name in kinds]


def _forget_files(directory: str, guest: str) -> None:
    forget_files(directory, guest)
    proxying.forget_proxy(directory, guest)


ARGUMENT_SPEC: dict[str, t.Any] = {
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": _STATES, "default": "started"},
    "source": {"type": "dict", "options": SOURCE_SPEC, **SOURCE_CONSTRAINTS},
    "directory": {"type": "path"},
    "purpose": {"type": "str", "choices": ["build", "verify"], "default": "build"},
    "labels": {"type": "dict", "default": {}},
    "surrogate": {"type": "dict", "options": SURROGATE_SPEC},
    **LAUNCH_SPEC,
    **CONNECTION_SPEC,
    **AUTH_SPEC,
}

OPERATION = Operation(argument_spec=ARGUMENT_SPEC, run=run, constraints={"required_if": [["state", "started", ["source", "directory"]]]})
