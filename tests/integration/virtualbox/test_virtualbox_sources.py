# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Images that begin with an appliance or with a registered machine, all built at once; with other hardware, media and networks than usual."""

from __future__ import annotations

import contextlib
import hashlib
import pathlib
import subprocess
import typing as t

import pytest

from tests.rigs.leftovers import Kinds, left
from tests.rigs.virtualbox.bridge import Bridge, bridge
from tests.rigs.virtualbox.rig import VirtualBoxRig, convert
from tests.rigs.virtualbox.tiny_guests import tiny_disk

from .workspace import PLAIN, Workspace, builder, register

# Without hardware for virtual machines, on a machine that may be slow.
pytestmark = pytest.mark.timeout(2400)

ORIGINAL = "original of somebody"
#: What VirtualBox says otherwise of a machine that nobody touched, once its service was started anew.
RETOLD = {"VMStateChangeTime", "localhostReachable"}
HARDWARE = {
    "isolated": True,
    "cpus": 2,
    "memory": 640,
    "chipset": "ich9",
    "tpm": "none",
    "graphics": {"controller": "vmsvga", "vram": 32, "accelerate_3d": False},
    "audio": {"controller": "hda", "driver": "null"},
    "usb": "xhci",
    "keyboard": "usb",
    "mouse": "usbtablet",
    "nested_virtualization": False,
    "rtc_utc": True,
    "paravirtualization": "kvm",
    "boot_order": ["floppy", "dvd", "disk"],
    "nics": [{"mode": "nat", "nat_network": "192.168.77.0/24", "type": "virtio", "mac": "08:00:27:12:34:56"}, {"mode": "none"}],
    "additional_disks": [{"size": 64, "controller": "virtio"}],
    "cd_controller": "ide",
    "cd": {"label": "extra", "content": {"note": "from the CD\n"}},
    "floppy": {"content": {"note": "from the floppy\n"}},
    "product": {"vendor": "Somebody"},
}
#: Which media the guest has, by their labels, and how many disks beside the floppy.
LOOK = """
set -eu
modprobe floppy
for place in disk/by-label/extra fd0; do udevadm settle; mount -r /dev/$place /mnt; cat /mnt/note >> /srv/notes; umount /mnt; done
test -e /dev/disk/by-label/ADDITIONS
lsblk --nodeps --noheadings --exclude 2 --output TYPE | grep -c disk >> /srv/notes
cat /sys/class/net/enp0s3/address >> /srv/notes
"""
NOTES = "from the CD\nfrom the floppy\n2\n08:00:27:12:34:56\n"


@pytest.fixture(scope="module")
def original(workspace: Workspace, vbox_rig: VirtualBoxRig) -> t.Iterator[pathlib.Path]:
    """The disk of a registered machine that has a snapshot."""
    with registered(workspace, vbox_rig, ORIGINAL, vbox_rig.disk) as disk:
        yield disk


@contextlib.contextmanager
def registered(workspace: Workspace, vbox_rig: VirtualBoxRig, name: str, source: pathlib.Path) -> t.Iterator[pathlib.Path]:
    """A machine with a snapshot ``clean``; its disk."""
    disk = register(vbox_rig, name, workspace.folder / "machines", source)
    vbox_rig.vboxmanage("snapshot", name, "take", "clean")
    try:
        yield disk
    finally:
        vbox_rig.vboxmanage("unregistervm", name, "--delete-all")


class State(t.NamedTuple):
    """All that VirtualBox has, and a machine with the content of its disk."""

    everything: Kinds
    machine: dict[str, str]
    digest: str


def state(vbox_rig: VirtualBoxRig, machine: str, disk: pathlib.Path) -> State:
    return State(vbox_rig.everything(), vbox_rig.info(machine), digest(disk))


def assert_unharmed(before: State, now: State) -> None:
    """The machine is as it was, and there is nothing new."""
    changed = {key for key in before.machine.keys() | now.machine.keys() if before.machine.get(key) != now.machine.get(key)}
    assert changed <= RETOLD
    assert now.digest == before.digest
    assert left(before.everything, now.everything) == {}


@pytest.fixture(scope="module")
def before(original: pathlib.Path, vbox_rig: VirtualBoxRig) -> State:
    """What there is before the builds."""
    return state(vbox_rig, ORIGINAL, original)


@pytest.fixture(scope="module")
def card(vbox_rig: VirtualBoxRig) -> t.Iterator[Bridge]:
    """A network card that a guest is bridged to."""
    with bridge() as made:
        yield made


