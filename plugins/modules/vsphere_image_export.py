#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Export from vCenter."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: vsphere_image_export
short_description: Export a template or virtual machine as OVA or OVF
version_added: 1.0.0
description:
  - Downloads the disks of a template, or of a virtual machine that is off, and packs them with their description. Needs neither ovftool nor govc.
  - What arrives is compared with the checksums that the host tells. Files appear whole, or not at all.
  - Runs on the controller; with C(delegate_to) on another machine.
author:
  - golden.images contributors (@golden-images)
attributes:
  check_mode:
    support: full
    description: Predicts whether something would be done and changes nothing.
  diff_mode:
    support: none
    description: There is nothing to compare.
options:
  image:
    description: Name, path or id. One of this and O(artifact) is needed.
    type: str
  artifact:
    description: What M(golden.images.vsphere_image) returned; the files are added to it.
    type: dict
  datacenter:
    description: Data centre. Needed where the name is in several.
    type: str
  format:
    description: V(ova) is one file, V(ovf) several.
    type: str
    choices: [ova, ovf]
    default: ova
  directory:
    description: Folder, created when it is not there.
    type: path
    required: true
  name:
    description: Name of the files, without what comes after the dot. When not given, that of the image.
    type: str
  manifest:
    description: Digests of the files. V(none) leaves them out.
    type: str
    choices: [sha256, sha512, sha1, none]
    default: sha256
  options:
    description:
      - What vCenter puts into the description beside the hardware. V(mac), V(uuid) and V(extraconfig) keep those of the machine.
      - V(nodevicesubtypes) leaves the types of CD drives, floppy drives and controllers out, for other hypervisors.
    type: list
    elements: str
    choices: [mac, uuid, extraconfig, nodevicesubtypes]
    default: []
  image_files:
    description: Whether files of other kinds than disks come along, such as the variables of the firmware and media that are in a drive.
    type: bool
    default: false
  force:
    description:
      - Whether to export again what is there already.
      - An export that is of the same image stays otherwise; what is there of another one is refused, and of one that this collection did not make it stays.
    type: bool
    default: false
  transfer_wait:
    description: How to wait for vCenter to be ready for the transfer. The transfer itself takes as long as bytes come.
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
extends_documentation_fragment:
  - golden.images.vsphere_account
seealso:
  - module: golden.images.vsphere_image
  - module: golden.images.vsphere_image_import
"""

EXAMPLES = r"""
- name: Export a template as an OVA
  golden.images.vsphere_image_export:
    hostname: vcenter.example.com
    username: builder@vsphere.local
    password: "{{ vault_vcenter_password }}"
    image: web-20260131
    directory: /srv/images

- name: Export it as files, for other hypervisors
  golden.images.vsphere_image_export:
    hostname: vcenter.example.com
    username: builder@vsphere.local
    password: "{{ vault_vcenter_password }}"
    image: web-20260131
    directory: /srv/images
    format: ovf
    options: [nodevicesubtypes]
"""

RETURN = r"""
path:
  description: The OVA, or the description of the OVF.
  returned: always
  type: str
image_id:
  description: What vCenter calls the image.
  returned: always, but in check mode
  type: str
files:
  description: Its files, the description first.
  returned: when they are known
  type: list
  elements: dict
  contains:
    path:
      description: Path.
      type: str
      returned: always
    kind:
      description: V(ova), V(ovf), V(mf) or V(vmdk).
      type: str
      returned: always
    size:
      description: Bytes.
      type: int
      returned: always
    sha256:
      description: Digest.
      type: str
      returned: always
artifact:
  description: The artifact record with the files.
  returned: when O(artifact) is given
  type: dict
"""

from ansible_collections.golden.images.plugins.module_utils._builders.vsphere.image_export import OPERATION
from ansible_collections.golden.images.plugins.module_utils._lifecycle.module_face import run_module


def main() -> None:
    """Entry point."""
    run_module(OPERATION)


if __name__ == "__main__":
    main()
