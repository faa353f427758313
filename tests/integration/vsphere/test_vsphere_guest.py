# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Guests without a build: what is cloned, with which hardware, how it is reached, and that all of it goes again."""

from __future__ import annotations

import functools
import http.server
import ipaddress
import pathlib
import select
import socket
import socketserver
import threading
import typing as t

import pytest

from tests.rigs.vsphere.rig import GUEST_PASSWORD, GUEST_USER, PASSWORD, VSphereRig

from ..workspaces import Task, connected
from .workspace import Workspace, guest_task

UNREACHED = {"connection": "none", "guest_user": None}
SHORT = {"timeout": 1, "interval": 0.1}
MakeTask = t.Callable[..., Task]


@pytest.fixture
def guest(workspace: Workspace, tmp_path: pathlib.Path, untouched_vcenter: None) -> MakeTask:
    """Makes a task of vsphere_guest."""

    return functools.partial(guest_task, workspace, tmp_path / "keys")


class Tunnel(socketserver.ThreadingTCPServer):
    """An HTTP proxy that knows CONNECT only.

    :ivar wanted: where it was to go.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Tunnelled)
        self.wanted: set[str] = set()

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class _Tunnelled(http.server.BaseHTTPRequestHandler):
    def do_CONNECT(self) -> None:
        t.cast(Tunnel, self.server).wanted.add(self.path)
        host, _colon, port = self.path.rpartition(":")
        with socket.create_connection((host, int(port))) as there:
            self.send_response_only(200)
            self.end_headers()
            ends = {self.connection: there, there: self.connection}
            while True:
                for ready in select.select(list(ends), [], [])[0]:
                    if not (data := ready.recv(65536)):
                        return
                    ends[ready].sendall(data)


@pytest.fixture
def tunnel() -> t.Iterator[Tunnel]:
    """A proxy on the way to vCenter."""
    with Tunnel() as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield server
        server.shutdown()


def refused(workspace: Workspace, task: Task) -> str:
    """The message of a launch that fails."""
    said = workspace.play({**task, "ignore_errors": True})["launched"]
    assert said["failed"]
    return str(said["msg"])


def of_type(vm: dict[str, t.Any], kind: str) -> list[dict[str, t.Any]]:
    return [device for device in vm["Devices"] if device["Type"] == kind]


def test_a_clone_is_reached_with_its_host_key_pinned_and_goes_with_all_it_had(workspace: Workspace, guest: MakeTask) -> None:
    said = workspace.play(
        guest(cloud_init={"user_data": "#!/bin/sh\necho from user data > /etc/made\n"}),
        guest(register="again"),
        *connected("cat /etc/made"),
        guest("stopped", "stopped"),
        guest("stopped", "still"),
        guest(register="woken"),
        guest("absent", "removed"),
        guest("absent", "nothing"),
    )
    assert said["said"]["stdout"] == "from user data"
    changed = {name: said[name]["changed"] for name in said if name != "said"}
    assert changed == {"launched": True, "again": False, "stopped": True, "still": False, "woken": True, "removed": True, "nothing": False}
    assert "StrictHostKeyChecking=yes" in str(said["launched"]["guest"]["vars"])
    assert PASSWORD not in str(said)


def test_what_a_clone_has_is_what_was_asked_for(workspace: Workspace, vsphere: VSphereRig, guest: MakeTask) -> None:
    hardware = {
        "cpus": 4,
        "cores_per_socket": 2,
        "memory": 2048,
        "firmware": "efi",
        "annotation": "for a test",
        "extra_config": {"disk.EnableUUID": True},
        "controllers": ["pvscsi", "nvme"],
        "disks": [{"size": 3}, {"size": 1, "controller": 1, "provisioning": "eager_zeroed"}],
        "network_adapters": [{"type": "e1000e"}, {"network": "DC0_DVPG0", "type": "vmxnet3", "mac": "00:50:56:01:02:03"}],
        "usb_controllers": ["xhci"],
        **UNREACHED,
    }
    workspace.play(guest(**hardware))
    vm = vsphere.vm("rig-guest")
    assert (vm["CPUs"], vm["Memory"], vm["Firmware"], vm["Annotation"], vm["Power"]) == (4, 2048, "efi", "for a test", "poweredOn")
    assert vm["Extra"]["disk.EnableUUID"] == "TRUE" and vm["Extra"]["golden.guest"] == "rig-guest"
    first, second = of_type(vm, "VirtualDisk")
    assert (first["CapacityKB"], second["CapacityKB"], second["Thin"]) == (3 << 20, 1 << 20, False)
    assert second["Controller"] == of_type(vm, "VirtualNVMEController")[0]["Key"]
    assert [len(of_type(vm, kind)) for kind in ("VirtualE1000e", "VirtualVmxnet3", "VirtualUSBXHCIController")] == [1, 1, 1]
    assert of_type(vm, "VirtualVmxnet3")[0]["MAC"] == "00:50:56:01:02:03"
    workspace.play(guest("absent", "removed"))


def test_a_linked_clone_of_a_snapshot_shares_its_disk_and_leaves_it(workspace: Workspace, vsphere: VSphereRig, guest: MakeTask) -> None:
    source = {"vm": {"name": "debian-vm", "snapshot": "base", "linked": True}}
    workspace.play(guest(source=source), *connected("true"))
    (disk,) = of_type(vsphere.vm("rig-guest"), "VirtualDisk")
    assert disk["Parent"] == "[LocalDS_0] debian-vm/debian-vm.vmdk"
    workspace.play(guest("absent", "removed"))
    assert vsphere.vm("debian-vm")["Snapshots"] == ["base", "base/later"]


def test_a_cluster_of_datastores_recommends_one_and_folders_are_made(workspace: Workspace, vsphere: VSphereRig, guest: MakeTask) -> None:
    where = {"datastore": None, "datastore_cluster": "DC0_POD0", "folder": "builds/team"}
    workspace.play(guest(**where, **UNREACHED))
    vm = vsphere.vm("rig-guest")
    assert vm["Path"] == "/DC0/vm/builds/team/rig-guest"
    assert of_type(vm, "VirtualDisk")[0]["File"].startswith(("[LocalDS_2]", "[LocalDS_3]"))
    workspace.play(guest("absent", "removed", **where))
    # A folder is nobody's alone, so that it is not for the guest to take away.
    assert "/DC0/vm/builds/team" in vsphere.tell()["Folders"]
    vsphere.restart()


WRONG: list[tuple[dict[str, t.Any], list[str]]] = [
    ({"source": {"template": "twins"}}, ["/DC0/vm/templates/twins", "/DC0/vm/old-templates/twins"]),
    ({"source": {"template": "debian-13"}}, ["debian-13", "debian-12"]),
    ({"source": {"vm": {"name": "debian-vm", "snapshot": "first"}}}, ["no snapshot first", "base/later"]),
    ({"source": {"vm": {"name": "debian-vm"}}, "disks": [{"size": 1}]}, ["2 GiB", "shrink"]),
    ({"source": {"vm": {"name": "debian-vm", "linked": True}}, "disks": [{"size": 3}]}, ["disk 0 of a linked clone"]),
    ({"cluster": "DC0_C1"}, ["DC0_C1", "DC0_C0"]),
    ({"cluster": None}, ["DC0_C0", "DC0_H0", "resource_pool"]),
    ({"host": "DC0_H0"}, ["not in the cluster DC0_C0"]),
    ({"network": "VM Netwerk"}, ["VM Netwerk", "VM Network"]),
    ({"datastore": "LocalDS_9"}, ["LocalDS_9", "LocalDS_0"]),
    ({"folder": "/DC1/vm/builds"}, ["/DC1/vm/builds", "/DC0/vm/"]),
    ({"isos": ["[LocalDS_0] none.iso"]}, ["no file [LocalDS_0] none.iso"]),
    ({"address": {"adapter": 1}}, ["has no adapter 1"]),
    ({"name": "debian-vm"}, ["/DC0/vm/debian-vm already"]),
    ({"password": "wrong"}, ["InvalidLogin", "username and password"]),
    ({"ca_file": "/etc/ssl/certs/ca-certificates.crt"}, ["certificate"]),
]


def test_what_is_not_there_or_not_clear_is_refused_before_anything_is_made(workspace: Workspace, vsphere: VSphereRig, guest: MakeTask) -> None:
    vsphere.faults()
    said = workspace.play(*[{**guest(register=f"said_{number}", **wrong), "ignore_errors": True} for number, (wrong, _told) in enumerate(WRONG)])
    for number, (wrong, told) in enumerate(WRONG):
        answer = said[f"said_{number}"]
        assert answer["failed"] and all(part.lower() in answer["msg"].lower() for part in told), (wrong, answer)
    assert {"CloneVM_Task", "CreateFolder", "ReconfigVM_Task"}.isdisjoint(vsphere.calls())
    assert PASSWORD not in str(said)
    assert vsphere.sessions() == {"soap": 0, "rest": 0}


def test_a_question_is_answered_as_the_definition_says(workspace: Workspace, vsphere: VSphereRig, guest: MakeTask) -> None:
    asked = {"Task": "guest.question", "Message": "This virtual machine might have been moved or copied.", "Choices": ["Cancel", "I Moved It", "I Copied It"]}
    vsphere.faults(asked)
    workspace.play(guest(answers=[{"question": "moved or copied", "answer": "I Copied It"}]), *connected("true"))
    assert vsphere.machine("answer", "rig-guest") == "I Copied It"
    workspace.play(guest("absent", "removed"))


def test_a_question_without_an_answer_is_told_and_the_guest_goes(workspace: Workspace, vsphere: VSphereRig, guest: MakeTask) -> None:
    vsphere.faults({"Task": "guest.question", "Message": "There is no more space.", "Choices": ["Retry", "Cancel"]})
    message = refused(workspace, guest())
    assert "There is no more space." in message and "Retry" in message


def test_a_fixed_address_by_guest_customization(workspace: Workspace, vsphere: VSphereRig, guest: MakeTask) -> None:
    network = ipaddress.ip_network(vsphere.subnet)
    address = str(network[200])
    wanted = {"linux": {"host_name": "fixed"}, "interfaces": [{"address": f"{address}/{network.prefixlen}", "gateway": str(network[1])}]}
    said = workspace.play(guest(customization=wanted), *connected("hostname"), guest("absent", "removed"))
    assert said["said"]["stdout"] == "fixed"
    assert said["launched"]["guest"]["vars"]["ansible_host"] == address


def test_what_a_windows_guest_is_told_arrives_and_a_customization_that_fails_ends_the_launch(
    workspace: Workspace, vsphere: VSphereRig, guest: MakeTask
) -> None:
    windows = {"windows": {"computer_name": "web-1", "admin_password": "s3cret-Adm1n", "run_once": ["cmd /c ver"]}}
    said = workspace.play(guest(customization=windows), *connected("hostname"), guest("absent", "removed"))
    assert said["said"]["stdout"] == "web-1" and "s3cret-Adm1n" not in str(said)
    vsphere.faults({"Task": "guest.customization", "Fault": "CustomizationFault", "Message": "An error occurred while customizing it."})
    message = refused(workspace, guest(customization=windows))
    assert "customization of rig-guest failed: An error occurred while customizing it." in message and "C:/Windows/Temp/vmware-imc" in message


def test_a_guest_without_tools_is_told_of(workspace: Workspace, guest: MakeTask) -> None:
    source = {"template": "windows"}
    login = {"connection": "psrp", "guest_password": GUEST_PASSWORD, "guest_user": None, "address_wait": SHORT}
    tasks = [
        guest(register="customized", source=source, customization={"sysprep": "<unattend/>"}, customization_wait=SHORT, **login),
        guest(register="addressed", source=source, **login),
    ]
    said = workspace.play(*[{**task, "ignore_errors": True} for task in tasks])
    assert "customization of rig-guest was not over within 1 s: it did not begin" in said["customized"]["msg"]
    assert "VMware Tools not running" in said["addressed"]["msg"] and "address.from: dhcp or given" in said["addressed"]["msg"]


def test_the_address_that_is_asked_for_is_waited_for(workspace: Workspace, vsphere: VSphereRig, guest: MakeTask, tmp_path: pathlib.Path) -> None:
    cards = {"network_adapters": [{}, {"network": "DC0_DVPG0"}]}
    workspace.play(guest(**cards, **UNREACHED))
    vsphere.machine("addresses", "rig-guest", Address="169.254.7.7", Addresses=[["169.254.7.7", "198.51.100.5", "fd00::5"], ["203.0.113.9"]])
    macs = [device["MAC"] for device in of_type(vsphere.vm("rig-guest"), "VirtualVmxnet3")]
    leases = tmp_path / "leases"
    leases.write_text(f"1700000000 {macs[1]} 192.0.2.8 web *\n")
    wanted = {
        "198.51.100.5": {},
        "203.0.113.9": {"adapter": 1},
        "fd00::5": {"ipv6": True},
        "192.0.2.8": {"from": "dhcp", "leases_file": str(leases)},
        "192.0.2.200": {"from": "given", "given": "192.0.2.200"},
    }
    login = {"guest_password": GUEST_PASSWORD, "guest_user": GUEST_USER}
    told = [guest(register=f"told_{number}", address={"settle": 0.3, **address}, **login) for number, address in enumerate(wanted.values())]
    filtered = guest(register="filtered", address={"networks": ["203.0.113.0/24"]}, **login)
    missed = guest(register="missed", address={"networks": ["10.0.0.0/8"]}, address_wait=SHORT, **login)
    said = workspace.play(*told, filtered, {**missed, "ignore_errors": True}, guest("absent", "removed"))
    assert [said[f"told_{number}"]["guest"]["vars"]["ansible_host"] for number in range(len(wanted))] == list(wanted)
    assert said["filtered"]["guest"]["vars"]["ansible_host"] == "203.0.113.9"
    assert "it reports 169.254.7.7, 198.51.100.5, fd00::5, 203.0.113.9, none of which is in 10.0.0.0/8" in said["missed"]["msg"]


def test_vcenter_is_reached_through_a_proxy_and_without_checking_its_certificate(workspace: Workspace, guest: MakeTask, tunnel: Tunnel) -> None:
    said = workspace.play(guest("absent", "removed", proxy_host="127.0.0.1", proxy_port=tunnel.port, ca_file=None, validate_certs=False))
    assert not said["removed"]["changed"]
    assert tunnel.wanted == {f"127.0.0.1:{workspace.rig.port}"}


def test_a_guest_with_a_password_and_no_seed(workspace: Workspace, guest: MakeTask) -> None:
    login = {"guest_user": GUEST_USER, "guest_password": GUEST_PASSWORD, "cloud_init": {"seed": "never"}}
    said = workspace.play(guest(**login), guest("absent", "removed"))
    facts = said["launched"]["guest"]
    assert facts["vars"]["ansible_user"] == GUEST_USER and GUEST_PASSWORD not in str(said)
    assert "StrictHostKeyChecking=yes" not in str(facts["vars"])


def test_a_seed_on_a_cd_goes_to_the_datastore_and_goes_with_the_guest(workspace: Workspace, vsphere: VSphereRig, guest: MakeTask) -> None:
    workspace.play(guest(seed_by="cd"), *connected("true"))
    vm = vsphere.vm("rig-guest")
    (iso,) = [device["File"] for device in of_type(vm, "VirtualCdrom") if device["File"].endswith(".iso")]
    assert iso.startswith("[LocalDS_0] golden-images/rig-guest/")
    assert not any(name.startswith("guestinfo.") for name in vm["Extra"])
    workspace.play(guest("absent", "removed"))
