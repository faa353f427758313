# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the guest's machine is made of, as arguments of ``modifyvm``."""

from __future__ import annotations

import re
import typing as t

from ..._lifecycle.errors import BuilderError
from .vboxmanage import VBoxManage

Options = t.Mapping[str, t.Any]

_ON_OFF = {True: "on", False: "off"}
#: Option to argument, for those that are given as they are.
_PLAIN = {
    "guest_os_type": "--ostype",
    "cpus": "--cpus",
    "memory": "--memory",
    "firmware": "--firmware",
    "chipset": "--chipset",
    "tpm": "--tpm-type",
    "keyboard": "--keyboard",
    "mouse": "--mouse",
    "nested_virtualization": "--nested-hw-virt",
    "rtc_utc": "--rtc-use-utc",
    "paravirtualization": "--paravirt-provider",
}
_GRAPHICS = {"controller": "--graphicscontroller", "vram": "--vram", "accelerate_3d": "--accelerate-3d"}
_USB = ("ohci", "ehci", "xhci")
_BOOT_POSITIONS = 4
_LEAST_MEMORY = 4
_MOST_VRAM = 256
_NEEDS_USB = ("usb", "usbtablet", "usbmultitouch")
_RESOLUTION = re.compile(r"[1-9]\d*x[1-9]\d*\Z")
EFI_RESOLUTION = "VBoxInternal2/EfiGraphicsResolution"


def check_hardware(options: Options) -> None:
    """:raises BuilderError: for what no machine can have."""
    for name, least in (("cpus", 1), ("memory", _LEAST_MEMORY), ("disk_size", 1)):
        if options.get(name) is not None and options[name] < least:
            raise BuilderError(f"{name} is {options[name]}, it has to be at least {least}")
    _check_graphics(options.get("graphics") or {}, options)
    if len(options.get("boot_order") or ()) > _BOOT_POSITIONS:
        raise BuilderError(f"boot_order has {len(options['boot_order'])} devices, there is room for {_BOOT_POSITIONS}")
    if options.get("usb") == "none" and any(options.get(name) in _NEEDS_USB for name in ("keyboard", "mouse")):
        raise BuilderError("a keyboard or mouse of USB needs a controller", hint="Set usb to ohci, ehci or xhci.")
    for disk in options.get("additional_disks") or ():
        if disk["size"] < 1:
            raise BuilderError(f"additional_disks: size is {disk['size']}, it has to be at least 1 (MiB)")
    for command in options.get("vboxmanage") or ():
        if not command:
            raise BuilderError("vboxmanage: a command is empty", hint="Each is a list of arguments, such as [modifyvm, '{name}', --cpuexecutioncap, '50'].")


def _check_graphics(graphics: Options, options: Options) -> None:
    if graphics.get("vram") is not None and not 0 < graphics["vram"] <= _MOST_VRAM:
        raise BuilderError(f"graphics.vram is {graphics['vram']}, it has to be 1 to {_MOST_VRAM} (MiB)")
    resolution = graphics.get("efi_resolution")
    if resolution and not _RESOLUTION.match(resolution):
        raise BuilderError(f"graphics.efi_resolution is {resolution!r}, it has to be like 1280x1024")
    if resolution and options.get("firmware") in (None, "bios"):
        raise BuilderError("graphics.efi_resolution needs an EFI firmware", hint="Set firmware to efi.")


def modify_arguments(options: Options, is_new: bool) -> list[str]:
    """Arguments of ``modifyvm``, without the machine's name.

    :param is_new: the machine was made by us and not imported or cloned.
    """
    arguments = _given(options, _PLAIN) + _given(options.get("graphics") or {}, _GRAPHICS) + _audio(options.get("audio"), is_new) + _usb(options.get("usb"))
    if (options.get("cpus") or 1) > 1:
        arguments += ["--ioapic", "on"]
    return arguments + boot_arguments(options.get("boot_order") or ())


def boot_arguments(order: t.Sequence[str]) -> list[str]:
    """Arguments for an order of devices, none for an empty one."""
    if not order:
        return []
    positions = [*order, *["none"] * (_BOOT_POSITIONS - len(order))]
    return [argument for number, device in enumerate(positions, start=1) for argument in (f"--boot{number}", device)]


def _given(options: Options, names: t.Mapping[str, str]) -> list[str]:
    found = [(argument, options[name]) for name, argument in names.items() if options.get(name) is not None]
    return [text for argument, value in found for text in (argument, _ON_OFF[value] if isinstance(value, bool) else str(value))]


def _audio(audio: Options | None, is_new: bool) -> list[str]:
    if audio is None:
        # A machine without a sound card of the host cannot start with one.
        return ["--audio-enabled", "off"] if is_new else []
    arguments = ["--audio-enabled", _ON_OFF[audio["enabled"]]]
    return arguments + _given(audio, {"controller": "--audio-controller", "driver": "--audio-driver"})


def _usb(wanted: str | None) -> list[str]:
    if wanted is None:
        return []
    return [text for kind in _USB for text in (f"--usb-{kind}", _ON_OFF[kind == wanted])]


def set_hardware(vbox: VBoxManage, machine: str, options: Options, is_new: bool) -> None:
    """Give the machine what the options say."""
    arguments = modify_arguments(options, is_new)
    if arguments:
        vbox.run("modifyvm", machine, *arguments, what=f"set up the hardware of {machine}")
    resolution = (options.get("graphics") or {}).get("efi_resolution")
    if resolution:
        vbox.run("setextradata", machine, EFI_RESOLUTION, resolution)


def raw_commands(vbox: VBoxManage, machine: str, commands: t.Sequence[t.Sequence[t.Any]], option: str) -> None:
    """Run commands of the definition.

    :param commands: lists of arguments, in which ``{name}`` stands for the machine.
    :param option: for messages: ``vboxmanage`` or ``vboxmanage_post``.
    """
    for command in commands:
        arguments = [str(argument).replace("{name}", machine) for argument in command]
        vbox.long(*arguments, what=f"run the command of {option}: {' '.join(arguments)}")
