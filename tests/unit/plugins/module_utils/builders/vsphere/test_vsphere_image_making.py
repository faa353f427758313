# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a guest loses, what is transferred, and where it goes."""

from __future__ import annotations

import contextlib
import io
import types
import typing as t

import pytest

from ansible_collections.golden.images.plugins.module_utils._builders.vsphere.exporting import Fetched, check_sums, file_names
from ansible_collections.golden.images.plugins.module_utils._builders.vsphere.images import Image, disk_chain, selected
from ansible_collections.golden.images.plugins.module_utils._builders.vsphere.lease import DeviceUrl
from ansible_collections.golden.images.plugins.module_utils._builders.vsphere.library import iso_path
from ansible_collections.golden.images.plugins.module_utils._builders.vsphere.places import Place
from ansible_collections.golden.images.plugins.module_utils._builders.vsphere.sdk import vim
from ansible_collections.golden.images.plugins.module_utils._builders.vsphere.template import device_changes, keys_to_clear
from ansible_collections.golden.images.plugins.module_utils._builders.vsphere.transfers import Meter, Metered, download, reachable
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import BuilderError

device = vim.vm.device


def devices() -> list[t.Any]:
    iso = device.VirtualCdrom.IsoBackingInfo(fileName="[ds] x.iso")
    empty = device.VirtualCdrom.RemotePassthroughBackingInfo(deviceName="", exclusive=False)
    return [
        device.VirtualCdrom(key=3000, backing=iso, controllerKey=200, unitNumber=0),
        device.VirtualCdrom(key=3001, backing=empty, controllerKey=200, unitNumber=1),
        device.VirtualFloppy(key=8000),
        device.VirtualVmxnet3(key=4000),
        device.VirtualUSBController(key=7000),
        device.VirtualDisk(key=2000),
    ]


def told(changes: t.Iterable[t.Any]) -> list[tuple[str, int]]:
    return [(change.operation, change.device.key) for change in changes]


def test_drives_and_floppies_go_and_disks_stay() -> None:
    assert told(device_changes(devices(), ["cdrom", "floppy"], 0)) == [("remove", 3000), ("remove", 3001), ("remove", 8000)]


def test_drives_that_stay_lose_their_media() -> None:
    changes = device_changes(devices(), ["cdrom", "network", "usb"], 1)
    assert told(changes) == [("edit", 3000), ("remove", 3001), ("remove", 4000), ("remove", 7000)]
    assert isinstance(changes[0].device.backing, device.VirtualCdrom.RemotePassthroughBackingInfo)
    assert told(device_changes(devices(), [], 0)) == [("edit", 3000)]


def test_seeds_and_marks_are_taken_away_and_what_people_set_stays() -> None:
    known = {
        "guestinfo.userdata": "x",
        "guestinfo.userdata.encoding": "base64",
        "golden.guest": "g",
        "guestinfo.ours": "y",
        "golden.run": "",
        "svga.present": "TRUE",
    }
    assert keys_to_clear(known) == ["golden.guest", "guestinfo.userdata", "guestinfo.userdata.encoding"]


def url(key: str, is_disk: bool, target: str = "") -> DeviceUrl:
    return DeviceUrl(key, key, f"https://h/nfc/x/{key}", is_disk, target, 0, None)


def test_files_of_a_package_are_named_by_what_they_are() -> None:
    urls = [url("a", True), url("b", False, "vm.nvram"), url("c", True)]
    assert file_names("web", urls) == ["web-disk-0.vmdk", "web-file-1.nvram", "web-disk-1.vmdk"]


def test_a_file_that_is_not_what_the_host_sent_is_refused() -> None:
    file = Fetched("a", "web-disk-0.vmdk", io.BytesIO(), 1, True, {"sha1": "1", "sha256": "2"})
    check_sums([file], {"a": ("sha256", "2")}, "web")
    check_sums([file], {"a": ("md5", "other"), "b": ("sha1", "other")}, "web")
    with pytest.raises(BuilderError, match="arrived damaged"):
        check_sums([file], {"a": ("sha1", "other")}, "web")


def test_a_chain_of_disks_is_followed() -> None:
    def backing(name: str, parent: t.Any = None) -> t.Any:
        return types.SimpleNamespace(fileName=name, parent=parent)

    assert disk_chain(backing("[ds] c", backing("[ds] b", backing("[ds] a")))) == ["[ds] c", "[ds] b", "[ds] a"]
    assert disk_chain(None) == []


def image(name: str) -> Image:
    return Image(None, f"vm-{name}", name, f"/DC/vm/t/{name}", True, "u", "", {}, "")


def test_images_are_selected_by_pattern_path_or_id() -> None:
    known = [image("web-1"), image("web-2"), image("db")]
    assert [found.name for found in selected(known, ["web-*"])] == ["web-1", "web-2"]
    assert [found.name for found in selected(known, ["/DC/vm/t/db", "vm-web-1"])] == ["web-1", "db"]
    assert selected(known, []) == known


