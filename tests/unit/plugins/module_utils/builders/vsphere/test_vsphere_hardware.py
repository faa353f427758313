# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hardware: what is refused, and what vSphere is told."""

from __future__ import annotations

import typing as t

import pytest
from pyVmomi import vim

from ansible_collections.golden.images.plugins.module_utils._builders.vsphere import creating
from ansible_collections.golden.images.plugins.module_utils._builders.vsphere.adapters import plan_adapters, wanted_adapters
from ansible_collections.golden.images.plugins.module_utils._builders.vsphere.devices import Devices
from ansible_collections.golden.images.plugins.module_utils._builders.vsphere.disks import check_linked, disk_locators, plan_disks
from ansible_collections.golden.images.plugins.module_utils._builders.vsphere.extras import plan_extras
from ansible_collections.golden.images.plugins.module_utils._builders.vsphere.hardware import check_hardware, hardware_spec, set_video
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import BuilderError

Options = t.Callable[..., dict[str, t.Any]]

GIB = 1024 * 1024
DEVICE = vim.vm.device


def a_clone() -> Devices:
    """Devices of a virtual machine with a disk of 2 GiB and an adapter."""
    controller = DEVICE.ParaVirtualSCSIController(key=1000, busNumber=0)
    disk = DEVICE.VirtualDisk(
        key=2000, controllerKey=1000, unitNumber=0, capacityInKB=2 * GIB, backing=DEVICE.VirtualDisk.FlatVer2BackingInfo(diskMode="persistent")
    )
    backing = DEVICE.VirtualEthernetCard.NetworkBackingInfo(deviceName="old")
    return Devices([controller, disk, DEVICE.VirtualVmxnet3(key=4000, controllerKey=100, unitNumber=7, backing=backing)])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"cpus": 0}, "cpus is 0"),
        ({"cpus": 3, "cores_per_socket": 2}, "3 cpus cannot be on sockets of 2 cores"),
        ({"memory": 1023}, "multiple of 4"),
        ({"memory_limit": 0}, "memory_limit is 0"),
        ({"cpu_shares": "most"}, "cpu_shares is most"),
        ({"memory_reserve_all": True, "memory_reservation": 100}, "already reserves all memory"),
        ({"vtpm": True, "firmware": "bios"}, "vtpm needs firmware"),
        ({"vbs": True, "firmware": "efi"}, "vbs needs firmware: efi-secure"),
        ({"vgpu_profiles": ["grid"], "memory_reserve_all": False}, "all memory reserved"),
        ({"disks": [{"size": 0}]}, "size of disk 0 is 0"),
        ({"disks": [{"size": 1, "controller": 1}]}, "controllers has 1"),
        ({"network_adapters": [{"mac": "00:50"}]}, "00:50 is no MAC address"),
        ({"network": "A", "network_adapters": [{"network": "B"}]}, "Give one of the two"),
    ],
)
def test_hardware_that_cannot_be_is_refused(guest_options: Options, given: dict[str, t.Any], message: str) -> None:
    with pytest.raises(BuilderError, match=message):
        check_hardware(guest_options(**given), False)


@pytest.mark.parametrize(("given", "message"), [({}, "needs disks"), ({"disks": [{}]}, "disk 0 has no size"), ({"disks": [{"size": 1}]}, "needs a network")])
def test_what_is_installed_needs_disks_and_a_network(guest_options: Options, given: dict[str, t.Any], message: str) -> None:
    with pytest.raises(BuilderError, match=message):
        check_hardware(guest_options(**given), True)


def test_what_is_not_given_stays_as_it_is(guest_options: Options) -> None:
    assert {name: value for name, value in vars(hardware_spec(guest_options())).items() if value not in (None, [])} == {}


