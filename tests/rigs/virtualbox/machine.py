# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A machine as VirtualBox describes it, in the words of QEMU. Only the standard library: this runs at every start of a VM."""

from __future__ import annotations

import dataclasses
import pathlib
import re
import typing as t

LINE = re.compile(r'^"?([^"=\n]+)"?="?(.*?)"?$', re.MULTILINE)
SLOT = re.compile(r"(.+)-(\d+)-(\d+)")
NICS = {"82540EM": "e1000", "82543GC": "e1000", "82545EM": "e1000-82545em", "virtio": "virtio-net-pci", "Am79C970A": "pcnet", "Am79C973": "pcnet"}
#: Where VirtualBox has its network cards, from which guests take the names of their interfaces.
NIC_PLACES = (0x3, 0x8, 0x9, 0xA)
FIRMWARE, VARIABLES = (pathlib.Path(f"/usr/share/OVMF/OVMF_{name}_4M.fd") for name in ("CODE", "VARS"))
GATEWAY, NO_GATEWAY = "10.0.2.2", "10.0.2.254"


class UnsupportedError(Exception):
    """VirtualBox can do it, and this rig cannot."""


@dataclasses.dataclass(frozen=True)
class Drive:
    """A medium in a controller.

    :ivar controller: type of the controller.
    :ivar path: of the medium; empty for an empty drive.
    :ivar kind: ``disk``, ``dvd`` or ``floppy``.
    """

    controller: str
    bus: int
    port: int
    device: int
    path: str
    kind: str

    @property
    def name(self) -> str:
        return f"d{self.bus}-{self.port}-{self.device}"


@dataclasses.dataclass(frozen=True)
class Forward:
    """A rule that forwards a port of the host."""

    name: str
    protocol: str
    host: str
    host_port: str
    guest: str
    guest_port: str

    @classmethod
    def read(cls, text: str) -> Forward:
        """From ``name,tcp,host,port,guest,port``."""
        return cls(*text.split(","))

    @property
    def rule(self) -> str:
        return f"{self.protocol}:{self.host}:{self.host_port}-{self.guest}:{self.guest_port}"


class Machine:
    """What ``showvminfo --machinereadable`` says of it."""

    def __init__(self, text: str) -> None:
        self._pairs = LINE.findall(text)
        self.values: dict[str, str] = dict(self._pairs)
        self.name, self.uuid = self.values["name"], self.values["UUID"]

    def drives(self) -> list[Drive]:
        """Everything that is attached, empty drives too."""
        numbers = [key.removeprefix("storagecontrollername") for key in self.values if key.startswith("storagecontrollername")]
        buses = {self.values[f"storagecontrollername{number}"]: (int(number), self.values[f"storagecontrollertype{number}"]) for number in numbers}
        found = []
        for key, value in self._pairs:
            slot = SLOT.fullmatch(key)
            if not slot or slot[1] not in buses or value == "none":
                continue
            bus, controller = buses[slot[1]]
            kind = "floppy" if controller == "I82078" else "dvd" if f"{slot[1]}-IsEjected-{slot[2]}-{slot[3]}" in self.values else "disk"
            found.append(Drive(controller, bus, int(slot[2]), int(slot[3]), "" if value == "emptydrive" else value, kind))
        return found

    def forwards(self) -> dict[int, list[Forward]]:
        """Rules by the number of the network card."""
        found: dict[int, list[Forward]] = {}
        number = 0
        for key, value in self._pairs:
            card = re.fullmatch(r"(?:natnet|nic)(\d)", key)
            if card:
                number = int(card[1])
            elif key.startswith("Forwarding("):
                found.setdefault(number, []).append(Forward.read(value))
        return found


def format_of(path: pathlib.Path) -> str:
    """QEMU's name for the format of a disk."""
    with open(path, "rb") as stream:
        head = stream.read(512)
        stream.seek(-512, 2)
        tail = stream.read()
    if head[64:68] == b"\x7f\x10\xda\xbe":
        return "vdi"
    if head.startswith(b"QFI\xfb"):
        return "qcow2"
    if head.startswith((b"KDMV", b"# Disk Desc")):
        return "vmdk"
    return "vpc" if tail.startswith(b"conectix") else "raw"