def test_networks_of_a_package_are_mapped_by_name_or_all_to_one() -> None:
    one, other = types.SimpleNamespace(_moId="net-1"), types.SimpleNamespace(_moId="net-2")
    assert Place(None, None, networks=one).network_ids(["a", "b"]) == {"a": "net-1", "b": "net-1"}
    assert Place(None, None, networks={"a": other}).network_ids(["a", "b"]) == {"a": "net-2"}
    assert Place(None, None).network_ids(["a"]) == {}


class Raw:
    """The body of an answer."""

    def __init__(self, data: bytes, cut: bool) -> None:
        self._stream, self._cut = io.BytesIO(data), cut

    def read(self, count: int) -> bytes:
        data = self._stream.read(count)
        if not data and self._cut:
            raise OSError("reset")
        return data


class Web:
    def __init__(self, status: int, data: bytes = b"", announced: int | None = None, cut: bool = False) -> None:
        self.answer = types.SimpleNamespace(
            status_code=status, reason="", headers={} if announced is None else {"Content-Length": str(announced)}, raw=Raw(data, cut)
        )

    def get(self, url: str, **options: t.Any) -> t.Any:
        return contextlib.nullcontext(self.answer)


def fetch(web: Web) -> tuple[int, dict[str, str], bytes]:
    vcenter = types.SimpleNamespace(web=lambda: web, auth={"validate_certs": True})
    target = io.BytesIO()
    size, digests = download(t.cast(t.Any, vcenter), "https://h/nfc/x?ticket=1", target, Meter("x", 0, str), ["sha256"])
    return size, digests, target.getvalue()


def test_a_download_is_digested_on_the_way() -> None:
    size, digests, data = fetch(Web(200, b"abc", 3))
    assert (size, data) == (3, b"abc")
    assert digests == {"sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"}


@pytest.mark.parametrize(
    ("web", "text"),
    [
        (Web(200, b"abc", 4), "4 bytes were announced"),
        (Web(200, b"abc", None, cut=True), "connection failed after 3 bytes"),
        (Web(507), "the datastore is full"),
        (Web(403), "HTTP 403"),
    ],
)
def test_a_download_that_is_not_whole_is_refused_and_its_ticket_not_told(web: Web, text: str) -> None:
    with pytest.raises(BuilderError, match=text) as caught:
        fetch(web)
    assert "ticket" not in str(caught.value)


def test_progress_is_told_in_steps_and_never_said_to_be_complete() -> None:
    told_of: list[str] = []
    meter = Meter("uploading", 100, told_of.append)
    stream = Metered(io.BytesIO(b"x" * 100), 100, meter)
    while stream.read(7):
        pass
    assert len(stream) == 100 and told_of[0] == "uploading: 10 %" and told_of[-1] == "uploading: 90 %" and meter.percent == 99


def test_addresses_of_leases_are_completed_and_only_https_is_spoken() -> None:
    vcenter = t.cast(t.Any, types.SimpleNamespace(base_url="https://vc:8443"))
    assert reachable(vcenter, "https://*/nfc/1/disk.vmdk") == "https://vc:8443/nfc/1/disk.vmdk"
    assert reachable(vcenter, "https://esx1/nfc/1/disk.vmdk") == "https://esx1/nfc/1/disk.vmdk"
    with pytest.raises(BuilderError, match="over http"):
        reachable(vcenter, "http://esx1/nfc/1/disk.vmdk")


def test_the_medium_of_a_library_item_is_found_on_its_datastore(monkeypatch: pytest.MonkeyPatch) -> None:
    library = "ansible_collections.golden.images.plugins.module_utils._builders.vsphere.library"
    stored = [
        {
            "name": "debian.iso",
            "storage_backing": {"type": "DATASTORE", "datastore_id": "datastore-1"},
            "storage_uris": ["ds:///vmfs/volumes/5f-1/contentlib-2/item-3/debian_4.iso?serverId=5"],
        }
    ]

    class FakeRest:
        def call(self, name: str, body: t.Any = None, **more: t.Any) -> t.Any:
            return {"find_libraries": ["lib"], "find_items": ["i"], "item": {"id": "i", "name": "debian", "type": "iso"}, "item_storage": stored}[name]

    monkeypatch.setattr(f"{library}.Rest", types.SimpleNamespace(of=lambda vcenter: FakeRest()))
    monkeypatch.setattr(f"{library}.properties_of", lambda vcenter, things, path: [(things[0], {"name": "ssd-1"})])
    vcenter = t.cast(t.Any, types.SimpleNamespace(object=lambda kind, moid: moid))
    assert iso_path(vcenter, "isos", "debian") == "[ssd-1] contentlib-2/item-3/debian_4.iso"
    stored.clear()
    with pytest.raises(BuilderError, match="is no ISO image"):
        iso_path(vcenter, "isos", "debian")