def test_resources_and_platform(guest_options: Options) -> None:
    spec = hardware_spec(
        guest_options(
            cpus=4, cores_per_socket=2, cpu_hot_add=True, cpu_reservation=500, cpu_limit=-1, cpu_shares="high", memory=2048, memory_shares="3000",
            memory_reserve_all=True, hardware_version=19, guest_os="debian12_64Guest", annotation="notes", tools_sync_time=False, vbs=True,
        )
    )  # fmt: skip
    assert (spec.numCPUs, spec.numCoresPerSocket, spec.memoryMB, spec.version, spec.guestId) == (4, 2, 2048, "vmx-19", "debian12_64Guest")
    assert (spec.cpuAllocation.reservation, spec.cpuAllocation.limit, spec.cpuAllocation.shares.level) == (500, -1, "high")
    assert (spec.memoryAllocation.shares.level, spec.memoryAllocation.shares.shares, spec.memoryReservationLockedToMax) == ("custom", 3000, True)
    assert (spec.firmware, spec.bootOptions.efiSecureBootEnabled, spec.flags.vbsEnabled, spec.flags.vvtdEnabled, spec.nestedHVEnabled) == (
        "efi",
        True,
        True,
        True,
        True,
    )
    assert spec.tools.syncTimeWithHost is False


def test_disks_of_a_clone_grow_and_further_ones_are_added(guest_options: Options) -> None:
    devices = a_clone()
    options = guest_options(disks=[{"size": 5}, {"size": 3, "provisioning": "eager_zeroed", "controller": 1}], controllers=["pvscsi", "nvme"])
    plan_disks(options, devices, {})
    grown, controller, added = devices.changes
    assert (grown.operation, grown.device.key, grown.device.capacityInKB) == ("edit", 2000, 5 * GIB)
    assert (controller.operation, type(controller.device)) == ("add", DEVICE.VirtualNVMEController)
    assert (added.device.controllerKey, added.device.unitNumber, added.device.capacityInKB) == (controller.device.key, 0, 3 * GIB)
    assert (added.fileOperation, added.device.backing.eagerlyScrub, added.device.backing.thinProvisioned) == ("create", True, False)


def test_a_disk_of_the_same_size_is_left_alone(guest_options: Options) -> None:
    devices = a_clone()
    plan_disks(guest_options(disks=[{"size": 2}]), devices, {})
    assert devices.changes == []


def test_a_disk_never_shrinks(guest_options: Options) -> None:
    with pytest.raises(BuilderError, match="has 2 GiB in the source and cannot shrink to 1"):
        plan_disks(guest_options(disks=[{"size": 1}]), a_clone(), {})


def test_the_place_of_a_scsi_controller_itself_stays_free(guest_options: Options) -> None:
    devices = Devices()
    plan_disks(guest_options(disks=[{"size": 1} for _number in range(9)]), devices, {})
    assert [disk.unitNumber for disk in devices.of(DEVICE.VirtualDisk)] == [0, 1, 2, 3, 4, 5, 6, 8, 9]


@pytest.mark.parametrize("disk", [{"size": 5}, {"provisioning": "thick"}, {"datastore": "fast"}])
def test_disks_of_a_linked_clone_are_as_they_are(guest_options: Options, disk: dict[str, t.Any]) -> None:
    disks = a_clone().of(DEVICE.VirtualDisk)
    check_linked(guest_options(disks=[{"size": 2}, {"size": 9}]), disks)
    with pytest.raises(BuilderError, match="disk 0 of a linked clone is the snapshot's"):
        check_linked(guest_options(disks=[disk]), disks)


def test_full_clones_are_stored_as_is_wanted(guest_options: Options) -> None:
    disks = a_clone().of(DEVICE.VirtualDisk)
    assert disk_locators(guest_options(disks=[{"size": 5}]), disks, {}) == []
    (locator,) = disk_locators(guest_options(disks=[{"provisioning": "eager_zeroed", "datastore": "fast"}]), disks, {"fast": vim.Datastore("datastore-1")})
    assert (locator.diskId, locator.datastore._moId, locator.diskBackingInfo.eagerlyScrub) == (2000, "datastore-1", True)


