#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The image of the VirtualBox builder."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: virtualbox_image
short_description: Export a virtual machine of VirtualBox as an appliance, publish it, prune old ones
version_added: 1.0.0
description:
  - Captures a guest of M(golden.images.virtualbox_guest), or any other machine, as an OVA, as an OVF with its files, as plain disks, or as several of them.
  - The guest is shut down first, and what only the build needed (port forwards, media, drives, controllers) is taken off it.
  - Name, version and fingerprint of the image are in the appliance, and M(golden.images.virtualbox_image_info) reads them back.
  - Everything is written under a partial name first. A capture that fails or is cancelled leaves no file, and VirtualBox knows none of it.
  - Runs on the controller; with C(delegate_to) on another machine.
author:
  - golden.images contributors (@golden-images)
requirements:
  - VirtualBox 7
  - qemu-img for V(qcow2) in O(disk_format)
attributes:
  check_mode:
    support: full
    description: Predicts what would be done and changes nothing.
  diff_mode:
    support: partial
    description: For O(state=pruned) it lists what is removed.
extends_documentation_fragment:
  - golden.images.virtualbox_host
options:
  state:
    description:
      - V(captured) shuts the machine O(guest) down and exports it to O(captured_dir).
      - V(published) moves the files of O(artifact) to O(output_dir), each as a whole, in the place of older ones, and gives a machine that stays registered its
        name.
      - V(absent) removes the files of O(artifact), and its machine when it is registered.
      - V(pruned) removes old images of O(build) from O(output_dir) as O(retention) says.
    type: str
    choices: [captured, published, absent, pruned]
    default: captured
  guest:
    description: Name of the machine. Required for O(state=captured).
    type: str
  directory:
    description: The folder that the guest was launched with; needed for O(isolated) outside of builds.
    type: path
  captured_dir:
    description: Folder of the captured files. It is removed when the capture fails. Required for O(state=captured).
    type: path
  output_dir:
    description:
      - Folder of the published files. Required for O(state=published) and O(state=pruned).
      - For O(state=pruned) the folder that has one for each image, and below that one for each version.
    type: path
  file_stem:
    description: What names of the files begin with. Required for O(state=captured) and O(state=published).
    type: str
  artifact:
    description: What an earlier task returned. Required for O(state=published) and O(state=absent).
    type: dict
  image:
    description: Name of the image.
    type: str
    default: image
  builder:
    description: Name of the builder.
    type: str
    default: virtualbox
  version:
    description: Version of the image.
    type: str
    default: latest
  build:
    description: Name of the build. Required for O(state=pruned).
    type: str
    default: ""
  fingerprint:
    description: Digest of all that decided the content.
    type: str
    default: ""
  source:
    description: Id and description of what the guest was made of.
    type: dict
    default: {}
  connection:
    description: How the guest is reached; with V(none) it is taken to shut itself down.
    type: str
    choices: [ssh, psrp, winrm, none]
    default: ssh
  shutdown:
    description:
      - V(acpi) presses the power button. A machine that is off already is then refused, for nobody knows what was half done in it.
      - V(wait) only waits, for guests that are told to shut down by something else.
      - V(auto) is V(wait) without a O(connection), else V(acpi).
    type: str
    choices: [auto, acpi, wait]
    default: auto
  shutdown_wait:
    description: How long to wait for the guest to shut down.
    type: dict
    suboptions:
      timeout:
        description: Seconds.
        type: float
        default: 300
      interval:
        description: Seconds between two looks.
        type: float
        default: 1
  power_off:
    description:
      - Whether a guest that does not shut down in time is powered off, with a warning. What it had not written to its disks is lost then.
      - With V(false) the capture fails.
    type: bool
    default: true
  vboxmanage_post:
    description: Commands of VBoxManage, each a list of arguments, that run after the shutdown and before the export. C({name}) stands for the machine.
    type: list
    elements: list
    default: []
  compact:
    description: Whether to compact disks of the format VDI before the export. Only what the guest wrote zeros to becomes smaller.
    type: bool
    default: true
  bundle_iso:
    description: Whether the medium with the installer stays in its drive, and is exported with the appliance.
    type: bool
    default: false
  format:
    description: What to make, an OVA, an OVF with its files beside it, plain disks, or several of them.
    type: list
    elements: str
    choices: [ova, ovf, disk]
    default: [ova]
  disk_format:
    description:
      - Formats of the plain disks, with V(disk) in O(format). Each disk is written in each of them.
      - V(vmdk) is compressed (stream optimized), as appliances have it.
    type: list
    elements: str
    choices: [vmdk, vdi, vhd, raw, qcow2]
    default: [vmdk]
  ovf_version:
    description: Version of OVF.
    type: str
    choices: ["0.9", "1.0", "2.0"]
    default: "1.0"
  manifest:
    description: Digests in the manifest of the appliance. VMware takes no V(sha512) before vSphere 6.5.
    type: str
    choices: [none, sha1, sha256, sha512]
    default: sha256
  export_options:
    description: Options of C(VBoxManage export). Without them the appliance has the MAC addresses, and no CD.
    type: list
    elements: str
    choices: [iso, nomacs, nomacsbutnat]
    default: []
  vm_name:
    description: Name of the machine in the appliance, and of the one that stays registered; O(image) by default.
    type: str
  description:
    description: Description for people. Name, version and fingerprint follow it.
    type: str
  product:
    description: What the appliance is, for people and for what imports it.
    type: dict
    suboptions:
      name:
        description: Name of the product, by default O(image).
        type: str
      vendor:
        description: Who makes it.
        type: str
        default: ""
      version:
        description: Version of the product, by default O(version).
        type: str
      product_url:
        description: Where it is described.
        type: str
        default: ""
      vendor_url:
        description: Where its vendor is.
        type: str
        default: ""
  eula:
    description: License that everybody who imports the appliance has to agree to.
    type: str
  eula_file:
    description: File with it.
    type: path
  keep_registered:
    description:
      - Whether the machine stays registered in VirtualBox as well, in O(machine_folder) or else VirtualBox's default folder.
      - It has another name until it is published, and replaces the machine of an earlier image of the same build. Linked clones cannot stay.
    type: bool
    default: false
  free_space:
    description: Fail early when fewer MiB than this are free at O(captured_dir).
    type: int
  retention:
    description: Which old images stay. Required for O(state=pruned).
    type: dict
    suboptions:
      keep:
        description: So many of the newest stay, whatever their age; 1 when only O(retention.max_age) is given.
        type: int
      max_age:
        description: The others go when they are older, such as V(30d).
        type: str
