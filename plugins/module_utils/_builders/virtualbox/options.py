# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of the VirtualBox builder that say where VirtualBox is, what to launch, and how."""

from __future__ import annotations

import typing as t

from ..._access.options import CONNECTION_SPEC
from ..._access.waits import wait_option
from ..._media.options import MEDIA_CONTENT_OPTIONS, MEDIA_SPEC

Spec = dict[str, t.Any]

BACKEND = __name__.rpartition(".")[0] + ".builder"

#: Where VirtualBox is; shared by all modules of the builder.
HOST_SPEC: Spec = {
    "vboxmanage_path": {"type": "str", "default": "VBoxManage"},
    "user_home": {"type": "path"},
    "isolated": {"type": "bool", "default": False},
    "machine_folder": {"type": "path"},
    "command_timeout": {"type": "float", "default": 60.0},
    "copy_timeout": {"type": "float", "default": 3600.0},
}

_FILE_SPEC: Spec = {
    "path": {"type": "path"},
    "urls": {"type": "list", "elements": "str"},
    "checksum": {"type": "str"},
}
_FILE_CONSTRAINTS: Spec = {
    "mutually_exclusive": [["path", "urls"]],
    "required_one_of": [["path", "urls"]],
    "required_by": {"urls": ["checksum"]},
}

_OVA_SPEC: Spec = {
    **_FILE_SPEC,
    "options": {"type": "list", "elements": "str", "choices": ["keepallmacs", "keepnatmacs", "importtovdi", "keepextradata"], "default": ["importtovdi"]},
    "arguments": {"type": "list", "elements": "str", "default": []},
    "accept_eula": {"type": "bool", "default": False},
}

_VM_SPEC: Spec = {
    "name": {"type": "str", "required": True},
    "snapshot": {"type": "str"},
    "linked": {"type": "bool", "default": False},
}

SOURCE_KINDS = ("iso", "ova", "vm", "disk")

SOURCE_SPEC: Spec = {
    "iso": {"type": "dict", "options": _FILE_SPEC, **_FILE_CONSTRAINTS},
    "ova": {"type": "dict", "options": _OVA_SPEC, **_FILE_CONSTRAINTS},
    "vm": {"type": "dict", "options": _VM_SPEC},
    "disk": {"type": "dict", "options": _FILE_SPEC, **_FILE_CONSTRAINTS},
}

SOURCE_CONSTRAINTS: Spec = {"mutually_exclusive": [list(SOURCE_KINDS)], "required_one_of": [list(SOURCE_KINDS)]}

CONTROLLERS = ["sata", "nvme", "virtio", "scsi", "sas", "ide"]

_DISK_SPEC: Spec = {
    "size": {"type": "int", "required": True},
    "controller": {"type": "str", "choices": CONTROLLERS},
    "fixed": {"type": "bool", "default": False},
    "discard": {"type": "bool"},
    "nonrotational": {"type": "bool"},
}

_NIC_SPEC: Spec = {
    "mode": {"type": "str", "choices": ["nat", "natnetwork", "bridged", "hostonly", "hostonlynet", "intnet", "none"], "default": "nat"},
    "name": {"type": "str"},
    "type": {"type": "str", "choices": ["82540EM", "82543GC", "82545EM", "virtio", "Am79C970A", "Am79C973"]},
    "mac": {"type": "str"},
    "nat_network": {"type": "str"},
    "promiscuous": {"type": "str", "choices": ["deny", "allow-vms", "allow-all"]},
}

_GRAPHICS_SPEC: Spec = {
    "controller": {"type": "str", "choices": ["vmsvga", "vboxsvga", "vboxvga", "none"]},
    "vram": {"type": "int"},
    "accelerate_3d": {"type": "bool"},
    "efi_resolution": {"type": "str"},
}

_AUDIO_SPEC: Spec = {
    "enabled": {"type": "bool", "default": True},
    "controller": {"type": "str", "choices": ["ac97", "hda", "sb16"]},
    "driver": {"type": "str", "choices": ["none", "default", "null", "oss", "alsa", "pulse", "coreaudio", "dsound", "was"]},
}

_ADDITIONS_SPEC: Spec = {
    "mode": {"type": "str", "choices": ["disable", "attach", "upload"], "default": "disable"},
    "path": {"type": "path"},
    "urls": {"type": "list", "elements": "str"},
    "checksum": {"type": "str"},
    "upload_path": {"type": "str", "default": "VBoxGuestAdditions.iso"},
}

#: What the guest is made of. Of guests that are imported or cloned, what is not given stays as it is.
HARDWARE_SPEC: Spec = {
    "guest_os_type": {"type": "str"},
    "cpus": {"type": "int"},
    "memory": {"type": "int"},
    "firmware": {"type": "str", "choices": ["bios", "efi", "efi32", "efi64"]},
    "chipset": {"type": "str", "choices": ["piix3", "ich9"]},
    "tpm": {"type": "str", "choices": ["none", "1.2", "2.0"]},
    "graphics": {"type": "dict", "options": _GRAPHICS_SPEC},
    "audio": {"type": "dict", "options": _AUDIO_SPEC},
    "usb": {"type": "str", "choices": ["none", "ohci", "ehci", "xhci"]},
    "keyboard": {"type": "str", "choices": ["ps2", "usb"]},
    "mouse": {"type": "str", "choices": ["ps2", "usb", "usbtablet", "usbmultitouch"]},
    "nested_virtualization": {"type": "bool"},
    "rtc_utc": {"type": "bool"},
    "paravirtualization": {"type": "str", "choices": ["none", "default", "legacy", "minimal", "hyperv", "kvm"]},
    "nics": {"type": "list", "elements": "dict", "options": _NIC_SPEC},
    "boot_order": {"type": "list", "elements": "str", "choices": ["disk", "dvd", "floppy", "net", "none"]},
    "disk_size": {"type": "int"},
    "disk_controller": {"type": "str", "choices": CONTROLLERS, "default": "sata"},
    "disk_discard": {"type": "bool"},
    "disk_nonrotational": {"type": "bool"},
    "additional_disks": {"type": "list", "elements": "dict", "options": _DISK_SPEC, "default": []},
    "cd_controller": {"type": "str", "choices": ["sata", "ide", "virtio"], "default": "sata"},
    "vboxmanage": {"type": "list", "elements": "list", "default": []},
}

#: How it is run and reached.
RUN_SPEC: Spec = {
    "headless": {"type": "bool", "default": True},
    "guest_additions": {"type": "dict", "options": _ADDITIONS_SPEC, "mutually_exclusive": [["path", "urls"]], "required_by": {"urls": ["checksum"]}},
    "host_ports": {"type": "list", "elements": "int"},
    "address": {"type": "str"},
    "address_nic": {"type": "int", "default": 1},
    "installation_end": {"type": "str", "choices": ["auto", "power_off", "reboot"], "default": "auto"},
    "installation_wait": wait_option(3600, 5),
    "address_wait": wait_option(600, 3),
    "power_off_wait": wait_option(60, 0.5),
}

LAUNCH_SPEC: Spec = {**HARDWARE_SPEC, **RUN_SPEC, **MEDIA_SPEC, **CONNECTION_SPEC}

#: What decides the content of the image; how the guest is run and reached does not.
LAUNCH_CONTENT_OPTIONS = frozenset({*HARDWARE_SPEC, "guest_additions"}) | MEDIA_CONTENT_OPTIONS