def test_adapters_are_connected_replaced_and_added(guest_options: Options, monkeypatch: pytest.MonkeyPatch) -> None:
    from ansible_collections.golden.images.plugins.module_utils._builders.vsphere import adapters

    monkeypatch.setattr(adapters, "backing_of", lambda network, _vcenter: DEVICE.VirtualEthernetCard.NetworkBackingInfo(deviceName=network))
    wanted = wanted_adapters(
        guest_options(network="Build", network_adapters=[{"type": "e1000e", "mac": "00-50-56-3F-00-01"}, {"network": "Other", "connected": False}])
    )
    devices = a_clone()
    plan_adapters(wanted, devices, {"Build": "Build", "Other": "Other"}, t.cast(t.Any, None))
    removed, first, second = devices.changes
    assert (removed.operation, removed.device.key) == ("remove", 4000)
    assert (type(first.device), first.device.macAddress, first.device.addressType) == (DEVICE.VirtualE1000e, "00:50:56:3f:00:01", "manual")
    assert (type(second.device), second.device.backing.deviceName, second.device.connectable.startConnected) == (DEVICE.VirtualVmxnet3, "Other", False)


def test_an_adapter_that_nobody_has_needs_a_network(guest_options: Options) -> None:
    wanted = wanted_adapters(guest_options(network_adapters=[{}, {}]))
    with pytest.raises(BuilderError, match="adapter 1 is not in the source and has no network"):
        plan_adapters(wanted, a_clone(), {}, t.cast(t.Any, None))


def test_extras(guest_options: Options) -> None:
    devices = a_clone()
    options = guest_options(
        usb_controllers=["xhci"], serial_ports=[{"file": "[d] a.log"}, {"uri": "tcp://:1"}], vgpu_profiles=["grid"],
        pci_devices=[{"vendor_id": 4318, "device_id": 1}], vtpm=True, precision_clock="ptp",
    )  # fmt: skip
    plan_extras(options, devices)
    kinds = [type(change.device).__name__.rpartition(".")[2] for change in devices.changes]
    assert kinds == ["VirtualUSBXHCIController", *["VirtualSerialPort"] * 2, *["VirtualPCIPassthrough"] * 2, "VirtualTPM", "VirtualPrecisionClock"]
    assert devices.changes[4].device.backing.allowedDevice[0].vendorId == 4318
    plan_extras(options | {"serial_ports": [], "vgpu_profiles": [], "pci_devices": []}, devices)
    assert len(devices.changes) == len(kinds)


def test_the_video_card_is_changed(guest_options: Options) -> None:
    devices = Devices([DEVICE.VirtualVideoCard(key=500, controllerKey=100, unitNumber=0)])
    set_video(guest_options(video_memory=16, displays=2), devices)
    (change,) = devices.changes
    assert (change.operation, change.device.videoRamSizeInKB, change.device.numDisplays) == ("edit", 16 * 1024, 2)


def test_vapp_properties_are_those_that_the_source_has(guest_options: Options, monkeypatch: pytest.MonkeyPatch) -> None:
    known = vim.vApp.VmConfigInfo(property=[vim.vApp.PropertyInfo(key=3, id="hostname", classId="guest", value="old"), vim.vApp.PropertyInfo(key=4, id="keys")])
    monkeypatch.setattr(creating, "properties", lambda *_asked: {"config.vAppConfig": known})
    spec = vim.vm.ConfigSpec()
    creating.set_vapp_properties(spec, guest_options(vapp_properties={"guest.hostname": "web", "keys": 7}), t.cast(t.Any, None), None)
    assert [(change.operation, change.info.key, change.info.value) for change in spec.vAppConfig.property] == [("edit", 3, "web"), ("edit", 4, "7")]
    with pytest.raises(BuilderError, match=r"no property hostname\. It has: guest.hostname, keys"):
        creating.set_vapp_properties(spec, guest_options(vapp_properties={"hostname": "web"}), t.cast(t.Any, None), None)
