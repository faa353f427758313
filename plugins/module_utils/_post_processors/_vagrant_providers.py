# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a Vagrant box of each provider consists of."""

from __future__ import annotations

import dataclasses
import pathlib
import tarfile
import typing as t
import xml.etree.ElementTree

from .._lifecycle.artifact import Artifact
from .._lifecycle.errors import BuilderError
from ._artifact_files import input_files
from ._docker import TAGS

Json = dict[str, t.Any]

_APPLIANCE_SUFFIXES = (".ovf", ".vmdk", ".iso", ".nvram")
_QCOW2_MAGIC = b"QFI\xfb"
_GIGABYTE = 1024**3
_MOST_OVF = 16 * 1024 * 1024
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "x86": "i386", "i686": "i386", "386": "i386"}
_BY_TYPE = {"virtualbox": "virtualbox", "qemu": "libvirt", "docker": "docker", "docker_import": "docker", "vmware": "vmware_desktop", "aws": "aws"}
_BY_KIND = {"ova": "virtualbox", "ovf": "virtualbox", "vmx": "vmware_desktop", "qcow2": "libvirt"}


@dataclasses.dataclass(frozen=True)
class Member:
    """A file of a box: a piece of a file on disk.

    :ivar name: in the box.
    :ivar offset: where the piece begins.
    """

    name: str
    path: pathlib.Path
    offset: int
    size: int

    @classmethod
    def of(cls, path: pathlib.Path, name: str | None = None) -> Member:
        """A whole file."""
        return cls(name or path.name, path, 0, path.stat().st_size)

    def read(self, most: int) -> bytes:
        """Its content, or the beginning of it."""
        with open(self.path, "rb") as stream:
            stream.seek(self.offset)
            return stream.read(min(self.size, most))


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
    appliance = next((path for path in files if path.suffix == ".ova"), None)
    members = _unpacked(appliance) if appliance else [Member.of(path) for path in files if path.suffix in _APPLIANCE_SUFFIXES]
    descriptions = [member for member in members if member.name.lower().endswith(".ovf")]
    if len(descriptions) != 1:
        raise BuilderError(
            f"a box for virtualbox is made of one appliance, and the artifact {artifact.id} has {len(descriptions)}", hint="Export it as one OVA or OVF."
        )
    description = _described(descriptions[0])
    _check_whole(description, members, descriptions[0])
    others = [member for member in members if member is not descriptions[0] and not member.name.lower().endswith((".mf", ".cert"))]
    settings = [f"config.vm.base_mac = {ruby(mac)}" for mac in _macs(description)[:1]]
    return Box((dataclasses.replace(descriptions[0], name="box.ovf"), *others), settings=tuple(settings))


def _unpacked(appliance: pathlib.Path) -> list[Member]:
    """The pieces of an OVA, where they are in it."""
    try:
        with tarfile.open(appliance, "r:") as archive:
            members = [Member(pathlib.PurePosixPath(entry.name).name, appliance, entry.offset_data, entry.size) for entry in archive if entry.isreg()]
    except (tarfile.TarError, EOFError) as error:
        raise BuilderError(f"{appliance} is not a whole OVA: {error}", hint="Build again with -e golden_force=true.") from error
    size = appliance.stat().st_size
    if any(member.offset + member.size > size for member in members):
        raise BuilderError(f"{appliance} is not a whole OVA: it ends in the middle of a file", hint="Build again with -e golden_force=true.")
    return members


def _described(member: Member) -> xml.etree.ElementTree.Element:
    if member.size > _MOST_OVF:
        raise BuilderError(f"{member.name} in {member.path} is too large for a description of an appliance")
    try:
        return xml.etree.ElementTree.fromstring(member.read(_MOST_OVF))
    except xml.etree.ElementTree.ParseError as error:
        raise BuilderError(f"{member.name} in {member.path} is no description of an appliance: {error}") from error


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def _attribute(element: xml.etree.ElementTree.Element, name: str) -> str | None:
    return next((value for key, value in element.attrib.items() if _local(key) == name), None)


def _check_whole(description: xml.etree.ElementTree.Element, members: list[Member], of: Member) -> None:
    wanted = {_attribute(element, "href") for element in description.iter() if _local(element.tag) == "File"}
    missing = sorted(name for name in wanted - {member.name for member in members} if name)
    if missing:
        raise BuilderError(f"{of.name} in {of.path} names files that are not there: {', '.join(missing)}")


def _macs(description: xml.etree.ElementTree.Element) -> list[str]:
    adapters = [element for element in description.iter() if _local(element.tag) == "Adapter" and _attribute(element, "enabled") == "true"]
    return [mac for adapter in adapters if (mac := _attribute(adapter, "MACAddress"))]


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
        return Box((Member.of(pathlib.Path(files[0].path), "box.img"),), metadata, settings)
    members = tuple(Member.of(pathlib.Path(file.path), f"box_{number}.img") for number, file in enumerate(files))
    return Box(members, {"disks": [{"path": member.name, "format": kind} for member, (kind, _size) in zip(members, disks, strict=True)]}, settings)


def _disk(path: pathlib.Path) -> tuple[str, int]:
    """Format and virtual size in bytes."""
    head = Member.of(path).read(32)
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
    members = tuple(Member.of(pathlib.Path(file.path)) for file in input_files(artifact, None, "vagrant_box"))
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
