# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of the machine as arguments of modifyvm."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.golden.images.plugins.module_utils._builders.virtualbox.hardware import check_hardware, modify_arguments, raw_commands, set_hardware
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import BuilderError

from .conftest import FakeVirtualBox

Options = t.Callable[..., dict[str, t.Any]]


def _pairs(arguments: list[str]) -> dict[str, str]:
    return dict(zip(arguments[::2], arguments[1::2], strict=True))


def test_what_is_not_given_stays_as_it_is(guest_options: Options) -> None:
    assert modify_arguments(guest_options(), is_new=False) == []
    assert modify_arguments(guest_options(), is_new=True) == ["--audio-enabled", "off"]


def test_all_of_it(guest_options: Options) -> None:
    options = guest_options(
        guest_os_type="Debian_64",
        cpus=2,
        memory=2048,
        firmware="efi",
        chipset="ich9",
        tpm="2.0",
        graphics={"controller": "vmsvga", "vram": 64, "accelerate_3d": False},
        audio={"controller": "hda", "driver": "null"},
        usb="xhci",
        keyboard="usb",
        mouse="usbtablet",
        nested_virtualization=True,
        rtc_utc=False,
        paravirtualization="kvm",
        boot_order=["dvd", "disk"],
    )
    assert _pairs(modify_arguments(options, is_new=True)) == {
        "--ostype": "Debian_64",
        "--cpus": "2",
        "--ioapic": "on",
        "--memory": "2048",
        "--firmware": "efi",
        "--chipset": "ich9",
        "--tpm-type": "2.0",
        "--graphicscontroller": "vmsvga",
        "--vram": "64",
        "--accelerate-3d": "off",
        "--audio-enabled": "on",
        "--audio-controller": "hda",
        "--audio-driver": "null",
        "--usb-ohci": "off",
        "--usb-ehci": "off",
        "--usb-xhci": "on",
        "--keyboard": "usb",
        "--mouse": "usbtablet",
        "--nested-hw-virt": "on",
        "--rtc-use-utc": "off",
        "--paravirt-provider": "kvm",
        "--boot1": "dvd",
        "--boot2": "disk",
        "--boot3": "none",
        "--boot4": "none",
    }


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"cpus": 0}, "cpus is 0"),
        ({"memory": 3}, "memory is 3"),
        ({"disk_size": 0}, "disk_size is 0"),
        ({"graphics": {"vram": 512}}, "graphics.vram is 512"),
        ({"graphics": {"efi_resolution": "1280x1024"}}, "needs an EFI firmware"),
        ({"firmware": "efi", "graphics": {"efi_resolution": "1280"}}, "has to be like 1280x1024"),
        ({"boot_order": ["disk", "dvd", "net", "floppy", "none"]}, "boot_order has 5 devices"),
        ({"usb": "none", "mouse": "usbtablet"}, "needs a controller"),
        ({"additional_disks": [{"size": 0}]}, "additional_disks: size is 0"),
        ({"vboxmanage": [[]]}, "a command is empty"),
    ],
)
def test_what_no_machine_has(guest_options: Options, options: dict[str, t.Any], reason: str) -> None:
    with pytest.raises(BuilderError, match=reason):
        check_hardware(guest_options(**options))


def test_resolution_and_commands_reach_virtualbox(virtualbox: FakeVirtualBox, guest_options: Options) -> None:
    set_hardware(virtualbox.vbox, "web", guest_options(firmware="efi", graphics={"efi_resolution": "1280x1024"}), is_new=False)
    raw_commands(virtualbox.vbox, "web", [["modifyvm", "{name}", "--cpuexecutioncap", 50]], "vboxmanage")
    assert virtualbox.calls == [
        ["modifyvm", "web", "--firmware", "efi"],
        ["setextradata", "web", "VBoxInternal2/EfiGraphicsResolution", "1280x1024"],
        ["modifyvm", "web", "--cpuexecutioncap", "50"],
    ]


def test_a_command_that_fails_is_told_with_its_option(virtualbox: FakeVirtualBox) -> None:
    virtualbox.answer("modifyvm", code=2, err="VBoxManage: error: Unknown option: --bogus\nUsage - Change settings\n  VBoxManage modifyvm\n")
    with pytest.raises(BuilderError, match="run the command of vboxmanage: modifyvm web --bogus: Unknown option: --bogus"):
        raw_commands(virtualbox.vbox, "web", [["modifyvm", "{name}", "--bogus"]], "vboxmanage")
