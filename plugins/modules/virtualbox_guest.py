#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The guest of the VirtualBox builder."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: virtualbox_guest
short_description: Launch and remove the VirtualBox machine that an image is made of
version_added: 1.0.0
description:
  - Makes a machine of an installer, an appliance, another machine or a disk, starts it, waits until it answers, and says how to reach it.
    With V(nat), the default, that is a port of 127.0.0.1, which only this machine reaches; a seed for cloud-init carries a temporary key and the host key.
  - What the source names is never changed. A machine is cloned and not started, a disk is copied. A linked clone stands on a snapshot, the given one
    or one that is taken now and goes with the guest.
  - The machine is marked by extradata below C(golden/). O(state=absent) removes it whatever state it is in, with its disks, media and keys, and no other.
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
    description: Name of the guest and of its machine.
    type: str
    required: true
  state:
    description: Whether the guest runs, is shut down, or does not exist. For V(absent) give the same options as for V(started).
    type: str
    choices: [started, stopped, absent]
    default: started
  source:
    description: What the guest is made of, exactly one of its options. Required for O(state=started).
    type: dict
    suboptions:
      iso:
        description:
          - A CD with an installer. It boots with an empty disk and the media and the boot command of the other options, which have to answer its questions.
            Once it is through its media are taken out.
        type: dict
        suboptions:
          path:
            description: The file on this machine.
            type: path
          urls:
            description: URLs to download it from, tried in this order. Needs O(source.iso.checksum).
            type: list
            elements: str
          checksum:
            description: Its checksum, such as C(sha256:…), or the URL or path of a file of checksums.
            type: str
      ova:
        description: An appliance, an .ova, or an .ovf beside its other files, with one machine.
        type: dict
        suboptions:
          path:
            description: The file on this machine.
            type: path
          urls:
            description: URLs to download an .ova from, tried in this order. Needs O(source.ova.checksum).
            type: list
            elements: str
          checksum:
            description: Its checksum, such as C(sha256:…), or the URL or path of a file of checksums; of an .ovf without the other files.
            type: str
          options:
            description: Options of the import. V(importtovdi) makes disks that can grow.
            type: list
            elements: str
            choices: [keepallmacs, keepnatmacs, importtovdi, keepextradata]
            default: [importtovdi]
          arguments:
            description: Further arguments of C(VBoxManage import).
            type: list
            elements: str
            default: []
          accept_eula:
            description: Accept the license that the appliance comes with.
            type: bool
            default: false
      vm:
        description: A registered machine, which has to be off unless a snapshot is given.
        type: dict
        suboptions:
          name:
            description: Its name or UUID.
            type: str
            required: true
          snapshot:
            description: Name or UUID of a snapshot to clone; the present state when not given.
            type: str
          linked:
            description: Have the guest stand on the disks of the machine instead of copying them.
            type: bool
            default: false
      disk:
        description: A disk image that boots, such as a cloud image. It may be VDI, VMDK, VHD, VHDX, QCOW2 or raw.
        type: dict
        suboptions:
          path:
            description: The file on this machine.
            type: path
          urls:
            description: URLs to download it from, tried in this order. Needs O(source.disk.checksum).
            type: list
            elements: str
          checksum:
            description: Its checksum, such as C(sha256:…), or the URL or path of a file of checksums.
            type: str
  directory:
    description:
      - Folder for the keys, the media and the machine of the guest; made for this user alone. O(state=absent) removes what is in it of the guest.
      - Required for O(state=started).
    type: path
  purpose:
    description: A guest to V(verify) an image has the disks of the image and no others, and no media but a seed.
    type: str
    choices: [build, verify]
    default: build
  labels:
    description: Extradata of the machine. Those named C(golden.run), C(golden.build), C(golden.host) and C(golden.expires) mark it as temporary.
    type: dict
    default: {}
extends_documentation_fragment:
  - golden.images.virtualbox_launch
  - golden.images.guest_media
  - golden.images.guest_connection
  - golden.images.virtualbox_host
seealso:
  - module: golden.images.virtualbox_image
"""

EXAMPLES = r"""
- name: Launch a guest from a cloud image
  golden.images.virtualbox_guest:
    name: golden-web
    source:
      disk:
        urls: [https://cloud.debian.org/images/cloud/bookworm/latest/debian-12-genericcloud-amd64.qcow2]
        checksum: https://cloud.debian.org/images/cloud/bookworm/latest/SHA512SUMS
    guest_os_type: Debian_64
    memory: 2048
    user: debian
    directory: "{{ playbook_dir }}/.guests"
  register: guest

- name: Launch a guest from a snapshot of a machine
  golden.images.virtualbox_guest:
    name: golden-web
    source:
      vm:
        name: base
        snapshot: clean
        linked: true
    user: vagrant
    private_key_file: "{{ lookup('env', 'HOME') }}/.ssh/base"
    directory: "{{ playbook_dir }}/.guests"

- name: Remove it and all that was made for it, whatever state it is in
  golden.images.virtualbox_guest:
    name: golden-web
    directory: "{{ playbook_dir }}/.guests"
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
      description: UUID of the machine.
      type: str
      returned: when it exists
    state:
      description: State of the machine in VirtualBox's words, such as C(running). An installed system with O(connection=none) is C(poweroff).
      type: str
      returned: when it exists
    connection:
      description: Connection plugin; null with O(connection=none).
      type: str
      returned: always
    vars:
      description: Variables of the host that the connection needs, without a password.
      type: dict
      returned: always
    password_file:
      description: File with the password.
      type: str
      returned: when O(password) is given and the guest runs
    uploads:
      description: Files to be copied into the guest, each with C(src) and C(dest).
      type: list
      elements: dict
      returned: when it exists
    wait:
      description: Whether it has to be waited for.
      type: bool
      returned: when it runs
    wait_timeout:
      description: For how many seconds at most.
      type: float
      returned: when it runs
    wait_interval:
      description: Seconds between two tries.
      type: float
      returned: when it runs
"""

from ansible_collections.golden.images.plugins.module_utils._builders.virtualbox.guest import OPERATION
from ansible_collections.golden.images.plugins.module_utils._lifecycle.module_face import run_module


def main() -> None:
    """Entry point."""
    run_module(OPERATION)


if __name__ == "__main__":
    main()
