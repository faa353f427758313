#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The image of the vSphere builder."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: vsphere_image
short_description: Make a template of a virtual machine, publish it, export it, prune old ones
version_added: 1.0.0
description:
  - Makes a guest of M(golden.images.vsphere_guest), or a clone of any other virtual machine, an image under a temporary name.
  - Publishes a captured image, which exports it, puts it into a content library, and gives it its final name. What had the name before goes last.
  - Prunes old images, and removes images and library items.
  - Runs on the controller; with C(delegate_to) on another machine.
author:
  - golden.images contributors (@golden-images)
attributes:
  check_mode:
    support: full
    description: Predicts what would be done and changes nothing.
  diff_mode:
    support: partial
    description: For O(state=published), O(state=pruned) and O(state=absent) it lists what is done.
options:
  state:
    description:
      - V(captured) shuts the machine O(guest) down and makes an image of it. A guest becomes the image itself; of another machine a clone is made.
      - V(published) makes the image of O(artifact) available. It can be repeated, and adds what is missing.
      - V(pruned) removes old images as O(retention) says, but none whose disks a linked clone needs.
      - V(absent) removes the images O(names), or the items O(names) of O(libraries).
    type: str
    choices: [captured, published, pruned, absent]
    default: captured
  guest:
    description: Name of the guest, or name, path or id of another virtual machine. Required for O(state=captured).
    type: str
  artifact:
    description: What a capture returned. Required for O(state=published).
    type: dict
  names:
    description:
      - Names, paths or ids. For O(state=pruned) patterns with C(*) and C(?).
      - Required for O(state=absent).
    type: list
    elements: str
    default: []
  build:
    description: For O(state=pruned), the build whose images it is about, C(web.vsphere) for instance. One of this and O(names) is needed.
    type: str
  libraries:
    description: Content libraries. For O(state=pruned) their items are pruned too, for O(state=absent) only those are removed.
    type: list
    elements: str
    default: []
  retention:
    description: Which images stay, counted for each build, and for the inventory and each library. Required for O(state=pruned).
    type: dict
    suboptions:
      keep:
        description: So many of the newest stay, whatever their age; V(1) when only O(retention.max_age) is given.
        type: int
      max_age:
        description: Others stay until they are older, for instance V(90d).
        type: str
  image_name:
    description:
      - Name of the image. Characters that vCenter escapes become dashes; at most 80.
      - C({image}), C({builder}), C({version}), C({fingerprint}), C({run}) and C({source}) are known within a build only, C({date}) and C({time}) always.
    type: str
    default: "{image}-{version}-{builder}-{time}"
  image_type:
    description:
      - What stays in the inventory. V(vm) is a virtual machine that is off.
      - V(none) leaves O(library) and O(export) alone; the machine goes when those are complete.
    type: str
    choices: [template, vm, none]
    default: template
  image_folder:
    description: Folder of the image, created when it is not there. When not given, that of the guest.
    type: str
  image_description:
    description: Notes of the image, above the lines in which it tells where it is from. When not given, those of the guest.
    type: str
  replace:
    description: Whether an image of the same name and folder may be replaced, when the new one is complete. Otherwise it is an error before anything is made.
    type: bool
    default: false
  shutdown_command:
    description: Command in the guest that shuts it down, run by the builder's role; the module then waits for the machine to be off.
    type: str
  stop_mode:
    description:
      - V(tools) has VMware Tools shut the guest down. Without them, and after O(stop_wait), it is switched off with a warning.
      - V(await) waits until it is off by itself, and fails when it is not after O(stop_wait).
      - V(off) switches it off.
    type: str
    choices: [tools, await, 'off']
    default: tools
  remove_devices:
    description: Devices of the guest that the image has no longer. A CD drive that stays loses its medium.
    type: list
    elements: str
    choices: [cdrom, floppy, network, usb, serial, parallel]
    default: [cdrom, floppy]
  keep_cdroms:
    description: So many CD drives stay, without media.
    type: int
    default: 0
  snapshot:
    description: Name of a snapshot to take, for linked clones.
    type: str
  library:
    description: Item of a content library that is made of the image.
    type: dict
    suboptions:
      library:
        description: Name of the library.
        type: str
        required: true
      item:
        description: Name of the item; takes the placeholders of O(image_name). One of that name gets a new version, or gives way to the new one.
        type: str
        default: "{image}"
      type:
        description: V(ovf) is updated in place, V(vm_template) is replaced.
        type: str
        choices: [ovf, vm_template]
        default: ovf
      description:
        description: Description. When not given, O(image_description).
        type: str
      flags:
        description: For V(ovf), what the item keeps of the machine.
        type: list
        elements: str
        choices: [EXTRA_CONFIG, PRESERVE_MAC]
        default: []
      datacenter:
        description: For V(vm_template), the data centre of the template. When not given, O(datacenter).
        type: str
      cluster:
        description: For V(vm_template), its cluster. When neither it nor host nor resource pool is given, O(cluster), O(host) and O(resource_pool).
        type: str
      host:
        description: For V(vm_template), its host.
        type: str
      resource_pool:
        description: For V(vm_template), its resource pool.
        type: str
      folder:
        description: For V(vm_template), its folder, which has to be there. When not given, that of the image.
        type: str
      datastore:
        description: For V(vm_template), its datastore. When not given, that of the image.
        type: str
  export:
    description: Package that is made of the image, on the machine that the module runs on. One that is there already and of the same image stays.
    type: dict
    suboptions:
      format:
        description: V(ova) is one file, V(ovf) several.
        type: str
        choices: [ova, ovf]
        default: ova
      directory:
        description: Folder. In a build the folder of the build's output.
        type: path
      name:
        description: Name of the files, without what comes after the dot; takes the placeholders of O(image_name). When not given, the name of the image.
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
  image_tags:
    description:
      - Tags of the template or virtual machine, as C(category) to a name or a list of names.
      - What is not there is created; tags of other categories stay.
    type: dict
    default: {}
  image_attributes:
    description: Custom attributes of the template or virtual machine; what vCenter does not know is defined.
    type: dict
    default: {}
  datacenter:
    description: Data centre. Needed where a name is in several.
    type: str
  cluster:
    description: Cluster of the template of a library item, see O(library.cluster).
    type: str
  host:
    description: Its host.
    type: str
  resource_pool:
    description: Its resource pool.
    type: str
  stop_wait:
    description: How to wait for the guest to shut down.
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
  image_wait:
    description: How to wait for tasks of vCenter that make, move, clone and remove images.
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
  transfer_wait:
    description: How to wait for vCenter to be ready for a transfer of disks. The transfer itself takes as long as bytes come.
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
  - module: golden.images.vsphere_guest
  - module: golden.images.vsphere_image_info
  - module: golden.images.vsphere_image_export
  - module: golden.images.vsphere_image_import
