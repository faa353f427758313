# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes image files of a guest: stops it, packs its tree once, and wraps that as an OCI archive."""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import json
import os
import pathlib
import subprocess
import tempfile
import typing as t

from ..._lifecycle.artifact import Artifact, ArtifactFile
from ..._lifecycle.errors import BuilderError
from ..._lifecycle.image_files import capturing, check_space
from ..._lifecycle.journal import Resource
from ..._lifecycle.operation import Context
from ..._lifecycle.process import die_with_parent, tail
from ..._lifecycle.run import iso, utc_now
from . import configuration, pack_program
from .configuration import Config
from .folder import GuestFolder
from .guest import shut_down
from .inside import inside, program
from .oci import Blob, Description, compress, copy, tag_of, write_archive
from .options import BACKEND
from .tree import pack_command

Params = dict[str, t.Any]


def captured_resource(folder: pathlib.Path) -> Resource:
    """Files of a capture in the journal."""
    return Resource(BACKEND, "captured files", str(folder), {"path": str(folder)})


def capture(folder: GuestFolder, params: Params, context: Context) -> Artifact:
    """Capture a guest, which is stopped by it.

    A capture that fails leaves no file.

    :raises BuilderError: when it fails.
    """
    target = pathlib.Path(params["captured_dir"]).absolute()
    known = folder.read()
    if not known:
        raise BuilderError("there is no such guest to capture", resource=f"guest {folder.path.name}")
    if known.get("pid") and folder.pid() is None:
        raise BuilderError("the guest ended before it could be captured", resource=f"guest {folder.path.name}")
    config = configuration.merge(configuration.merge(known["config"], params["config"]), {"labels": labels_of(params)})
    configuration.check(config)
    with capturing(target, captured_resource(target), context):
        check_space(target, params["free_space"])
        shut_down(folder)
        return _make(folder, known, config, target, params)


def labels_of(params: Params) -> dict[str, str]:
    """Labels every image carries, and those of its image in the definition; nothing of the run, so that the same tree gives the same bytes."""
    ours = {"image": params["image"], "builder": params["builder"], "version": params["version"], "fingerprint": params["fingerprint"]}
    return {**{str(key): str(value) for key, value in params["labels"].items()}, **{f"golden.{key}": value for key, value in ours.items() if value}}


def _make(folder: GuestFolder, known: dict[str, t.Any], config: Config, target: pathlib.Path, params: Params) -> Artifact:
    formats = params["formats"]
    packed = target / f"{params['file_stem']}.rootfs.tar"
    epoch = params["source_date_epoch"]
    layer, report = _pack(folder, known, packed, _environment_epoch() if epoch is None else epoch)
    files = [ArtifactFile(str(packed), "rootfs.tar", layer.size, layer.sha256)] if "rootfs" in formats else []
    image_id = f"sha256:{layer.sha256}"
    if "oci" in formats:
        file, image_id = _wrap(layer, config, report["newest"], target, params)
        files.insert(0, file)
    if "rootfs" not in formats:
        packed.unlink()
    metadata = {
        "config": config,
        "architecture": configuration.architecture_of(config.get("architecture")),
        "os": report["os_release"],
        "packages": report["packages"],
        "layer": f"sha256:{layer.sha256}",
        "tags": _tags(params),
    }
    return Artifact(
        id=image_id,
        type="local",
        build=params["build"],
        image=params["image"],
        builder=params["builder"],
        version=params["version"],
        fingerprint=params["fingerprint"],
        location=str(target),
        created=iso(utc_now()),
        files=tuple(files),
        source=params["source"],
        metadata=metadata,
    )


def _environment_epoch() -> int | None:
    value = os.environ.get("SOURCE_DATE_EPOCH", "")
    return int(value) if value.isdigit() else None


def _tags(params: Params) -> list[str]:
    return params["tags"] or [tag_of(params["image"], params["version"])]


def _pack(folder: GuestFolder, known: dict[str, t.Any], target: pathlib.Path, epoch: int | None) -> tuple[Blob, dict[str, t.Any]]:
    """Pack the tree; the report's ``newest`` is the time of the newest file as packed."""
    work, report = folder.path / "pack.json", folder.path / "packed.json"
    command = pack_command(folder.root, epoch)
    data = {"root": str(folder.root), "overlay": known["overlay"], "placeholders": known["placeholders"], "report": str(report), "command": command}
    work.write_text(json.dumps(data), encoding="utf-8")
    argv = inside(program(pack_program.__name__, str(work)), own_pids=True, own_mounts=True)
    digest = hashlib.sha256()
    # Its complaints go into a file and no pipe: there may be one about every single file, while nobody reads.
    with open(target, "wb") as sink, tempfile.TemporaryFile() as complaints:
        # pylint: disable-next=ansible-bad-function
        process = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=complaints, start_new_session=True, preexec_fn=die_with_parent
        )
        with process:
            try:
                size = copy(t.cast("t.IO[bytes]", process.stdout), sink, digest)
            except BaseException:
                process.kill()
                raise
        complaints.seek(0)
        errors = complaints.read().decode(errors="replace")
        sink.flush()
        os.fsync(sink.fileno())
    if process.returncode:
        raise BuilderError(f"the tree of the guest could not be packed: {tail(errors, 3)}")
    learnt = json.loads(report.read_text(encoding="utf-8"))
    learnt["newest"] = learnt["newest"] if epoch is None else min(epoch, learnt["newest"])
    return Blob(target, digest.hexdigest(), size), learnt


def _wrap(layer: Blob, config: Config, epoch: int, target: pathlib.Path, params: Params) -> tuple[ArtifactFile, str]:
    path = target / f"{params['file_stem']}.oci.tar"
    moment = datetime.datetime.fromtimestamp(epoch, tz=datetime.UTC)
    description = Description(_tags(params), params["version"], iso(moment), epoch, {"org.opencontainers.image.title": params["image"]})
    scratch = target / "layer.compressed"
    try:
        stored = compress(layer, params["compression"], scratch)
        with open(path, "wb") as raw:
            sink = DigestingSink(raw)
            image_id = write_archive(sink, config, layer.sha256, stored, params["compression"], description)
            raw.flush()
            os.fsync(raw.fileno())
    finally:
        with contextlib.suppress(FileNotFoundError):
            scratch.unlink()
    return ArtifactFile(str(path), "oci.tar", path.stat().st_size, sink.digest.hexdigest()), image_id


class DigestingSink:
    """Writes on, and digests what it writes."""

    def __init__(self, sink: t.IO[bytes]) -> None:
        self.digest = hashlib.sha256()
        self._sink = sink

    def write(self, data: bytes) -> int:
        """As of any stream."""
        self.digest.update(data)
        return self._sink.write(data)
