# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that say what machine a guest of VirtualBox is."""

from __future__ import annotations


class ModuleDocFragment:
    """For everything whose argument spec has ``HARDWARE_SPEC`` and ``RUN_SPEC``."""

    DOCUMENTATION = r"""
options:
  guest_os_type:
    description:
      - Kind of operating system, an id of C(VBoxManage list ostypes) such as V(Debian_64). VirtualBox chooses fitting hardware by it.
      - V(Other_64) for new machines when not given. Of machines that are imported or cloned, this and every other setting that is not given stays as it is.
    type: str
  cpus:
    description: Number of processors, 1 for new machines when not given.
    type: int
  memory:
    description: Memory in MiB, 1024 for new machines when not given.
    type: int
  firmware:
    description: Firmware.
    type: str
    choices: [bios, efi, efi32, efi64]
  chipset:
    description: Chipset.
    type: str
    choices: [piix3, ich9]
  tpm:
    description: Version of a trusted platform module.
    type: str
    choices: [none, '1.2', '2.0']
  graphics:
    description: Graphics card.
    type: dict
    suboptions:
      controller:
        description: Its kind.
        type: str
        choices: [vmsvga, vboxsvga, vboxvga, none]
      vram:
        description: Its memory in MiB, 1 to 256.
        type: int
      accelerate_3d:
        description: Let the guest use the graphics processor.
        type: bool
      efi_resolution:
        description: Resolution under an EFI firmware, such as V(1280x1024).
        type: str
  audio:
    description: Sound card. New machines have it turned off when this is not given.
    type: dict
    suboptions:
      enabled:
        description: Whether there is one.
        type: bool
        default: true
      controller:
        description: Its kind.
        type: str
        choices: [ac97, hda, sb16]
      driver:
        description: How this machine plays what it is given.
        type: str
        choices: [none, default, 'null', oss, alsa, pulse, coreaudio, dsound, was]
  usb:
    description: The only controller of USB, or V(none).
    type: str
    choices: [none, ohci, ehci, xhci]
  keyboard:
    description: Keyboard; V(usb) needs a controller of USB. The boot command is typed at either.
    type: str
    choices: [ps2, usb]
  mouse:
    description: Mouse; all but V(ps2) need a controller of USB.
    type: str
    choices: [ps2, usb, usbtablet, usbmultitouch]
  nested_virtualization:
    description: Let the guest run virtual machines of its own.
    type: bool
  rtc_utc:
    description: Whether the clock of the machine has universal time.
    type: bool
  paravirtualization:
    description: The interface of a hypervisor that the guest sees.
    type: str
    choices: [none, default, legacy, minimal, hyperv, kvm]
  nics:
    description: All network adapters, the first one first. One with mode V(nat) for new machines when not given.
    type: list
    elements: dict
    suboptions:
      mode:
        description: What it is connected to. On macOS it is V(hostonlynet) that there is, elsewhere V(hostonly).
        type: str
        choices: [nat, natnetwork, bridged, hostonly, hostonlynet, intnet, none]
        default: nat
      name:
        description: Adapter of this machine for V(bridged) and V(hostonly), else name of the network. Not for V(nat) and V(none).
        type: str
      type:
        description: Kind of adapter that the guest sees.
        type: str
        choices: [82540EM, 82543GC, 82545EM, virtio, Am79C970A, Am79C973]
      mac:
        description: Its MAC address; VirtualBox makes one when not given.
        type: str
      nat_network:
        description: Network that a guest with mode V(nat) sees, such as V(192.168.77.0/24).
        type: str
      promiscuous:
        description: Whether it sees traffic of others.
        type: str
        choices: [deny, allow-vms, allow-all]
  boot_order:
    description:
      - Devices to boot from, at most four. An installation has V(disk), then V(dvd), when not given, so that an empty disk leads to the installer, and its
        reboot to the installed system. Once an installer has powered the machine off, the order is V(disk), then V(dvd).
    type: list
    elements: str
    choices: [disk, dvd, floppy, net, none]
  disk_size:
    description:
      - Size of the system disk in MiB, 40960 for an installation when not given. The disk of another source grows to it; the system in it has to make use
        of that itself. Disks never shrink.
    type: int
  disk_controller:
    description: Controller of the system disk of new machines, and of additional disks that name none.
    type: str
    choices: [sata, nvme, virtio, scsi, sas, ide]
    default: sata
  disk_discard:
    description: Let the guest give back what it does not use of the system disk of a new machine.
    type: bool
  disk_nonrotational:
    description: Show the system disk of a new machine as a solid-state disk.
    type: bool
  additional_disks:
    description: Further, empty disks. They become a part of the image.
    type: list
    elements: dict
    default: []
    suboptions:
      size:
        description: Size in MiB.
        type: int
        required: true
      controller:
        description: Its controller, as O(disk_controller) when not given.
        type: str
        choices: [sata, nvme, virtio, scsi, sas, ide]
      fixed:
        description: Have it take its whole size at once.
        type: bool
        default: false
      discard:
        description: Let the guest give back what it does not use.
        type: bool
      nonrotational:
        description: Show it as a solid-state disk.
        type: bool
  cd_controller:
    description: Controller of CDs. A machine that was imported or cloned and has none of this kind gets them at one that it has.
    type: str
    choices: [sata, ide, virtio]
    default: sata
  vboxmanage:
    description:
      - Further commands, each a list of arguments of C(VBoxManage), run in order before the guest starts. C({name}) stands for the machine.
      - Not run for a guest to verify an image, which has what they did to the machine.
    type: list
    elements: list
    default: []
  headless:
    description: Run without a window.
    type: bool
    default: true
  guest_additions:
    description: The CD with VirtualBox's guest additions.
    type: dict
    suboptions:
      mode:
        description:
          - V(attach) puts it into a drive, of an installation once that is through. V(upload) copies it into the guest, which has to be reached by C(ssh).
        type: str
        choices: [disable, attach, upload]
        default: disable
      path:
        description: The CD on this machine; the one that came with VirtualBox when neither this nor O(guest_additions.urls) is given.
        type: path
      urls:
        description: URLs to download it from, tried in this order. Needs O(guest_additions.checksum).
        type: list
        elements: str
      checksum:
        description: Its checksum, such as C(sha256:…), or the URL or path of a file of checksums.
        type: str
      upload_path:
        description: Where it goes in the guest; a relative path is relative to the user's home.
        type: str
        default: VBoxGuestAdditions.iso
  host_ports:
    description:
      - Port of 127.0.0.1 through which a guest with mode V(nat) is reached, or the lowest and the highest of a range. Any free one when not given.
    type: list
    elements: int
  address:
    description:
      - Address of a guest that is not reached through V(nat). When not given it is the one that the guest tells by its guest additions.
    type: str
  address_nic:
    description: Number of the adapter, from 1 on, through which the guest is reached.
    type: int
    default: 1
  installation_end:
    description:
      - How an installer (source C(iso)) ends. V(power_off) waits until it powered the machine off; the installed system is then started.
        V(reboot) waits until the installed system answers. V(auto) takes whichever comes first.
      - An installer that runs an SSH server itself needs V(power_off), for it would be taken for the installed system.
    type: str
    choices: [auto, power_off, reboot]
    default: auto
  installation_wait:
    description: How long an installer may take.
    type: dict
    suboptions:
      timeout:
        description: Seconds in all.
        type: float
        default: 3600
      interval:
        description: Seconds between two looks.
        type: float
        default: 5
  address_wait:
    description: How long a guest may take to tell its address.
    type: dict
    suboptions:
      timeout:
        description: Seconds in all.
        type: float
        default: 600
      interval:
        description: Seconds between two looks.
        type: float
        default: 3
  power_off_wait:
    description: How long a guest may take to shut down for O(state=stopped), before the power is taken away.
    type: dict
    suboptions:
      timeout:
        description: Seconds in all.
        type: float
        default: 60
      interval:
        description: Seconds between two looks.
        type: float
        default: 0.5
"""