"""

EXAMPLES = r"""
- name: Make an image of a virtual machine
  golden.images.vsphere_image:
    hostname: vcenter.example.com
    username: builder@vsphere.local
    password: "{{ vault_vcenter_password }}"
    guest: /DC/vm/golden/web
    image_name: web-{date}
  register: captured

- name: Make it available as a template, in a content library, and as a file
  golden.images.vsphere_image:
    hostname: vcenter.example.com
    username: builder@vsphere.local
    password: "{{ vault_vcenter_password }}"
    state: published
    artifact: "{{ captured.artifact }}"
    library:
      library: images
      item: web
    export:
      directory: /srv/images
    image_tags:
      service: web

- name: Keep the five newest, and those that are younger than 90 days
  golden.images.vsphere_image:
    hostname: vcenter.example.com
    username: builder@vsphere.local
    password: "{{ vault_vcenter_password }}"
    state: pruned
    names: [web-*]
    libraries: [images]
    retention:
      keep: 5
      max_age: 90d

- name: Remove one
  golden.images.vsphere_image:
    hostname: vcenter.example.com
    username: builder@vsphere.local
    password: "{{ vault_vcenter_password }}"
    state: absent
    names: [web-20260131]
"""

RETURN = r"""
name:
  description: The name that the image is to have in the end.
  returned: when O(state=captured)
  type: str
artifact:
  description: The artifact record.
  returned: when O(state=captured) or O(state=published)
  type: dict
  contains:
    id:
      description: What vCenter calls the template or virtual machine.
      type: str
      returned: always
      sample: vm-123
    location:
      description: vCenter and folder.
      type: str
      returned: always
    files:
      description: Files of the export, each with C(path), C(kind), C(size) and C(sha256).
      type: list
      elements: dict
      returned: always
    metadata:
      description: Facts of the image; C(path) is where it is, C(library_item) the item of the content library.
      type: dict
      returned: always
actions:
  description: What was done, or would be in check mode, one sentence each.
  returned: when O(state=published)
  type: list
  elements: str
  sample: ["name the image web-20260131"]
images:
  description: What became of each image and library item.
  returned: when O(state=pruned) or O(state=absent)
  type: list
  elements: dict
  contains:
    id:
      description: Id.
      type: str
      returned: always
    name:
      description: Name.
      type: str
      returned: always
    path:
      description: Path in the inventory, or library and item.
      type: str
      returned: always
    action:
      description: V(keep) or V(remove).
      type: str
      returned: when O(state=pruned)
    reason:
      description: Why.
      type: str
      returned: when O(state=pruned)
    created:
      description: When it was made.
      type: str
      returned: when O(state=pruned)
"""

from ansible_collections.golden.images.plugins.module_utils._builders.vsphere.image import OPERATION
from ansible_collections.golden.images.plugins.module_utils._lifecycle.module_face import run_module


def main() -> None:
    """Entry point."""
    run_module(OPERATION)


if __name__ == "__main__":
    main()
