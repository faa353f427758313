# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nodes of a description of an appliance, found by their local names.

The document is kept as it was written: VirtualBox goes by the prefixes of names, which other XML libraries make up anew.
"""

from __future__ import annotations

import typing as t
import xml.dom.minidom
import xml.parsers.expat

from .._lifecycle.errors import BuilderError

Element = xml.dom.minidom.Element
Document = xml.dom.minidom.Document

LARGEST = 16 * 1024 * 1024
"""Bytes of a description; real ones have some thousand."""


def parse(data: bytes, what: str) -> Document:
    """A document.

    :param what: names it in messages.
    :raises BuilderError: when it is none that a description of an appliance can be.
    """
    if len(data) > LARGEST:
        raise BuilderError(f"{what} is too large for a description of an appliance")
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise BuilderError(f"{what} declares a document type, which no description of an appliance does")
    try:
        document = xml.dom.minidom.parseString(data)
    except (xml.parsers.expat.ExpatError, ValueError, LookupError) as error:
        raise BuilderError(f"{what} is no description of an appliance: {error}") from error
    if local(envelope(document)) != "Envelope":
        raise BuilderError(f"{what} is no description of an appliance: it begins with {envelope(document).tagName}")
    return document


def envelope(document: Document) -> Element:
    """The outermost element, which every document that was read has."""
    return t.cast(Element, document.documentElement)


def local(node: Element) -> str:
    """The name of an element without its prefix."""
    return node.tagName.rpartition(":")[2]


def children(node: Element, name: str) -> list[Element]:
    """Elements directly below one."""
    return [child for child in node.childNodes if isinstance(child, Element) and local(child) == name]


def child(node: Element, name: str) -> Element | None:
    """The first element of a name directly below one."""
    return next(iter(children(node, name)), None)


def descendants(node: Element, name: str) -> list[Element]:
    """Elements anywhere below one, in their order."""
    return [found for found in node.getElementsByTagName("*") if local(found) == name]


def sections(node: Element, name: str) -> list[Element]:
    """Sections directly below an element, under the names of OVF 1 and 2 and as OVF 0.9 types them."""
    typed = [found for found in children(node, "Section") if _type_of(found) == f"{name}_Type"]
    return [*children(node, name), *typed]


def systems(document: Document) -> list[Element]:
    """The virtual systems of a description."""
    root = envelope(document)
    roots = [root, *children(root, "VirtualSystemCollection")]
    found = [system for above in roots for system in children(above, "VirtualSystem")]
    return found or [content for content in children(root, "Content") if _type_of(content) == "VirtualSystem_Type"]


def is_typed(document: Document) -> bool:
    """Whether sections are typed as OVF 0.9 does."""
    return bool(children(envelope(document), "Content"))


def attribute(node: Element, name: str) -> str | None:
    """The value of an attribute, whatever its prefix is; ``None`` without it."""
    return next((value for key, value in node.attributes.items() if key.rpartition(":")[2] == name), None)


def number(node: Element, name: str) -> int | None:
    """The value of an attribute that is a whole number; ``None`` when it is not there or something else."""
    value = (attribute(node, name) or "").strip()
    return int(value) if value.isascii() and value.isdigit() else None


def text(node: Element | None) -> str:
    """What is written in an element."""
    if node is None:
        return ""
    return "".join(piece.data for piece in node.childNodes if isinstance(piece, xml.dom.minidom.Text))


def child_text(node: Element, name: str) -> str:
    """What is written in the first element of a name below one, without the space around it."""
    return text(child(node, name)).strip()


def make(document: Document, name: str, content: str = "", attributes: t.Mapping[str, str] | None = None) -> Element:
    """An element of a document that is not in its tree yet."""
    element = document.createElement(name)
    for key, value in (attributes or {}).items():
        element.setAttribute(key, value)
    if content:
        element.appendChild(document.createTextNode(content))
    return element


def set_text(document: Document, node: Element, content: str) -> None:
    """Write into an element, over what was written there."""
    for piece in list(node.childNodes):
        node.removeChild(piece)
    node.appendChild(document.createTextNode(content))


def _type_of(node: Element) -> str:
    return (attribute(node, "type") or "").rpartition(":")[2]
