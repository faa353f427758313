# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of the inventory: never one of several by chance."""

from __future__ import annotations

import types
import typing as t

import pytest
from pyVmomi import vim

from ansible_collections.golden.images.plugins.module_utils._builders.vsphere import storage
from ansible_collections.golden.images.plugins.module_utils._builders.vsphere.devices import Devices
from ansible_collections.golden.images.plugins.module_utils._builders.vsphere.finding import Found, matching, one, plain
from ansible_collections.golden.images.plugins.module_utils._builders.vsphere.leases import addresses_of
from ansible_collections.golden.images.plugins.module_utils._builders.vsphere.media import boot_order
from ansible_collections.golden.images.plugins.module_utils._builders.vsphere.uploads import parse_path
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import BuilderError

FOUND = [
    Found(vim.VirtualMachine("vm-1"), "twins", "/DC/vm/a/twins", {}),
    Found(vim.VirtualMachine("vm-2"), "twins", "/DC/vm/b/twins", {}),
    Found(vim.VirtualMachine("vm-3"), "web", "/DC/vm/web", {}),
]


@pytest.mark.parametrize(
    ("name", "expected"),
    [("web", ["vm-3"]), ("twins", ["vm-1", "vm-2"]), ("a/twins", ["vm-1"]), ("/DC/vm/b/twins", ["vm-2"]), ("vm-2", ["vm-2"]), ("/twins", []), ("wins", [])],
)
def test_names_paths_and_ids_are_understood(name: str, expected: list[str]) -> None:
    assert [entry.object._moId for entry in matching(name, FOUND)] == expected


def test_what_is_not_clear_is_refused_with_the_candidates() -> None:
    with pytest.raises(BuilderError, match=r"2 templates are called twins: /DC/vm/a/twins, /DC/vm/b/twins\. Give the path"):
        one("template", "twins", FOUND)
    with pytest.raises(BuilderError, match=r"there is no template wep\. Similar are: web"):
        one("template", "wep", FOUND)
    with pytest.raises(BuilderError, match="There are: /DC/vm/a/twins"):
        one("template", "nothing-alike", FOUND)
    with pytest.raises(BuilderError, match="this user may see none"):
        one("template", "web", [])


def test_escaped_names_are_read() -> None:
    assert plain("a%2fb%25") == "a/b%"


def test_paths_of_datastores() -> None:
    assert parse_path("[my store] a/b c.iso") == ("my store", "a/b c.iso")
    for wrong in ("a/b.iso", "[ds]", "[] a", "[ds] /a"):
        with pytest.raises(BuilderError, match="no path on a datastore"):
            parse_path(wrong)


def test_leases_that_cannot_be_read_are_none(tmp_path: t.Any) -> None:
    assert addresses_of("00:50:56:00:00:01", str(tmp_path / "none")) == []


def test_the_boot_order_names_disks_and_adapters() -> None:
    device = vim.vm.device
    devices = Devices([device.VirtualDisk(key=2000, controllerKey=1000, unitNumber=0), device.VirtualE1000(key=4000, controllerKey=100, unitNumber=7)])
    order = boot_order(["cdrom", "disk", "ethernet", "floppy"], devices)
    assert [type(entry).__name__.rpartition(".")[2] for entry in order] == [
        "BootableCdromDevice",
        "BootableDiskDevice",
        "BootableEthernetDevice",
        "BootableFloppyDevice",
    ]
    assert (order[1].deviceKey, order[2].deviceKey) == (2000, 4000)


def test_the_first_recommendation_with_a_datastore_counts() -> None:
    def recommendation(*destinations: t.Any) -> t.Any:
        return types.SimpleNamespace(action=[types.SimpleNamespace(destination=destination) for destination in destinations])

    answer = types.SimpleNamespace(recommendations=[recommendation(None), recommendation("datastore-1")])
    assert storage.destination(answer) == "datastore-1"
    assert storage.destination(None) is None
