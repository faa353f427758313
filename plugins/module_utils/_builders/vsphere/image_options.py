# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of the vSphere builder that say what is made of a guest, and where that goes."""

from __future__ import annotations

import typing as t

from ..._access.waits import wait_option

Spec = dict[str, t.Any]

DEFAULT_NAME = "{image}-{version}-{builder}-{time}"

#: Devices that a guest needs and an image does not.
REMOVABLE = ("cdrom", "floppy", "network", "usb", "serial", "parallel")

LIBRARY_SPEC: Spec = {
    "library": {"type": "str", "required": True},
    "item": {"type": "str", "default": "{image}"},
    "type": {"type": "str", "choices": ["ovf", "vm_template"], "default": "ovf"},
    "description": {"type": "str"},
    "flags": {"type": "list", "elements": "str", "choices": ["EXTRA_CONFIG", "PRESERVE_MAC"], "default": []},
    "datacenter": {"type": "str"},
    "cluster": {"type": "str"},
    "host": {"type": "str"},
    "resource_pool": {"type": "str"},
    "folder": {"type": "str"},
    "datastore": {"type": "str"},
}

EXPORT_SPEC: Spec = {
    "format": {"type": "str", "choices": ["ova", "ovf"], "default": "ova"},
    "directory": {"type": "path"},
    "name": {"type": "str"},
    "manifest": {"type": "str", "choices": ["sha256", "sha512", "sha1", "none"], "default": "sha256"},
    "options": {"type": "list", "elements": "str", "choices": ["mac", "uuid", "extraconfig", "nodevicesubtypes"], "default": []},
    "image_files": {"type": "bool", "default": False},
}

#: What is made of a guest.
CAPTURE_SPEC: Spec = {
    "image_name": {"type": "str", "default": DEFAULT_NAME},
    "image_type": {"type": "str", "choices": ["template", "vm", "none"], "default": "template"},
    "image_folder": {"type": "str"},
    "image_description": {"type": "str"},
    "replace": {"type": "bool", "default": False},
    "shutdown_command": {"type": "str"},
    "stop_mode": {"type": "str", "choices": ["tools", "await", "off"], "default": "tools"},
    "remove_devices": {"type": "list", "elements": "str", "choices": list(REMOVABLE), "default": ["cdrom", "floppy"]},
    "keep_cdroms": {"type": "int", "default": 0},
    "snapshot": {"type": "str"},
    "stop_wait": wait_option(300, 1),
    "image_wait": wait_option(3600, 2),
}

#: Where a finished image goes.
PUBLISH_SPEC: Spec = {
    "library": {"type": "dict", "options": LIBRARY_SPEC},
    "export": {"type": "dict", "options": EXPORT_SPEC},
    "image_tags": {"type": "dict", "default": {}},
    "image_attributes": {"type": "dict", "default": {}},
    "transfer_wait": wait_option(300, 1),
}

#: Which old images stay.
PRUNE_SPEC: Spec = {
    "retention": {
        "type": "dict",
        "options": {
            "keep": {"type": "int"},
            "max_age": {"type": "str"},
        },
        "required_one_of": [["keep", "max_age"]],
    },
}

#: Options that change what is in the image, or what it is.
IMAGE_CONTENT_OPTIONS = frozenset({"image_name", "image_type", "image_folder", "image_description", "remove_devices", "keep_cdroms", "snapshot"})

#: Options that a finished image can be given without being built again.
IMAGE_PUBLISH_OPTIONS = frozenset({"library", "export", "image_tags", "image_attributes"})
