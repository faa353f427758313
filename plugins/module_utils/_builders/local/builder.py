# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The local builder: a root file tree in namespaces of its own, captured as files. Needs no daemon and no account."""

from __future__ import annotations

import datetime
import os
import pathlib
import typing as t

from ..._lifecycle.artifact import Artifact
from ..._lifecycle.builder import Builder, Source
from ..._lifecycle.discarding import all_runs
from ..._lifecycle.errors import BuilderError
from ..._lifecycle.files import read_json
from ..._lifecycle.found_processes import end, find_by_argument
from ..._lifecycle.image_files import are_there, remove_files
from ..._lifecycle.journal import Resource
from ..._lifecycle.operation import Context
from ..._lifecycle.run import StateFolder
from ..._media.download import is_url
from . import configuration, guest, source
from .capture import captured_resource
from .folder import GuestFolder
from .options import BUILDER_SPEC, CONNECTION, CONTENT_OPTIONS, SOURCE_CONSTRAINTS, SOURCE_SPEC
from .tree import remove_tree

Options = dict[str, t.Any]


class LocalBuilder(Builder):
    """See :class:`~..._lifecycle.builder.Builder`."""

    argument_spec = BUILDER_SPEC
    source_spec = SOURCE_SPEC
    source_constraints = SOURCE_CONSTRAINTS
    content_options = CONTENT_OPTIONS
    connection = CONNECTION

    def validate(self, options: Options, source_options: Options) -> None:
        """Refuse what the argument spec cannot express."""
        if "image_of" not in source_options:
            _check_source(source_options)
        configuration.check(options.get("config"))
        if not options.get("formats"):
            raise BuilderError("formats: at least one of oci and rootfs is needed")
        for mount in options.get("mounts") or []:
            _check_place("mounts.target", mount["target"])
            _check_path("mounts.source", mount["source"])
        for path in options.get("tmpfs") or []:
            _check_place("tmpfs", path)

    def resolve_source(self, source_options: Options, options: Options, context: Context) -> Source:
        """Reads local files; asks no mirror."""
        return source.resolve(source_options)

    def source_of(self, artifact: Artifact) -> Options:
        """The OCI archive, which says how it is run; else the tree and what was to be said of it."""
        files = {file.kind: file for file in artifact.files}
        if "oci.tar" in files:
            return {"oci_archive": files["oci.tar"].path}
        if "rootfs.tar" in files:
            config = artifact.metadata.get("config") or {}
            return {"rootfs_archive": files["rootfs.tar"].path, "checksum": f"sha256:{files['rootfs.tar'].sha256}", "config": config}
        raise BuilderError(f"the artifact {artifact.id} has no file that a guest can start from")

    def is_present(self, artifact: Artifact, options: Options) -> bool:
        """Whether every file is there with the recorded size."""
        return are_there(artifact)

    def discard(self, resource: Resource, options: Options) -> bool:
        """Guests with all their processes, and files that were never finished."""
        if resource.kind == "guest":
            return guest.remove(GuestFolder(pathlib.Path(resource.details["path"])))
        paths = [pathlib.Path(path) for path in resource.details.get("paths") or [resource.details["path"]]]
        removed = [_discard_path(path) for path in paths]
        return any(removed)

    def leftovers(self, options: Options, now: datetime.datetime) -> list[Resource]:
        """Guests whose run is over or has expired, and captured files that no record knows."""
        if not options.get("state_dir"):
            return []
        state = StateFolder(pathlib.Path(options["state_dir"]).absolute())
        over = {run.run_id for run in all_runs(state) if run.is_over(state)}
        alive = {run.run_id for run in all_runs(state)} - over
        guests = [guest.guest_resource(GuestFolder(path)) for path in sorted(state.guests.glob("*")) if _is_abandoned(path, over, now)]
        partial = [_partial_tree(path) for path in sorted(state.cache.glob("bootstraps/*/*.partial")) if not find_by_argument(str(path / "root"))]
        return guests + partial + _unknown_captures(state, alive)

    def remove(self, artifact: Artifact, options: Options) -> None:
        """Remove the captured files."""
        remove_files(artifact)

    def login_hint(self, resource: Resource) -> str | None:
        """A shell in a kept guest."""
        return guest.login(GuestFolder(pathlib.Path(resource.details["path"]))) if resource.kind == "guest" else None

    def next_steps(self, artifact: Artifact) -> list[str]:
        """Commands with which a person can use the published artifact."""
        files = {file.kind: file.path for file in artifact.files}
        steps = []
        if "oci.tar" in files:
            steps += [f"docker load -i {files['oci.tar']}", f"podman load -i {files['oci.tar']}", f"skopeo inspect oci-archive:{files['oci.tar']}"]
        if "rootfs.tar" in files:
            steps.append(f"tar -tvf {files['rootfs.tar']}")
        return steps


def _check_source(source_options: Options) -> None:
    source.check(source_options)
    kind = source.kind_of(source_options)
    if kind != "bootstrap":
        _check_path(f"source.{kind}", source_options[kind])


def _check_path(option: str, path: str) -> None:
    if not is_url(path) and not path.startswith(("/", "~")):
        raise BuilderError(f"{option}: {path!r} is not an absolute path", hint="For a file beside the definition write {{ golden_definition_dir }}/ before it.")


def _check_place(option: str, path: str) -> None:
    if not path.startswith("/") or path.rstrip("/") == "" or ".." in path.split("/"):
        raise BuilderError(f"{option}: {path!r} is not an absolute path inside the guest")


def _discard_path(path: pathlib.Path) -> bool:
    word = str(path / "root")
    end(find_by_argument(word), word)
    if path.is_dir() and not path.is_symlink():
        remove_tree(path)
        return True
    existed = os.path.lexists(path)
    path.unlink(missing_ok=True)
    return existed


def _partial_tree(path: pathlib.Path) -> Resource:
    return Resource(__name__, "partial tree", str(path), {"path": str(path)})


def _is_abandoned(folder: pathlib.Path, over: set[str], now: datetime.datetime) -> bool:
    marks = read_json(folder / "marks.json") or {}
    expires = marks.get("golden.expires")
    if marks.get("golden.run") in over:
        return True
    return expires is not None and datetime.datetime.fromisoformat(expires.replace("Z", "+00:00")) < now


def _unknown_captures(state: StateFolder, alive: set[str]) -> list[Resource]:
    folders = [path for path in sorted(state.root.glob("captured/*/*")) if path.is_dir() and path.name not in alive]
    if not folders:
        return []
    records = [path.read_text(encoding="utf-8") for path in state.root.glob("builds/*.json")]
    return [captured_resource(folder) for folder in folders if not any(f"{folder}/" in record for record in records)]


BUILDER = LocalBuilder()
"""Found by its name in the definition: ``type: local``."""
