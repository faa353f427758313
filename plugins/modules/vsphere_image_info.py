#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Images in vCenter."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: vsphere_image_info
short_description: Find images in vCenter and what they tell of themselves
version_added: 1.0.0
description:
  - Finds templates and other images in the inventory, and items of content libraries.
  - Name, version, fingerprint and so on are read from the notes of an image, as M(golden.images.vsphere_image) writes them. A copy that somebody made
    of an image has the same notes, and is none.
  - Runs on the controller; with C(delegate_to) on another machine.
author:
  - golden.images contributors (@golden-images)
attributes:
  check_mode:
    support: full
    description: Changes nothing.
  diff_mode:
    support: none
    description: Changes nothing.
options:
  names:
    description: Patterns of names or paths with C(*) and C(?), or ids. When neither this nor another question is given, all images that this collection made.
    type: list
    elements: str
    default: []
  datacenter:
    description: Data centre. When not given, all of them.
    type: str
  build:
    description: Only images of this build, C(web.vsphere) for instance.
    type: str
  fingerprint:
    description: Only images with this fingerprint.
    type: str
  state:
    description: Only images that are V(captured) and not verified yet, or V(published).
    type: str
    choices: [captured, published]
  libraries:
    description: Content libraries whose items to list as well.
    type: list
    elements: str
    default: []
  tags:
    description: Whether to read the tags of each image.
    type: bool
    default: false
  usage:
    description: Whether to tell which machine is a linked clone of an image.
    type: bool
    default: false
extends_documentation_fragment:
  - golden.images.vsphere_account
seealso:
  - module: golden.images.vsphere_image
"""

EXAMPLES = r"""
- name: Find the images of a build
  golden.images.vsphere_image_info:
    hostname: vcenter.example.com
    username: builder@vsphere.local
    password: "{{ vault_vcenter_password }}"
    build: web.vsphere
    state: published
  register: web

- name: Tell the version of the newest
  ansible.builtin.debug:
    msg: "{{ web.images[0].version }}"
"""

RETURN = r"""
images:
  description: Images of the inventory, the newest first.
  returned: always
  type: list
  elements: dict
  contains:
    id:
      description: What vCenter calls it.
      type: str
      returned: always
    name:
      description: Name.
      type: str
      returned: always
    path:
      description: Path in the inventory.
      type: str
      returned: always
    type:
      description: V(template) or V(vm).
      type: str
      returned: always
    description:
      description: Notes, without what the image tells of itself.
      type: str
      returned: always
    created:
      description: When it was captured.
      type: str
      returned: always
    state:
      description: V(captured) or V(published).
      type: str
      returned: when this collection made it
    image:
      description: Name of the image in the definition.
      type: str
      returned: when a build made it
    version:
      description: Version of the image.
      type: str
      returned: when a build made it
    build:
      description: The build, C(web.vsphere) for instance.
      type: str
      returned: when a build made it
    fingerprint:
      description: Digest of all that decided its content.
      type: str
      returned: when a build made it
    attributes:
      description: Custom attributes.
      type: dict
      returned: always
    tags:
      description: Categories to names of tags.
      type: dict
      returned: when O(tags=true)
    used_by:
      description: Name of a machine that is a linked clone of it, or null.
      type: str
      returned: when O(usage=true)
    guest_os:
      description: Operating system, in vSphere's words.
      type: str
      returned: always
    firmware:
      description: V(bios) or V(efi).
      type: str
      returned: always
    cpus:
      description: Virtual CPUs.
      type: int
      returned: always
    memory:
      description: MiB.
      type: int
      returned: always
    disks:
      description: Disks, each with C(size) in MiB, C(file) and C(thin).
      type: list
      elements: dict
      returned: always
    networks:
      description: Networks of its adapters.
      type: list
      elements: str
      returned: always
    snapshots:
      description: Its topmost snapshots.
      type: list
      elements: str
      returned: always
library_items:
  description: Items of O(libraries), by name.
  returned: always
  type: list
  elements: dict
  contains:
    id:
      description: Id.
      type: str
      returned: always
    library:
      description: Name of the library.
      type: str
      returned: always
    name:
      description: Name.
      type: str
      returned: always
    type:
      description: V(ovf), V(vm-template), V(iso) and so on.
      type: str
      returned: always
    content_version:
      description: Grows with every change of the content.
      type: str
      returned: always
    created:
      description: When the image was captured.
      type: str
      returned: always
    image:
      description: Name of the image in the definition.
      type: str
      returned: when a build made it
    version:
      description: Version of the image.
      type: str
      returned: when a build made it
    build:
      description: The build, C(web.vsphere) for instance.
      type: str
      returned: when a build made it
    fingerprint:
      description: Digest of all that decided its content.
      type: str
      returned: when a build made it
    files:
      description: Files, each with C(name), C(size) and C(version).
      type: list
      elements: dict
      returned: always
"""

from ansible_collections.golden.images.plugins.module_utils._builders.vsphere.image_info import OPERATION
from ansible_collections.golden.images.plugins.module_utils._lifecycle.module_face import run_module


def main() -> None:
    """Entry point."""
    run_module(OPERATION)


if __name__ == "__main__":
    main()
