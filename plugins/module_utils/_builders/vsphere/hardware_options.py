# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of the vSphere builder that say what the virtual machine has."""

from __future__ import annotations

import typing as t

Spec = dict[str, t.Any]

DISK_SPEC: Spec = {
    "size": {"type": "int"},
    "provisioning": {"type": "str", "choices": ["thin", "thick", "eager_zeroed"]},
    "controller": {"type": "int", "default": 0},
    "datastore": {"type": "str"},
}

ADAPTER_SPEC: Spec = {
    "network": {"type": "str"},
    "type": {"type": "str", "choices": ["vmxnet3", "e1000e", "e1000"]},
    "mac": {"type": "str"},
    "connected": {"type": "bool", "default": True},
}

SERIAL_SPEC: Spec = {
    "file": {"type": "str"},
    "uri": {"type": "str"},
    "direction": {"type": "str", "choices": ["server", "client"], "default": "server"},
    "proxy_uri": {"type": "str"},
}

PCI_SPEC: Spec = {
    "vendor_id": {"type": "int", "required": True},
    "device_id": {"type": "int", "required": True},
}

_SHARES: Spec = {"type": "str"}

#: Everything of it is for guests that build; one that verifies an image has the image's hardware.
HARDWARE_SPEC: Spec = {
    "guest_os": {"type": "str"},
    "hardware_version": {"type": "int"},
    "firmware": {"type": "str", "choices": ["bios", "efi", "efi-secure"]},
    "cpus": {"type": "int"},
    "cores_per_socket": {"type": "int"},
    "cpu_hot_add": {"type": "bool"},
    "cpu_reservation": {"type": "int"},
    "cpu_limit": {"type": "int"},
    "cpu_shares": _SHARES,
    "memory": {"type": "int"},
    "memory_hot_add": {"type": "bool"},
    "memory_reservation": {"type": "int"},
    "memory_reserve_all": {"type": "bool"},
    "memory_limit": {"type": "int"},
    "memory_shares": _SHARES,
    "video_memory": {"type": "int"},
    "displays": {"type": "int"},
    "nested_virtualization": {"type": "bool"},
    "iommu": {"type": "bool"},
    "vbs": {"type": "bool"},
    "vtpm": {"type": "bool"},
    "precision_clock": {"type": "str", "choices": ["ntp", "ptp"]},
    "controllers": {
        "type": "list",
        "elements": "str",
        "choices": ["pvscsi", "lsilogic", "lsilogic-sas", "nvme", "sata"],
        "default": ["pvscsi"],
    },
    "disks": {"type": "list", "elements": "dict", "options": DISK_SPEC, "default": []},
    "network_adapters": {"type": "list", "elements": "dict", "options": ADAPTER_SPEC, "default": []},
    "pci_devices": {"type": "list", "elements": "dict", "options": PCI_SPEC, "default": []},
    "vgpu_profiles": {"type": "list", "elements": "str", "default": []},
    "usb_controllers": {"type": "list", "elements": "str", "choices": ["usb", "xhci"], "default": []},
    "serial_ports": {
        "type": "list",
        "elements": "dict",
        "options": SERIAL_SPEC,
        "mutually_exclusive": [["file", "uri"]],
        "required_one_of": [["file", "uri"]],
        "default": [],
    },
    "extra_config": {"type": "dict", "default": {}},
    "vapp_properties": {"type": "dict", "default": {}},
    "annotation": {"type": "str"},
    "tools_sync_time": {"type": "bool"},
    "tools_upgrade_policy": {"type": "str", "choices": ["manual", "upgradeAtPowerCycle"]},
}

HARDWARE_CONTENT_OPTIONS = frozenset(HARDWARE_SPEC)
