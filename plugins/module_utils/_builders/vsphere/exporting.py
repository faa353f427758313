# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes a package of an image: its disks come over a lease, vCenter describes the rest. Files appear whole, or not at all."""

from __future__ import annotations

import contextlib
import dataclasses
import pathlib
import typing as t

from ..._access.waits import waiter_of
from ..._appliance.descriptor import Descriptor, Product
from ..._appliance.editing import Edit
from ..._appliance.manifest import Manifest
from ..._appliance.package import open_package
from ..._appliance.packing import Part, digest_of, write_ova
from ..._appliance.records import CLASS, read_record
from ..._lifecycle.artifact import ArtifactFile
from ..._lifecycle.errors import BuilderError
from ..._lifecycle.files import sha256_file
from ..._lifecycle.operation import Context, Params
from ..._lifecycle.partial_file import partial_file, put_in_place
from . import lease
from .errors import doing, text_of
from .image_marks import moment_of, without_record
from .images import Image
from .sdk import vim
from .session import VCenter
from .transfers import Meter, download

#: What a record of ours in a package is compared by.
_SAME = ("fingerprint", "created", "build")


@dataclasses.dataclass(frozen=True)
class Export:
    """What is to be made of an image.

    :ivar record: of the image, for the description; see ``_appliance.records``.
    """

    directory: pathlib.Path
    name: str
    form: str
    manifest: str
    options: tuple[str, ...]
    image_files: bool
    record: t.Mapping[str, str]

    @property
    def target(self) -> pathlib.Path:
        """The file that people are told of."""
        return self.directory / f"{self.name}.{self.form}"


@dataclasses.dataclass(frozen=True)
class Fetched:
    """A file that was fetched.

    :ivar key: what vCenter knows it by.
    :ivar stream: into its temporary file.
    """

    key: str
    name: str
    stream: t.BinaryIO
    size: int
    is_disk: bool
    digests: t.Mapping[str, str]

    @property
    def path(self) -> pathlib.Path:
        """Of its temporary file."""
        return pathlib.Path(self.stream.name)


def present(export: Export) -> list[ArtifactFile]:
    """The files of an export that is there already, made of the same image; empty otherwise."""
    if not export.target.is_file() or not export.record.get("created"):
        return []
    try:
        package = open_package(export.target)
        package.check_whole()
    except BuilderError:
        return []
    known = read_record(package.descriptor)
    if any(known.get(key) != export.record.get(key) for key in _SAME) or bool(package.manifest) != (export.manifest != "none"):
        return []
    return [_file(path) for path in dict.fromkeys(member.path for member in package.members)]


def export_image(vcenter: VCenter, image: Image, export: Export, params: Params, context: Context) -> list[ArtifactFile]:
    """The package's files, in their place.

    :raises BuilderError: when something of it cannot be had, or is not what the host says it sent; nothing is left then.
    """
    with contextlib.ExitStack() as files:
        fetched = _fetch(vcenter, image, export, params, context, files)
        descriptor = _described(vcenter, image, export, fetched, context)
        parts = _parts(export, descriptor, fetched)
        if export.form == "ova":
            stream = files.enter_context(partial_file(export.target, context))
            context.say(f"writing {export.target}")
            write_ova(stream, parts, _epoch(export))
            put_in_place(stream, export.target)
            return [_file(export.target)]
        for file in fetched:
            put_in_place(file.stream, export.directory / file.name)
        # The description last: whoever sees it finds the rest there.
        for part in reversed([part for part in parts if isinstance(part.content, bytes)]):
            stream = files.enter_context(partial_file(export.directory / part.name, context))
            stream.write(t.cast(bytes, part.content))
            put_in_place(stream, export.directory / part.name)
        return [_file(export.directory / part.name) for part in parts]