seealso:
  - module: golden.images.virtualbox_guest
  - module: golden.images.virtualbox_image_info
  - module: golden.images.vagrant_box
"""

EXAMPLES = r"""
- name: Export a machine
  golden.images.virtualbox_image:
    guest: web
    captured_dir: "{{ playbook_dir }}/captured"
    file_stem: web-1.4.0
    image: web
    version: 1.4.0
    format: [ova, disk]
    disk_format: qcow2
    product:
      vendor: Example
      product_url: https://example.org/web
  register: captured

- name: Give the files their place
  golden.images.virtualbox_image:
    state: published
    artifact: "{{ captured.artifact }}"
    output_dir: "{{ playbook_dir }}/output"
    file_stem: web-1.4.0

- name: Keep the three newest images of a build
  golden.images.virtualbox_image:
    state: pruned
    output_dir: "{{ playbook_dir }}/output"
    build: web.virtualbox
    retention:
      keep: 3
"""

RETURN = r"""
artifact:
  description: The artifact record.
  returned: when O(state=captured) or O(state=published), in check mode only with O(state=published)
  type: dict
  contains:
    id:
      description: Digest of the first file.
      type: str
      returned: always
    files:
      description: Files with path, kind, size and sha256.
      type: list
      elements: dict
      returned: always
    metadata:
      description: Version of VirtualBox, name of the machine, operating system, architecture, hardware, disks.
      type: dict
      returned: always
images:
  description: Images of the build, the newest first, with version, created, folder, fingerprint, action (V(keep) or V(remove)) and reason.
  returned: when O(state=pruned)
  type: list
  elements: dict
"""

from ansible_collections.golden.images.plugins.module_utils._builders.virtualbox.image import OPERATION
from ansible_collections.golden.images.plugins.module_utils._lifecycle.module_face import run_module


def main() -> None:
    """Entry point."""
    run_module(OPERATION)


if __name__ == "__main__":
    main()