def command(machine: Machine, program: str, run: t.Callable[[str], pathlib.Path], layers: t.Mapping[str, str]) -> list[str]:
    """The arguments of the QEMU that runs it, without its rules for ports.

    :param run: gives the path of a file of the running machine, by its kind.
    :param layers: files that are used in place of disks.
    """
    values = machine.values
    argv = [program, "-name", machine.name, "-uuid", machine.uuid, "-nodefaults", "-no-user-config", "-accel", "tcg,thread=multi"]
    # Without this the slots have names of their own in ACPI, and interfaces other names than in VirtualBox.
    argv += ["-M", "pc", "-global", "PIIX4_PM.acpi-root-pci-hotplug=off", "-rtc", "base=utc" if values["rtcuseutc"] == "on" else "base=localtime"]
    argv += ["-m", values["memory"], "-smp", values["cpus"], "-display", "none", "-device", "VGA,addr=0x2", "-device", "virtio-rng-pci,addr=0x1e"]
    argv += ["-daemonize", "-pidfile", str(run("pid")), "-qmp", f"unix:{run('qmp')},server=on,wait=off", "-serial", _serial(values, run("serial"))]
    if values["firmware"] != "BIOS":
        if not FIRMWARE.exists():
            raise UnsupportedError("OVMF is not installed")
        argv += ["-drive", f"if=pflash,unit=0,format=raw,readonly=on,file={FIRMWARE}", "-drive", f"if=pflash,unit=1,format=raw,snapshot=on,file={VARIABLES}"]
    return argv + _drives(machine, layers) + _network(machine)


def _serial(values: t.Mapping[str, str], default: pathlib.Path) -> str:
    mode, _comma, path = values.get("uartmode1", "").partition(",")
    return f"file:{path if mode == 'file' else default}"


def _drives(machine: Machine, layers: t.Mapping[str, str]) -> list[str]:
    order = [machine.values[f"boot{number}"] for number in range(1, 5)]
    drives = machine.drives()
    argv: list[str] = []
    for bus, controller in sorted({(drive.bus, drive.controller) for drive in drives}):
        argv += _controller(bus, controller)
    # QEMU starts from a floppy without being told.
    bootable = sorted(
        (drive for drive in drives if drive.kind in order and drive.kind != "floppy"),
        key=lambda drive: (order.index(drive.kind), drive.bus, drive.port, drive.device),
    )
    for drive in drives:
        block = f"if=none,id={drive.name},cache=unsafe"
        if drive.path:
            path = layers.get(drive.path, drive.path)
            kind = format_of(pathlib.Path(path)) if drive.kind == "disk" else "raw"
            size = ",force_size_calc=current_size" if kind == "vpc" else ""
            block += f",format={kind},file={path.replace(',', ',,')}{size}{',readonly=on' if drive.kind == 'dvd' else ''}"
        device = _device(drive) + f",drive={drive.name}" + (f",bootindex={bootable.index(drive)}" if drive in bootable else "")
        argv += ["-drive", block, "-device", device]
    return argv


def _controller(bus: int, controller: str) -> list[str]:
    known: dict[str, list[str]] = {
        "IntelAhci": ["-device", f"ahci,id=c{bus},addr=0xd"],
        "VirtioSCSI": ["-device", f"virtio-scsi-pci,id=c{bus},addr=0xf"],
        # Its disks bring a controller each.
        "NVMe": [],
        # The board has these.
        **{name: [] for name in ("PIIX3", "PIIX4", "ICH6", "I82078")},
    }
    if controller not in known:
        raise UnsupportedError(f"there is no controller {controller} in QEMU")
    return known[controller]


def _device(drive: Drive) -> str:
    kind = "cd" if drive.kind == "dvd" else "hd"
    match drive.controller:
        case "IntelAhci":
            return f"ide-{kind},id=x{drive.name},bus=c{drive.bus}.{drive.port}"
        case "VirtioSCSI":
            return f"scsi-{kind},id=x{drive.name},bus=c{drive.bus}.0,scsi-id={drive.port}"
        case "NVMe":
            return f"nvme,id=x{drive.name},serial=rig{drive.port}"
        case "I82078":
            return f"floppy,id=x{drive.name},unit={drive.device}"
        case _:
            return f"ide-{kind},id=x{drive.name},bus=ide.{drive.port},unit={drive.device}"


def _network(machine: Machine) -> list[str]:
    argv: list[str] = []
    for number, place in enumerate(NIC_PLACES, 1):
        mode = machine.values.get(f"nic{number}", "none")
        if mode == "none":
            continue
        if mode in ("bridged", "hostonly"):
            adapter = machine.values["bridgeadapter" + str(number) if mode == "bridged" else f"hostonlyadapter{number}"]
            backend = f"tap,id=n{number},ifname={adapter},script=no,downscript=no"
        elif mode in ("nat", "natnetwork"):
            # Since VirtualBox 7 a guest reaches what listens on the host's loopback only where it was told so.
            gateway = GATEWAY if machine.values.get("localhostReachable" + str(number), machine.values.get("localhostReachable")) == "1" else NO_GATEWAY
            backend = f"user,id=n{number},ipv6=off,host={gateway}"
        else:
            raise UnsupportedError(f"QEMU has no network like {mode}")
        raw = machine.values[f"macaddress{number}"]
        mac = ":".join(raw[start : start + 2] for start in range(0, 12, 2))
        card = NICS[machine.values[f"nictype{number}"]]
        argv += ["-netdev", backend, "-device", f"{card},netdev=n{number},addr={place:#x},mac={mac},romfile="]
    return argv
