# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of the vSphere builder that say what to launch, where, how, and how its address is found."""

from __future__ import annotations

import typing as t

from ..._access import options as access_options
from ..._access.waits import wait_option
from ..._media.options import MEDIA_CONTENT_OPTIONS, MEDIA_SPEC
from .hardware_options import HARDWARE_CONTENT_OPTIONS, HARDWARE_SPEC

Spec = dict[str, t.Any]

BACKEND = __name__.rpartition(".")[0] + ".builder"

#: Who asks vCenter. What is not given comes from the environment, see ``session.auth_of``.
AUTH_SPEC: Spec = {
    "hostname": {"type": "str"},
    "username": {"type": "str"},
    "password": {"type": "str", "no_log": True},
    "port": {"type": "int"},
    "validate_certs": {"type": "bool"},
    "ca_file": {"type": "path"},
    "proxy_host": {"type": "str"},
    "proxy_port": {"type": "int"},
    "api_timeout": {"type": "int", "default": 120},
}

#: Where in vCenter.
PLACE_SPEC: Spec = {
    "datacenter": {"type": "str"},
    "cluster": {"type": "str"},
    "host": {"type": "str"},
    "resource_pool": {"type": "str"},
    "folder": {"type": "str"},
    "datastore": {"type": "str"},
    "datastore_cluster": {"type": "str"},
    "network": {"type": "str"},
}

VM_SOURCE_SPEC: Spec = {
    "name": {"type": "str", "required": True},
    "snapshot": {"type": "str"},
    "linked": {"type": "bool", "default": False},
}

LIBRARY_ITEM_SPEC: Spec = {
    "library": {"type": "str", "required": True},
    "item": {"type": "str", "required": True},
}

PACKAGE_SPEC: Spec = {
    "path": {"type": "path"},
    "urls": {"type": "list", "elements": "str"},
    "checksum": {"type": "str"},
    "deployment_option": {"type": "str"},
    "networks": {"type": "dict", "default": {}},
}

ISO_SPEC: Spec = {
    "datastore_path": {"type": "str"},
    "library": {"type": "str"},
    "item": {"type": "str"},
    "path": {"type": "path"},
    "urls": {"type": "list", "elements": "str"},
    "checksum": {"type": "str"},
}

SOURCE_SPEC: Spec = {
    "template": {"type": "str"},
    "vm": {"type": "dict", "options": VM_SOURCE_SPEC},
    "library": {"type": "dict", "options": LIBRARY_ITEM_SPEC},
    "ova": {
        "type": "dict",
        "options": PACKAGE_SPEC,
        "mutually_exclusive": [["path", "urls"]],
        "required_one_of": [["path", "urls"]],
        "required_by": {"urls": ["checksum"]},
    },
    "iso": {
        "type": "dict",
        "options": ISO_SPEC,
        "mutually_exclusive": [["datastore_path", "library", "path", "urls"]],
        "required_one_of": [["datastore_path", "library", "path", "urls"]],
        "required_together": [["library", "item"]],
        "required_by": {"urls": ["checksum"]},
    },
}

_SOURCES = ["template", "vm", "library", "ova", "iso"]
SOURCE_CONSTRAINTS: Spec = {"mutually_exclusive": [_SOURCES], "required_one_of": [_SOURCES]}

INTERFACE_SPEC: Spec = {
    "address": {"type": "str"},
    "gateway": {"type": "str"},
    "ipv6_addresses": {"type": "list", "elements": "str", "default": []},
    "ipv6_gateway": {"type": "str"},
    "dns_servers": {"type": "list", "elements": "str", "default": []},
    "dns_domain": {"type": "str"},
}

LINUX_SPEC: Spec = {
    "host_name": {"type": "str"},
    "domain": {"type": "str", "default": "local"},
    "time_zone": {"type": "str"},
    "hardware_clock_utc": {"type": "bool"},
    "script": {"type": "str"},
}

