# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that say what a virtual machine of vSphere has."""

from __future__ import annotations


class ModuleDocFragment:
    """For everything whose argument spec has ``HARDWARE_SPEC`` of the vSphere builder."""

    DOCUMENTATION = r"""
options:
  guest_os:
    description: vSphere's id of the operating system, C(otherGuest64) when not given for one that is installed.
    type: str
  hardware_version:
    description: Version of the virtual hardware, such as V(19).
    type: int
  firmware:
    description: Firmware; V(efi-secure) boots signed systems only.
    type: str
    choices: [bios, efi, efi-secure]
  cpus:
    description: CPUs. Whatever is not given of the hardware is as in the source, or as vSphere makes it.
    type: int
  cores_per_socket:
    description: CPUs on one socket.
    type: int
  cpu_hot_add:
    description: CPUs can be added while it runs.
    type: bool
  cpu_reservation:
    description: MHz that are reserved.
    type: int
  cpu_limit:
    description: MHz at most, V(-1) for no limit.
    type: int
  cpu_shares:
    description: C(low), C(normal), C(high), or a number.
    type: str
  memory:
    description: MiB of memory.
    type: int
  memory_hot_add:
    description: Memory can be added while it runs.
    type: bool
  memory_reservation:
    description: MiB that are reserved.
    type: int
  memory_reserve_all:
    description: All memory is reserved.
    type: bool
  memory_limit:
    description: MiB at most, V(-1) for no limit.
    type: int
  memory_shares:
    description: C(low), C(normal), C(high), or a number.
    type: str
  video_memory:
    description: MiB of video memory.
    type: int
  displays:
    description: Displays.
    type: int
  nested_virtualization:
    description: The guest can run virtual machines itself.
    type: bool
  iommu:
    description: The guest has an IOMMU.
    type: bool
  vbs:
    description: Virtualization based security of Windows; sets O(firmware), O(nested_virtualization) and O(iommu) as it needs them.
    type: bool
  vtpm:
    description: The guest has a TPM; needs a key provider in vCenter.
    type: bool
  precision_clock:
    description: The guest has a precision clock, synchronized by this protocol.
    type: str
    choices: [ntp, ptp]
  controllers:
    description: Types of the controllers of disks, in order. Those that a source has already count.
    type: list
    elements: str
    choices: [pvscsi, lsilogic, lsilogic-sas, nvme, sata]
    default: [pvscsi]
  disks:
    description: Disks in order. The first are those of the source, which become larger where a size is given; further ones are added.
    type: list
    elements: dict
    default: []
    suboptions:
      size:
        description: GiB. Needed for one that is added.
        type: int
      provisioning:
        description: How it is stored; V(thin) for a new one, and as in the source for a copied one, when not given.
        type: str
        choices: [thin, thick, eager_zeroed]
      controller:
        description: Number of its controller in O(controllers), for one that is added.
        type: int
        default: 0
      datastore:
        description: Datastore, when it is another one than that of the guest.
        type: str
  network_adapters:
    description: Adapters in order. The first are those of the source, which are changed; further ones are added.
    type: list
    elements: dict
    default: []
    suboptions:
      network:
        description: Network or distributed port group; that of the source when not given. For the first one O(network) may say it.
        type: str
      type:
        description: Type; as in the source, or V(vmxnet3), when not given.
        type: str
        choices: [vmxnet3, e1000e, e1000]
      mac:
        description: MAC address.
        type: str
      connected:
        description: Whether it is connected when the guest starts.
        type: bool
        default: true
  pci_devices:
    description: Devices of the host that are passed through, by what may be taken.
    type: list
    elements: dict
    default: []
    suboptions:
      vendor_id:
        description: PCI vendor.
        type: int
        required: true
      device_id:
        description: PCI device.
        type: int
        required: true
  vgpu_profiles:
    description: vGPU profiles, such as V(grid_t4-2q).
    type: list
    elements: str
    default: []
  usb_controllers:
    description: USB controllers that are added where they are missing, V(usb) for USB 2 and V(xhci) for USB 3.
    type: list
    elements: str
    choices: [usb, xhci]
    default: []
  serial_ports:
    description: Serial ports that are added.
    type: list
    elements: dict
    default: []
    suboptions:
      file:
        description: File on a datastore that its output goes to, C([datastore] folder/file).
        type: str
      uri:
        description: Address of the network instead, such as C(tcp://:2001).
        type: str
      direction:
        description: Whether the guest listens there or connects.
        type: str
        choices: [server, client]
        default: server
      proxy_uri:
        description: Concentrator to go through.
        type: str
  extra_config:
    description: Further keys of the configuration (C(.vmx)) and their values.
    type: dict
    default: {}
  vapp_properties:
    description: Values of vApp properties that the source has, by C(class.id.instance).
    type: dict
    default: {}
  annotation:
    description: Notes.
    type: str
  tools_sync_time:
    description: VMware Tools set the guest's clock by the host's.
    type: bool
  tools_upgrade_policy:
    description: When VMware Tools are upgraded.
    type: str
    choices: [manual, upgradeAtPowerCycle]
"""
