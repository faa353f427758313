# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tags and custom attributes: how people find machines and templates in vCenter."""

from __future__ import annotations

import typing as t

from ..._lifecycle.errors import BuilderError
from ..._lifecycle.operation import Context
from .errors import doing
from .properties import properties
from .rest import Rest, RestError
from .sdk import Managed, vim
from .session import VCenter

#: Category to the names of its tags.
Tags = dict[str, list[str]]

_EXISTS = "ALREADY_EXISTS"


def check_tags(given: t.Mapping[str, t.Any], option: str) -> None:
    """:raises BuilderError: for tags that are not written as ``category: name`` or ``category: [name, name]``."""
    for category, names in given.items():
        values = names if isinstance(names, list) else [names]
        if not str(category).strip() or not values or any(isinstance(value, (dict, list)) or not str(value).strip() for value in values):
            raise BuilderError(f"{option}: {category!r} has no tag", hint="Tags are written category: name, or category: [name, other]")


def as_tags(given: t.Mapping[str, t.Any]) -> Tags:
    """Tags as people write them, each a list without doubles."""
    return {str(category): list(dict.fromkeys(str(name) for name in (names if isinstance(names, list) else [names]))) for category, names in given.items()}


class Tagging:
    """The tags of a vCenter, each read once."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest
        self._categories: dict[str, dict[str, t.Any]] | None = None

    def categories(self) -> dict[str, dict[str, t.Any]]:
        """Name to category."""
        if self._categories is None:
            what = "list the categories of tags"
            known = [self._rest.call("category", what=what, id=identifier) for identifier in self._rest.call("categories", what=what) or ()]
            self._categories = {category["name"]: category for category in known}
        return self._categories

    def tags_in(self, category_id: str) -> dict[str, str]:
        """Name to id."""
        what = "list the tags of a category"
        body = {"category_id": category_id} if self._rest.is_api else None
        found = self._rest.call("tags_of_category", body, what=what, id=category_id) or ()
        return {tag["name"]: tag["id"] for tag in (self._rest.call("tag", what=what, id=identifier) for identifier in found)}

    def of(self, entity: Managed) -> Tags:
        """The tags that something has."""
        what = "read the tags of an object"
        names = {category["id"]: name for name, category in self.categories().items()}
        found: Tags = {}
        for identifier in self._rest.call("attached_tags", {"object_id": _object(entity)}, what=what) or ():
            tag = self._rest.call("tag", what=what, id=identifier)
            found.setdefault(names.get(tag["category_id"], tag["category_id"]), []).append(tag["name"])
        return {category: sorted(found[category]) for category in sorted(found)}

    def attach(self, entity: Managed, category: str, name: str) -> None:
        """Give something a tag; the tag and its category are created when they are not there."""
        identifier = self._tag(self._category(category), category, name)
        self._rest.call("attach", {"object_id": _object(entity)}, what=f"attach the tag {category}: {name}", id=identifier)

    def detach(self, entity: Managed, category: str, name: str) -> None:
        """Take a tag away; the tag itself stays."""
        identifier = self.tags_in(self.categories()[category]["id"]).get(name)
        if identifier:
            self._rest.call("detach", {"object_id": _object(entity)}, what=f"detach the tag {category}: {name}", id=identifier)

    def _category(self, name: str) -> str:
        known = self.categories().get(name)
        if known is not None:
            return str(known["id"])
        spec = {"name": name, "description": "", "cardinality": "MULTIPLE", "associable_types": []}
        self._make("create_category", spec, f"create the category {name}")
        self._categories = None
        return str(self.categories()[name]["id"])

    def _tag(self, category_id: str, category: str, name: str) -> str:
        known = self.tags_in(category_id)
        if name not in known:
            self._make("create_tag", {"name": name, "description": "", "category_id": category_id}, f"create the tag {category}: {name}")
            known = self.tags_in(category_id)
        return known[name]

    def _make(self, call: str, spec: t.Mapping[str, t.Any], what: str) -> None:
        try:
            self._rest.call(call, spec, what=what)
        except RestError as error:
            # Another build made it at the same moment.
            if error.code != _EXISTS:
                raise


def _object(entity: Managed) -> dict[str, str]:
    return {"type": type(entity).__name__.rpartition(".")[2], "id": entity._moId}


def tags_of(rest: Rest, entity: Managed) -> Tags:
    """Category to names of the tags that something has."""
    return Tagging(rest).of(entity)


def tag_actions(present: Tags, wanted: Tags, single: t.Container[str] = ()) -> list[tuple[str, str, str]]:
    """What is to be done: ``attach`` or ``detach``, category, name. Tags of categories that nobody speaks of stay.

    :param single: categories that allow an object one tag only: there the old one has to go first.
    """
    actions = []
    for category, names in wanted.items():
        there = present.get(category, [])
        if category in single:
            actions += [("detach", category, name) for name in there if name not in names]
        actions += [("attach", category, name) for name in names if name not in there]
    return actions


def apply_tags(rest: Rest, entity: Managed, given: t.Mapping[str, t.Any], context: Context) -> list[str]:
    """Give something tags; returns what that took, for people. In check mode nothing is done."""
    if not given:
        return []
    tagging = Tagging(rest)
    single = [name for name, category in tagging.categories().items() if category.get("cardinality") == "SINGLE"]
    actions = tag_actions(tagging.of(entity), as_tags(given), single)
    for action, category, name in actions:
        if not context.check_mode:
            getattr(tagging, action)(entity, category, name)
    return [f"{action} the tag {category}: {name}" for action, category, name in actions]


def attributes_of(vcenter: VCenter, entity: Managed) -> dict[str, str]:
    """Custom attributes that something has."""
    with doing("read custom attributes"):
        known = properties(vcenter, entity, "customValue", "availableField")
    names = {field.key: field.name for field in known["availableField"] or ()}
    return {names[value.key]: value.value for value in known["customValue"] or () if value.key in names and value.value}


def apply_attributes(vcenter: VCenter, entity: Managed, given: t.Mapping[str, t.Any], context: Context) -> list[str]:
    """Give something custom attributes; those that vCenter does not know are defined for virtual machines."""
    present = attributes_of(vcenter, entity) if given else {}
    wanted = {str(name): str(value) for name, value in given.items() if present.get(str(name), "") != str(value)}
    if wanted and not context.check_mode:
        manager = vcenter.content.customFieldsManager
        for name, value in wanted.items():
            with doing(f"set the custom attribute {name}"):
                manager.SetField(entity=entity, key=_field(manager, name), value=value)
    return [f"set the custom attribute {name} to {value}" for name, value in wanted.items()]


def _field(manager: Managed, name: str) -> int:
    for field in manager.field or ():
        if field.name == name and field.managedObjectType in (None, vim.VirtualMachine):
            return int(field.key)
    return int(manager.AddCustomFieldDef(name=name, moType=vim.VirtualMachine).key)
