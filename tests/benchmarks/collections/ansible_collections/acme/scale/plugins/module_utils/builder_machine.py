# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A builder whose platform is asked as EC2 is, and whose guests are reached with ssh; all guests are one machine, each with a folder there."""

from __future__ import annotations

import datetime
import pathlib
import sys
import typing as t

from ansible_collections.golden.images.plugins.module_utils._builders.aws.session import Account, load_service_models
from ansible_collections.golden.images.plugins.module_utils._lifecycle.artifact import Artifact
from ansible_collections.golden.images.plugins.module_utils._lifecycle.builder import Builder, Source
from ansible_collections.golden.images.plugins.module_utils._lifecycle.journal import Resource
from ansible_collections.golden.images.plugins.module_utils._lifecycle.operation import Context, Operation, Params, Result
from ansible_collections.golden.images.plugins.module_utils._lifecycle.run import iso, utc_now
from ansible_collections.golden.images.plugins.module_utils._lifecycle.waiting import Waiter

_SPEC: dict[str, t.Any] = {
    "endpoint": {"type": "str", "required": True},
    "interval": {"type": "float", "required": True},
    "port": {"type": "int", "required": True},
    "user": {"type": "str", "required": True},
    "key": {"type": "path", "required": True},
    "known_hosts": {"type": "path", "required": True},
    "folder": {"type": "path", "required": True},
}


class MachineBuilder(Builder):
    """Nothing is made, so nothing is left."""

    argument_spec = _SPEC
    source_spec: t.ClassVar[dict[str, t.Any]] = {"ami": {"type": "str", "required": True}}
    content_options = frozenset({"endpoint"})
    connection = "golden.images.ssh"

    def load(self) -> None:
        load_service_models()

    def resolve_source(self, source: dict[str, t.Any], options: dict[str, t.Any], context: Context) -> Source:
        return Source(source["ami"], source["ami"], source)

    def source_of(self, artifact: Artifact) -> dict[str, t.Any]:
        return {"ami": artifact.id}

    def is_present(self, artifact: Artifact, options: dict[str, t.Any]) -> bool:
        return True

    def remove(self, artifact: Artifact, options: dict[str, t.Any]) -> None:
        """Nothing is there."""

    def discard(self, resource: Resource, options: dict[str, t.Any]) -> bool:
        return False

    def leftovers(self, options: dict[str, t.Any], now: datetime.datetime) -> list[Resource]:
        return []

    def login_hint(self, resource: Resource) -> str | None:
        return None

    def next_steps(self, artifact: Artifact) -> list[str]:
        return []


BUILDER = MachineBuilder()


def _ask(params: Params, name: str, what: str) -> str:
    """State of a machine, and whatever has to be true of it."""
    ec2 = Account.of({"region": "eu-west-1", "access_key": "none", "secret_key": "none", "endpoint_url": params["endpoint"]}).client("ec2")

    def look() -> str | None:
        answer = ec2.describe_instances(Filters=[{"Name": what, "Values": [name]}])
        state = answer["Reservations"][0]["Instances"][0]["State"]["Name"]
        return str(state) if state == "running" else None

    return Waiter(name, timeout=3600, interval=params["interval"], growth=1.0, longest=params["interval"]).until(look)


def _guest(params: Params, context: Context) -> Result:
    resource = Resource(__name__, "machine", params["name"])
    if params["state"] == "absent":
        context.journal.discarded(resource)
        return {"changed": True}
    context.journal.creating(resource)
    _ask(params, params["name"], "launch")
    context.journal.created(resource)
    folder = pathlib.Path(params["folder"]) / params["name"]
    folder.mkdir(parents=True)
    variables = {
        "ansible_host": params["name"],
        "ansible_port": params["port"],
        "ansible_python_interpreter": sys.executable,
        "ansible_user": params["user"],
        "ansible_ssh_private_key_file": params["key"],
        # A name of its own, or all of them would share one connection.
        "ansible_ssh_common_args": f"-F none -o HostName=127.0.0.1 -o HostKeyAlias=guest -o UserKnownHostsFile={params['known_hosts']}",
        "guest_folder": str(folder),
    }
    return {"changed": True, "guest": {"name": params["name"], "connection": "golden.images.ssh", "vars": variables}}


GUEST = Operation({**_SPEC, "name": {"type": "str", "required": True}, "state": {"type": "str", "required": True}}, _guest)


def _image(params: Params, context: Context) -> Result:
    build = context.build
    if params["state"] == "published":
        return {"changed": True, "artifact": params["artifact"]}
    _ask(params, params["guest"], "capture")
    facts = {name: build[name] for name in ("image", "builder", "version", "fingerprint", "source")}
    artifact = Artifact(id=params["guest"], type="acme.scale.builder_machine", build=build["name"], location="nowhere", created=iso(utc_now()), **facts)
    return {"changed": True, "artifact": artifact.to_dict()}


IMAGE = Operation({**_SPEC, "guest": {"type": "str"}, "artifact": {"type": "dict"}, "state": {"type": "str", "required": True}}, _image)
