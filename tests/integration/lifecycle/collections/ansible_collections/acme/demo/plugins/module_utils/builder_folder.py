# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A builder whose guests are folders: quick, and without a platform of its own.

What it was asked to do is noted in ``<platform>.log``, a line each. The option ``hold`` names a
folder of FIFOs: where one of them has the name of a step, the step waits until it is written to.
"""

from __future__ import annotations

import contextlib
import datetime
import os
import pathlib
import shutil
import signal
import sys
import typing as t

from ansible_collections.golden.images.plugins.module_utils._lifecycle.artifact import Artifact, ArtifactFile
from ansible_collections.golden.images.plugins.module_utils._lifecycle.builder import Builder, Source
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import BuilderError
from ansible_collections.golden.images.plugins.module_utils._lifecycle.files import sha256_file
from ansible_collections.golden.images.plugins.module_utils._lifecycle.journal import Resource
from ansible_collections.golden.images.plugins.module_utils._lifecycle.operation import Context, Operation, Params, Result
from ansible_collections.golden.images.plugins.module_utils._lifecycle.run import iso, utc_now


class FolderBuilder(Builder):
    """Sources and artifacts are folders, too."""

    argument_spec: t.ClassVar[dict[str, t.Any]] = {
        "platform": {"type": "path", "required": True},
        "flavour": {"type": "str", "default": "plain"},
        "size": {"type": "int", "default": 1},
        "token": {"type": "str", "no_log": True},
        "hold": {"type": "path"},
        "connection": {"type": "str", "default": "ansible.builtin.local"},
    }
    source_spec: t.ClassVar[dict[str, t.Any]] = {"folder": {"type": "path", "required": True}}
    content_options = frozenset({"flavour", "size", "token"})
    connection = "ansible.builtin.local"

    def resolve_source(self, source: dict[str, t.Any], options: dict[str, t.Any], context: Context) -> Source:
        if not os.path.isdir(source["folder"]):
            raise BuilderError(f"there is no folder {source['folder']}", hint="Make it first.")
        content = sorted((str(path), sha256_file(path)) for path in pathlib.Path(source["folder"]).rglob("*") if path.is_file())
        return Source(str(content), f"folder {source['folder']}", source)

    def source_of(self, artifact: Artifact) -> dict[str, t.Any]:
        return {"folder": artifact.metadata["folder"]}

    def is_present(self, artifact: Artifact, options: dict[str, t.Any]) -> bool:
        return os.path.isdir(artifact.metadata["folder"])

    def remove(self, artifact: Artifact, options: dict[str, t.Any]) -> None:
        shutil.rmtree(artifact.metadata["folder"], ignore_errors=True)

    def discard(self, resource: Resource, options: dict[str, t.Any]) -> bool:
        existed = os.path.isdir(resource.name)
        _kill_inside(resource.name)
        shutil.rmtree(resource.name, ignore_errors=True)
        return existed

    def leftovers(self, options: dict[str, t.Any], now: datetime.datetime) -> list[Resource]:
        return []

    def login_hint(self, resource: Resource) -> str | None:
        return f"cd {resource.name}"

    def next_steps(self, artifact: Artifact) -> list[str]:
        return [f"ls {artifact.metadata['folder']}"]


BUILDER = FolderBuilder()


def _kill_inside(folder: str) -> None:
    """As every platform does: what runs in a guest ends with it. Processes of a guest have it in their environment."""
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if f"\0GUEST_FOLDER={folder}\0".encode() in b"\0" + (process / "environ").read_bytes():
                os.kill(int(process.name), signal.SIGKILL)


def _hold(params: Params, step: str) -> None:
    gate = pathlib.Path(params["hold"] or "/nonexistent", step)
    if gate.is_fifo():
        gate.with_suffix(".reached").touch()
        gate.read_bytes()


def _log(params: Params, text: str) -> None:
    with open(f"{params['platform']}.log", "a", encoding="utf-8") as stream:
        stream.write(f"{text}\n")


def _guest(params: Params, context: Context) -> Result:
    resource = Resource(__name__, "folder", os.path.join(params["platform"], params["name"]))
    if params["state"] == "absent":
        existed = BUILDER.discard(resource, {})
        context.journal.discarded(resource)
        return {"changed": existed}
    _log(params, f"launch {context.build['image']}")
    context.journal.creating(resource)
    shutil.copytree(params["source"]["folder"], resource.name)
    pathlib.Path(resource.name, "marks").write_text(str(context.build.get("marks")), encoding="utf-8")
    _hold(params, f"launch-{context.build['image']}")
    context.journal.created(resource)
    variables = {"guest_folder": resource.name, "ansible_python_interpreter": sys.executable}
    return {"changed": True, "guest": {"name": params["name"], "connection": params["connection"], "vars": variables}}


GUEST = Operation(
    {
        "platform": {"type": "path", "required": True},
        "name": {"type": "str", "required": True},
        "source": {"type": "dict"},
        "state": {"type": "str", "choices": ["started", "absent"], "required": True},
        "hold": {"type": "path"},
        "connection": {"type": "str"},
    },
    _guest,
)


def _image(params: Params, context: Context) -> Result:
    captured = params["state"] == "captured"
    _log(params, f"{'capture' if captured else 'publish'} {context.build['image']}")
    artifact = _capture(params, context) if captured else _publish(params, context)
    return {"changed": True, "artifact": artifact.to_dict()}


def _capture(params: Params, context: Context) -> Artifact:
    build = context.build
    folder = os.path.join(params["platform"], f"captured-{build['image']}-{build['run_id']}")
    resource = Resource(__name__, "folder", folder)
    context.journal.creating(resource)
    shutil.copytree(os.path.join(params["platform"], params["guest"]), folder)
    _hold(params, f"capture-{build['image']}")
    context.journal.released(resource)
    _hold(params, f"captured-{build['image']}")
    return Artifact(
        id=f"folder:{build['fingerprint'][:16]}:{build['run_id']}",
        type="acme.demo.builder_folder",
        build=build["name"],
        image=build["image"],
        builder=build["builder"],
        version=build["version"],
        fingerprint=build["fingerprint"],
        location=params["platform"],
        created=iso(utc_now()),
        source=build["source"],
        metadata={"folder": folder},
    )


def _publish(params: Params, context: Context) -> Artifact:
    build = context.build
    artifact = Artifact.from_dict(params["artifact"])
    final = pathlib.Path(params["platform"], f"{build['image']}-{build['version']}")
    if artifact.metadata["folder"] != str(final):
        shutil.rmtree(final, ignore_errors=True)
        os.rename(artifact.metadata["folder"], final)
    pathlib.Path(build["output_dir"]).mkdir(parents=True, exist_ok=True)
    note = pathlib.Path(build["output_dir"], f"{build['file_stem']}.txt")
    note.write_text(f"{final}\n", encoding="utf-8")
    file = ArtifactFile(str(note), "txt", note.stat().st_size, sha256_file(note))
    return artifact.replace(files=(file,), metadata={"folder": str(final)})


IMAGE = Operation(
    {
        "platform": {"type": "path", "required": True},
        "guest": {"type": "str"},
        "artifact": {"type": "dict"},
        "state": {"type": "str", "choices": ["captured", "published"], "required": True},
        "hold": {"type": "path"},
    },
    _image,
)
