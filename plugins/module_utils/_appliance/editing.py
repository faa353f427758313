# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes the description of an appliance; everything that is not changed stays as it is."""

from __future__ import annotations

import typing as t

from .._lifecycle.errors import BuilderError
from .descriptor import Descriptor, Product
from .xml_nodes import Element, attribute, child, children, descendants, envelope, is_typed, make, parse, sections, set_text, systems

_PRODUCT_FIELDS = {"Product": "name", "Vendor": "vendor", "Version": "version", "ProductUrl": "product_url", "VendorUrl": "vendor_url"}
#: Sections follow each other in this order where VirtualBox writes them.
_BEFORE = ("Info", "Name", "ProductSection", "AnnotationSection", "EulaSection")


class Edit:
    """Changes to one description.

    :param descriptor: stays as it is.
    """

    def __init__(self, descriptor: Descriptor) -> None:
        self._document = parse(descriptor.data, "the description")
        self._system = systems(self._document)[0]
        self._ovf = self._prefix("schemas.dmtf.org/ovf/envelope", "www.vmware.com/schema/ovf")
        # Elements are in OVF's namespace with the prefix that the outermost one has.
        self._own = envelope(self._document).tagName.removesuffix("Envelope")

    def set_name(self, name: str) -> None:
        """Name of the virtual machine, everywhere it is written."""
        self._set_attribute(self._system, "id", name)
        given = child(self._system, "Name")
        if given is not None:
            set_text(self._document, given, name)
        for node in descendants(self._system, "VirtualSystemIdentifier"):
            set_text(self._document, node, name)
        for node in children(self._system, "Machine"):
            node.setAttribute("name", name)

    def set_product(self, product: Product) -> None:
        """What the appliance is; fields without a value are left out."""
        section = next((found for found in sections(self._system, "ProductSection") if not attribute(found, "class")), None)
        if section is None:
            section = self._add_section("ProductSection", "What this appliance is")
        last: t.Any = children(section, "Info")[-1]
        for name, field in _PRODUCT_FIELDS.items():
            for old in children(section, name):
                section.removeChild(old)
            value = getattr(product, field)
            if value:
                node = self._make(name, value)
                section.insertBefore(node, last.nextSibling)
                last = node

    def set_properties(self, class_name: str, values: t.Mapping[str, str]) -> None:
        """Properties of a class, all of them; nobody who deploys the appliance is asked for them.

        :param values: key to value; a key has neither a dot nor a colon.
        """
        for section in sections(self._system, "ProductSection"):
            if attribute(section, "class") == class_name:
                self._system.removeChild(section)
        if not values:
            return
        added = self._add_section("ProductSection", "How this appliance was made", {"class": class_name})
        for key, value in values.items():
            given = {"key": key, "type": "string", "value": value, "userConfigurable": "false"}
            added.appendChild(self._make("Property", attributes={f"{self._ovf}{name}": text for name, text in given.items()}))

    def set_annotation(self, annotation: str) -> None:
        """The description for people."""
        self._set_section_text("AnnotationSection", "Annotation", "A description for people", annotation)
        for machine in children(self._system, "Machine"):
            for node in children(machine, "Description"):
                set_text(self._document, node, annotation)

    def set_eula(self, licence: str) -> None:
        """What everybody who deploys the appliance has to agree to."""
        self._set_section_text("EulaSection", "License", "The licence", licence)

    def set_file(self, href: str, *, new_href: str | None = None, size: int | None = None) -> None:
        """Name and size of a file of the appliance.

        :raises BuilderError: when the description names no such file.
        """
        found = [node for references in children(envelope(self._document), "References") for node in children(references, "File")]
        node = next((node for node in found if attribute(node, "href") == href), None)
        if node is None:
            raise BuilderError(f"the description names no file {href}")
        if size is not None:
            self._set_attribute(node, "size", str(size))
        if new_href is not None:
            self._set_attribute(node, "href", new_href)

    def drop_extra_data(self, prefix: str) -> None:
        """Forget what VirtualBox was told to remember of the machine under names that begin so."""
        for node in descendants(self._system, "ExtraDataItem"):
            if (attribute(node, "name") or "").startswith(prefix):
                t.cast(Element, node.parentNode).removeChild(node)

    def drop_port_forwards(self, names: t.Container[str]) -> None:
        """Forget rules of VirtualBox that forward ports of the host."""
        for node in descendants(self._system, "Forwarding"):
            if attribute(node, "name") in names:
                t.cast(Element, node.parentNode).removeChild(node)

    def finish(self) -> Descriptor:
        """The description with all changes."""
        return Descriptor.parse(self._document.toxml(encoding="UTF-8") + b"\n", "the changed description")

    def _make(self, name: str, content: str = "", attributes: t.Mapping[str, str] | None = None) -> Element:
        return make(self._document, f"{self._own}{name}", content, attributes)

    def _prefix(self, *namespaces: str) -> str:
        """``ovf:``, or what the document says for it; nothing when attributes have no prefix for it."""
        for key, value in envelope(self._document).attributes.items():
            if key.startswith("xmlns:") and any(namespace in value for namespace in namespaces):
                return f"{key.removeprefix('xmlns:')}:"
        return ""

    def _set_attribute(self, node: Element, name: str, value: str) -> None:
        known = next((key for key, _value in node.attributes.items() if key.rpartition(":")[2] == name), f"{self._ovf}{name}")
        node.setAttribute(known, value)

    def _set_section_text(self, section_name: str, field: str, info: str, content: str) -> None:
        section = next(iter(sections(self._system, section_name)), None)
        if section is None:
            section = self._add_section(section_name, info)
        node = child(section, field)
        if node is None:
            node = section.appendChild(self._make(field))
        set_text(self._document, node, content)

    def _add_section(self, name: str, info: str, attributes: t.Mapping[str, str] | None = None) -> Element:
        given = {f"{self._ovf}{key}": value for key, value in (attributes or {}).items()}
        if is_typed(self._document):
            given = {"xsi:type": f"{self._ovf}{name}_Type", **given}
            section = self._make("Section", attributes=given)
        else:
            section = self._make(name, attributes=given)
        section.appendChild(self._make("Info", info))
        self._system.insertBefore(section, self._after(name))
        return section

    def _after(self, name: str) -> t.Any:
        """The node before which a section belongs."""
        earlier = [node for known in _BEFORE[: _BEFORE.index(name) + 1] for node in [*children(self._system, known), *sections(self._system, known)]]
        nodes = list(self._system.childNodes)
        position = max((nodes.index(node) for node in earlier), default=-1)
        return nodes[position + 1] if position + 1 < len(nodes) else None
