# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guest: a container that does nothing but stay, to be configured from outside."""

from __future__ import annotations

import contextlib
import typing as t

from ..._lifecycle.errors import BuilderError
from ..._lifecycle.journal import Resource
from ..._lifecycle.operation import Context, Operation, Params, Result
from ..._lifecycle.process import tail
from ..._lifecycle.waiting import Waiter
from .daemon import Daemon, Json
from .endpoint import ENDPOINT_SPEC, Endpoint
from .exec_client import ExecClient, ExecError
from .names import GUEST_LABEL, SOURCE_LABEL
from .options import BACKEND, RUN_SPEC, SOURCE_CONSTRAINTS, SOURCE_SPEC
from .registry_login import LOGIN_SPEC
from .sources import provide

try:
    from docker.types import Ulimit
    from docker.utils import parse_devices
except ImportError:
    parse_devices = None

CONNECTION = "golden.images.docker"

# A shell as process 1 both reaps orphans and, thanks to its trap, goes at once when it is told to.
KEEP_ALIVE = ["/bin/sh", "-c", "trap 'exit 0' TERM INT HUP; while :; do sleep 86400 & wait $!; done"]

_ENDING = Waiter("the container to end", timeout=3.0, interval=0.05)

_STATES = ["started", "stopped", "absent"]


def container_resource(name: str, daemon: Daemon) -> Resource:
    """A guest as the journal knows it."""
    return Resource(BACKEND, "container", name, {"connection": daemon.endpoint.to_options()})


def run(params: Params, context: Context) -> Result:
    """Entry point of ``docker_guest``."""
    daemon = Daemon.of(params)
    states = {"started": _started, "stopped": _stopped, "absent": _absent}
    return states[params["state"]](params, context, daemon)


def _started(params: Params, context: Context, daemon: Daemon) -> Result:
    name = params["name"]
    existing = daemon.find_container(name)
    if existing and existing["State"]["Running"]:
        return {"changed": False, "guest": describe(params, existing, daemon)}
    if context.check_mode:
        return {"changed": True, "guest": {"name": name, "connection": CONNECTION, "vars": {"ansible_host": name}}}
    if existing is None:
        _create(params, context, daemon)
    with daemon.doing(f"start the container {name}", f"container {name}"):
        daemon.quick.start(name)
    container = wait_until_ready(name, params.get("exec_user"), daemon)
    return {"changed": True, "guest": describe(params, container, daemon)}


def _stopped(params: Params, context: Context, daemon: Daemon) -> Result:
    container = daemon.find_container(params["name"])
    running = bool(container and container["State"]["Running"])
    if running and not context.check_mode:
        with daemon.doing(f"stop the container {params['name']}"):
            daemon.patient.stop(params["name"])
    return {"changed": running}


def _absent(params: Params, context: Context, daemon: Daemon) -> Result:
    if context.check_mode:
        return {"changed": daemon.find_container(params["name"]) is not None}
    removed = daemon.remove_container(params["name"])
    context.journal.discarded(container_resource(params["name"], daemon))
    return {"changed": removed}


def _create(params: Params, context: Context, daemon: Daemon) -> None:
    marks = {**{key: str(value) for key, value in params["labels"].items()}, GUEST_LABEL: params["name"]}
    image = provide(params, daemon, context, marks)
    marks[SOURCE_LABEL] = image["Id"]
    config = container_config(params, image, marks, daemon)
    resource = container_resource(params["name"], daemon)
    context.journal.creating(resource)
    with daemon.doing(f"create the container {params['name']}", str(resource)):
        created = daemon.quick.create_container_from_config(config, params["name"], params.get("platform"))
    for warning in created.get("Warnings") or []:
        context.warn(warning)
    context.journal.created(resource)


def container_config(params: Params, image: Json, labels: t.Mapping[str, str], daemon: Daemon) -> Json:
    """The create call's body. What is needed only while building goes where a commit does not look."""
    api = daemon.quick
    with daemon.doing("read the options of the guest"):
        host = api.create_host_config(
            binds=[f"{outside}:{inside}" for outside, inside in params["volumes"].items()] or None,
            tmpfs=_tmpfs(params["tmpfs"]) or None,
            privileged=params["privileged"],
            cap_add=params["cap_add"] or None,
            cap_drop=params["cap_drop"] or None,
            security_opt=params["security_opts"] or None,
            devices=parse_devices(params["devices"]) or None,
            network_mode=params.get("network"),
            dns=params["dns"] or None,
            extra_hosts=params["extra_hosts"] or None,
            runtime=params.get("runtime"),
            mem_limit=params.get("memory"),
            nano_cpus=int(params["cpus"] * 1e9) if params.get("cpus") else None,
            shm_size=params.get("shm_size"),
            ulimits=[_ulimit(text) for text in params["ulimits"]] or None,
            init=params["init"] or None,
        )
    process = _process(params, image)
    return {
        "Image": image["Id"],
        "Labels": dict(labels),
        "HostConfig": host,
        "Tty": params["pty"],
        "OpenStdin": params["pty"],
        **process,
        **({"User": params["user"]} if params.get("user") else {}),
        **({"Hostname": params["hostname"]} if params.get("hostname") else {}),
    }


