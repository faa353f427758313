#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Import into vCenter."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: vsphere_image_import
short_description: Import an OVA or OVF as a template, a virtual machine, or a library item
version_added: 1.0.0
description:
  - Compares a package with its manifest, has vCenter read the description, and uploads the disks. Needs neither ovftool nor govc.
  - An image of the same package under the same name stays as it is.
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
  path:
    description: The OVA, or the description of an OVF beside its files.
    type: path
    required: true
  name:
    description: Name. When not given, that in the description. C({date}) and C({time}) are no placeholders here.
    type: str
  image_type:
    description: What it becomes in the inventory.
    type: str
    choices: [template, vm]
    default: template
  library:
    description: Content library to put it into, in place of the inventory. An item of the name gets a new version.
    type: str
  description:
    description: Notes. When not given, those of the package.
    type: str
  replace:
    description: Whether an image of the same name and folder may be replaced, when the new one is complete.
    type: bool
    default: false
  networks:
    description: Networks of the package to networks of vCenter. O(network) is for all others.
    type: dict
    default: {}
  properties:
    description: vApp properties, by the ids of the description.
    type: dict
    default: {}
  disk_provisioning:
    description: How disks are laid out.
    type: str
    choices: [thin, thick, eagerZeroedThick]
    default: thin
  deployment_option:
    description: One of the configurations of the package.
    type: str
  image_tags:
    description: Tags, as C(category) to a name or a list of names.
    type: dict
    default: {}
  image_attributes:
    description: Custom attributes.
    type: dict
    default: {}
  transfer_wait:
    description: How to wait for vCenter to be ready for the transfer. The transfer itself takes as long as bytes go.
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
    description: How to wait for tasks of vCenter that name and remove images.
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
extends_documentation_fragment:
  - golden.images.vsphere_account
  - golden.images.vsphere_place
seealso:
  - module: golden.images.vsphere_image
  - module: golden.images.vsphere_image_export
"""

EXAMPLES = r"""
- name: Import an OVA as a template
  golden.images.vsphere_image_import:
    hostname: vcenter.example.com
    username: builder@vsphere.local
    password: "{{ vault_vcenter_password }}"
    path: /srv/images/web-20260131.ova
    cluster: production
    datastore: images
    network: builds
    folder: templates

- name: Put it into a content library
  golden.images.vsphere_image_import:
    hostname: vcenter.example.com
    username: builder@vsphere.local
    password: "{{ vault_vcenter_password }}"
    path: /srv/images/web-20260131.ova
    library: images
    name: web
"""

RETURN = r"""
id:
  description: What vCenter calls the image.
  returned: when it is in the inventory
  type: str
path:
  description: Its path in the inventory.
  returned: when it is in the inventory
  type: str
artifact:
  description: The artifact record, as of M(golden.images.vsphere_image).
  returned: when it was imported into the inventory
  type: dict
library_item:
  description: The item of the library.
  returned: when O(library) is given
  type: dict
  contains:
    id:
      description: Id.
      type: str
      returned: always
    item:
      description: Name.
      type: str
      returned: always
    version:
      description: Version of its content.
      type: str
      returned: always
"""

from ansible_collections.golden.images.plugins.module_utils._builders.vsphere.image_import import OPERATION
from ansible_collections.golden.images.plugins.module_utils._lifecycle.module_face import run_module


def main() -> None:
    """Entry point."""
    run_module(OPERATION)


if __name__ == "__main__":
    main()
