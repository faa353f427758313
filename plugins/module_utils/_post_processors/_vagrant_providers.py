# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a Vagrant box of each provider consists of."""

from __future__ import annotations

import dataclasses
import pathlib
import typing as t

from .._appliance.package import Member, open_package
from .._lifecycle.artifact import Artifact
from .._lifecycle.errors import BuilderError
from ._artifact_files import input_files
from ._docker import TAGS

Json = dict[str, t.Any]

_QCOW2_MAGIC = b"QFI\xfb"
_GIGABYTE = 1024**3
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "x86": "i386", "i686": "i386", "386": "i386"}
_BY_TYPE = {"virtualbox": "virtualbox", "qemu": "libvirt", "docker": "docker", "docker_import": "docker", "vmware": "vmware_desktop", "aws": "aws"}
_BY_KIND = {"ova": "virtualbox", "ovf": "virtualbox", "vmx": "vmware_desktop", "qcow2": "libvirt"}


def whole_file(path: pathlib.Path, name: str | None = None) -> Member:
    """A file of a box that is one on disk."""
    return Member(name or path.name, path, 0, path.stat().st_size)


@dataclasses.dataclass(frozen=True)
class Box:
    """What is special about the box of a provider.

    :ivar metadata: for ``metadata.json``, without the provider's name.
    :ivar settings: lines of the Vagrantfile, within its ``Vagrant.configure``.
    """

    members: tuple[Member, ...] = ()
    metadata: Json = dataclasses.field(default_factory=dict)
    settings: tuple[str, ...] = ()


def provider_of(artifact: Artifact) -> str:
    """The provider that can run an artifact.

    :raises BuilderError: when there is none.
    """
    found = _BY_TYPE.get(artifact.type) or next((_BY_KIND[_last(file.kind)] for file in artifact.files if _last(file.kind) in _BY_KIND), None)
    if found is None:
        kinds = ", ".join(file.kind for file in artifact.files) or "no files"
        raise BuilderError(f"no provider of Vagrant is known for the artifact {artifact.id} ({artifact.type}, {kinds})", hint="Give the option provider.")
    return found


def architecture_of(given: str | None, artifact: Artifact) -> str | None:
    """In Vagrant's words (``amd64``, ``arm64``, ``i386``); ``None`` when it is not known."""
    value = given or artifact.metadata.get("architecture")
    return _ARCHITECTURES.get(str(value), str(value)) if value else None


def ruby(text: str) -> str:
    """A text as Ruby reads it, whatever is in it."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _last(kind: str) -> str:
    return kind.rpartition(".")[2]


def _virtualbox(artifact: Artifact, metadata_format: int | None) -> Box:
    """The appliance, unpacked; its manifest would not fit the new name of the description."""
    files = [pathlib.Path(file.path) for file in input_files(artifact, None, "vagrant_box")]
    appliances = next((found for suffix in (".ova", ".ovf") if (found := [path for path in files if path.suffix == suffix])), [])
    if len(appliances) != 1:
        raise BuilderError(
            f"a box for virtualbox is made of one appliance, and the artifact {artifact.id} has {len(appliances)}", hint="Export it as one OVA or OVF."
        )
    package = open_package(appliances[0])
    package.check_whole()
    description = package.member(package.descriptor_name)
    others = [member for member in package.members if member is not description and not member.name.lower().endswith((".mf", ".cert"))]
    settings = [f"config.vm.base_mac = {ruby(mac)}" for mac in package.descriptor.macs[:1]]
    return Box((dataclasses.replace(description, name="box.ovf"), *others), settings=tuple(settings))


def _libvirt(artifact: Artifact, metadata_format: int | None) -> Box:
    files = [file for file in input_files(artifact, None, "vagrant_box") if _last(file.kind) in ("qcow2", "raw", "img")]
    if not files:
        raise BuilderError(f"a box for libvirt is made of disks in the format qcow2 or raw, and the artifact {artifact.id} has none")
    disks = [_disk(pathlib.Path(file.path)) for file in files]
    chosen = metadata_format or (1 if len(disks) == 1 and disks[0][0] == "qcow2" else 2)
    if chosen == 1 and len(disks) > 1:
        raise BuilderError(f"the artifact {artifact.id} has {len(disks)} disks, and metadata_format: 1 knows one", hint="Set metadata_format: 2.")
    settings = ("config.vm.provider :libvirt do |libvirt|", f"  libvirt.driver = {ruby(artifact.metadata.get('domain_type') or 'kvm')}", "end")
    if chosen == 1:
        kind, size = disks[0]
        metadata: Json = {"format": kind, "virtual_size": -(-size // _GIGABYTE)}
        return Box((whole_file(pathlib.Path(files[0].path), "box.img"),), metadata, settings)
    members = tuple(whole_file(pathlib.Path(file.path), f"box_{number}.img") for number, file in enumerate(files))
    return Box(members, {"disks": [{"path": member.name, "format": kind} for member, (kind, _size) in zip(members, disks, strict=True)]}, settings)


def _disk(path: pathlib.Path) -> tuple[str, int]:
    """Format and virtual size in bytes."""
    with open(path, "rb") as stream:
        head = stream.read(32)
    if not head.startswith(_QCOW2_MAGIC) or len(head) < 32:
        return "raw", path.stat().st_size
    if int.from_bytes(head[8:16], "big"):
        raise BuilderError(f"{path} is only what changed since another disk, its backing file", hint="Make it whole with: qemu-img convert.")
    return "qcow2", int.from_bytes(head[24:32], "big")


def _docker(artifact: Artifact, metadata_format: int | None) -> Box:
    names = artifact.metadata.get(TAGS) or artifact.metadata.get("tags") or []
    if not names:
        raise BuilderError(f"a box for docker names an image, and the image {artifact.id} has no name", hint="Put docker_tag before it in the chain.")
    return Box(settings=("config.vm.provider :docker do |docker|", f"  docker.image = {ruby(names[0])}", "end"))


def _vmware(artifact: Artifact, metadata_format: int | None) -> Box:
    members = tuple(whole_file(pathlib.Path(file.path)) for file in input_files(artifact, None, "vagrant_box"))
    if not any(member.name.endswith(".vmx") for member in members):
        raise BuilderError(f"a box for vmware_desktop is made of a machine's folder, and the artifact {artifact.id} has no vmx file")
    return Box(members)


def _aws(artifact: Artifact, metadata_format: int | None) -> Box:
    images: dict[str, str] = artifact.metadata.get("images") or {}
    if not images:
        raise BuilderError(f"a box for aws names AMIs by region, and the artifact {artifact.id} has none")
    lines = [f"  aws.region_config {ruby(region)}, ami: {ruby(image)}" for region, image in sorted(images.items())]
    return Box(settings=("config.vm.provider :aws do |aws|", *lines, "end"))


PROVIDERS: dict[str, t.Callable[[Artifact, int | None], Box]] = {
    "virtualbox": _virtualbox,
    "libvirt": _libvirt,
    "docker": _docker,
    "vmware_desktop": _vmware,
    "aws": _aws,
}
"""What makes the box of a provider out of an artifact, and the format of libvirt's metadata, 1 or 2, when that is chosen."""