def _process(params: Params, image: Json) -> Json:
    """The guest's process; the image's entrypoint is touched only when it has one, so that a commit finds as little as possible to undo."""
    if not params["keep_alive"]:
        return {}
    command = params.get("run_command") or KEEP_ALIVE
    return {"Entrypoint": command, "Cmd": []} if (image.get("Config") or {}).get("Entrypoint") else {"Cmd": command}


def _tmpfs(entries: t.Iterable[str]) -> dict[str, str]:
    return {path: flags for path, _colon, flags in (entry.partition(":") for entry in entries)}


def _ulimit(text: str) -> t.Any:
    name, _equals, limits = text.partition("=")
    soft, _colon, hard = limits.partition(":")
    try:
        return Ulimit(name=name, soft=int(soft), hard=int(hard or soft))
    except ValueError as error:
        raise BuilderError(f"{text!r} is not a ulimit", hint="For instance nofile=1024:2048") from error


def wait_until_ready(name: str, user: str | None, daemon: Daemon) -> Json:
    """The running container, once a command could be run in it.

    :raises BuilderError: with the last lines of its log when it ended at once.
    """
    reason = ""
    try:
        finished = ExecClient(daemon.endpoint, name, user).run(["/bin/sh", "-c", ":"])
        reason = finished.stderr.decode(errors="replace") or finished.stdout.decode(errors="replace")
        ready = finished.returncode == 0
    except ExecError as error:
        reason, ready = str(error), False
    container = daemon.find_container(name) if ready else _after_refusal(name, daemon)
    if container is None:
        raise BuilderError(f"the container {name} vanished while it was started")
    if not container["State"]["Running"]:
        code = container["State"]["ExitCode"]
        raise BuilderError(
            f"the container {name} ended at once with exit status {code}{_log_of(name, daemon)}",
            resource=f"container {name}",
            hint="The image needs /bin/sh and sleep, or the builder option run_command that stays.",
        )
    if not ready:
        raise BuilderError(f"no command can be run in the container {name}: {reason.strip()}", hint="The image needs /bin/sh; check the option exec_user too.")
    return container


def _after_refusal(name: str, daemon: Daemon) -> Json | None:
    """The container, once it has ended or will not: commands are refused a moment before the daemon says that it has ended."""
    container = None
    for _elapsed in _ENDING.ticks():
        container = daemon.find_container(name)
        if container is None or not container["State"]["Running"]:
            break
    return container


def _log_of(name: str, daemon: Daemon) -> str:
    with contextlib.suppress(BuilderError), daemon.doing("read the log"):
        log = tail(daemon.quick.logs(name, tail=15).decode(errors="replace"))
        return f"; its log ends with:\n{log}\n" if log else "; its log is empty"
    return ""


def describe(params: Params, container: Json, daemon: Daemon) -> Json:
    """How to reach the guest, in the contract's form."""
    user = params.get("exec_user") or container["Config"].get("User") or "root"
    usual = Endpoint("").to_options()
    variables = {f"golden_docker_{name}": value for name, value in daemon.endpoint.to_options().items() if value != usual.get(name)}
    variables.update(ansible_host=params["name"], ansible_user=user, golden_guest_can_reboot=False)
    if params["environment"]:
        variables["golden_docker_environment"] = {key: str(value) for key, value in params["environment"].items()}
    return {"name": params["name"], "connection": CONNECTION, "vars": variables}


ARGUMENT_SPEC: dict[str, t.Any] = {
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": _STATES, "default": "started"},
    "source": {"type": "dict", "options": SOURCE_SPEC, **SOURCE_CONSTRAINTS},
    "labels": {"type": "dict", "default": {}},
    "keep_alive": {"type": "bool", "default": True},
    **RUN_SPEC,
    **LOGIN_SPEC,
    **ENDPOINT_SPEC,
}

OPERATION = Operation(argument_spec=ARGUMENT_SPEC, run=run, constraints={"required_if": [["state", "started", ["source"]]]})