@pytest.fixture(scope="module")
def built(workspace: Workspace, vbox_rig: VirtualBoxRig, before: State, card: Bridge) -> str:
    """All builds in one run, and what the playbook wrote."""
    appliance, additions = workspace.folder / "original.ova", workspace.folder / "additions.iso"
    vbox_rig.vboxmanage("export", ORIGINAL, "--output", appliance, "--ovf20")
    labelled_disc(additions)
    attached = {"guest_additions": {"mode": "attach", "path": str(additions), "checksum": f"sha256:{digest(additions)}"}}
    always = {"cloud_init": {"seed": "always"}}
    serial = [["modifyvm", "{name}", "--uart1", "0x3F8", "4"], ["modifyvm", "{name}", "--uart-mode1", "file", str(workspace.folder / "serial")]]
    workspace.define(
        {
            "web": {
                **PLAIN,
                "provisioners": [
                    {"inline": "echo {{ golden_build.builder }} > /srv/made", "become": True},
                    {"inline": LOOK, "become": True, "only": ["ova"]},
                ],
            },
        },
        ova=builder(vbox_rig, source={"ova": {"path": str(appliance)}}, vboxmanage=serial, **always, **HARDWARE, **attached),
        linked=builder(vbox_rig, source={"vm": {"name": ORIGINAL, "snapshot": "clean", "linked": True}}, **bridged(card)),
    )
    return workspace.run("-v", timeout=1200).ok().output


def bridged(card: Bridge) -> dict[str, t.Any]:
    """Options of a guest that has an address of its own, which VirtualBox is told as by the guest additions."""
    return {
        "nics": [{"mode": "bridged", "name": card.name}],
        "cloud_init": {"seed": "always", "network_config": {"version": 2, "ethernets": {"enp0s3": {"addresses": [card.of_machine]}}}},
        "vboxmanage": [["guestproperty", "set", "{name}", "/VirtualBox/GuestInfo/Net/0/V4/IP", card.machine]],
    }


@pytest.mark.parametrize("name", ["ova", "linked"])
def test_what_was_provisioned_is_in_the_disk(name: str, built: str, workspace: Workspace) -> None:
    assert workspace.in_appliance(workspace.appliance(f"web.{name}"), "/srv/made") == f"{name}\n"


def test_a_guest_in_a_virtualbox_of_its_own_has_the_hardware_and_the_media_that_were_asked_for(
    built: str, workspace: Workspace, vbox_rig: VirtualBoxRig
) -> None:
    appliance = workspace.appliance("web.ova")
    assert workspace.in_appliance(appliance, "/srv/notes") == NOTES
    shown = vbox_rig.vboxmanage("import", appliance, "--dry-run")
    for line in ("Number of CPUs: 2", "Guest memory: 640 MB", "Sound card", "USB controller", "Vendor (ignored): Somebody"):
        assert line in shown, shown
    assert shown.count("Hard disk image") == 2, shown
    assert not any(word in shown for word in ("CD-ROM", "Floppy")), shown
    assert "cloud-init" in (workspace.folder / "serial").read_text(errors="replace")


def test_a_guest_of_a_bridge_is_reached_at_the_address_that_it_tells(built: str, card: Bridge) -> None:
    assert f"waits for the guest to answer at {card.machine} port 22" in built, built


def test_the_original_is_unharmed_and_nothing_else_is_left(built: str, original: pathlib.Path, before: State, vbox_rig: VirtualBoxRig) -> None:
    assert_unharmed(before, state(vbox_rig, ORIGINAL, original))


@pytest.mark.smoke
def test_a_machine_without_a_way_in_is_copied_as_it_is(workspace: Workspace, vbox_rig: VirtualBoxRig) -> None:
    source = tiny_disk(workspace.folder / "tiny.raw", turns_off=True)
    with registered(workspace, vbox_rig, "tiny", source) as original:
        before = state(vbox_rig, "tiny", original)
        workspace.define({"tiny": PLAIN}, copy=builder(vbox_rig, source={"vm": {"name": "tiny", "snapshot": "clean"}}, connection="none"))
        assert "1 built" in workspace.run().ok().output
        assert_unharmed(before, state(vbox_rig, "tiny", original))
    with workspace.imported(workspace.appliance("tiny.copy")) as disk:
        convert(disk, workspace.folder / "copy.raw")
    assert digest(workspace.folder / "copy.raw") == digest(source)


def labelled_disc(path: pathlib.Path) -> None:
    """A CD in the place of the one with the guest additions."""
    tree = path.with_suffix(".tree")
    tree.mkdir()
    subprocess.run(["xorriso", "-as", "mkisofs", "-quiet", "-V", "ADDITIONS", "-o", path, tree], check=True, capture_output=True)


def digest(path: pathlib.Path) -> str:
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