def _fetch(vcenter: VCenter, image: Image, export: Export, params: Params, context: Context, files: contextlib.ExitStack) -> list[Fetched]:
    waiter = waiter_of(params, "transfer_wait", "the export")
    with vcenter.kept_alive(), lease.opened(vcenter, f"export of {image.name}", image.object.ExportVm, context, waiter, "transfer_wait") as moved:
        wanted = [url for url in moved.urls if url.is_disk or export.image_files]
        if not any(url.is_disk for url in wanted):
            raise BuilderError(f"{image.name} has no disk to export")
        meter = Meter(f"downloading {export.name}", sum(url.size for url in wanted), context.say)
        fetched = []
        for url, name in zip(wanted, file_names(export.name, wanted), strict=True):
            stream = files.enter_context(partial_file(export.directory / name, context))
            algorithms = {"sha1", "sha256", *([export.manifest] if export.manifest != "none" else [])}
            size, digests = download(vcenter, url.url, stream, meter, algorithms, thumbprint=url.thumbprint)
            stream.flush()
            moved.percent = meter.percent
            fetched.append(Fetched(url.key, name, stream, size, url.is_disk, digests))
        check_sums(fetched, moved.manifest(), image.name)
    return fetched


def file_names(stem: str, urls: t.Sequence[lease.DeviceUrl]) -> list[str]:
    """Names of the files of a package: disks are counted, others keep their kind."""
    names, disks = [], 0
    for number, url in enumerate(urls):
        suffix = pathlib.PurePosixPath(url.target or url.url.partition("?")[0]).suffix
        if url.is_disk:
            names.append(f"{stem}-disk-{disks}.vmdk")
            disks += 1
        else:
            names.append(f"{stem}-file-{number}{suffix}")
    return names


def check_sums(fetched: t.Iterable[Fetched], known: t.Mapping[str, tuple[str, str]], name: str) -> None:
    """:raises BuilderError: for a file that is not what the host says it sent."""
    for file in fetched:
        algorithm, digest = known.get(file.key, ("", ""))
        if algorithm in file.digests and file.digests[algorithm] != digest:
            raise BuilderError(f"{file.name} of {name} arrived damaged: its {algorithm} is not the one that the host tells", hint="Run it again")


def _described(vcenter: VCenter, image: Image, export: Export, fetched: t.Sequence[Fetched], context: Context) -> Descriptor:
    params = vim.OvfManager.CreateDescriptorParams(
        name=export.name,
        ovfFiles=[vim.OvfManager.OvfFile(deviceId=file.key, path=file.name, size=file.size) for file in fetched],
        includeImageFiles=export.image_files,
        exportOption=list(export.options),
    )
    with doing(f"describe {image.name}"):
        result = vcenter.content.ovfManager.CreateDescriptor(image.object, params)
    for warning in result.warning or ():
        context.warn(f"{export.name}: {text_of(warning)}")
    if result.error:
        raise BuilderError(f"vSphere could not describe {image.name}: {'; '.join(text_of(error) for error in result.error)}")
    edit = Edit(Descriptor.parse(result.ovfDescriptor.encode(), f"the description of {image.name}"))
    if image.record:
        # What it tells of itself is about the machine, not about what people import.
        edit.set_annotation(without_record(image.notes))
    if export.record:
        edit.set_product(Product(name=export.record.get("image") or export.name, version=export.record.get("version", "")))
        edit.set_properties(CLASS, dict(export.record))
    return edit.finish()


def _parts(export: Export, descriptor: Descriptor, fetched: t.Sequence[Fetched]) -> list[Part]:
    described = Part(f"{export.name}.ovf", descriptor.data)
    files = [Part(file.name, file.path) for file in fetched]
    if export.manifest == "none":
        return [described, *files]
    digests = {described.name: digest_of(described, export.manifest), **{file.name: file.digests[export.manifest] for file in fetched}}
    return [described, Part(f"{export.name}.mf", Manifest.of(export.manifest, digests).data), *files]


def _epoch(export: Export) -> int:
    try:
        return int(moment_of(export.record["created"]).timestamp())
    except (KeyError, ValueError):
        return 0


def _file(path: pathlib.Path) -> ArtifactFile:
    kind = path.suffix.lstrip(".") or "file"
    return ArtifactFile(str(path), kind, path.stat().st_size, sha256_file(path))