WINDOWS_SPEC: Spec = {
    "computer_name": {"type": "str"},
    "full_name": {"type": "str", "default": "Administrator"},
    "organization": {"type": "str", "default": "Organization"},
    "product_id": {"type": "str", "no_log": True},
    "workgroup": {"type": "str", "default": "WORKGROUP"},
    "time_zone": {"type": "int", "default": 85},
    "admin_password": {"type": "str", "no_log": True},
    "auto_logon": {"type": "int", "default": 0},
    "run_once": {"type": "list", "elements": "str", "default": []},
    "change_sid": {"type": "bool", "default": True},
}

CUSTOMIZATION_SPEC: Spec = {
    "linux": {"type": "dict", "options": LINUX_SPEC},
    "windows": {"type": "dict", "options": WINDOWS_SPEC},
    "sysprep": {"type": "str", "no_log": True},
    "sysprep_file": {"type": "path"},
    "interfaces": {"type": "list", "elements": "dict", "options": INTERFACE_SPEC, "default": []},
    "dns_servers": {"type": "list", "elements": "str", "default": []},
    "dns_suffixes": {"type": "list", "elements": "str", "default": []},
}

ADDRESS_SPEC: Spec = {
    "from": {"type": "str", "choices": ["tools", "dhcp", "given"], "default": "tools"},
    "given": {"type": "str"},
    "leases_file": {"type": "path"},
    "networks": {"type": "list", "elements": "str", "default": []},
    "adapter": {"type": "int"},
    "ipv6": {"type": "bool", "default": False},
    "settle": {"type": "float", "default": 5.0},
}

ANSWER_SPEC: Spec = {
    "question": {"type": "str", "required": True},
    "answer": {"type": "str", "required": True},
}

#: How the guest is made and started.
LAUNCH_SPEC: Spec = {
    **PLACE_SPEC,
    **HARDWARE_SPEC,
    **MEDIA_SPEC,
    "seed_by": {"type": "str", "choices": ["guestinfo", "cd"], "default": "guestinfo"},
    "media_datastore": {"type": "str"},
    "media_folder": {"type": "str", "default": "golden-images"},
    "isos": {"type": "list", "elements": "str", "default": []},
    "cdrom_type": {"type": "str", "choices": ["sata", "ide"], "default": "sata"},
    "boot_order": {"type": "list", "elements": "str", "choices": ["disk", "cdrom", "ethernet", "floppy"], "default": []},
    "boot_key_retries": {"type": "int", "default": 3, "no_log": False},
    "customization": {
        "type": "dict",
        "options": CUSTOMIZATION_SPEC,
        "mutually_exclusive": [["linux", "windows", "sysprep", "sysprep_file"]],
        "required_one_of": [["linux", "windows", "sysprep", "sysprep_file"]],
    },
    "address": {"type": "dict", "apply_defaults": True, "options": ADDRESS_SPEC, "required_if": [["from", "given", ["given"]]]},
    "answers": {"type": "list", "elements": "dict", "options": ANSWER_SPEC, "default": []},
    "launch_wait": wait_option(3600, 2),
    "task_wait": wait_option(300, 1),
    "customization_wait": wait_option(1800, 5),
    "installation_wait": wait_option(7200, 5),
    "address_wait": wait_option(1800, 2),
    "remove_wait": wait_option(600, 2),
}

#: Options of a guest's login that vCenter has too, by the names that every other builder has for them.
_GUESTS = {"user": "guest_user", "password": "guest_password", "port": "guest_port"}

#: How the guest is reached.
CONNECTION_SPEC: Spec = {_GUESTS.get(name, name): spec for name, spec in access_options.CONNECTION_SPEC.items()}

#: What decides the content of the image.
LAUNCH_CONTENT_OPTIONS = HARDWARE_CONTENT_OPTIONS | MEDIA_CONTENT_OPTIONS | {"seed_by", "isos", "cdrom_type", "customization"}


def guest_view(options: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The same options for what knows no vCenter: ``user``, ``password`` and ``port`` are the guest's."""
    return {**options, **{name: options[ours] for name, ours in _GUESTS.items()}}
