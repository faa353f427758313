# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that say how a guest of vSphere is started, and how its address is found."""

from __future__ import annotations


class ModuleDocFragment:
    """For everything whose argument spec has ``LAUNCH_SPEC`` of the vSphere builder, beside place, hardware and media."""

    DOCUMENTATION = r"""
options:
  seed_by:
    description:
      - How cloud-init's seed comes to the guest. V(guestinfo) needs cloud-init 21.3 or newer, or VMware's data source, and VMware Tools.
        V(cd) makes a CD C(cidata).
    type: str
    choices: [guestinfo, cd]
    default: guestinfo
  media_datastore:
    description: Datastore for media and the installer; that of the guest when not given.
    type: str
  media_folder:
    description:
      - Folder on that datastore. Media of a guest are in a folder of their own below it, which goes with the guest.
      - An installer is kept in C(cache), under a name with its checksum, and used again when its size is the same.
    type: str
    default: golden-images
  isos:
    description: Further CDs, as paths C([datastore] folder/file.iso).
    type: list
    elements: str
    default: []
  cdrom_type:
    description: Where CD drives are.
    type: str
    choices: [sata, ide]
    default: sata
  boot_order:
    description: What the guest boots from while it is built; V(disk), then V(cdrom), when it is installed. As it was before in the image.
    type: list
    elements: str
    choices: [disk, cdrom, ethernet, floppy]
    default: []
  boot_key_retries:
    description: How often a group of keys that vSphere did not take is sent again.
    type: int
    default: 3
  customization:
    description: Names and addresses that vSphere gives to the guest when it starts for the first time, through VMware Tools. Not for a guest that is installed.
    type: dict
    suboptions:
      linux:
        description: For Linux.
        type: dict
        suboptions:
          host_name:
            description: Host name; that of the guest when not given.
            type: str
          domain:
            description: Domain.
            type: str
            default: local
          time_zone:
            description: Time zone, such as V(Europe/Berlin).
            type: str
          hardware_clock_utc:
            description: The hardware clock has UTC.
            type: bool
          script:
            description: Script that runs in the guest, where the host allows that.
            type: str
      windows:
        description: For Windows, by its sysprep.
        type: dict
        suboptions:
          computer_name:
            description: Name; made of the guest's when not given.
            type: str
          full_name:
            description: Name of the owner.
            type: str
            default: Administrator
          organization:
            description: Organization of the owner.
            type: str
            default: Organization
          product_id:
            description: Product key.
            type: str
          workgroup:
            description: Workgroup.
            type: str
            default: WORKGROUP
          time_zone:
            description: Microsoft's number of the time zone.
            type: int
            default: 85
          admin_password:
            description: Password of the administrator.
            type: str
          auto_logon:
            description: How many times the administrator is logged in by itself.
            type: int
            default: 0
          run_once:
            description: Commands of the first logins.
            type: list
            elements: str
            default: []
          change_sid:
            description: Give it a new security identifier.
            type: bool
            default: true
      sysprep:
        description: The whole answer file of sysprep, in place of O(customization.windows).
        type: str
      sysprep_file:
        description: File with it.
        type: path
      interfaces:
        description: Addresses of the adapters, in order. Those without an entry use DHCP.
        type: list
        elements: dict
        default: []
        suboptions:
          address:
            description: IPv4 address with its prefix, such as V(192.168.10.5/24); DHCP when not given.
            type: str
          gateway:
            description: Gateway.
            type: str
          ipv6_addresses:
            description: IPv6 addresses with their prefixes.
            type: list
            elements: str
            default: []
          ipv6_gateway:
            description: Gateway of IPv6.
            type: str
          dns_servers:
            description: Name servers, on Windows.
            type: list
            elements: str
            default: []
          dns_domain:
            description: Domain of this adapter, on Windows.
            type: str
      dns_servers:
        description: Name servers.
        type: list
        elements: str
        default: []
      dns_suffixes:
        description: Domains in which names are looked for.
        type: list
        elements: str
        default: []
  address:
    description: At which address the guest is reached.
    type: dict
    suboptions:
      from:
        description:
          - Who tells it. V(tools) is VMware Tools in the guest. V(dhcp) looks the MAC address up in the leases of a DHCP server of this machine,
            or among its neighbours.
            V(given) is O(address.given).
        type: str
        choices: [tools, dhcp, given]
        default: tools
      given:
        description: The address, or a name.
        type: str
      leases_file:
        description: File with the leases of dnsmasq, ISC's dhcpd or Kea; those in the usual places when not given.
        type: path
      networks:
        description: Only addresses of these networks, such as V(192.168.10.0/24), IPv6 too.
        type: list
        elements: str
        default: []
      adapter:
        description: Only addresses of this adapter; the first is 0.
        type: int
      ipv6:
        description: Use an IPv6 address, where O(address.networks) says nothing else.
        type: bool
        default: false
      settle:
        description: Seconds that the address has to stay the same, since an installer may have another one than what it installs.
        type: float
        default: 5
  answers:
    description: Answers to questions with which a virtual machine stands still. A question without an answer ends the build, and is told.
    type: list
    elements: dict
    default: []
    suboptions:
      question:
        description: Regular expression that is found in the question or in its id, such as V(msg.uuid.altered).
        type: str
        required: true
      answer:
        description: The choice, by its text or its key.
        type: str
        required: true
  launch_wait:
    description: How long a clone, an import or the making of a virtual machine may take.
    type: dict
    suboptions:
      timeout:
        description: Seconds in all.
        type: float
        default: 3600
      interval:
        description: Seconds between two looks.
        type: float
        default: 2
  task_wait:
    description: How long any other task may take, such as switching on.
    type: dict
    suboptions:
      timeout:
        description: Seconds in all.
        type: float
        default: 300
      interval:
        description: Seconds between two looks.
        type: float
        default: 1
  customization_wait:
    description: How long the customization may take in the guest.
    type: dict
    suboptions:
      timeout:
        description: Seconds in all.
        type: float
        default: 1800
      interval:
        description: Seconds between two looks.
        type: float
        default: 5
  installation_wait:
    description: How long an installer to which nobody connects (O(connection=none)) may take until it powers the machine off.
    type: dict
    suboptions:
      timeout:
        description: Seconds in all.
        type: float
        default: 7200
      interval:
        description: Seconds between two looks.
        type: float
        default: 5
  address_wait:
    description: How long the guest may take until it has an address.
    type: dict
    suboptions:
      timeout:
        description: Seconds in all.
        type: float
        default: 1800
      interval:
        description: Seconds between two looks.
        type: float
        default: 2
  remove_wait:
    description: How long removing the virtual machine may take.
    type: dict
    suboptions:
      timeout:
        description: Seconds in all.
        type: float
        default: 600
      interval:
        description: Seconds between two looks.
        type: float
        default: 2
"""
