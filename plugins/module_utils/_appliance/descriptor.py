# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the description of an appliance, an OVF file of version 0.9, 1 or 2."""

from __future__ import annotations

import dataclasses
import math
import re

from .._lifecycle.errors import BuilderError
from .xml_nodes import Document, Element, attribute, child, child_text, children, descendants, envelope, number, parse, sections, systems, text

_CPU, _MEMORY = "3", "4"
_POWER = re.compile(r"byte\s*\*\s*(2|10)\s*\^\s*(\d+)\Z")
_UNITS = {"": 1, "byte": 1, "bytes": 1, "kilobytes": 2**10, "kb": 2**10, "megabytes": 2**20, "mb": 2**20, "gigabytes": 2**30, "gb": 2**30}
_MEBIBYTE = 2**20


@dataclasses.dataclass(frozen=True)
class DescribedFile:
    """A file that belongs to the appliance.

    :ivar href: its name beside the description.
    :ivar size: bytes, when the description says so.
    :ivar compression: ``gzip``, or nothing.
    :ivar chunk_size: bytes of each piece of a file that is in pieces.
    """

    id: str
    href: str
    size: int | None = None
    compression: str = ""
    chunk_size: int | None = None


@dataclasses.dataclass(frozen=True)
class Disk:
    """A disk of the appliance.

    :ivar capacity: bytes.
    :ivar format: a URL that says which format it is.
    :ivar file_id: file with its content; ``None`` for an empty disk.
    :ivar populated: bytes that are in use, when the description says so.
    """

    id: str
    capacity: int
    format: str
    file_id: str | None = None
    populated: int | None = None


@dataclasses.dataclass(frozen=True)
class Product:
    """What the appliance is, in the words of its maker."""

    name: str = ""
    vendor: str = ""
    version: str = ""
    product_url: str = ""
    vendor_url: str = ""


@dataclasses.dataclass(frozen=True)
class Descriptor:
    """The description of an appliance.

    :ivar data: as it is written.
    :ivar version: of OVF: ``0.9``, ``1.0``, ``2.0``.
    :ivar properties: full id (class, key and instance, with dots between them) to value.
    :ivar memory: MiB.
    :ivar macs: addresses of network adapters; only VirtualBox writes them.
    """

    data: bytes
    version: str
    name: str
    annotation: str
    eula: str
    files: tuple[DescribedFile, ...]
    disks: tuple[Disk, ...]
    products: tuple[Product, ...]
    properties: dict[str, str]
    cpus: int | None
    memory: int | None
    os_type: str
    networks: tuple[str, ...]
    macs: tuple[str, ...]

    @classmethod
    def parse(cls, data: bytes, what: str) -> Descriptor:
        """Read a description.

        :param what: names it in messages.
        :raises BuilderError: when it is not the description of one virtual machine.
        """
        document = parse(data, what)
        found = systems(document)
        if len(found) != 1:
            raise BuilderError(f"{what} describes {len(found)} virtual machines, one is needed")
        root, system = envelope(document), found[0]
        return cls(
            data=data,
            version=version_of(document),
            name=child_text(system, "Name") or attribute(system, "id") or "",
            annotation=_annotation(system),
            eula="\n".join(child_text(section, "License") for section in [*sections(root, "EulaSection"), *sections(system, "EulaSection")]),
            files=tuple(_file(node) for references in children(root, "References") for node in children(references, "File")),
            disks=tuple(_disk(node, what) for section in sections(root, "DiskSection") for node in children(section, "Disk")),
            products=tuple(_product(section) for section in sections(system, "ProductSection")),
            properties=_properties(system),
            cpus=_quantity(system, _CPU),
            memory=_memory(system),
            os_type=_os_type(system),
            networks=tuple(attribute(node, "name") or "" for section in sections(root, "NetworkSection") for node in children(section, "Network")),
            macs=tuple(mac for node in descendants(system, "Adapter") if attribute(node, "enabled") == "true" and (mac := attribute(node, "MACAddress"))),
        )

    @property
    def product(self) -> Product:
        """The first product that has a name, or one that says nothing."""
        return next((product for product in self.products if product.name), Product())

    def file(self, file_id: str) -> DescribedFile | None:
        """A file by its id."""
        return next((file for file in self.files if file.id == file_id), None)


def version_of(document: Document) -> str:
    """Version of OVF, by the attribute or the namespace."""
    root = envelope(document)
    given = attribute(root, "version")
    if given:
        return given
    namespaces = " ".join(value for key, value in root.attributes.items() if key.startswith("xmlns"))
    return "2.0" if "ovf/envelope/2" in namespaces else "1.0"


def property_id(class_name: str, key: str, instance: str) -> str:
    """The full id of a property."""
    return ".".join(part for part in (class_name, key, instance) if part)


def _file(node: Element) -> DescribedFile:
    return DescribedFile(
        id=attribute(node, "id") or "",
        href=attribute(node, "href") or "",
        size=number(node, "size"),
        compression=(attribute(node, "compression") or "").replace("identity", ""),
        chunk_size=number(node, "chunkSize"),
    )


def _disk(node: Element, what: str) -> Disk:
    unit = _unit(attribute(node, "capacityAllocationUnits") or "")
    capacity = number(node, "capacity")
    if capacity is None or unit is None:
        raise BuilderError(f"{what}: the capacity of the disk {attribute(node, 'diskId')} cannot be read")
    return Disk(
        id=attribute(node, "diskId") or "",
        capacity=capacity * unit,
        format=attribute(node, "format") or "",
        file_id=attribute(node, "fileRef") or None,
        populated=number(node, "populatedSize"),
    )


def _unit(given: str) -> int | None:
    """Bytes of a unit as the versions of OVF write them: ``MegaBytes``, ``byte * 2^20``."""
    words = given.strip().lower()
    power = _POWER.match(words)
    return int(power[1]) ** min(int(power[2]), 80) if power else _UNITS.get(words)


def _annotation(system: Element) -> str:
    return next((text(child(section, "Annotation")) for section in sections(system, "AnnotationSection")), "")


def _product(section: Element) -> Product:
    names = ("Product", "Vendor", "Version", "ProductUrl", "VendorUrl")
    return Product(*(child_text(section, name) for name in names))


def _properties(system: Element) -> dict[str, str]:
    found = {}
    for section in sections(system, "ProductSection"):
        class_name, instance = attribute(section, "class") or "", attribute(section, "instance") or ""
        for node in descendants(section, "Property"):
            value = attribute(node, "value")
            if value is None:
                value = next((attribute(given, "value") for given in children(node, "Value")), None)
            found[property_id(class_name, attribute(node, "key") or "", instance)] = value or ""
    return found


def _items(system: Element, kind: str) -> list[Element]:
    hardware = sections(system, "VirtualHardwareSection")
    return [item for section in hardware for item in children(section, "Item") if child_text(item, "ResourceType") == kind]


def _quantity(system: Element, kind: str) -> int | None:
    given = next((child_text(item, "VirtualQuantity") for item in _items(system, kind)), "")
    return int(given) if given.isascii() and given.isdigit() else None


def _memory(system: Element) -> int | None:
    quantity = _quantity(system, _MEMORY)
    unit = _unit(next((child_text(item, "AllocationUnits") for item in _items(system, _MEMORY)), "") or "megabytes")
    return math.ceil(quantity * unit / _MEBIBYTE) if quantity is not None and unit else None


def _os_type(system: Element) -> str:
    for section in sections(system, "OperatingSystemSection"):
        return child_text(section, "OSType") or attribute(section, "osType") or child_text(section, "Description")
    return ""
