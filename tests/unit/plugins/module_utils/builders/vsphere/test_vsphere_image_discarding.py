# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes of an image or a library item that gave its name away, and of items that may be being made."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.golden.images.plugins.module_utils._builders.vsphere import image_discarding, library_discarding
from ansible_collections.golden.images.plugins.module_utils._builders.vsphere.images import Image
from ansible_collections.golden.images.plugins.module_utils._builders.vsphere.library import LibraryItem
from ansible_collections.golden.images.plugins.module_utils._builders.vsphere.sdk import vim
from ansible_collections.golden.images.plugins.module_utils._lifecycle.journal import Resource
from ansible_collections.golden.images.plugins.module_utils._lifecycle.waiting import Waiter


def item(identifier: str, name: str) -> LibraryItem:
    return LibraryItem(identifier, "lib", name, "ovf", "1", "", "", "", 0)


class Shelf:
    """Stands for the content libraries."""

    def __init__(self, *items: LibraryItem, appear_after: int = 0) -> None:
        self.items = {one.id: one for one in items}
        self.appear_after = appear_after
        self.done: list[tuple[str, str]] = []

    def item(self, library_id: str, name: str) -> LibraryItem | None:
        self.appear_after -= 1
        return None if self.appear_after >= 0 else next((one for one in self.items.values() if one.name == name), None)

    def by_id(self, identifier: str) -> LibraryItem:
        return self.items[identifier]

    def change(self, identifier: str, **changes: str) -> None:
        self.done.append((identifier, changes["name"]))

    def remove(self, one: LibraryItem) -> None:
        self.done.append((one.id, "removed"))


@pytest.fixture
def shelved(monkeypatch: pytest.MonkeyPatch) -> t.Callable[[Shelf], None]:
    monkeypatch.setattr(library_discarding.Rest, "of", lambda vcenter: vcenter)
    monkeypatch.setattr(library_discarding, "_await_tasks", lambda vcenter, machine: None)
    monkeypatch.setattr(library_discarding, "_APPEARANCE", Waiter("it", timeout=30, interval=0.01))
    return lambda shelf: monkeypatch.setattr(library_discarding, "Library", lambda rest: shelf)


OLD = item("old", "golden-temporary-replaced-old")


@pytest.mark.parametrize(
    ("holder", "done"), [(None, [("old", "web")]), (item("new", "web"), [("old", "removed")]), (item("other", "web"), [])], ids=["free", "taken over", "taken"]
)
def test_an_item_that_gave_its_name_away(shelved: t.Callable[[Shelf], None], holder: LibraryItem | None, done: list[tuple[str, str]]) -> None:
    shelf = Shelf(OLD, *([holder] if holder else []))
    shelved(shelf)
    resource = Resource("b", "replaced library item", "lib/web", {"id": "old", "called": "web", "successor": "new"})
    assert library_discarding.discard_replaced(t.cast(t.Any, None), resource) is bool(done)
    assert shelf.done == done


@pytest.mark.parametrize(("machine", "found"), [("vm-1", True), (None, False)], ids=["nobody heard the answer", "vCenter said no"])
def test_an_item_that_may_be_made_still_is_waited_for(shelved: t.Callable[[Shelf], None], machine: str | None, found: bool) -> None:
    shelf = Shelf(item("new", "golden-temporary-web"), appear_after=2)
    shelved(shelf)
    resource = Resource("b", "library item", "lib/golden-temporary-web", {"library": "lib", "called": "golden-temporary-web", "machine": machine})
    assert library_discarding.discard_item(t.cast(t.Any, None), resource) is found


def image(instance: str, record: dict[str, str]) -> Image:
    folder = vim.Folder("group-1")
    vm = vim.VirtualMachine(f"vm-{instance}")
    return Image(vm, vm._moId, "web", f"/DC/vm/{folder._moId}/web", True, instance, "", record, "")


@pytest.mark.parametrize(
    ("holder", "expected"),
    [(None, "renamed"), ({"instance": "new"}, "removed"), ({"instance": "other"}, "")],
    ids=["free", "taken over", "taken"],
)
def test_an_image_that_gave_its_name_away(monkeypatch: pytest.MonkeyPatch, holder: dict[str, str] | None, expected: str) -> None:
    done: list[str] = []
    old = image("old", {"state": "replaced", "successor": "new"})
    monkeypatch.setattr(image_discarding, "by_id", lambda vcenter, identifier: old)
    monkeypatch.setattr(image_discarding, "properties", lambda vcenter, thing, *paths: {"parent": vim.Folder("group-1")})
    monkeypatch.setattr(image_discarding, "in_folder", lambda vcenter, folder, name: vim.VirtualMachine("vm-2") if holder is not None else None)
    monkeypatch.setattr(image_discarding, "described", lambda vcenter, vm: image("two", holder or {}))
    monkeypatch.setattr(image_discarding, "destroy", lambda *arguments: done.append("removed"))
    monkeypatch.setattr(image_discarding, "run_task", lambda *arguments, **more: done.append("renamed"))
    resource = Resource("b", "replaced template", "/DC/vm/web", {"id": "vm-old", "called": "web", "notes": ""})
    assert image_discarding.discard_replaced(t.cast(t.Any, None), resource) is bool(expected)
    assert done == ([expected] if expected else [])
