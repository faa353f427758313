# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of the VirtualBox builder that say how a guest is brought to rest, and what is made of it."""

from __future__ import annotations

import pathlib
import typing as t

from ..._access.waits import wait_option
from ..._appliance.descriptor import Product
from ..._lifecycle.errors import BuilderError

Options = t.Mapping[str, t.Any]
Spec = dict[str, t.Any]

FORMATS = ["ova", "ovf", "disk"]
#: Format of a plain disk to VirtualBox's word and variant; what is made by another program of raw.
DISK_FORMATS = {"vmdk": ("VMDK", "Stream"), "vdi": ("VDI", "Standard"), "vhd": ("VHD", "Standard"), "raw": ("RAW", "Standard"), "qcow2": ("RAW", "Standard")}
OVF_VERSIONS = {"0.9": "--ovf09", "1.0": "--ovf10", "2.0": "--ovf20"}

_PRODUCT_SPEC: Spec = {
    "name": {"type": "str"},
    "vendor": {"type": "str", "default": ""},
    "version": {"type": "str"},
    "product_url": {"type": "str", "default": ""},
    "vendor_url": {"type": "str", "default": ""},
}

RETENTION_SPEC: Spec = {
    "type": "dict",
    "options": {"keep": {"type": "int"}, "max_age": {"type": "str"}},
    "required_one_of": [["keep", "max_age"]],
}

#: How the guest is brought to rest.
STOP_SPEC: Spec = {
    "shutdown": {"type": "str", "choices": ["auto", "acpi", "wait"], "default": "auto"},
    "shutdown_wait": wait_option(300, 1),
    "power_off": {"type": "bool", "default": True},
}

#: What is made of it.
EXPORT_SPEC: Spec = {
    "vboxmanage_post": {"type": "list", "elements": "list", "default": []},
    "compact": {"type": "bool", "default": True},
    "bundle_iso": {"type": "bool", "default": False},
    "format": {"type": "list", "elements": "str", "choices": FORMATS, "default": ["ova"]},
    "disk_format": {"type": "list", "elements": "str", "choices": list(DISK_FORMATS), "default": ["vmdk"]},
    "ovf_version": {"type": "str", "choices": list(OVF_VERSIONS), "default": "1.0"},
    "manifest": {"type": "str", "choices": ["none", "sha1", "sha256", "sha512"], "default": "sha256"},
    "export_options": {"type": "list", "elements": "str", "choices": ["iso", "nomacs", "nomacsbutnat"], "default": []},
    "vm_name": {"type": "str"},
    "description": {"type": "str"},
    "product": {"type": "dict", "options": _PRODUCT_SPEC, "apply_defaults": True},
    "eula": {"type": "str"},
    "eula_file": {"type": "path"},
    "keep_registered": {"type": "bool", "default": False},
    "free_space": {"type": "int"},
}

#: Options of the builder that the capture has, beside those of where VirtualBox is. The command runs in the guest, so it is the role's.
CAPTURE_SPEC: Spec = {**STOP_SPEC, "shutdown_command": {"type": "str"}, **EXPORT_SPEC, "retention": RETENTION_SPEC}

_CONTENT = {"shutdown_command", "vboxmanage_post", "bundle_iso", "format", "disk_format", "ovf_version", "manifest", "export_options", "vm_name", "description"}
#: What decides the content of the image; whether the guest is compacted, or how long is waited for it, does not.
CAPTURE_CONTENT_OPTIONS = frozenset({*_CONTENT, "product", "eula", "eula_file", "keep_registered"})


def check(options: Options) -> None:
    """:raises BuilderError: for what an argument spec cannot express."""
    if not options["format"]:
        raise BuilderError("format: at least one of ova, ovf and disk is needed")
    if "disk" in options["format"] and not options["disk_format"]:
        raise BuilderError("disk_format: at least one format is needed")
    if options.get("eula") and options.get("eula_file"):
        raise BuilderError("eula and eula_file cannot be given together")
    if options["keep_registered"] and options.get("isolated"):
        raise BuilderError("keep_registered cannot be used with isolated: the VirtualBox of the build goes with it", hint="Set isolated to false.")
    for command in options["vboxmanage_post"]:
        if not command:
            raise BuilderError("vboxmanage_post: a command is empty", hint="Each is a list of arguments, such as [modifyvm, '{name}', --usb-ehci, 'off'].")
    if any(character in (options.get("vm_name") or "") for character in "/\\\n\0"):
        raise BuilderError(f"vm_name: {options['vm_name']!r} cannot be the name of a machine")


def licence_of(options: Options) -> str | None:
    """The licence that people agree to, ``None`` for none.

    :raises BuilderError: when its file cannot be read.
    """
    if not options.get("eula_file"):
        return options.get("eula") or None
    path = pathlib.Path(options["eula_file"]).expanduser()
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BuilderError(f"eula_file: {path} cannot be read: {getattr(error, 'strerror', None) or error}") from error


def product_of(options: Options) -> Product:
    """What the appliance is: the image in its version, unless said otherwise."""
    given = options["product"]
    return Product(
        name=given["name"] or options["image"],
        vendor=given["vendor"],
        version=given["version"] or options["version"],
        product_url=given["product_url"],
        vendor_url=given["vendor_url"],
    )


def machine_name(options: Options) -> str:
    """Name of the machine in the appliance."""
    return str(options.get("vm_name") or options["image"])
