#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Facts of appliances and registered machines."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: virtualbox_image_info
short_description: Look into an appliance, or at registered machines
version_added: 1.0.0
description:
  - Reads an OVA, or an OVF with its files beside it, without unpacking it and without VirtualBox.
  - Describes registered machines. An imported appliance of M(golden.images.virtualbox_image) still tells which image it was.
  - Runs on the controller; with C(delegate_to) on another machine.
author:
  - golden.images contributors (@golden-images)
attributes:
  check_mode:
    support: full
    description: Changes nothing in any mode.
  diff_mode:
    support: none
    description: Shows no differences.
extends_documentation_fragment:
  - golden.images.virtualbox_host
options:
  path:
    description: Path of an .ova or .ovf.
    type: path
  verify:
    description: Whether to read all of it, and to compare it with its manifest. A file that differs makes the task fail.
    type: bool
    default: false
  names:
    description: Names of registered machines.
    type: list
    elements: str
  build:
    description: Only registered machines that are images of this build.
    type: str
seealso:
  - module: golden.images.virtualbox_image
"""

EXAMPLES = r"""
- name: Look into an appliance
  golden.images.virtualbox_image_info:
    path: output/web/1.4.0/virtualbox/web-1.4.0-virtualbox.ova
    verify: true
  register: looked

- name: Find the machine of a build
  golden.images.virtualbox_image_info:
    build: web.virtualbox
  register: looked
"""

RETURN = r"""
exists:
  description: Whether something was found.
  returned: always
  type: bool
images:
  description: The appliance, or the machines.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Name of the machine.
      type: str
      returned: always
    image:
      description: Name of the image; null when it was not made by this collection, as for those that follow.
      type: str
      returned: always
    version:
      description: Version of the image.
      type: str
      returned: always
    builder:
      description: Name of the builder.
      type: str
      returned: always
    build:
      description: Name of the build.
      type: str
      returned: always
    fingerprint:
      description: Digest of all that decided the content.
      type: str
      returned: always
    created:
      description: When it was captured.
      type: str
      returned: always
    source:
      description: What it was made of.
      type: str
      returned: always
    description:
      description: Description for people.
      type: str
      returned: always
    cpus:
      description: Number of processors.
      type: int
      returned: always
    memory:
      description: MiB of memory.
      type: int
      returned: always
    os_type:
      description: Operating system.
      type: str
      returned: always
    disks:
      description: Disks. Those of an appliance have the capacity in bytes, the format as a URL, and the name of their file.
      type: list
      elements: dict
      returned: always
    files:
      description: Files of the appliance with name and size, and sha256 with O(verify).
      type: list
      elements: dict
      returned: for an appliance
    path:
      description: Absolute path.
      type: str
      returned: for an appliance
    size:
      description: Bytes of the file at O(path).
      type: int
      returned: for an appliance
    sha256:
      description: Hex digest of the file at O(path), with O(verify).
      type: str
      returned: for an appliance
    verified:
      description: Whether it was compared with its manifest.
      type: bool
      returned: for an appliance
    manifest:
      description: Algorithm of its manifest.
      type: str
      returned: for an appliance
    ovf_version:
      description: Version of OVF.
      type: str
      returned: for an appliance
    product:
      description: Name, vendor, version and URLs.
      type: dict
      returned: for an appliance
    properties:
      description: Properties by their full ids.
      type: dict
      returned: for an appliance
    eula:
      description: The license.
      type: str
      returned: for an appliance
    macs:
      description: MAC addresses.
      type: list
      elements: str
      returned: for an appliance
    uuid:
      description: UUID of the machine.
      type: str
      returned: for a machine
    state:
      description: State of the machine in the words of VirtualBox.
      type: str
      returned: for a machine
    folder:
      description: Folder of the machine.
      type: str
      returned: for a machine
    media:
      description: What is in its controllers.
      type: list
      elements: dict
      returned: for a machine
"""

from ansible_collections.golden.images.plugins.module_utils._builders.virtualbox.image import INFO_OPERATION
from ansible_collections.golden.images.plugins.module_utils._lifecycle.module_face import run_module


def main() -> None:
    """Entry point."""
    run_module(INFO_OPERATION)


if __name__ == "__main__":
    main()
