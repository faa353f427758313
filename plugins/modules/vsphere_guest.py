#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The guest of the vSphere builder."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: vsphere_guest
short_description: Launch and remove the virtual machine of vSphere that an image is made of
version_added: 1.0.0
description:
  - Makes a virtual machine from a template, another virtual machine, a library item, an OVA or OVF package, or an installer's ISO, starts it,
    waits until it has an address, and says how to reach it.
  - Everything that is named is looked up before anything is made. The source is never changed.
  - The virtual machine is found by its name and by the mark C(golden.guest) in its configuration, which it has from its creation on where vSphere allows that.
  - A launch that fails leaves nothing behind.
  - Runs on the controller; with C(delegate_to) on another machine.
author:
  - golden.images contributors (@golden-images)
attributes:
  check_mode:
    support: full
    description: Predicts what would be done and changes nothing.
  diff_mode:
    support: none
    description: Shows no differences.
options:
  name:
    description: Name of the guest, unique in the data centre.
    type: str
    required: true
  state:
    description:
      - Whether the guest runs, is switched off, or does not exist.
      - A guest that is installed and nobody connects to (O(connection=none)) is switched off when V(started) is reached.
    type: str
    choices: [started, stopped, absent]
    default: started
  source:
    description: What it is made from. Required for O(state=started).
    type: dict
    suboptions:
      template:
        description: Template, by its name, its path in the inventory, or its id.
        type: str
      vm:
        description: Virtual machine.
        type: dict
        suboptions:
          name:
            description: Its name, path or id.
            type: str
            required: true
          snapshot:
            description: Name of a snapshot, or its path of names, to start from; what the machine is now when not given.
            type: str
          linked:
            description: Make a linked clone, of O(source.vm.snapshot) or the current snapshot.
            type: bool
            default: false
      library:
        description: Item of a content library, an OVF template or a virtual machine template.
        type: dict
        suboptions:
          library:
            description: Name of the library.
            type: str
            required: true
          item:
            description: Name of the item.
            type: str
            required: true
      ova:
        description: OVA or OVF package.
        type: dict
        suboptions:
          path:
            description: File of this machine, C(.ova) or C(.ovf).
            type: path
          urls:
            description: Where an OVA is downloaded from; the first that works. Needs O(source.ova.checksum).
            type: list
            elements: str
          checksum:
            description: Checksum, or URL or path of a file of checksums.
            type: str
          deployment_option:
            description: Id of one of the configurations that the package offers.
            type: str
          networks:
            description: Networks of the package to networks of vCenter.
            type: dict
            default: {}
      iso:
        description: Installer.
        type: dict
        suboptions:
          datastore_path:
            description: File on a datastore, C([datastore] folder/file.iso).
            type: str
          library:
            description: Content library that has it.
            type: str
          item:
            description: Item of O(source.iso.library).
            type: str
          path:
            description: File of this machine. It is uploaded once.
            type: path
          urls:
            description: Where it is downloaded from; the first that works. Needs O(source.iso.checksum). It is uploaded once.
            type: list
            elements: str
          checksum:
            description: Checksum, or URL or path of a file of checksums.
            type: str
  directory:
    description:
      - Folder for the private key, the host key, the media and the password of the guest; made for this user alone. O(state=absent) removes them.
      - Required for O(state=started).
    type: path
  purpose:
    description: A guest to V(verify) an image has the hardware of the image, and gets no media but the seed.
    type: str
    choices: [build, verify]
    default: build
  labels:
    description: Marks of the virtual machine. Those named C(golden.run), C(golden.build), C(golden.host) and C(golden.expires) mark it as temporary.
    type: dict
    default: {}
extends_documentation_fragment:
  - golden.images.vsphere_place
  - golden.images.vsphere_hardware
  - golden.images.guest_media
  - golden.images.vsphere_launch
  - golden.images.vsphere_connection
  - golden.images.vsphere_account
seealso:
  - module: golden.images.vsphere_image
"""

EXAMPLES = r"""
- name: Launch a guest from a template
  golden.images.vsphere_guest:
    hostname: vcenter.example.org
    username: builder@vsphere.local
    password: "{{ vcenter_password }}"
    name: golden-web
    source:
      template: templates/debian-12
    cluster: Production
    folder: golden/builds
    network: Build
    cpus: 2
    memory: 2048
    guest_user: debian
    directory: "{{ playbook_dir }}/.keys"
  register: guest

- name: Install one from an ISO
  golden.images.vsphere_guest:
    name: golden-installed
    source:
      iso:
        urls: [https://cdimage.debian.org/cdimage/archive/12.9.0/amd64/iso-cd/debian-12.9.0-amd64-netinst.iso]
        checksum: https://cdimage.debian.org/cdimage/archive/12.9.0/amd64/iso-cd/SHA256SUMS
    cluster: Production
    datastore: Fast
    network: Build
    guest_os: debian12_64Guest
    cpus: 2
    memory: 2048
    disks: [{size: 20}]
    http:
      directory: "{{ playbook_dir }}/preseed"
    boot_command:
      - "<esc><wait>auto url={{ golden_http_url }}/preseed.cfg<enter>"
    guest_password: "{{ installed_password }}"
    directory: "{{ playbook_dir }}/.keys"

- name: Remove it and all that was made for it, whatever state it is in
  golden.images.vsphere_guest:
    name: golden-web
    directory: "{{ playbook_dir }}/.keys"
    state: absent
"""

RETURN = r"""
guest:
  description: How to reach the guest.
  returned: when O(state=started)
  type: dict
  contains:
    name:
      description: Name of the guest.
      type: str
      returned: always
    id:
      description: What vCenter calls its virtual machine.
      type: str
      returned: when it runs
    connection:
      description: Connection plugin, nothing when there is no connection.
      type: str
      returned: always
    vars:
      description: Variables of the host that the connection needs, without a password.
      type: dict
      returned: always
    password_file:
      description: File with the password of the user in the guest.
      type: str
      returned: when O(guest_password) is given
    wait:
      description: Whether it has to be waited for.
      type: bool
      returned: when it runs
    wait_timeout:
      description: For how many seconds at most.
      type: float
      returned: when it is waited for
    wait_interval:
      description: Seconds between two tries.
      type: float
      returned: when it is waited for
"""

from ansible_collections.golden.images.plugins.module_utils._builders.vsphere.guest import OPERATION
from ansible_collections.golden.images.plugins.module_utils._lifecycle.module_face import run_module


def main() -> None:
    """Entry point."""
    run_module(OPERATION)


if __name__ == "__main__":
    main()
